"""What keys and buttons do: every command that leaves the window is made here.

Kill, cancel, flatten and rearm need no arming: they take risk away, or ask for a reason. What can
add risk, or sells a position, needs an armed surface.
"""

from __future__ import annotations

import uuid
from decimal import Decimal

from PySide6.QtCore import QObject, Signal

from desk.model.command import Command
from desk.model.commands import (
    CancelAll,
    CancelOrder,
    ClosePosition,
    Deposit,
    Flatten,
    Kill,
    PreviewOrder,
    Rearm,
)
from ui.arming import Arming
from ui.panels.strips import DEFAULT_KILL_REASON, REASON_MIN, Answer, Strip
from ui.panels.ticket import TicketPanel
from ui.pump import Pump
from ui.viewmodels.draft import Question, TicketCommand
from ui.viewmodels.orders import working_count
from ui.viewmodels.text import tr

FIRST_DEPOSIT = Deposit(account="perp-1", asset="USDT", quantity=Decimal(100_000))


def new_id() -> str:
    """A client id that no other command will ever have."""
    return f"w-{uuid.uuid4().hex[:16]}"


class Actions(QObject):
    """Commands out, through the pump."""

    unsent = Signal(str)
    """A command could not be sent, in words."""

    def __init__(self, pump: Pump, arming: Arming, strip: Strip, ticket: TicketPanel) -> None:
        super().__init__(pump)
        self._pump = pump
        self._arming = arming
        self._strip = strip
        self._ticket = ticket
        self._deposit_id = new_id()

    def send(self, command: Command) -> int | None:
        """Send, or say that it could not be sent: nothing is queued for later."""
        number = self._pump.send(command)
        if number is None:
            self.unsent.emit(tr("The desk cannot be reached: nothing was sent."))
        return number

    # ---- always -----------------------------------------------------------------------------

    def kill(self) -> None:
        """First press asks with a reason filled in; the second kills."""
        if self._strip.asking == "kill":
            self._strip.answer("kill")
            return
        self._strip.ask(
            "kill",
            tr("Halt the desk and cancel every order that could add risk?"),
            [
                Answer("kill", tr("Kill now"), "solid"),
                Answer("all", tr("Kill, cancel stops too"), "danger"),
                Answer("no", tr("Back")),
            ],
            self._killed,
            fields={"reason": (tr("Reason"), tr(DEFAULT_KILL_REASON), 1)},
            danger=True,
        )

    def _killed(self, answer: str, written: dict[str, str]) -> None:
        if answer != "no":
            self.send(Kill(id=new_id(), reason=written["reason"], everything=answer == "all"))
            self._arming.disarm(tr("the desk was killed"))

    def cancel_all(self) -> None:
        """Cancel every working order, at once."""
        self.send(CancelAll(id=new_id()))

    def cancel(self, order_id: str) -> None:
        """Cancel one order."""
        self.send(CancelOrder(id=new_id(), order_id=order_id))

    def flatten(self) -> None:
        """First press says what it would do; the second does it."""
        if self._strip.asking == "flatten":
            self._strip.answer("flatten")
            return
        frame = self._pump.frame
        orders = 0 if frame is None else working_count(frame)
        positions = 0 if frame is None else len(frame.positions)
        self._strip.ask(
            "flatten",
            tr(f"Cancel {orders} orders and close {positions} positions at market?"),
            [Answer("flatten", tr("Flatten now"), "solid"), Answer("no", tr("Back"))],
            self._flattened,
            danger=True,
        )

    def _flattened(self, answer: str, _: dict[str, str]) -> None:
        if answer == "flatten":
            self.send(Flatten(id=new_id()))

    def rearm(self) -> None:
        """Ask for a name and a reason, then lift the latches."""
        self._strip.ask(
            "rearm",
            tr("Lift the latches and let the desk trade again?"),
            [Answer("rearm", tr("Rearm"), "accent"), Answer("no", tr("Back"))],
            self._rearmed,
            fields={
                "name": (tr("Name"), "", 1),
                "reason": (tr(f"Reason, {REASON_MIN} characters or more"), "", REASON_MIN),
            },
        )

    def _rearmed(self, answer: str, written: dict[str, str]) -> None:
        if answer == "rearm":
            self.send(Rearm(id=new_id(), name=written["name"], reason=written["reason"]))

    def first_deposit(self) -> None:
        """The paper deposit of a new desk; its id makes two clicks one deposit."""
        self.send(
            Deposit(
                id=self._deposit_id,
                account=FIRST_DEPOSIT.account,
                asset=FIRST_DEPOSIT.asset,
                quantity=FIRST_DEPOSIT.quantity,
            )
        )

    # ---- armed ------------------------------------------------------------------------------

    def close_part(self, account: str, instrument: str, percent: int) -> None:
        """Close a part of a position at market, reduce-only."""
        if not self._arming.is_armed("positions"):
            return
        fraction = Decimal(percent) / 100
        self.send(
            ClosePosition(id=new_id(), account=account, instrument=instrument, fraction=fraction)
        )

    def submit(self, order: TicketCommand) -> None:
        """Send the ticket's order under the id it was drafted with."""
        if self._arming.is_armed("ticket"):
            self._ticket.state.sent(self.send(order))

    def preview(self, order: Question) -> None:
        """Ask what the draft would do."""
        self._ticket.state.asked(self._pump.send(PreviewOrder(order=order)), order)

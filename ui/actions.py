"""What keys and buttons do: every command that leaves the window is made here.

Cancel and rearm need no arming: they take risk away, or ask for a reason (kill, cancel-all and
flatten: `ui.panic`). What can add risk, or sells a position, needs an armed surface.
"""

from __future__ import annotations

import uuid
from decimal import Decimal

import msgspec
from PySide6.QtCore import QObject, Signal

from desk.model.blotter import AskBlotter
from desk.model.command import Command
from desk.model.commands import (
    Ask,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Deposit,
    Flatten,
    Kill,
    PreviewOrder,
    Rearm,
    ReversePosition,
)
from desk.model.film import AskMoments
from desk.model.order_commands import CancelScope
from desk.model.orders import Side
from ui.arming import Arming
from ui.confirming import Confirming
from ui.exchange import Answer as DeskAnswer
from ui.exchange import Exchange
from ui.panels.strips import REASON_MIN, Answer, Strip
from ui.panels.ticket import TicketPanel
from ui.pump import Pump
from ui.viewmodels.draft import TicketCommand
from ui.viewmodels.text import symbol
from ui.viewmodels.translation import tr

FIRST_DEPOSIT = Deposit(account="perp-1", asset="USDT", quantity=Decimal(100_000))


TAKES_RISK_AWAY = (CancelAll, CancelOrder, Flatten, Kill)
"""What overtakes everything that waits to be written."""

UNREACHABLE = tr("The desk cannot be reached: nothing was sent.")
DISARMED = {
    "ticket": tr("The ticket is disarmed: nothing was sent."),
    "positions": tr("The positions are disarmed: nothing was sent."),
}

ASKS = (Ask, AskBlotter, AskMoments, PreviewOrder)
"""What changes nothing."""


def new_id() -> str:
    """A client id that no other command will ever have."""
    return f"w-{uuid.uuid4().hex[:16]}"


class Actions(QObject):
    """Commands out, through the pump."""

    unsent = Signal(str)
    """A command could not be sent, in words."""
    unanswered = Signal(object)
    """A close or a reversal that the desk may have or not: it went before it could answer."""

    def __init__(self, pump: Pump, arming: Arming, strip: Strip, ticket: TicketPanel) -> None:
        super().__init__(pump)
        self._pump = pump
        self._arming = arming
        self._strip = strip
        self._ticket = ticket
        self.confirming = Confirming(strip)
        self.exchange = Exchange(self.send, self._why_unsent)
        self.held = ""
        """Why only what asks or takes risk away is sent now, a sentence; empty: all is."""
        self._unanswered: list[Command] = []
        """Closes and reversals on their way, without their ids."""
        self._deposit_id = new_id()

    def send(self, command: Command) -> int | None:
        """Send, or say that it could not be sent: nothing is queued for later."""
        if self.held and not isinstance(command, (*TAKES_RISK_AWAY, *ASKS)):
            self.unsent.emit(self.held)
            return None
        number = self._pump.send(command, urgent=isinstance(command, TAKES_RISK_AWAY))
        if number is None:
            self.unsent.emit(UNREACHABLE)
        return number

    def _why_unsent(self) -> str:
        return self.held or UNREACHABLE

    # ---- always -----------------------------------------------------------------------------

    def cancel(self, order_id: str) -> None:
        """Cancel one order."""
        self.confirming.ask(
            "cancel",
            tr("Cancel order {order_id}?", order_id=order_id),
            tr("Cancel it"),
            lambda: self.send(CancelOrder(id=new_id(), order_id=order_id)),
        )

    def cancel_some(self, words: str, side: Side | None, scope: CancelScope) -> None:
        """Cancel every working order of a side or a purpose; `words` name them."""
        self.confirming.ask(
            "cancel_all",
            f"{words}?",
            tr("Cancel them"),
            lambda: self.send(CancelAll(id=new_id(), side=side, scope=scope)),
            name="cancel_some",
        )

    def rearm(self) -> None:
        """Ask for a name and a reason, then lift the latches."""
        self._strip.ask(
            "rearm",
            tr("Lift the latches and let the desk trade again?"),
            [Answer("rearm", tr("Rearm"), "accent"), Answer("no", tr("Back"))],
            self._rearmed,
            fields={
                "name": (tr("Name"), "", 1),
                "reason": (
                    tr("Reason, {reason_min} characters or more", reason_min=REASON_MIN),
                    "",
                    REASON_MIN,
                ),
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

    def take_deposit(self) -> None:
        """It has arrived: a desk that is empty again takes another."""
        self._deposit_id = new_id()

    # ---- armed ------------------------------------------------------------------------------

    def close_part(self, account: str, instrument: str, percent: int) -> None:
        """Close a part of a position at market, reduce-only."""
        if not self._arming.is_armed("positions"):
            return
        close = ClosePosition(
            id=new_id(), account=account, instrument=instrument, fraction=Decimal(percent) / 100
        )
        self.confirming.ask(
            "close",
            tr(
                "Close {percent} % of {instrument} of {account} at market?",
                percent=percent,
                instrument=symbol(instrument),
                account=account,
            ),
            tr("Close it"),
            lambda: self._send_once(close),
        )

    def reverse(self, account: str, instrument: str) -> None:
        """Turn a position round at market."""
        if not self._arming.is_armed("positions"):
            return
        reverse = ReversePosition(id=new_id(), account=account, instrument=instrument)
        self.confirming.ask(
            "reverse",
            tr(
                "Turn {instrument} of {account} round at market: twice its quantity?",
                instrument=symbol(instrument),
                account=account,
            ),
            tr("Reverse it"),
            lambda: self._send_once(reverse),
        )

    def submit(self, order: TicketCommand) -> None:
        """Send the ticket's order under the id it was drafted with."""
        if not self._arming.is_armed("ticket"):
            return
        state = self._ticket.state
        draft = state.draft  # while a question stands, another may be written

        def send() -> None:
            state.sent(self.send(order) if self._may_send("ticket") else None, draft)

        self.confirming.ask(
            "new_order", tr("{what}?", what=self._ticket.submit.text()), tr("Send it"), send
        )

    def _send_once(self, command: ClosePosition | ReversePosition) -> None:
        """Twice the same trade of a position is one, until the desk has answered the first."""

        def answered(answer: DeskAnswer) -> None:
            self._unanswered.remove(same)
            if answer is None:
                self.unanswered.emit(command)

        same = msgspec.structs.replace(command, id="")
        if not self._may_send("positions"):
            return
        if same in self._unanswered:
            self.unsent.emit(tr("The same is on its way: it is sent once."))
        elif self.exchange.send(command, answered):
            self._unanswered.append(same)

    def _may_send(self, surface: str) -> bool:
        """While a question stood, the surface may have been disarmed: say so."""
        armed = self._arming.is_armed(surface)
        if not armed:
            self.unsent.emit(DISARMED[surface])
        return armed

    def preview(self, order: TicketCommand) -> None:
        """Ask what the draft would do."""
        self._ticket.state.asked(self._pump.send(PreviewOrder(order=order)), order)

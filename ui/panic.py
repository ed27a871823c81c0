"""Kill, cancel-all, flatten: armed or not, from every window, over every dialog.

They ask as the policy has it and stand where the hand is. A key that is pressed again answers its
own question; where the answer has to be held, the key that asked holds it from its first press.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from desk.engine.snapshot import DeskFrame
from desk.model.command import Command
from desk.model.commands import CancelAll, Flatten, Kill
from ui.actions import new_id
from ui.arming import Arming
from ui.confirming import DO, Confirming
from ui.drill import Drill
from ui.panels.strips import DEFAULT_KILL_REASON, Answer, Strip
from ui.policy import Confirm
from ui.strip_host import StripHost
from ui.viewmodels.orders import working_count
from ui.viewmodels.translation import tr


class Panic(QObject):
    """What takes risk away at once."""

    def __init__(
        self,
        send: Callable[[Command], int | None],
        confirming: Confirming,
        strip: Strip,
        host: StripHost,
        arming: Arming,
        frame: Callable[[], DeskFrame | None],
    ) -> None:
        """`frame` gives the newest."""
        super().__init__(host)
        self._send, self._confirming = send, confirming
        self._strip, self._host, self._arming = strip, host, arming
        self._frame = frame
        self.drill: Drill | None = None
        self._asks: dict[str, Callable[[], None]] = {
            "kill": self.kill,
            "cancel_all": self.cancel_all,
            "flatten": self.flatten,
        }

    def press(self, action: str) -> None:
        """A panic key went down: rehearse, ask, or answer what it has asked before."""
        if self.drill is not None and self.drill.takes(action):
            return
        if self._strip.asking != action:
            self._asks[action]()
            if self._strip.asking != action or not self._holds(action):
                return
        self._strip.press_first()

    def release(self) -> None:
        """A key is up."""
        if self.drill is not None:
            self.drill.release()
        self._strip.release()

    def _holds(self, action: str) -> bool:
        return self._confirming.policy.of(action) is Confirm.HOLD

    def cancel_all(self) -> None:
        """Cancel every working order."""
        self._confirming.ask(
            "cancel_all",
            tr("Cancel {orders} orders?", orders=self._orders()),
            tr("Cancel all"),
            lambda: self._send(CancelAll(id=new_id())),
        )
        self._bring("cancel_all")

    def flatten(self) -> None:
        """Cancel every order, close every position."""
        frame = self._frame()
        positions = 0 if frame is None else sum(not _watched(frame, p.account)
                                                for p in frame.positions)  # fmt: skip
        self._confirming.ask(
            "flatten",
            tr(
                "Cancel {orders} orders and close {positions} positions at market?",
                orders=self._orders(),
                positions=positions,
            ),
            tr("Flatten now"),
            lambda: self._send(Flatten(id=new_id())),
            danger=True,
        )
        self._bring("flatten")

    def kill(self) -> None:
        """Halt the desk: with a reason, which is filled in."""
        how = self._confirming.policy.of("kill")
        if how is Confirm.NONE:
            self._killed(DO, {"reason": DEFAULT_KILL_REASON})
            return
        do, back = self._confirming.answers(how, tr("Kill now"))
        self._strip.ask(
            "kill",
            tr("Halt the desk and cancel every order that could add risk?"),
            [do, Answer("all", tr("Kill, cancel stops too"), "danger"), back],
            self._killed,
            fields={"reason": (tr("Reason"), DEFAULT_KILL_REASON, 0)},
            danger=True,
        )
        self._bring("kill")

    def _killed(self, answer: str, written: dict[str, str]) -> None:
        if answer != "no":
            reason = written["reason"] or DEFAULT_KILL_REASON
            self._send(Kill(id=new_id(), reason=reason, everything=answer == "all"))
            self._arming.disarm(tr("the desk was killed"))

    def _bring(self, asked: str) -> None:
        if self._strip.asking == asked:
            self._host.bring()

    def _orders(self) -> int:
        frame = self._frame()
        return 0 if frame is None else working_count(frame)


def _watched(frame: DeskFrame, name: str) -> bool:
    return any(account.account == name and account.watched for account in frame.accounts)

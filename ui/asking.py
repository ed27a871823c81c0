"""A panel about one account that the desk is asked about, while somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desk.engine.snapshot import AccountView, DeskFrame
from desk.model.commands import Ask
from desk.model.events import Answered, Denied
from ui.controls import Choice
from ui.dock import Dock
from ui.exchange import Answer, Exchange
from ui.seen import SeenPanel
from ui.theme import Theme
from ui.viewmodels.events import denial_sentence
from ui.viewmodels.tone import rank

OLD_AFTER = 5
"""So many questions later an answer is no figure of now."""


class Question:
    """What is asked again and again: never before its time, never twice at once."""

    def __init__(self, every_ms: int, told: Callable[[Ask, Answer], None]) -> None:
        """`told` is handed what was asked, and the answer."""
        self._every_ms = every_ms
        self._told = told
        self._waits = False
        self._asked_ms = 0
        self._asked: Ask | None = None

    def ask(self, exchange: Exchange | None, asked: Ask | None, wall_ms: int) -> None:
        """Ask, if it is time: something else at once, the same after a while."""
        early = asked == self._asked and 0 <= wall_ms - self._asked_ms < self._every_ms
        if exchange is None or asked is None or self._waits or early:
            return

        def answered(answer: Answer) -> None:
            self._waits = False
            self._told(asked, answer)

        self._asked, self._asked_ms, self._waits = asked, wall_ms, True
        if not exchange.send(asked, answered):
            self._waits = False

    def lose(self) -> None:
        """Nobody answers any more; whoever does again is asked at once."""
        self._waits, self._asked = False, None


class AskingPanel(SeenPanel):
    """The worst perpetual account until another is chosen; one question at a time."""

    noted = Signal(str)
    """For the dock's title."""

    every_ms = 1_000
    """Least time between two questions."""

    def __init__(self, theme: Theme, choice: str) -> None:
        super().__init__()
        self._exchange: Exchange | None = None
        self._question = Question(self.every_ms, self._told)
        self._names: tuple[str, ...] = ()
        self._answered_ms = 0
        """Wall clock of the frame that was shown when the last answer came; 0: there is none."""
        self._is_gone = self._is_old = False
        self.chosen = ""
        self.account = Choice(theme, choice, [])
        self.account.activated.connect(lambda: self.choose(self.account.currentText()))

    # ---- what a panel fills in --------------------------------------------------------------

    def question(self, account: str) -> Ask | None:
        """What is asked; None: nothing now."""
        raise NotImplementedError

    def take_answer(self, data: Mapping[str, Any]) -> None:
        """Show what the desk said."""
        raise NotImplementedError

    def take_refusal(self, words: str) -> None:
        """Show why it said nothing."""
        raise NotImplementedError

    def forget(self) -> None:
        """Show nothing: what was shown is of another account."""
        raise NotImplementedError

    def show_old(self, old: bool) -> None:
        """Paint every figure as an old one, or not any more."""
        raise NotImplementedError

    # ---- what it is given -------------------------------------------------------------------

    def connect_to(self, exchange: Exchange) -> None:
        """What asks the desk."""
        self._exchange = exchange

    def put_in(self, dock: Dock, *left: QWidget) -> None:
        """Take the dock's title for tabs, the account and a note."""
        for widget in left:
            dock.bar.add_left(widget)
        dock.bar.add_right(self.account)
        self.noted.connect(dock.bar.say)
        self.seen_with = dock.bar
        dock.visibilityChanged.connect(self.look_again)

    def choose(self, account: str) -> None:
        """Look at another account from the next answer on."""
        if account != self.chosen:
            self.chosen = account
            self.forget()

    def set_dimmed(self, dimmed: bool) -> None:
        """The engine is gone: nobody answers, and every figure is old."""
        self._is_gone = dimmed
        if dimmed:
            self._question.lose()
        self.show_old(dimmed or self._is_old)

    def _age(self, frame: DeskFrame) -> None:
        """An answer that the next one should have replaced long ago looks like what it is."""
        age_ms = frame.wall_ms - self._answered_ms
        old = bool(self._answered_ms) and age_ms > OLD_AFTER * self.every_ms
        if old != self._is_old:
            self._is_old = old
            self.show_old(old or self._is_gone)

    def show_seen(self, frame: DeskFrame) -> None:
        """Ask again when it is time."""
        self._list_accounts(frame)
        asked = self.question(self.chosen) if self.chosen else None
        self._question.ask(self._exchange, asked, frame.wall_ms)
        self._age(frame)

    def _list_accounts(self, frame: DeskFrame) -> None:
        held = [account for account in frame.accounts if account.kind != "spot"]
        names = tuple(account.account for account in held)
        if names != self._names:
            self._names = names
            self.account.clear()
            self.account.addItems(names)
            self.account.updateGeometry()
        if self.chosen not in names:
            first = max(
                [one for one in held if not one.watched] or held, key=_badness, default=None
            )
            self.choose("" if first is None else first.account)
        self.account.setCurrentIndex(max(0, self.account.findText(self.chosen)))

    def _told(self, asked: Ask, answer: Answer) -> None:
        """An answer about something that is no longer asked is passed over."""
        if asked != self.question(self.chosen):
            return
        if isinstance(answer, Answered):
            self._answered_ms = 0 if self._frame is None else self._frame.wall_ms
            self.take_answer(answer.data)
        elif isinstance(answer, Denied):
            self.take_refusal(" ".join(denial_sentence(one) for one in answer.denials))


def _badness(account: AccountView) -> tuple[bool, int, float]:
    used = float(account.margin_utilization or 0)
    return account.kind == "perpetual", rank(account.level), used

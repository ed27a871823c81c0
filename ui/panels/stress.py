"""Stress of one account: joint moves of BTC and ETH, the basis, a stablecoin that falls.

The desk is asked while somebody looks, at most once a second.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from desk.engine.snapshot import DeskFrame
from desk.model.commands import Ask
from desk.model.events import Answered, Denied
from ui.controls import Choice
from ui.dock import Dock
from ui.exchange import Answer, Exchange
from ui.grid import Grid
from ui.panels.stress_map import WIDE, StressMap
from ui.seen import SeenPanel
from ui.tabs import Tabs
from ui.theme import Theme
from ui.viewmodels.events import denial_sentence
from ui.viewmodels.stress import StressAnswer, cell_view, computed_words, heat_view, read_stress
from ui.viewmodels.stress_path import StressPath
from ui.viewmodels.stress_tables import SHOCK_COLUMNS, basis_rows, depeg_rows
from ui.viewmodels.tone import rank
from ui.viewmodels.translation import said, tr
from ui.words import PlainWords

ASK_EVERY_MS = 1_000


class StressPanel(SeenPanel):
    """Three tabs of one account; the worst perpetual account until another is chosen."""

    noted = Signal(str)
    """When the desk worked it out, for the dock's title."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._exchange: Exchange | None = None
        self._answer: StressAnswer | None = None
        self._path = StressPath()
        self._waits = False
        self._asked_ms = 0
        self._names: tuple[str, ...] = ()
        self._chosen = ""
        self.tabs = Tabs(theme, [tr("Stress BTC × ETH"), tr("Basis"), tr("Stablecoin depeg")])
        self.tabs.chosen.connect(self._turn)
        self.account = Choice(theme, tr("Account under stress"), [])
        self.account.activated.connect(self._choose)
        self.map = StressMap(theme)
        self.map.cell_chosen.connect(self._explain)
        self.basis = Grid(theme, SHOCK_COLUMNS, tr("Stress of the basis"))
        self.depeg = Grid(theme, SHOCK_COLUMNS, tr("Stress of stablecoins"))
        self.words = PlainWords(theme, tr("Waiting for the desk."), "muted", 400)
        self._pages = QStackedWidget()
        for page in (self.map, self.basis, self.depeg):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(0)
        self.words.setContentsMargins(12, 8, 12, 4)
        column.addWidget(self.words)
        column.addWidget(self._pages, 1)
        self.setMinimumSize(380, 280)

    def connect_to(self, exchange: Exchange) -> None:
        """What asks the desk."""
        self._exchange = exchange

    def put_in(self, dock: Dock) -> None:
        """Take the dock's title for tabs, account and when it was computed."""
        dock.bar.add_left(self.tabs)
        dock.bar.add_right(self.account)
        self.noted.connect(dock.bar.say)
        self.seen_with = dock.bar
        dock.visibilityChanged.connect(self.look_again)

    def set_dimmed(self, dimmed: bool) -> None:
        """The engine is gone: every figure is old."""
        self._waits = False
        self.map.set_dimmed(dimmed)
        for grid in (self.basis, self.depeg):
            grid.dimmed = dimmed
            grid.viewport().update()

    # ---- frames and answers -----------------------------------------------------------------

    def show_frame(self, frame: DeskFrame) -> None:
        """Today's path is followed also while nobody looks."""
        self._path.take(frame)
        super().show_frame(frame)

    def show_seen(self, frame: DeskFrame) -> None:
        """Ask again when it is time, and say how old the answer is."""
        self._list_accounts(frame)
        if not self._waits and not 0 <= frame.wall_ms - self._asked_ms < ASK_EVERY_MS:
            self._ask(frame)
        if self._answer is not None:
            self.noted.emit(computed_words(self._answer, frame.wall_ms))

    def _list_accounts(self, frame: DeskFrame) -> None:
        held = [account for account in frame.accounts if account.kind != "spot"]
        names = tuple(account.account for account in held)
        if names != self._names:
            self._names = names
            self.account.clear()
            self.account.addItems(names)
            self.account.updateGeometry()
        if self._chosen not in names:
            own = [account for account in held if not account.watched] or held
            first = max(
                own,
                key=lambda one: (one.kind == "perpetual", rank(one.level),
                                 float(one.margin_utilization or 0)),
                default=None,
            )  # fmt: skip
            self.choose(first.account if first else "")
        self.account.setCurrentIndex(max(0, self.account.findText(self._chosen)))

    def _choose(self) -> None:
        self.choose(self.account.currentText())

    def choose(self, account: str) -> None:
        """Look at another account from the next answer on."""
        if account != self._chosen:
            self._chosen, self._answer = account, None
            self._asked_ms = 0
            self._show()

    def _ask(self, frame: DeskFrame) -> None:
        if self._exchange is None or not self._chosen:
            return
        asked, account = Ask(about="stress", of=self._chosen), self._chosen

        def answered(answer: Answer) -> None:
            self._waits = False
            if account == self._chosen:
                self._take(answer)

        self._asked_ms = frame.wall_ms
        self._waits = self._exchange.send(asked, answered)

    def _take(self, answer: Answer) -> None:
        if isinstance(answer, Answered):
            self._answer = read_stress(answer.data)
            if self._answer is None:
                self._say(tr("The desk's answer cannot be read: nothing is shown of it."), "danger")
            else:
                self._say(" ".join(said(note) for note in self._answer.notes), "warning")
        elif isinstance(answer, Denied):
            self._answer = None
            self._say(" ".join(denial_sentence(one) for one in answer.denials), "warning")
        self._show()

    def _say(self, text: str, token: str) -> None:
        self.words.say(text, token)
        self.words.setVisible(bool(text))

    # ---- showing ----------------------------------------------------------------------------

    def _turn(self, page: int) -> None:
        self._pages.setCurrentIndex(page)
        self.look_again()

    def _show(self) -> None:
        answer, frame = self._answer, self._frame
        if answer is None or frame is None:
            self.map.show_map(None)
            self.map.show_cell(None)
            self.basis.show_rows(())
            self.depeg.show_rows(())
            return
        compact = self.width() < WIDE
        self.map.show_map(heat_view(answer, frame, self._path.moves(), compact=compact))
        if (chosen := self.map.chosen()) is not None:
            self._explain(*chosen)
        self.basis.show_rows(basis_rows(answer))
        self.depeg.show_rows(depeg_rows(answer))

    def _explain(self, btc: int, eth: int) -> None:
        if self._answer is not None and self._frame is not None:
            self.map.show_cell(cell_view(self._answer, self._frame, btc, eth))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may show more or fewer moves."""
        super().resizeEvent(event)
        if (event.size().width() < WIDE) != (event.oldSize().width() < WIDE):
            self._show()

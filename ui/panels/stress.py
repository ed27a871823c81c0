"""Stress of one account: joint moves of BTC and ETH, the basis, a stablecoin that falls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from desk.model.commands import Ask
from ui.asking import AskingPanel
from ui.dock import Dock
from ui.grid import Grid
from ui.panels.stress_map import WIDE, StressMap
from ui.tabs import Tabs
from ui.theme import Theme
from ui.viewmodels.stress import StressAnswer, computed_words, heat_view, read_stress
from ui.viewmodels.stress_cell import cell_view
from ui.viewmodels.stress_path import StressPath
from ui.viewmodels.stress_tables import SHOCK_COLUMNS, basis_rows, depeg_rows
from ui.viewmodels.translation import said, tr
from ui.words import PlainWords


class StressPanel(AskingPanel):
    """Three tabs of one account."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, tr("Account under stress"))
        self._answer: StressAnswer | None = None
        self._path = StressPath()
        self.tabs = Tabs(theme, [tr("Stress BTC × ETH"), tr("Basis"), tr("Stablecoin depeg")])
        self.tabs.chosen.connect(self._turn)
        self.map = StressMap(theme)
        self.map.cell_chosen.connect(self._explain)
        self.basis = Grid(theme, SHOCK_COLUMNS, tr("Stress of the basis"))
        self.basis.table_id = "stress_basis"
        self.depeg = Grid(theme, SHOCK_COLUMNS, tr("Stress of stablecoins"))
        self.depeg.table_id = "stress_depeg"
        for grid in (self.basis, self.depeg):
            grid.teach(
                tr("Nothing to show"),
                tr("What a shock would do to the account stands here once something is held."),
            )
        self.words = PlainWords(theme, "", "muted", 400)
        self._pages = QStackedWidget()
        for page in (self.map, self.basis, self.depeg):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(0)
        column.addWidget(self.words)
        column.addWidget(self._pages, 1)
        self.setMinimumSize(380, 280)
        self._say(tr("Waiting for the desk."), "muted")

    def put_in(self, dock: Dock, *left: QWidget) -> None:
        """Take the dock's title for the tabs too."""
        super().put_in(dock, self.tabs, *left)

    def show_old(self, old: bool) -> None:
        """Dim map and tables."""
        self.map.set_dimmed(old)
        for grid in (self.basis, self.depeg):
            grid.dimmed = old
            grid.viewport().update()

    # ---- frames and answers -----------------------------------------------------------------

    def show_frame(self, frame: DeskFrame) -> None:
        """Today's path is followed also while nobody looks."""
        self._path.take(frame)
        super().show_frame(frame)

    def show_seen(self, frame: DeskFrame) -> None:
        """Say how old the answer is."""
        super().show_seen(frame)
        if self._answer is not None:
            self.noted.emit(computed_words(self._answer, frame.wall_ms))

    def question(self, account: str) -> Ask | None:
        """The map of the account."""
        return Ask(about="stress", of=account)

    def take_answer(self, data: Mapping[str, Any]) -> None:
        """Show it, with what the desk doubts about it."""
        self._answer = read_stress(data)
        if self._answer is None:
            self._say(tr("The desk's answer cannot be read: nothing is shown of it."), "danger")
        else:
            self._say(" ".join(said(note) for note in self._answer.notes), "warning")
        self._show()

    def take_refusal(self, words: str) -> None:
        """No map, and why."""
        self._answer = None
        self._say(words, "warning")
        self._show()

    def forget(self) -> None:
        """Another account."""
        self.take_refusal("")

    def _say(self, text: str, token: str) -> None:
        margin = 8 if text else 0
        self.words.setContentsMargins(12, margin, 12, 0)
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

"""Rules: overrides in force, every rule that matters now, and what changes them."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desk.engine.snapshot import DeskFrame
from ui.controls import Button
from ui.seen import SeenPanel
from ui.theme import Theme
from ui.viewmodels.rules import RULE_COLUMNS, daily_loss_words, is_override, rule_of, rule_rows
from ui.viewmodels.translation import tr
from ui.words import PlainWords, WordsGrid


class RulesPanel(SeenPanel):
    """The table, the day's limit beside its button, and the two-person override."""

    override_asked = Signal(str)
    take_back_asked = Signal(str)
    daily_loss_asked = Signal()
    explain_asked = Signal(str, str, str, QPoint)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.grid = RulesGrid(theme)
        self.grid.row_selected.connect(self._look)
        self.grid.explain_asked.connect(self.explain_asked)
        self.daily = PlainWords(theme, "", "text2", 200)
        self.override = Button(theme, tr("Set a rule aside…"))
        self.take_back = Button(theme, tr("Take back…"))
        self.daily_loss = Button(theme, tr("Daily loss limit…"))
        self.override.clicked.connect(lambda: self.override_asked.emit(self._rule()))
        self.take_back.clicked.connect(lambda: self.take_back_asked.emit(self._rule()))
        self.daily_loss.clicked.connect(self.daily_loss_asked)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 4, 12, 6)
        foot.setSpacing(8)
        foot.addWidget(self.daily, 1)
        for button in (self.daily_loss, self.override, self.take_back):
            button.pixels = 11
            button.setFixedHeight(22)
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.grid, 1)
        column.addLayout(foot)
        self._look()

    def show_seen(self, frame: DeskFrame) -> None:
        """Show a frame's rules."""
        self.grid.show_rows(rule_rows(frame))
        self.daily.say(daily_loss_words(frame))
        self._look()

    def _rule(self) -> str:
        return rule_of(self.grid.selected_key())

    def _look(self) -> None:
        """Only what is set aside can be taken back."""
        self.take_back.setEnabled(is_override(self.grid.selected_key()))


class RulesGrid(WordsGrid):
    """Asked, a row tells where its limit is from."""

    explain_asked = Signal(str, str, str, QPoint)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, RULE_COLUMNS, tr("Rules"))

    def contextMenuEvent(self, arg__1: QContextMenuEvent) -> None:
        """By mouse the row under it, by the menu key the selected one."""
        by_key = arg__1.reason() is QContextMenuEvent.Reason.Keyboard
        key = self.selected_key() if by_key else self.key_at(arg__1.pos())
        row = next((row for row in self.grid.rows if row.key == key and not row.heading), None)
        if row is not None:
            figure, value = f"rules.{rule_of(key)}", row.cells[2].text
            self.explain_asked.emit(figure, rule_of(key), value, arg__1.globalPos())

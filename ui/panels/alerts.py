"""Alerts: what was raised, newest first, over what is watched for, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desk.engine.snapshot import DeskFrame
from ui.controls import Button
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.alerts import RAISED_COLUMNS, RULE_COLUMNS, raised_rows, rule_rows, unseen
from ui.viewmodels.translation import tr
from ui.words import WordsGrid


class AlertsPage(QWidget):
    """Two tables and a row of buttons."""

    seen_asked = Signal(int)
    """Everything up to this number has been seen."""
    removed = Signal(str)
    add_asked = Signal()
    muted = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.raised = WordsGrid(theme, RAISED_COLUMNS, tr("Alerts raised"))
        self.rules = WordsGrid(theme, RULE_COLUMNS, tr("Alerts watched for"), words="what")
        self.seen = _small(theme, tr("Seen"), tr("Acknowledge up to the selected alert"))
        self.all_seen = _small(theme, tr("All"), tr("Acknowledge all alerts"))
        self.add = _small(theme, tr("Set…"), tr("Set an alert"))
        self.remove = _small(theme, tr("Remove"), tr("Remove the selected alert"))
        self.mute = _small(theme, tr("Sound on"), tr("Mute the alerts' sound"))
        self.mute.setCheckable(True)
        self.mute.setChecked(True)
        self._newest = 0
        """The highest number that waits and has been shown; 0: none."""
        self._arrange()
        self.seen.clicked.connect(self._see_selected)
        self.all_seen.clicked.connect(self.see_all)
        self.add.clicked.connect(self.add_asked)
        self.remove.clicked.connect(self._remove_selected)
        self.mute.toggled.connect(self._mute)

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setContentsMargins(6, 4, 6, 4)
        buttons.setSpacing(4)
        for button in (self.seen, self.all_seen, self.add, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.mute)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.raised, 3)
        column.addWidget(self.rules, 2)
        column.addLayout(buttons)

    def show_frame(self, frame: DeskFrame) -> None:
        """Show what a frame says."""
        waiting = unseen(frame)
        self.seen.setEnabled(bool(waiting))
        self.all_seen.setEnabled(bool(waiting))
        self.remove.setEnabled(bool(frame.alert_rules))
        if self.isVisible():
            self._newest = waiting[0].number if waiting else 0
            self.raised.show_rows(raised_rows(frame))
            self.rules.show_rows(rule_rows(frame))

    def see_all(self) -> None:
        """Acknowledge everything that is shown: never what came after the picture."""
        if self._newest:
            self.seen_asked.emit(self._newest)

    def _see_selected(self) -> None:
        key = self.raised.selected_key()
        if key:
            self.seen_asked.emit(int(key))

    def _remove_selected(self) -> None:
        key = self.rules.selected_key()
        if key:
            self.removed.emit(key)

    def _mute(self, on: bool) -> None:
        self.mute.say(tr("Sound on") if on else tr("▲ MUTED"), kind="plain" if on else "danger")
        self.muted.emit(not on)


def _small(theme: Theme, text: str, name: str) -> Button:
    button = Button(theme, text, "plain", name=name)
    button.pixels = 11
    button.setFixedHeight(20)
    button.setToolTip(as_text(name))
    return button

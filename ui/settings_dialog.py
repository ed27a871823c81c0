"""Settings: one list of everything that can be set, and a field that finds the line meant."""

from __future__ import annotations

from functools import cached_property, partial
from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ui.controls import Field
from ui.dialog import Dialog
from ui.language import catalogue
from ui.scroll import thin
from ui.settings_desk import SettingsDesk
from ui.settings_rows import Heading, SettingRow
from ui.theme import Theme
from ui.viewmodels.settings import both_ways, found, settings
from ui.viewmodels.translation import CHINESE, tr
from ui.words import PlainWords

WIDTH, HEIGHT = 760, 640


class SettingsDialog(Dialog):
    """What is chosen holds at once, but for what says that the window has to open again."""

    def __init__(self, theme: Theme, desk: SettingsDesk, parent: QWidget) -> None:
        super().__init__(theme, tr("Settings"), parent, WIDTH)
        self._desk = desk
        self.search = Field(theme, tr("Search"), figure=False)
        self.search.textChanged.connect(self._filter)
        self.rows: dict[str, SettingRow] = {}
        self.headings: dict[str, Heading] = {}
        self.none = PlainWords(theme, tr("Nothing is set by these words."), "muted", WIDTH - 60)
        self.waiting = PlainWords(theme, "", "warning", WIDTH - 60)
        self.body.addWidget(self.search)
        self.body.addWidget(self._list(theme), 1)
        self.body.addWidget(self.waiting)
        self.again = self.add_button("", "accent")
        self.again.clicked.connect(self._open_again)
        self.add_close()
        desk.changed.connect(self.refresh)
        self.resize(WIDTH, HEIGHT)
        self.refresh()
        self._filter("")
        self.search.setFocus()

    def _list(self, theme: Theme) -> QScrollArea:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(0)
        for section, rows in groupby(settings(self._desk.chosen()), lambda one: one.section):
            self.headings[section] = Heading(theme, section)
            column.addWidget(self.headings[section])
            for setting in rows:
                row = self.rows[setting.key] = SettingRow(theme, setting)
                row.wanted.connect(partial(self._set, row))
                column.addWidget(row)
        column.addWidget(self.none)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(holder)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setAccessibleName(tr("Settings"))
        thin(scroll, theme)
        return scroll

    @cached_property
    def _also(self) -> dict[str, str]:
        """Words of the other language, found too; not read before anything is looked for."""
        return both_ways(catalogue(CHINESE))

    def _filter(self, text: str) -> None:
        also = self._also if text else {}
        shown = {key for key, row in self.rows.items() if found(row.setting, text, also)}
        for key, row in self.rows.items():
            row.setVisible(key in shown)
        sections = {self.rows[key].setting.section for key in shown}
        for section, heading in self.headings.items():
            heading.setVisible(section in sections)
        self.none.setVisible(not shown)

    def _set(self, row: SettingRow, key: str, value: str) -> None:
        row.say(self._desk.change(key, value))
        self.refresh()

    def refresh(self) -> None:
        """Show what is set now, and whether some of it waits for the window to open again."""
        for setting in settings(self._desk.chosen()):
            if setting.key in self.rows:
                self.rows[setting.key].show_setting(setting)
        waits = self._desk.waits()
        self.waiting.say(
            tr(
                "Language, time zone and keys hold once the window opens again. The desk goes on; "
                "every surface is disarmed."
            )
            if waits
            else ""
        )
        self.again.setVisible(waits)
        self.again.say(tr("Open the window again"), kind="accent")

    def _open_again(self) -> None:
        """Where something is written that would be lost, the first press says so."""
        lost = self._desk.drafts()
        if lost and self.again.kind != "solid":
            self.waiting.say(tr("Lost with the window: {what}.", what=", ".join(lost)))
            self.again.say(tr("Lose it and open again"), kind="solid")
        else:
            self._desk.reopening.begin()

    def keyPressEvent(self, arg__1: QKeyEvent) -> None:
        """Escape first empties the search, then leaves."""
        if arg__1.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            self.search.setFocus()
        else:
            super().keyPressEvent(arg__1)

"""The status bar: mode, desk state, lock, kill, worst account, feeds, client, engine, clock."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.arming import SURFACES
from ui.controls import Button
from ui.paint import Ink, painting
from ui.panels.mode import ModeLine, ModeTag, StateChip
from ui.panels.status_strip import StatusStrip
from ui.plain import as_text
from ui.theme import Theme
from ui.viewmodels.names import word
from ui.viewmodels.status import StatusView
from ui.viewmodels.text import countdown
from ui.viewmodels.translation import said, tr


class StatusBar(QWidget):
    """Always visible; the line across the top says what kind of desk this is."""

    def __init__(self, theme: Theme, kill_key: str, arm_key: str) -> None:
        super().__init__()
        self._theme = theme
        self._view: StatusView | None = None
        self._is_gone = False
        self.mode = ModeTag(theme)
        self.state = StateChip(theme)
        self.arm = Button(theme, tr("DISARMED"), "plain", icon="lock", name=tr("Arm the desk"))
        self.arm.rooms = (tr("DISARMED"), _armed(1, 0))
        self.arm.setToolTip(as_text(tr("Arm or disarm ({arm_key})", arm_key=arm_key)))
        self.kill = Button(
            theme,
            tr("Kill"),
            "plain",
            icon="power",
            name=tr("Kill switch, {kill_key}", kill_key=kill_key),
        )
        self._kill_key = kill_key
        self.set_compact(False)
        halt = tr("Halt the desk and cancel what could add risk")
        self.kill.setToolTip(as_text(f"{halt} ({kill_key})"))
        self.strip = StatusStrip(theme)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self.mode)
        row.addSpacing(8)
        row.addWidget(self.state)
        for button in (self.arm, self.kill):
            button.setFixedHeight(22)
            button.pixels = 11
            row.addWidget(button)
        row.addWidget(self.strip, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._line = ModeLine(theme)
        column.addWidget(self._line)
        column.addLayout(row, 1)

    def set_compact(self, compact: bool) -> None:
        """40 high on a small screen, else 44."""
        self.setFixedHeight(40 if compact else 44)
        self.kill.say(tr("Kill") if compact else f"{tr('Kill')} {self._kill_key}")

    def show_status(self, view: StatusView) -> None:
        """Show a frame's words."""
        if view == self._view:
            return
        self._view = view
        self._line.set_token(view.mode_token, is_replay=view.is_replay)
        self.mode.show_mode(word(view.mode), view.mode_token, is_replay=view.is_replay)
        self.state.show_state(view.state, " ".join(map(said, view.latches)))
        self.strip.show_status(view)

    def show_arming(self, armed: int, seconds_left: int) -> None:
        """Open or closed lock; open, it counts down, and says when not every surface has a part."""
        if armed:
            self.arm.icon_name = "unlock"
            self.arm.say(_armed(armed, seconds_left), kind="armed")
        else:
            self.arm.icon_name = "lock"
            self.arm.say(tr("DISARMED"), kind="plain")

    def show_gone(self, gone: bool) -> None:
        """The engine is gone: what the bar says about it is old."""
        self.arm.setEnabled(not gone)
        self.kill.setEnabled(not gone)
        self.strip.set_dimmed(gone)
        self.state.set_dimmed(gone)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self, self._theme) as ink:
            painter = ink.painter
            box = QRectF(self.rect())
            painter.fillRect(box, self._theme.color("raised"))
            Ink(painter, self._theme).rule(box)


def _armed(surfaces: int, seconds_left: int) -> str:
    part = "" if surfaces == len(SURFACES) else f" {surfaces}/{len(SURFACES)}"
    return f"{tr('ARMED')}{part} {countdown(seconds_left * 1_000)[2:]}"

"""The source switch: the window shows the past, while the live desk goes on behind it unseen.

Entering disarms and keeps disarmed; nothing but what takes risk away is sent, and a panic key ends
the replay before it acts. What happens live and matters comes up over it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

from desk.engine.snapshot import DeskFrame, EventMessage, FilmFrame
from desk.model.events import Answered, Denied
from desk.model.film import FilmChecked, Moment
from ui.panels.replay_bar import ReplayBar
from ui.pump import Link
from ui.viewmodels.events import denial_sentence
from ui.viewmodels.journal import date_words
from ui.viewmodels.playback import Playback, live_news, live_words
from ui.viewmodels.text import clock, zone_name
from ui.viewmodels.translation import tr

if TYPE_CHECKING:
    from ui.replay_stage import ReplayStage
    from ui.window import DeskWindow

TICK_MS = 100
SETTLE_MS = 250
"""A picture that stands for so long is checked against the journal."""


class Replay(QObject):
    """Shows the film in the window's place."""

    moved = Signal(object)
    """Wall clock that is shown, ms; None: the window is live."""

    def __init__(self, window: DeskWindow, step: Callable[[int, int], Moment | None]) -> None:
        """`step` gives the next (1) or previous (−1) moment from a time."""
        super().__init__(window)
        self._window, self._step = window, step
        self.playback = Playback(window.pump.send)
        self.bar = ReplayBar(window.theme)
        self.bar.hide()
        self.stage: ReplayStage | None = None
        self.is_on = False
        self._moment: Moment | None = None
        """Whose screen was asked for; its draft goes into the ticket with its picture."""
        self._hidden: list[QWidget] = []
        self._focus: QWidget | None = None
        """What had the focus before; else Qt gives it to the next control, which may be a lock."""
        self._happened = ""
        """The last thing that happened live."""
        self._timer = _timer(self, TICK_MS, self._tick)
        self._settle = _timer(self, SETTLE_MS, self.playback.check)
        self._settle.setSingleShot(True)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), window)
        self._escape.setContext(Qt.ShortcutContext.ApplicationShortcut)
        self._escape.setAutoRepeat(False)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.leave)
        self._wire()

    def _wire(self) -> None:
        window, bar = self._window, self.bar
        bar.back.connect(self.leave)
        bar.play.connect(self.toggle)
        bar.stepped.connect(self.step)
        bar.timeline.sought.connect(self.go_to)
        bar.timeline.toggled.connect(self.toggle)
        bar.speed_chosen.connect(self._set_speed)
        window.panic_keys.pressed.connect(self.leave)
        window.closing.may_go.connect(self.leave)  # the places of docks are kept as they were
        window.pump.filmed.connect(self.take_film)
        window.pump.happened.connect(self._take_event)
        window.pump.link_changed.connect(self._see_link)
        window.banner.changed.connect(self._show_news)

    # ---- hands ------------------------------------------------------------------------------

    def show_moment(self, moment: Moment) -> None:
        """Show the screen at a row of the journal."""
        self._enter()
        self._moment = moment
        self.playback.playing = False
        self.playback.go(at_ms=moment.time_ms, seq=moment.seq)
        self._show_state()

    def go_to(self, wall_ms: int) -> None:
        """Show the screen at a time."""
        self._enter()
        self._moment = None
        self.playback.go(at_ms=wall_ms)
        self._show_state()

    def step(self, direction: int) -> None:
        """Show the next or previous moment."""
        moment = self._step(self._moment_ms(), direction)
        if moment is not None:
            self.show_moment(moment)

    def _moment_ms(self) -> int:
        return self.playback.at_ms if self._moment is None else self._moment.time_ms

    def toggle(self) -> None:
        """Play or pause."""
        if self.is_on:
            self.playback.playing = not self.playback.playing
            self._settle.start()
            self._show_state()

    def _set_speed(self, speed: int) -> None:
        self.playback.speed = speed

    # ---- in and out -------------------------------------------------------------------------

    def _enter(self) -> None:
        if self.is_on:
            return
        self.is_on = True
        window = self._window
        window.arming.hold(True, tr("the window shows a replay"))
        window.commands.held = tr("The window shows a replay: nothing was sent.")
        window.strip.dismiss()
        for shortcut in window.shortcuts.values():
            shortcut.setEnabled(False)
        self._escape.setEnabled(True)
        self._focus = QApplication.focusWidget()
        stage = self._staged()
        stage.panes.resize(window.size())
        stage.panes.take_size()
        stage.arrange_as(window.area, {"chart": window.chart, **window.late_panels.made})
        floating = [dock for dock in window.area.docks.values() if dock.isFloating()]
        live = (window.status, window.area, window.footer, *floating)
        self._hidden = [widget for widget in live if not widget.isHidden()]
        window.workspace.remember()
        window.workspace.held = True
        with window.area.by_ourselves():
            for widget in self._hidden:
                widget.hide()
        window.banner.hold(True)
        self._happened = ""
        self._show_news()
        self.bar.show()
        stage.come_up()
        self.bar.timeline.setFocus()
        self._timer.start()

    def _staged(self) -> ReplayStage:
        """Build the stage the first time."""
        if self.stage is None:
            from ui.replay_stage import ReplayStage  # twice the panels: only who replays pays

            window = self._window
            self.stage = ReplayStage(window.theme, window.keys)
            self.stage.panes.status.kill.clicked.connect(self.leave)
            self.stage.panes.status.kill.clicked.connect(window.panic.kill)
            pictures = self.stage.pictures
            self.playback.charts = lambda: pictures.charts
            window.add_stage(self.bar, self.stage.panes)
        return self.stage

    def leave(self, *_: object) -> None:
        """Back to the live desk."""
        if not self.is_on:
            return
        self.is_on = False
        self._timer.stop()
        self._settle.stop()
        self._escape.setEnabled(False)
        self.playback.reset()
        window = self._window
        assert self.stage is not None
        self.bar.hide()
        self.stage.put_away()
        window.banner.hold(False)
        with window.area.by_ourselves():
            for widget in self._hidden:
                widget.show()
        window.workspace.held = False
        for shortcut in window.shortcuts.values():
            shortcut.setEnabled(True)
        window.commands.held = ""
        window.arming.hold(False)
        window.display.pacing.hurry()
        self.moved.emit(None)
        if window.pump.frame is not None:
            window.display.show_frame(window.pump.frame)
        self._give_focus_back()

    def _give_focus_back(self) -> None:
        focus, self._focus = self._focus, None
        if focus is not None and shiboken6.isValid(focus) and focus.isVisible():
            focus.window().activateWindow()
            focus.setFocus()
        else:
            self._window.activateWindow()  # a dock that floats may have come up as the last
            self._window.workspace_desk.focus_first()

    # ---- pictures ---------------------------------------------------------------------------

    def take_film(self, film: FilmFrame) -> None:
        """Show a picture, if it is the one that is waited for."""
        if not self.is_on or not self.playback.take(film):
            return
        assert self.stage is not None
        if self.stage.show(film.frame):
            self.playback.go(at_ms=film.frame.wall_ms)  # once more, with candles
        if self._moment is not None and self._moment.denials and not self.playback.playing:
            self.stage.show_denied(self._moment)
        self.moved.emit(self.playback.at_ms)
        self._settle.start()
        self._show_state()

    def _tick(self) -> None:
        was = self.playback.playing
        self.playback.advance(TICK_MS)
        if was:
            self._moment = None
            self.moved.emit(self.playback.at_ms)
            self._show_state()

    def _show_state(self) -> None:
        playback = self.playback
        at_ms = playback.at_ms
        words = playback.trouble or playback.agreement
        if self._moment is not None and not playback.trouble:
            words = " · ".join(filter(None, (f"#{self._moment.seq:,}", playback.agreement)))
        said = " · ".join(filter(None, (tr("Not live: nothing can be sent"), words)))
        time = f"{date_words(at_ms)} {clock(at_ms)} {zone_name()}"
        self.bar.show_state(time, said, playing=playback.playing)
        self.bar.timeline.show_at(at_ms)
        self._window.setWindowTitle(f"{tr('REPLAY')} {time} · {tr('Desk')}")

    # ---- the live desk ----------------------------------------------------------------------

    def see_live(self, _: DeskFrame) -> None:
        """A live frame came: it was shown behind, and may have changed the title."""
        if self.is_on:
            self._show_state()

    def _take_event(self, message: EventMessage) -> None:
        if not self.is_on:
            return
        event = message.event
        if isinstance(event, Denied):
            words = " ".join(denial_sentence(denial) for denial in event.denials)
            if self.playback.take_denial(event.command, words):
                self._show_state()
        elif isinstance(event, Answered) and event.about == "film_check":
            if self.playback.take_check(event.command, msgspec.convert(event.data, FilmChecked)):
                self._show_state()
        elif news := live_news(event):
            self._happened = news
            self._show_news()

    def _show_news(self) -> None:
        """The worst danger for as long as it stands, and what happened last."""
        if self.is_on:
            words = live_words(self._window.banner.danger, self._happened)
            self.bar.news.say(f"{tr('LIVE')}: {words}" if words else "")

    def _see_link(self, link: Link) -> None:
        if link is Link.LOST:
            self.leave()


def _timer(parent: QObject, ms: int, act: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setInterval(ms)
    timer.timeout.connect(act)
    return timer

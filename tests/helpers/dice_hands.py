"""Hands that do whatever falls: a seeded trader who clicks, types, drags and resizes for hours.

What must hold meanwhile is measured beside it: that nobody but the thread of the window calls a
widget, and that the window's loop comes round in time.
"""

import random
import threading
import time
from functools import wraps
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QTabBar,
    QWidget,
)

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier
TEXTS = ("0.5", "1", "60980", "61000.5", "1%", "", "-3", "abc", "9" * 40, "buy 0.5btc", "=1+1")
KEYS = ("Return", "Esc", "Tab", "Shift+Tab", "Up", "Down", "Left", "Right", "Space", "Del", "Home",
        "End", "PgDown", "Backspace", "Ctrl+A", "Alt+Down")  # fmt: skip
SIZES = ((1280, 800), (1440, 900), (1600, 1000), (1920, 1080), (2560, 1440))


class Hands:
    """One step is one thing that a person might do, at a place that can be seen."""

    def __init__(self, window, chords, seed, chosen):
        """`chosen` is called when it is clear what will be done: what follows is the window's."""
        self.window, self.chords, self.chosen = window, chords, chosen
        self.dice = random.Random(seed)
        self.done = dict.fromkeys((step.__name__ for step in self.STEPS), 0)

    def step(self):
        step = self.dice.choices(self.STEPS, self.WEIGHTS)[0]
        step(self)
        self.done[step.__name__] += 1
        if not self.window.isVisible():
            self.window.show()
        if self.dice.random() < 0.3:
            self.let_go()

    def let_go(self):
        """Close what has opened, or it would be the only thing that is ever met."""
        if popup := QApplication.activePopupWidget():
            popup.close()
        for one in QApplication.topLevelWidgets():
            if one is not self.window and one.isVisible() and isinstance(one, QDialog):
                one.reject()

    def anywhere(self, *kinds):
        """A widget of these kinds that can be seen; None where there is none."""
        shown = [one for one in QApplication.allWidgets() if one.isVisible()]
        found = [one for one in shown if isinstance(one, kinds) and one.visibleRegion()]
        self.chosen()
        return self.dice.choice(found) if found else None

    def spot(self, widget):
        return QPoint(
            self.dice.randrange(max(1, widget.width())),
            self.dice.randrange(max(1, widget.height())),
        )

    # --- what is done --------------------------------------------------------------------------

    def click(self):
        if widget := self.anywhere(QAbstractButton, QTabBar, QComboBox):
            QTest.mouseClick(widget, LEFT, NONE, self.spot(widget))

    def click_anything(self):
        widget = self.anywhere(QWidget)
        button = self.dice.choice((LEFT, LEFT, RIGHT))
        act = self.dice.choice((QTest.mouseClick, QTest.mouseClick, QTest.mouseDClick))
        act(widget, button, NONE, self.spot(widget))

    def press_chord(self):
        self.press(self.dice.choice(self.chords))

    def press_key(self):
        self.press(self.dice.choice(KEYS))

    def press(self, keys):
        combination = QKeySequence(keys)[0]
        widget = QApplication.activePopupWidget() or QApplication.focusWidget() or self.window
        QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())

    def write(self):
        if (field := self.anywhere(QLineEdit)) and field.isEnabled():
            field.setFocus()
            field.selectAll()
            QTest.keyClicks(field, self.dice.choice(TEXTS))

    def turn(self):
        widget = self.anywhere(QWidget)
        at = QPointF(self.spot(widget))
        turned = QPoint(0, self.dice.choice((-240, -120, 120, 240)))
        event = QWheelEvent(
            at,
            QPointF(widget.mapToGlobal(at.toPoint())),
            QPoint(),
            turned,
            Qt.MouseButton.NoButton,
            NONE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    def drag(self):
        widget = self.anywhere(QWidget)
        QTest.mousePress(widget, LEFT, NONE, self.spot(widget))
        for _ in range(3):
            QTest.mouseMove(widget, self.spot(widget))
        QTest.mouseRelease(widget, LEFT, NONE, self.spot(widget))

    def choose_row(self):
        if table := self.anywhere(QAbstractItemView):
            QTest.mouseClick(table.viewport(), self.dice.choice((LEFT, RIGHT)), NONE,
                             self.spot(table.viewport()))  # fmt: skip

    def resize(self):
        self.window.resize(*self.dice.choice(SIZES))

    STEPS = (click, click_anything, press_chord, press_key, write, turn, drag, choose_row, resize)
    WEIGHTS = (6, 4, 5, 4, 4, 2, 2, 3, 1)


# --- what must hold -------------------------------------------------------------------------------


WATCHED = {
    QWidget: ("update", "repaint", "setEnabled", "resize", "move", "setGeometry", "show",
              "hide", "close", "setToolTip", "setFocus", "raise_", "setAccessibleName"),
    QLabel: ("setText",),
    QAbstractButton: ("setText", "setChecked", "setIcon"),
    QLineEdit: ("setText", "clear"),
}  # fmt: skip


class Affinity:
    """Notes each call of a widget's method from another thread than the one it was made in."""

    def __init__(self, patch):
        self.home, self.strangers, self.calls = threading.get_ident(), [], 0
        for kind, names in WATCHED.items():
            for name in names:
                patch.setattr(kind, name, self._watched(getattr(kind, name)))

    def _watched(self, method):
        @wraps(method)
        def call(*arguments, **options):
            self.calls += 1
            if threading.get_ident() != self.home:
                self.strangers.append(f"{method} by {threading.current_thread().name}")
                return None  # Qt might end the process
            return method(*arguments, **options)

        return call


class Pulse:
    """How long the window's loop did not come round: its own doing, without what the machine took.

    The kernel counts for how long a thread could have run and was not let; that is taken off.
    """

    BEAT_MS = 10

    def __init__(self, parent):
        self._waited = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._timer = QTimer(parent)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.beat)
        self._last = self._now()
        self.longest_ms = self.longest_by_clock_ms = 0.0
        self.beats = 0
        self._timer.start(self.BEAT_MS)

    def _now(self):
        waited_ns = int(self._waited.read_text().split()[1])
        now_ns = time.perf_counter_ns()
        return now_ns, now_ns - waited_ns

    def beat(self):
        now, self.beats = self._now(), self.beats + 1
        by_clock, own = ((n - b) / 1e6 for n, b in zip(now, self._last, strict=True))
        self.longest_by_clock_ms = max(self.longest_by_clock_ms, by_clock)
        self.longest_ms = max(self.longest_ms, own)
        self._last = now

    def skip(self):
        """What was until now is not the window's."""
        self._last = self._now()

    def stop(self):
        self._timer.stop()

"""The panic drill: kill, cancel-all and flatten rehearsed with the real keys, and nothing sent.

It can swallow no real panic. It rehearses only the one key that its prompt names, and that key
once: from then on, and at any other time, panic keys act for real, so whoever presses twice acts.
Another panic key than the named one ends the drill and acts; buttons always act. The drill ends by
itself after a minute, when the desk gets worse, when the window loses the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from desk.engine.snapshot import DeskFrame
from desk.model.command import Command
from desk.model.commands import CancelAll, Flatten, Kill
from ui.clock import boot_ns
from ui.keys import Key, chord
from ui.panels.strips import DEFAULT_KILL_REASON, Answer, Strip
from ui.policy import Confirm, Policy
from ui.viewmodels.drill import Rehearsed, Score, how_to, prompt, result, trouble_of
from ui.viewmodels.translation import tr

ENDS_AFTER_MS = 60_000
ASKING = "drill"
TWICE = 2
"""Presses of a key that asks first."""
STEPS = ("cancel_all", "flatten", "kill")


class Drill(QObject):
    """One drill at a time, in the window's strip."""

    ended = Signal(str)
    """Why."""
    scored = Signal(object)
    """A `Score`: every step was rehearsed."""

    def __init__(
        self,
        strip: Strip,
        keys: Mapping[str, Key],
        policy: Policy,
        frame: Callable[[], DeskFrame | None],
    ) -> None:
        super().__init__(strip)
        self._strip, self._keys, self._frame = strip, keys, frame
        self._step: int | None = None
        self._done: list[Rehearsed] = []
        self._waits = False
        """The named key has not been rehearsed yet."""
        self._pressed_ns: int | None = None
        self._presses = 0
        self._trouble = ""
        self.policy = policy
        self._end_timer = QTimer(self)
        self._end_timer.setSingleShot(True)
        self._end_timer.setInterval(ENDS_AFTER_MS)
        self._end_timer.timeout.connect(lambda: self.end(tr("a minute is over")))
        self._held = QTimer(self)
        self._held.setSingleShot(True)
        self._held.setTimerType(Qt.TimerType.PreciseTimer)
        self._held.timeout.connect(self._ready)
        strip.left.connect(self._left)

    @property
    def running(self) -> bool:
        """Whether a drill is on."""
        return self._step is not None

    def begin(self) -> None:
        """Start, unless a real question stands."""
        if self.running or self._strip.asking not in {"", "deposit"}:
            return
        frame = self._frame()
        self._trouble = "" if frame is None else trouble_of(frame)
        self._done = []
        self._end_timer.start()
        self._prompt(0)

    def takes(self, action: str) -> bool:
        """Whether a panic key is rehearsed; if not, the caller acts for real."""
        if self._step is None:
            return False
        if not self._waits or action != STEPS[self._step] or self._strip.asking != ASKING:
            self.end(tr("a panic key acted for real"))
            return False
        self._press()
        return True

    def release(self) -> None:
        """A key is up: too early for what has to be held."""
        if self._held.isActive():
            self._held.stop()
            self._pressed_ns = None
            self._presses = 0

    def show_frame(self, frame: DeskFrame) -> None:
        """A desk that gets worse needs its hands."""
        if self.running and trouble_of(frame) != self._trouble:
            self.end(tr("the desk needs you"))

    def end(self, why: str) -> None:
        """Leave the drill."""
        if self._step is None:
            return
        self._step, self._waits = None, False
        self._end_timer.stop()
        self._held.stop()
        if self._strip.asking == ASKING:
            self._strip.dismiss()
        self.ended.emit(why)

    # ---- one step ---------------------------------------------------------------------------

    def _prompt(self, step: int) -> None:
        self._step, self._waits, self._pressed_ns, self._presses = step, True, None, 0
        action = STEPS[step]
        words = prompt(
            action,
            how_to(self.policy.of(action).value, chord(self._keys[action]), self.policy.hold_ms),
            self._frame(),
        )
        self._ask(f"{step + 1}/{len(STEPS)} · {words}", [Answer("no", tr("End the drill"))])

    def _press(self) -> None:
        if self._pressed_ns is None:
            self._pressed_ns = boot_ns()
        self._presses += 1
        assert self._step is not None
        action = STEPS[self._step]
        how = self.policy.of(action)
        if how is Confirm.HOLD:
            self._held.start(self.policy.hold_ms)
        elif how is Confirm.NONE or self._presses == TWICE:
            self._ready()

    def _ready(self) -> None:
        """All that a real press does is done, up to the bytes; they go nowhere."""
        assert self._step is not None
        assert self._pressed_ns is not None
        step, action = self._step, STEPS[self._step]
        msgspec.msgpack.encode(_command(action))
        took_ms = (boot_ns() - self._pressed_ns) / 1_000_000
        self._waits = False
        held_ms = self.policy.hold_ms if self.policy.of(action) is Confirm.HOLD else 0
        self._done.append(Rehearsed(action, took_ms, held_ms))
        said = f"{step + 1}/{len(STEPS)} · {result(self._done[-1])}"
        if step + 1 < len(STEPS):
            self._ask(said, [Answer("next", tr("Next")), Answer("no", tr("End the drill"))])
            return
        frame = self._frame()
        score = Score(sum(one.took_ms for one in self._done), 0 if frame is None else frame.wall_ms)
        self.scored.emit(score)
        self.end(said)

    def _ask(self, words: str, answers: list[Answer]) -> None:
        self._strip.ask(
            ASKING,
            tr("DRILL · nothing is sent · {words}", words=words),
            answers,
            self._answered,
            danger=True,
        )

    def _answered(self, answer: str, _: dict[str, str]) -> None:
        if answer == "next" and self._step is not None:
            self._prompt(self._step + 1)
        else:
            self.end(tr("it was left"))

    def _left(self, asked: str) -> None:
        """Escape."""
        if asked == ASKING and self._strip.asking != ASKING:
            self.end(tr("it was left"))


def _command(action: str) -> Command:
    """What would be sent; its id is empty, no desk would take it."""
    if action == "kill":
        return Kill(reason=DEFAULT_KILL_REASON)
    return CancelAll() if action == "cancel_all" else Flatten()

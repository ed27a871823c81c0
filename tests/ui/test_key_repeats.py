"""A key held down acts once, also where the platform takes its repeats for presses.

As seen on X11: of most repeats both halves are told as repeats, of some neither is, and the two
have one time. Another stroke of the same key has another.
"""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent

from desk.model.commands import Flatten, Kill

pytestmark = pytest.mark.qt

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
NUMBER = {"K": 45, "F": 41, "X": 53}
DOWN = QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress
UP = (QEvent.Type.KeyRelease,)


def told(rig, letter, kinds, at_ms, *, repeat=False):
    """Tell the window of the system what its platform tells."""
    key, window = getattr(Qt.Key, f"Key_{letter}"), rig.window.window().windowHandle()
    for kind in kinds:
        event = QKeyEvent(kind, key, CTRL_SHIFT, NUMBER[letter], 0, 0, "", repeat)
        event.setTimestamp(at_ms)
        QCoreApplication.sendEvent(window, event)


@pytest.fixture
def heard(rig):
    """What the panic keys tell, in order; that a key was let go is told on its way, too."""
    found = []

    def let_go():
        if found[-1:] != ["let go"]:
            found.append("let go")

    rig.window.panic_keys.pressed.connect(found.append)
    rig.window.panic_keys.released.connect(let_go)
    return found


def test_a_repeat_that_says_it_is_none_is_no_second_press(qtbot, rig, heard):
    told(rig, "K", DOWN, 1_000)
    for at_ms, repeat in ((1_660, True), (1_700, False), (1_740, True), (1_780, False)):
        told(rig, "K", UP, at_ms, repeat=repeat)
        told(rig, "K", DOWN, at_ms, repeat=repeat)
    assert heard == ["kill"]
    assert rig.window.strip.asking == "kill"
    assert rig.window.panic_keys._repeats._kept is None, "no release is still to be told"
    told(rig, "K", UP, 1_900)
    qtbot.waitUntil(lambda: heard == ["kill", "let go"])
    told(rig, "K", DOWN, 1_950)
    rig.until(lambda: len(rig.desk.sent(Kill)) == 1)


def test_a_repeat_whose_press_comes_late_is_no_second_press(qtbot, rig, heard):
    told(rig, "K", DOWN, 1_000)
    told(rig, "K", UP, 1_700)
    qtbot.waitUntil(lambda: heard == ["kill", "let go"])
    told(rig, "K", DOWN, 1_700)
    assert heard == ["kill", "let go"]
    rig.settle()
    assert rig.desk.sent(Kill) == []


def test_flatten_is_held_through_repeats_that_say_they_are_none(qtbot, rig):
    told(rig, "F", DOWN, 1_000)
    button = rig.window.strip.buttons["do"]
    qtbot.waitUntil(lambda: button.share > 0.05)
    told(rig, "F", UP, 1_660)
    told(rig, "F", DOWN, 1_660)
    assert (button.by, button.share > 0.05) == ("key", True)
    told(rig, "F", UP, 1_700)
    qtbot.waitUntil(lambda: not button.by)
    assert rig.desk.sent(Flatten) == []


def test_a_release_is_told_before_the_next_key(rig, heard):
    told(rig, "X", DOWN, 1_000)
    told(rig, "X", UP, 1_060)
    told(rig, "K", DOWN, 1_061)
    assert heard == ["cancel_all", "let go", "kill"]


def test_two_strokes_are_two(rig, heard):
    for at_ms in (1_000, 1_050):
        told(rig, "K", DOWN, at_ms)
        told(rig, "K", UP, at_ms + 20)
    assert heard == ["kill", "let go", "kill"]
    rig.until(lambda: len(rig.desk.sent(Kill)) == 1)


def test_what_has_no_time_or_number_is_told_as_it_is(rig, heard):
    told(rig, "K", DOWN, 0)
    told(rig, "K", UP, 0)
    told(rig, "K", DOWN, 0)
    assert heard == ["kill", "let go", "kill"]

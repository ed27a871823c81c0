"""The panic drill: the real keys, nothing sent, and never a real panic swallowed."""

import pytest
from helpers.frames import later, normal_desk
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desk.model.commands import CancelAll, Flatten, Kill
from ui.drill import STEPS
from ui.drill_scores import DrillScores
from ui.policy import Policy
from ui.viewmodels.drill import Score, Scores, score_words, with_score
from ui.window_file import FILE, WindowFile

pytestmark = pytest.mark.qt

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
PANIC = (CancelAll, Flatten, Kill)


def press(rig, letter):
    QTest.keyPress(rig.window.windowHandle(), getattr(Qt.Key, f"Key_{letter}"), CTRL_SHIFT)


def release(rig, letter):
    QTest.keyRelease(rig.window.windowHandle(), getattr(Qt.Key, f"Key_{letter}"), CTRL_SHIFT)


def tap(rig, letter):
    press(rig, letter)
    release(rig, letter)


def said(rig):
    return rig.window.strip.accessibleName()


def next_step(qtbot, rig):
    qtbot.mouseClick(rig.window.strip.buttons["next"], LEFT)


def sent(rig):
    rig.settle()
    return [kind for kind in PANIC if rig.desk.sent(kind)]


@pytest.fixture
def drill(rig):
    rig.window.drill.policy = Policy(hold_ms=300)
    tap(rig, "D")
    assert rig.window.drill.running
    return rig.window.drill


@pytest.mark.thorough
def test_whole_drill_sends_nothing_says_what_it_would_do_and_keeps_score(qtbot, rig, drill):
    scores = []
    drill.scored.connect(scores.append)
    assert said(rig).startswith("DRILL · nothing is sent · 1/3 · press Ctrl+⇧+X: would cancel 3 or")
    tap(rig, "X")
    assert "cancel all was ready to send after" in said(rig)
    next_step(qtbot, rig)
    assert "hold Ctrl+⇧+F for 0.3 s: would cancel 3 orders" in said(rig)
    assert "close 3 positions" in said(rig)
    tap(rig, "F")  # too short
    press(rig, "F")
    qtbot.waitUntil(lambda: "flatten was ready" in said(rig))
    release(rig, "F")
    assert "300 ms of it held" in said(rig)
    next_step(qtbot, rig)
    tap(rig, "K")
    assert "press Ctrl+⇧+K twice" in said(rig)
    tap(rig, "K")
    assert sent(rig) == []
    assert not drill.running
    (score,) = scores
    assert score.total_ms >= 300
    assert "Panic drill: last 0." in rig.window.help.drill.accessibleDescription()
    tap(rig, "X")
    assert sent(rig) == [CancelAll]


def test_the_key_just_rehearsed_is_real_when_it_is_pressed_again(rig, drill):
    tap(rig, "X")
    assert sent(rig) == []
    tap(rig, "X")
    assert sent(rig) == [CancelAll]
    assert not drill.running


def test_another_panic_key_than_the_named_one_acts_and_ends_the_drill(rig, drill):
    tap(rig, "K")
    assert not drill.running
    assert rig.window.strip.asking == "kill"
    tap(rig, "K")
    assert sent(rig) == [Kill]


def test_buttons_act_for_real_during_a_drill(qtbot, rig, drill):
    qtbot.mouseClick(rig.window.cancel_all, LEFT)
    assert sent(rig) == [CancelAll]


def test_a_question_in_the_drills_place_gets_the_keys(qtbot, rig, drill):
    rig.window.commands.rearm()
    tap(rig, "X")
    assert sent(rig) == [CancelAll]


def test_a_desk_that_gets_worse_ends_the_drill(rig, drill):
    rig.settle(later(normal_desk(), state="REDUCING"))
    assert not drill.running
    tap(rig, "X")
    assert sent(rig) == [CancelAll]


@pytest.mark.thorough
def test_drill_ends_after_a_minute_with_escape_and_with_the_engine(qtbot, rig, drill):
    assert drill._end_timer.interval() == 60_000
    drill._end_timer.timeout.emit()
    assert not drill.running
    assert not rig.window.strip.isVisible()
    tap(rig, "D")
    qtbot.keyClick(rig.window.strip.buttons["no"], Qt.Key.Key_Escape)
    assert not drill.running
    tap(rig, "D")
    rig.desk.close()
    rig.until(lambda: not drill.running)


def test_no_drill_begins_over_a_real_question(rig):
    rig.window.panic.kill()
    tap(rig, "D")
    assert not rig.window.drill.running
    assert rig.window.strip.asking == "kill"


def test_key_help_begins_a_drill_and_fits_a_small_screen(qtbot, rig):
    rig.window.help.show()
    qtbot.mouseClick(rig.window.help.drill, LEFT)
    assert rig.window.drill.running
    assert not rig.window.help.isVisible()
    assert rig.window.help.height() < 720
    assert rig.window.help.width() <= 1_366
    assert rig.window.help.crowded() == []


def test_every_panic_key_is_drilled(rig):
    assert set(STEPS) == {name for name, key in rig.window.keys.items() if key.panic}


def test_scores_are_kept_and_a_spoiled_file_begins_anew(tmp_path):
    file = WindowFile(str(tmp_path))
    kept = DrillScores(file)
    for total, when in ((1_500.0, 1), (1_200.0, 2), (1_900.0, 3)):
        kept.add(Score(total, when))
    file.put("layouts", {"trade": "moved"})
    file.write()
    again = DrillScores(WindowFile(str(tmp_path))).scores
    assert (again.last, again.best) == (Score(1_900.0, 3), Score(1_200.0, 2))
    (tmp_path / FILE).write_text("[General]\nschema=1\n[drill]\nscores=what\n")
    assert DrillScores(WindowFile(str(tmp_path))).scores == Scores()


def test_score_words():
    assert score_words(Scores()) == ""
    words = score_words(with_score(Scores(), Score(1_234.0, 0)))
    assert words == "Panic drill: last 1.23 s (08:00:00), best 1.23 s (08:00:00)"

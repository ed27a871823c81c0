"""Which panel is given a frame and when, and that what stays as it is asks for nothing."""

import pytest
from helpers.frames import later, normal_desk

from ui.pacing import Pacing
from ui.panels.cure_card import CureCard
from ui.theme import Theme


@pytest.fixture
def paced():
    """Two panels of 100 ms on a clock of our own, and who was shown what."""
    shown, clock = [], [0]
    tasks = [(100, lambda frame: shown.append("a")), (100, lambda frame: shown.append("b"))]
    pacing = Pacing(tasks, lambda: clock[0] * 1_000_000)

    def at(ms):
        clock[0] = ms
        shown.clear()
        return shown

    return pacing, at


def test_what_decides_is_on_every_panel_with_its_frame_and_a_price_on_none(paced):
    pacing, at = paced
    frame = normal_desk()
    shown = at(0)
    assert pacing.show(frame)
    assert shown == ["a", "b"]
    shown = at(16)
    assert not pacing.show(later(frame))
    assert shown == []
    assert pacing.show(later(frame, state="REDUCING"))
    assert shown == ["a", "b"]


def test_the_rest_is_shown_one_panel_at_a_time_each_at_its_pace(paced):
    pacing, at = paced
    frame = normal_desk()
    pacing.show(frame)
    shown = at(99)
    pacing.show_next(frame)
    assert shown == []
    shown = at(100)
    for _ in range(3):
        pacing.show_next(frame)
    assert shown == ["a", "b"]


def test_in_a_hurry_nothing_old_is_shown_before_the_next_frame(paced):
    pacing, at = paced
    frame = normal_desk()
    pacing.show(frame)
    pacing.hurry()  # the engine is lost: its banner stays
    shown = at(500)
    pacing.show_next(frame)
    assert shown == []
    assert pacing.show(frame)
    assert shown == ["a", "b"]


def test_card_that_offers_the_same_again_has_nothing_laid_out(qtbot):
    card = CureCard(Theme())
    qtbot.addWidget(card)
    card.call("perp-1")
    asked = []
    card.updateGeometry = lambda: asked.append(True)
    card.call("perp-1")
    card.show_cure(None)
    assert asked == []
    card.call("", calm=True)
    assert len(asked) == 1

"""A window that no longer answers, and a desk that stands still itself."""

import pytest
from helpers.engines import Trader

from desk.engine.message import WindowChanged
from desk.execution.outcome import Accepted
from desk.execution.port import Decision
from desk.model.commands import Heartbeat

BEAT_MS = 250
TARGET_MS = 4_000


@pytest.fixture
def trader():
    trader = Trader()
    trader.deposit()
    trader.market()
    trader.process(WindowChanged(attached=True))
    return trader


def lost_after(trader, pauses, most_ms=60_000):
    """Let time pass in such pauses until the desk reduces; how long that took."""
    passed = 0
    while trader.state.state == "ACTIVE":
        assert passed <= most_ms, "the window is never missed"
        for pause in pauses:
            trader.tick(pause)
            passed += pause
            if trader.state.state != "ACTIVE":
                break
    return passed


@pytest.mark.parametrize("stall_ms", [20, 300, 700, 990])
def test_a_desk_that_stalls_up_to_a_second_reduces_within_four(trader, stall_ms):
    trader.give(Heartbeat())
    assert lost_after(trader, [stall_ms]) <= TARGET_MS


@pytest.mark.parametrize("stall_ms", [1_010, 1_100, 1_500, 1_990])
def test_pauses_that_no_living_window_is_missed_in_excuse_nothing(trader, stall_ms):
    """They used to begin the count anew, each of them: a hung window was never found out."""
    trader.give(Heartbeat())
    assert lost_after(trader, [stall_ms, 20]) <= 3_000 + stall_ms + 20


@pytest.mark.parametrize("stall_ms", [2_010, 2_900, 10_000])
def test_a_sleep_excuses_once_and_the_next_one_counts(trader, stall_ms):
    trader.give(Heartbeat())
    last_look_ms = max(3_020, stall_ms + 20)
    assert lost_after(trader, [stall_ms, 20]) <= stall_ms + last_look_ms + stall_ms
    assert trader.state.state == "REDUCING"


@pytest.mark.fault("T39")
@pytest.mark.parametrize("stall_ms", [2_010, 2_500, 3_100])
def test_a_window_that_hung_while_the_desk_slept_is_found_out_soon_after(trader, stall_ms):
    """A sleep gives the window a second and a half to say a word, not three more."""
    trader.give(Heartbeat())
    trader.tick(stall_ms)
    assert trader.state.state == "ACTIVE"
    assert lost_after(trader, [20]) <= max(3_020 - stall_ms, 1_520)


def test_every_word_of_the_window_earns_the_excuse_anew(trader):
    for _ in range(5):
        trader.tick(30_000)
        trader.run(200)
        trader.give(Heartbeat())
    assert trader.state.state == "ACTIVE"


@pytest.mark.parametrize("stall_ms", [1_500, 2_000, 2_600, 6_000])
def test_a_window_that_beats_is_not_blamed_for_a_desk_that_stalls(trader, stall_ms):
    """Its words wait in the pipe, and are read after the time of the desk's return was told."""
    for _ in range(10):
        trader.run(BEAT_MS, step=10)
        trader.give(Heartbeat())
        trader.tick(stall_ms)
        trader.give(Heartbeat())
    assert trader.state.state == "ACTIVE"


def test_a_venue_that_answers_at_every_look_keeps_nothing_waiting(trader, monkeypatch):
    """What is known already takes the whole look, and used to put off the one at the window."""
    trader.buy("1", "59000", id="resting")
    trader.run(60)
    said_again = Decision(outcomes=(Accepted(order_id="resting", time_ms=trader.wall_ms),))
    monkeypatch.setattr(trader.desk.venue, "on_time", lambda *_: said_again)
    monkeypatch.setattr(trader.desk.venue, "commit", lambda decision: None)
    trader.give(Heartbeat())
    assert lost_after(trader, [20], TARGET_MS) <= TARGET_MS
    assert "resting" in trader.state.cancels

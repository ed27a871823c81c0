"""The machine's clock, held against the time since boot."""

import pytest
from helpers.engines import MS, START_MS, START_NS
from helpers.loans import DAY_MS, Lender
from hypothesis import given
from hypothesis import strategies as st

from desk.engine.wall_clock import CORRECTION_MS, WallClock


def told(clock, passed_ms, wall_ms):
    return clock.tell(START_NS + passed_ms * MS, wall_ms)


@pytest.mark.fault("T32")
def test_a_correction_is_followed_and_what_was_set_is_not():
    clock = WallClock()
    assert told(clock, 0, START_MS) == START_MS
    assert told(clock, 1_000, START_MS + 1_000 - CORRECTION_MS) == START_MS + 1_000 - CORRECTION_MS
    assert told(clock, 2_000, START_MS + 2_000) == START_MS + 2_000
    assert (told(clock, 3_000, START_MS + 7 * DAY_MS), clock.set_by_ms) == (
        START_MS + 3_000,
        7 * DAY_MS - 3_000,
    )
    assert (told(clock, 4_000, START_MS + 4_000), clock.set_by_ms) == (START_MS + 4_000, 0)
    assert told(clock, 5_000, START_MS + 5_001 + CORRECTION_MS) == START_MS + 5_000


@pytest.mark.fault("T32")
@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(-(10**12), 10**12)), min_size=2))
def test_the_time_that_is_believed_strays_by_no_more_than_a_correction_a_look(steps):
    clock, passed_ms, before = WallClock(), 0, None
    for step_ms, off_ms in steps:
        passed_ms += step_ms
        now = told(clock, passed_ms, START_MS + passed_ms + off_ms) - passed_ms
        assert before is None or abs(now - before) <= CORRECTION_MS
        before = now


def said(lender):
    return [e.code for e in lender.events if getattr(e, "code", "").startswith("CLOCK")]


@pytest.mark.fault("T32")
def test_a_clock_set_ahead_books_no_interest_and_is_said_once():
    lender = Lender().ready()
    lender.draw("1000000")
    lender.tick(DAY_MS)
    booked = len([row for row in lender.rows if row.entry.type == "interest"])
    lender.wall_ms += 30 * DAY_MS
    lender.run(200)
    assert len([row for row in lender.rows if row.entry.type == "interest"]) == booked
    assert said(lender) == ["CLOCK_SET"]
    lender.wall_ms -= 30 * DAY_MS
    lender.run(200)
    assert said(lender) == ["CLOCK_SET", "CLOCK_RIGHT"]

"""Trailing stops: the distance by hand, the ratchet at the venue, what is said of it, the fold."""

from decimal import ROUND_CEILING, ROUND_FLOOR
from decimal import Decimal as D
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_stage import BUY, PERP, SELL, Stage, fills, terms, words

from desk.execution.order import Order, OrderContradiction, apply, asked
from desk.execution.outcome import Accepted, Amended, Trailed, Triggered
from desk.model.market_data import MarkPrice
from desk.model.numbers import plain
from desk.model.orders import Amendment, OrderStatus, OrderType
from desk.model.trailing import trailing_trigger

TRAIL = OrderType.TRAILING_STOP
S = OrderStatus
TICK = D("0.1")


def trailing(side, trail=None, rate=None, quantity="1", **changes):
    given = {"trail": None if trail is None else D(trail)}
    given |= {"trail_rate": None if rate is None else D(rate)}
    return terms("t", side, quantity, None, type=TRAIL, **given | changes)


@pytest.fixture
def stage():
    stage = Stage()
    stage.snapshot([("99.9", "5"), ("99.0", "5")], [("100.1", "5"), ("101.0", "5")])
    stage.mark("100")
    return stage


def said(outcomes):
    return [(plain(o.best), plain(o.trigger)) for o in outcomes if isinstance(o, Trailed)]


@pytest.mark.parametrize(
    ("side", "trail", "rate", "best", "trigger"),
    [
        (SELL, "2", None, "100", "98.0"),
        (BUY, "2", None, "100", "102.0"),
        # Off the tick: 100.07 − 2 = 98.07 acts earlier at 98.1, 100.07 + 2 at 102.0.
        (SELL, "2", None, "100.07", "98.1"),
        (BUY, "2", None, "100.07", "102.0"),
        # 1.5 % of 100.07 is 1.50105: 98.56895 and 101.57105.
        (SELL, None, "0.015", "100.07", "98.6"),
        (BUY, None, "0.015", "100.07", "101.5"),
        # A fraction that is less than a tick of the price is a tick.
        (SELL, None, "0.0001", "100", "99.9"),
        (BUY, None, "0.0001", "100", "100.1"),
    ],
)
def test_the_trigger_lies_behind_the_best_mark_on_the_side_that_acts_earlier(
    side, trail, rate, best, trigger
):
    assert trailing_trigger(trailing(side, trail, rate), D(best), TICK) == D(trigger)


def test_it_follows_the_highest_mark_and_never_goes_back(stage):
    assert words(stage.place(trailing(SELL, "2"))) == ["Accepted", "Trailed"]
    assert stage.orders["t"].status is S.WAITING
    assert stage.venue.trigger("t") == D(98)
    steps = [("101", "99.0"), ("100.2", "99.0"), ("103", "101.0"), ("101.1", "101.0")]
    for mark, trigger in steps:
        stage.mark(mark)
        assert stage.venue.trigger("t") == D(trigger)
    outcomes = stage.mark("101")
    assert words(outcomes) == ["Triggered", "Filled"]
    assert (outcomes[0].mark, outcomes[0].collar_price) == (D(101), D("97.97"))
    assert fills(outcomes) == [("t", "1.000", "99.9")]


def test_one_that_buys_follows_the_lowest(stage):
    stage.place(trailing(BUY, None, "0.02"))
    for mark, trigger in [("99", "100.9"), ("100.8", "100.9"), ("97", "98.9"), ("98.8", "98.9")]:
        stage.mark(mark)
        assert stage.venue.trigger("t") == D(trigger)
    assert words(stage.mark("98.9")) == ["Triggered", "Filled"]


def test_it_is_said_when_it_has_moved_by_a_twentieth_of_its_distance_and_before_it_acts(stage):
    assert said(stage.place(trailing(SELL, "4"))) == [("100", "96")]
    assert said(stage.mark("100.1")) == []
    assert said(stage.mark("100.2")) == [("100.2", "96.2")]
    assert said(stage.mark("100.3")) == []
    assert stage.orders["t"].terms.trigger == D("96.2")
    assert stage.venue.trigger("t") == D("96.3")
    outcomes = stage.mark("96.3")
    assert words(outcomes)[:2] == ["Trailed", "Triggered"]
    assert said(outcomes) == [("100.3", "96.3")]


def test_a_mark_that_is_not_fresh_does_not_move_it(stage):
    stage.place(trailing(SELL, "2"))
    stage.marks.clear()
    event = MarkPrice(PERP.id, D(150), None, None, None, 0, 0)
    assert stage.market(event) == []
    assert stage.trade("150", "1", BUY) == []
    assert stage.venue.trigger("t") == D(98)


def test_without_a_fresh_mark_it_begins_with_the_first(stage):
    stage.marks.clear()
    assert words(stage.place(trailing(SELL, "2"))) == ["Accepted"]
    assert stage.venue.trigger("t") is None
    assert said(stage.mark("90")) == [("90", "88")]


def test_marks_before_it_arrived_do_not_count(stage):
    stage.submit(trailing(SELL, "2"))
    stage.mark("120")
    stage.mark("100")
    assert said(stage.at(50)) == [("100", "98")]


def test_an_acceptance_that_was_dropped_is_none(stage):
    stage.submit(trailing(SELL, "2"))
    stage.marks[PERP.id] = D(120)
    dropped = stage.venue.on_time(50_000_000, 0, stage.books, stage)
    assert words(dropped.outcomes) == ["Accepted", "Trailed"]
    stage.marks[PERP.id] = D(100)
    assert said(stage.at(60)) == [("100", "98")]


def test_what_was_dropped_is_said_again_and_the_ratchet_holds(stage):
    stage.place(trailing(SELL, "2"))
    stage.marks[PERP.id] = D(101)
    event = MarkPrice(PERP.id, D(101), None, None, None, 0, 0)
    stage.venue.on_market(event, stage.books[PERP.id], 0, stage)
    assert said(stage.mark("100.5")) == [("101", "99")]


def test_after_a_restart_it_starts_where_it_was_said_to_be_and_better_marks_move_it_on(stage):
    stage.place(trailing(SELL, "4"))
    stage.mark("110")
    stage.mark("110.1")
    stage.restart()
    stage.marks.clear()
    stage.snapshot([("99.9", "5")], [("100.1", "5")])
    assert stage.venue.trigger("t") == D(106)
    stage.mark("108")
    assert stage.venue.trigger("t") == D(106)
    stage.mark("111")
    assert stage.venue.trigger("t") == D(107)
    assert words(stage.mark("107"))[0] == "Triggered"


def test_its_distance_is_amended_from_the_same_best_mark(stage):
    stage.place(trailing(SELL, "4"))
    stage.mark("110")
    stage.amend("t", trail="6")
    outcomes = stage.at(stage.now_ms + 50)
    assert words(outcomes) == ["Amended", "Trailed"]
    assert (said(outcomes), outcomes[1].number) == ([("110", "104")], 1)
    stage.mark("110.1")
    stage.amend("t", trail="3", quantity="2")
    assert said(stage.at(stage.now_ms + 50)) == [("110.1", "107.1")]
    order = stage.orders["t"].terms
    assert (order.trail, order.trigger, order.quantity) == (D(3), D("107.1"), D(2))
    stage.restart()
    assert stage.venue.trigger("t") == D("107.1")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "it trails at a distance or at a fraction of the mark, one of the two"),
        ({"trail": D(1), "trail_rate": D("0.1")},
         "it trails at a distance or at a fraction of the mark, one of the two"),
        ({"trail": D("0.05")}, "it trails at a tick at least"),
        ({"trail": D("NaN")}, "it trails at a tick at least"),
        ({"trail_rate": D(1)}, "it trails at a fraction between 0 and 1"),
        ({"trail_rate": D("-0.1")}, "it trails at a fraction between 0 and 1"),
        ({"trail_rate": D("Infinity")}, "it trails at a fraction between 0 and 1"),
    ],
)  # fmt: skip
def test_what_cannot_trail_the_venue_refuses(stage, changes, reason):
    (rejected,) = stage.place(terms("t", SELL, "1", None, type=TRAIL, **changes))
    assert rejected.reason == reason


MARKS = st.lists(st.integers(900, 1100).map(lambda n: D(n) / 10 + D("0.03")), max_size=40)
DISTANCES = st.one_of(
    st.tuples(st.integers(1, 400).map(lambda n: D(n) / 10), st.none()),
    st.tuples(st.none(), st.integers(2, 300).map(lambda n: D(n) / 1000)),
)


@settings(max_examples=60)
@given(st.sampled_from([BUY, SELL]), DISTANCES, MARKS, st.integers(0, 39))
def test_the_trigger_is_that_of_a_fold_over_the_marks_and_moves_one_way(side, far, marks, cut):
    """The fold knows the venue's rule in plain numbers, and nothing of its code."""
    stage = Stage()
    stage.snapshot([("50", "5")], [("150", "5")])
    stage.mark("100")
    trail, rate = far
    stage.place(terms("t", side, "1", None, type=TRAIL, trail=trail, trail_rate=rate))
    seen, before, told = [D(100)], None, D(0)
    for number, mark in enumerate(marks):
        best = max(seen) if side is SELL else min(seen)
        away = trail if trail is not None else max(best * rate, TICK)
        exact = best - away if side is SELL else best + away
        rounding = ROUND_CEILING if side is SELL else ROUND_FLOOR
        expected = (exact / TICK).to_integral_value(rounding) * TICK
        assert stage.venue.trigger("t") == expected
        assert before is None or (expected - before) * side.sign <= 0
        told = stage.orders["t"].terms.trigger
        assert 0 <= (told - expected) * side.sign < away / 20 + TICK
        before = expected
        if number == cut:
            stage.restart()
            stage.marks.clear()
            stage.snapshot([("50", "5")], [("150", "5")])
            seen = [stage.orders["t"].trailed.best]
            before = stage.venue.trigger("t")
            assert before == told
        seen.append(mark)
        if words(stage.mark(str(mark)))[-1:] and stage.orders["t"].status is not S.WAITING:
            best = max(seen) if side is SELL else min(seen)
            assert mark != best
            return


ORDER = Order(terms=trailing(SELL, "4"), created_ms=1)
ACK = Accepted(order_id="t", time_ms=1)


def trailed(best, trigger, number=0, time_ms=2):
    return Trailed(order_id="t", best=D(best), trigger=D(trigger), number=number, time_ms=time_ms)


def folded(outcomes, order=ORDER):
    for outcome in outcomes:
        order = apply(order, outcome)
    return order


def test_every_arrival_order_of_what_is_said_ends_at_the_farthest_trigger():
    acts = Triggered(order_id="t", mark=D(97), collar_price=D(94), time_ms=9)
    said = [ACK, trailed("100", "96"), trailed("101", "97"), trailed("100.5", "96.5"), acts]
    ends = {folded(arrival) for arrival in permutations([*said, said[1], said[2]])}
    (end,) = ends
    assert (end.terms.trigger, end.trailed.best, end.status) == (D(97), D(101), S.WORKING)


def test_a_wider_distance_counts_from_its_amendment_on_in_every_arrival_order():
    wider = Amendment(order_id="t", number=1, quantity=D(1), price=None, trigger=None, trail=D(9))
    said = [ACK, trailed("101", "97"), Amended(amendment=wider, time_ms=3), trailed("101", "92", 1)]
    ends = {folded(arrival, asked(ORDER, wider)) for arrival in permutations([*said, said[1]])}
    (end,) = ends
    assert (end.terms.trail, end.terms.trigger, end.amendments) == (D(9), D(92), 1)


def test_a_repeat_says_nothing_new_and_what_does_not_trail_never_trails():
    order = folded([ACK, trailed("100", "96")])
    assert apply(order, trailed("100", "96")) is order
    assert apply(order, trailed("99", "95", time_ms=8)) is order
    stop = Order(terms=terms("t", SELL, "1", None, type=OrderType.STOP, trigger=D(9)), created_ms=1)
    with pytest.raises(OrderContradiction, match="does not trail"):
        folded([trailed("100", "96")], stop)

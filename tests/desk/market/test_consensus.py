"""The consensus index, worked by hand and for any votes."""

from decimal import Decimal as D
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.market.consensus import Consensus, Vote

S = 1_000_000_000
VENUES = "ABCDEFG"


def votes(**prices):
    return {venue: Vote(D(str(price)), 0) for venue, price in prices.items()}


def standing(index, venue):
    return next(source for source in index.sources if source.venue == venue).standing


def now(**prices):
    return Consensus().update(votes(**prices), 0)


@pytest.mark.parametrize(
    ("prices", "value", "counted", "state"),
    [
        ([], None, 0, "THIN"),
        ([100], "100", 1, "THIN"),
        ([100, 101], "100.5", 2, "THIN"),
        ([100, 100.5, 101], "100.5", 3, "CONSENSUS"),
        ([100, 100.2, 100.4, 101], "100.3", 4, "CONSENSUS"),
        # 1 % of 100 is 1: exactly 1 % off still counts
        ([99, 100, 101], "100", 3, "CONSENSUS"),
        # 110 lies 9.8 % off 100.2; the rest are two: their mean
        ([100, 100.2, 110], "100.1", 2, "THIN"),
        ([100, 100.2, 100.4, 50], "100.2", 3, "CONSENSUS"),
        # 98 goes; of the other three 100.9 is the middle, and 100 lies 0.9 % off it
        ([98, 100, 100.9, 101.2], "100.9", 3, "CONSENSUS"),
        # 97 is 2.8 % off the first median, 99.75, and 98.8 is 0.95 %; but then 1.1 % off 99.9
        ([97, 98.8, 99.6, 99.9, 100.6, 100.7], "100.25", 4, "CONSENSUS"),
        # two camps: nobody can say which is right
        ([100, 103], None, 0, "THIN"),
        ([100, 100, 103, 103], None, 0, "THIN"),
    ],
)
def test_the_median_of_those_that_lie_within_one_percent(prices, value, counted, state):
    index = now(**dict(zip(VENUES, prices, strict=False)))
    assert index.value == (None if value is None else D(value))
    assert (index.votes, index.state) == (counted, state)


def test_each_source_shows_its_deviation():
    index = now(A=99.5, B=100, C=100.2, D=110)
    assert index.value == D(100)
    assert {s.venue: (s.standing, s.deviation) for s in index.sources} == {
        "A": ("counted", D("-0.005")),
        "B": ("counted", D(0)),
        "C": ("counted", D("0.002")),
        "D": ("left out", D("0.1")),
    }


def test_what_is_assumed_is_told():
    index = Consensus().update({"A": Vote(D(1), 0, assumed=True), "B": Vote(D(1), 0)}, 0)
    assert [source.assumed for source in index.sources] == [True, False]


@pytest.mark.parametrize(
    "vote",
    [
        Vote(None, 0), Vote(D(100), None), Vote(D(100), -1), Vote(D(100), 10 * S),
        Vote(D(0), 0), Vote(D(-100), 0), Vote(D("NaN"), 0), Vote(D("Infinity"), 0),
        Vote(D("sNaN"), 0), Vote(D("1e999"), 0), Vote(D("1e-999"), 0),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_silent_or_no_price_has_no_vote(vote):
    index = Consensus().update({"A": vote, "B": Vote(D(200), 10 * S - 1)}, 0)
    assert (index.value, index.votes) == (D(200), 1)
    assert index.sources[0].standing == "silent"
    assert index.sources[0].deviation is None


def test_a_vote_that_was_left_out_comes_back_after_thirty_seconds_inside():
    consensus = Consensus()
    consensus.update(votes(A=100, B=100, C=100, D=101.5), 0)
    inside = votes(A=100, B=100, C=100, D=100.8)
    assert standing(consensus.update(inside, 1 * S), "D") == "left out"
    assert standing(consensus.update(inside, 31 * S - 1), "D") == "left out"
    index = consensus.update(inside, 31 * S)
    assert (standing(index, "D"), index.votes) == ("counted", 4)


@pytest.mark.parametrize("interruption", ["outside", "silent"])
def test_thirty_seconds_inside_are_without_a_break(interruption):
    consensus = Consensus()
    consensus.update(votes(A=100, B=100, C=100, D=101.5), 0)
    inside = votes(A=100, B=100, C=100, D=100.8)
    broken = votes(A=100, B=100, C=100) | (votes(D=101.2) if interruption == "outside" else {})
    consensus.update(inside, 1 * S)
    consensus.update(broken, 20 * S)
    consensus.update(inside, 21 * S)
    assert standing(consensus.update(inside, 50 * S), "D") == "left out"
    assert standing(consensus.update(inside, 51 * S), "D") == "counted"


@pytest.mark.fault("T17")
def test_two_that_disagreed_come_back_when_they_agree():
    consensus = Consensus()
    assert consensus.update(votes(A=100, B=103), 0).value is None
    assert consensus.update(votes(A=101, B=102), 1 * S).value is None
    assert consensus.update(votes(A=101, B=102), 31 * S).value == D("101.5")


def test_a_jump_of_the_only_venue_is_held_for_three_seconds():
    consensus = Consensus()
    consensus.update(votes(A=100), 0)
    index = consensus.update(votes(A="102.01"), 1 * S)
    assert (index.value, standing(index, "A")) == (D(100), "held")
    assert index.sources[0].deviation == D("0.0201")
    assert consensus.update(votes(A=103), 4 * S - 1).value == D(100)
    assert consensus.update(votes(A=103), 4 * S).value == D(103)


def test_a_move_of_two_percent_is_no_jump():
    consensus = Consensus()
    consensus.update(votes(A=100), 0)
    assert consensus.update(votes(A=102), 1).value == D(102)
    assert consensus.update(votes(A="104.04"), 2).value == D("104.04")


def test_a_jump_that_goes_back_was_none():
    consensus = Consensus()
    consensus.update(votes(A=100), 0)
    consensus.update(votes(A=110), 1 * S)
    consensus.update(votes(A=100), 2 * S)
    assert consensus.update(votes(A=110), 4 * S).value == D(100), "held anew"


def test_a_second_venue_confirms_a_jump_at_once():
    consensus = Consensus()
    consensus.update(votes(A=100, B=100, C=100), 0)
    first = consensus.update(votes(A=105, B=100, C=100), 1 * S)
    assert (first.value, first.votes, standing(first, "A")) == (D(100), 3, "held")
    second = consensus.update(votes(A=105, B="104.5", C=100), 1 * S + 1)
    # A and B are there, C is not yet: 104.5 is the middle of the three, and C 4.3 % off
    assert second.value == D("104.75")
    assert standing(second, "C") == "left out"


def test_a_market_that_falls_as_one_is_followed_at_once():
    consensus = Consensus()
    consensus.update(votes(A=100, B=100, C=100), 0)
    index = consensus.update(votes(A=90, B="90.2", C="90.4"), 1)
    assert (index.value, index.state) == (D("90.2"), "CONSENSUS")


def test_a_jump_that_nobody_confirms_is_left_out_after_it_was_held():
    consensus = Consensus()
    consensus.update(votes(A=100, B=100, C=100), 0)
    consensus.update(votes(A=110, B=100, C=100), 1 * S)
    index = consensus.update(votes(A=110, B=100, C=100), 4 * S)
    assert (index.value, index.votes, standing(index, "A")) == (D(100), 2, "left out")


def test_who_comes_back_from_silence_brings_no_price_from_before():
    consensus = Consensus()
    consensus.update(votes(A=100), 0)
    consensus.update({"A": Vote(D(100), 11 * S)}, 11 * S)
    assert consensus.update(votes(A=110), 20 * S).value == D(110)


cents = st.integers(9_000, 11_000).map(lambda n: D(n) / 100)
ages = st.none() | st.sampled_from([-1, 0, 10 * S - 1, 10 * S])
any_votes = st.dictionaries(st.sampled_from(VENUES), st.builds(Vote, st.none() | cents, ages))
steps = st.lists(st.tuples(st.sampled_from([0, S, 3 * S, 30 * S]), any_votes), max_size=8)


@pytest.mark.fault("T17")
@given(steps)
def test_whatever_happens_the_index_lies_among_prices_that_were_counted(moments):
    consensus, at, seen = Consensus(), 0, {}
    for wait, told in moments:
        at += wait
        index = consensus.update(told, at)
        live = {v for v, x in told.items() if x.price and x.age_ns is not None
                and 0 <= x.age_ns < 10 * S}  # fmt: skip
        for venue in live:
            seen.setdefault(venue, []).append(told[venue].price)
        counted = {s.venue for s in index.sources if s.standing in {"counted", "held"}}
        assert counted <= live, "never from a silent source"
        assert index.votes == len(counted)
        assert (index.value is None) == (not counted)
        assert index.state == ("CONSENSUS" if len(counted) >= 3 else "THIN")
        if counted:
            prices = [price for venue in counted for price in seen[venue]]
            assert min(prices) <= index.value <= max(prices)
        for source in index.sources:
            if source.standing == "counted":
                assert abs(source.deviation) <= D("0.01")


@given(st.lists(cents, min_size=1, max_size=4), steps)
def test_the_order_of_votes_does_not_matter(prices, moments):
    first = dict(zip(VENUES, (Vote(p, 0) for p in prices), strict=False))
    histories = []
    for order in list(permutations(first))[:6]:
        consensus, at, history = Consensus(), 0, []
        history.append(consensus.update({v: first[v] for v in order}, 0))
        for wait, told in moments:
            at += wait
            history.append(consensus.update(dict(sorted(told.items(), key=lambda x: (
                order.index(x[0]) if x[0] in order else 9, x[0]))), at))  # fmt: skip
        histories.append(history)
    assert all(history == histories[0] for history in histories)


near = st.integers(0, 90).map(lambda n: D(10_000 + n) / 100)


@pytest.mark.fault("T17")
@given(
    st.integers(2, 5),
    st.lists(
        st.tuples(
            st.sampled_from([0, S, 3 * S, 30 * S]),
            st.sampled_from([D(1), D("0.9"), D("1.3"), D(500)]),
            st.lists(near, min_size=5, max_size=5),
            st.decimals("0.0001", "100000", places=4),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_one_mad_source_never_moves_the_index_beyond_the_others(honest, moments):
    """The others agree within 0.9 %, and may all jump together."""
    consensus, at = Consensus(), 0
    for wait, level, prices, mad in moments:
        at += wait
        told = {v: Vote(level * p, 0) for v, p in zip(VENUES, prices[:honest], strict=False)}
        others = [vote.price for vote in told.values()]
        index = consensus.update(told | {"X": Vote(mad, 0)}, at)
        assert min(others) <= index.value <= max(others)
        assert all(standing(index, venue) == "counted" for venue in told)

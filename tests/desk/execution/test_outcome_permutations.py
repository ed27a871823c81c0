"""Whatever the order in which a venue's words arrive, and however often: one order, one hash."""

from decimal import Decimal as D
from itertools import permutations
from math import factorial

import msgspec
import pytest
from paper_stage import BUY, PERP, terms

from desk.execution.order import Order, OrderContradiction, apply, asked
from desk.execution.outcome import (
    Accepted,
    Amended,
    AmendRefused,
    Cancelled,
    Filled,
    Rejected,
    Trailed,
    Triggered,
    Unanswered,
)
from desk.model.orders import Amendment, Fill, Liquidity, OrderStatus, OrderType

S = OrderStatus


def fill(number, quantity):
    return Filled(
        fill=Fill(
            id=f"a-{number}",
            order_id="a",
            account="perp-1",
            instrument=PERP.id,
            side=BUY,
            quantity=D(quantity),
            price=D(100),
            fee=D("0.01"),
            fee_asset="USDT",
            liquidity=Liquidity.TAKER,
            time_ms=10 + number,
        )
    )


def cancel(filled):
    return Cancelled(order_id="a", filled=D(filled), reason="asked", time_ms=20)


LIMIT = Order(terms=terms("a", BUY, "1", "100"), created_ms=1)
STOP = Order(terms=terms("a", BUY, "1", None, type=OrderType.STOP, trigger=D(100)), created_ms=1)
TRAIL = Order(
    terms=terms("a", BUY, "1", None, type=OrderType.TRAILING_STOP, trail=D(5)), created_ms=1
)
GROW = Amendment(order_id="a", number=1, quantity=D(2), price=D(100), trigger=None)
AMENDED = asked(LIMIT, GROW)

UNKNOWN = Unanswered(order_id="a", since_ms=2, time_ms=4)
STILL_UNKNOWN = Unanswered(order_id="a", since_ms=3, time_ms=5)
ACK, AGAIN = Accepted(order_id="a", time_ms=5), Accepted(order_id="a", time_ms=9)
TRIGGER = Triggered(order_id="a", mark=D(100), collar_price=D(103), time_ms=8)
BEGAN = Trailed(order_id="a", best=D(100), trigger=D(105), number=0, time_ms=6)
MOVED = Trailed(order_id="a", best=D(95), trigger=D(100), number=0, time_ms=7)
GROWN = Amended(amendment=GROW, time_ms=7)
STAYS = AmendRefused(order_id="a", number=1, reason="too late", time_ms=7)
REJECT = Rejected(order_id="a", reason="no", time_ms=6)
F1, F2, F3 = fill(1, "0.2"), fill(2, "0.3"), fill(3, "0.5")

STORIES = {
    # name: the order, what is said of it (each kind of word is in one of them), how it stands then
    "filled": (LIMIT, [UNKNOWN, ACK, F1, F2, F3, F1, ACK], S.FILLED),
    "cut": (LIMIT, [UNKNOWN, ACK, F1, F2, cancel("0.5"), F1, cancel("0.5")], S.CANCELLED),
    "cut short of its fills": (LIMIT, [UNKNOWN, F1, cancel("0.5"), F1], S.PARTIALLY_FILLED),
    "lost the race": (LIMIT, [UNKNOWN, F1, F2, F3, cancel("1"), F3, ACK], S.FILLED),
    "rejected": (LIMIT, [UNKNOWN, ACK, REJECT, UNKNOWN, REJECT, STILL_UNKNOWN, AGAIN], S.REJECTED),
    "nobody knows": (LIMIT, [UNKNOWN, STILL_UNKNOWN, UNKNOWN], S.UNKNOWN),
    "known after all": (LIMIT, [UNKNOWN, AGAIN, STILL_UNKNOWN, ACK, UNKNOWN], S.WORKING),
    "a stop": (STOP, [UNKNOWN, ACK, TRIGGER, F1, F2, F3, TRIGGER], S.FILLED),
    "a stop in wait": (STOP, [UNKNOWN, ACK, UNKNOWN, AGAIN], S.WAITING),
    "a stop cut": (STOP, [UNKNOWN, TRIGGER, F1, cancel("0.2"), ACK, F1, UNKNOWN], S.CANCELLED),
    "a stop that trails": (TRAIL, [UNKNOWN, ACK, BEGAN, MOVED, BEGAN, UNKNOWN], S.WAITING),
    "one that has trailed": (TRAIL, [ACK, BEGAN, MOVED, TRIGGER, F1, cancel("0.2")], S.CANCELLED),
    "grown": (AMENDED, [UNKNOWN, ACK, GROWN, F1, F2, F3, GROWN], S.PARTIALLY_FILLED),
    "not grown": (AMENDED, [UNKNOWN, STAYS, F1, F2, F3, ACK, STAYS], S.FILLED),
    "grown and cut": (AMENDED, [UNKNOWN, GROWN, F1, cancel("0.2"), UNKNOWN, ACK], S.CANCELLED),
}


def folded(order, words):
    for word in words:
        order = apply(order, word)
    return order


def ends(start, words):
    """Every end that some arrival order has, by its hash; a sentence where one has none."""
    return {
        (hash(end), end.status, msgspec.json.encode(end))
        for end in (folded(start, arrival) for arrival in permutations(words))
    }


def check(name, length):
    start, words, status = STORIES[name]
    words = words[:length]
    found = ends(start, words)
    assert len(found) == 1
    if len(words) == len(STORIES[name][1]):
        assert {end[1] for end in found} == {status}


def told(*lengths):
    """What holds once every story was checked at these lengths."""
    sizes = [{min(n, len(words)) for n in lengths} for _, words, _ in STORIES.values()]
    orders = sum(factorial(size) for some in sizes for size in some)
    longest = f"≤ {max(lengths)} words, doubles too"
    return f"{len(STORIES)} stories of {longest}: {orders:,} arrival orders, 0 with another end"


@pytest.mark.fault("T37")
@pytest.mark.parametrize("name", STORIES)
def test_up_to_five_words_end_the_same_in_every_arrival_order(name, figure):
    for length in range(2, 6):
        check(name, length)
    figure(told(*range(2, 6)))


@pytest.mark.fault("T37")
@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_up_to_seven_words_end_the_same_in_every_arrival_order(name, figure):
    for length in (6, 7):
        check(name, length)
    figure(told(6, 7))


@pytest.mark.parametrize("name", STORIES)
def test_the_stories_end_as_they_say(name):
    start, words, status = STORIES[name]
    for arrival in (words, words[::-1], words[1::2] + words[::2]):
        assert folded(start, arrival).status is status


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ([ACK], S.WORKING),
        ([F1], S.PARTIALLY_FILLED),
        ([F1, F2, F3], S.FILLED),
        ([cancel("0")], S.CANCELLED),
        ([cancel("0.2")], S.WORKING),
        ([REJECT], S.REJECTED),
    ],
)
def test_any_word_of_the_venue_resolves_an_unknown_order(words, status):
    unknown = apply(LIMIT, UNKNOWN)
    assert (unknown.status, unknown.is_live) == (S.UNKNOWN, True)
    assert folded(unknown, words).status is status
    # That no answer comes says nothing of an order that has been answered.
    assert apply(folded(LIMIT, words), UNKNOWN).status is status


def test_an_order_the_venue_never_had_cannot_have_been_filled():
    never = apply(apply(LIMIT, UNKNOWN), REJECT)
    with pytest.raises(OrderContradiction, match="rejected, yet filled"):
        apply(never, F1)

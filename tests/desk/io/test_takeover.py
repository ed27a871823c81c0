"""What changes hands between old and new sockets, event by event."""

from decimal import Decimal as D

from desk.io.takeover import Echo, Held, Told
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    FeedStatus,
    Liquidation,
    MarkPrice,
    Trade,
)
from desk.model.orders import Side

X, Y = "X", "Y"
S = 1_000_000_000


def snapshot(ns, last_id=10, bids=((100, 5), (99, 4)), asks=((101, 5), (102, 1)), name=X):
    return BookSnapshot(name, last_id, list(bids), list(asks), ns, ns // 1_000_000)


def delta(ns, last_id, bids=(), asks=(), name=X):
    return BookDelta(name, last_id, last_id, list(bids), list(asks), ns, ns // 1_000_000)


def trade(number, ns=1, name=X):
    return Trade(name, number, 100, 1, Side.BUY, ns, 1)


def mark(ns, price=100, name=X):
    return MarkPrice(name, D(price), None, None, None, ns)


def lost(ns, name=X):
    return BookLost(name, None, None, "gap", ns)


def told(*events):
    told = Told()
    told.note(events)
    return told


def held(*events):
    held = Held()
    assert held.take(events) == []
    return held


def test_a_book_is_handed_on_as_it_is_now():
    new = held(snapshot(1 * S), delta(2 * S, 11, [(100, 0), (98, 7)], [(101, 6)]))
    (book,) = new.handed_on(told(snapshot(S)), 3 * S)
    asks = [(101, 6), (102, 1)]
    assert book == snapshot(2 * S, 11, [(99, 4), (98, 7)], asks)


def test_a_book_that_the_old_sockets_kept_and_the_new_ones_lack_is_lost():
    new = held(snapshot(1), lost(2), snapshot(1, name=Y))
    events = new.handed_on(told(snapshot(1)), 9)
    assert events == [
        BookLost(X, None, None, "not in sync on new sockets", 9),
        snapshot(1, name=Y),
    ]


def test_a_book_that_nobody_has_is_not_lost_again():
    assert held(lost(2)).handed_on(told(snapshot(1), lost(2)), 9) == []


def test_a_book_that_is_found_crossed_is_named():
    new = Held()
    assert new.take([snapshot(1), delta(2, 11, [(101, 1)])]) == [X]
    assert new.synced == set()


def test_a_trade_is_told_once():
    new = held(trade(7), trade(8), trade(7, name=Y))
    assert new.handed_on(told(trade(6), trade(7)), 1) == [trade(8), trade(7, name=Y)]


def test_a_liquidation_is_told_once():
    one = Liquidation(X, Side.SELL, D(1), D(2), 5, 4)
    again = Liquidation(X, Side.SELL, D(1), D(2), 6, 4)
    other = Liquidation(X, Side.SELL, D(1), D(3), 6, 4)
    assert held(again, other).handed_on(told(one), 1) == [other]


def test_of_what_replaces_itself_only_the_newest_is_handed_on_and_only_if_news():
    assert held(mark(1), mark(3, 101)).handed_on(told(mark(2)), 9) == [mark(3, 101)]
    assert held(mark(1), mark(3, 101)).handed_on(told(mark(3, 99)), 9) == []


def test_what_new_sockets_say_of_themselves_is_kept_apart():
    down = FeedStatus("c", False, "cannot connect", 1)
    new = held(down)
    assert (new.handed_on(told(), 1), new.status) == ([], down)


def test_after_the_change_late_prints_of_the_old_sockets_are_not_told_again():
    echo = Echo()
    assert not echo
    echo.begin(told(trade(7)).prints(), 0)
    assert echo.removed([trade(7), mark(1), trade(8)], 1) == [mark(1), trade(8)]
    assert echo
    echo.removed([trade(9)], 61 * S)
    assert not echo, "after a minute nobody compares any more"


def test_a_flood_of_prints_is_remembered_as_far_as_it_matters():
    first = told(*(trade(n) for n in range(10_000)))
    assert len(first.prints()) == 8_192
    assert held(trade(9_999), trade(10_000)).handed_on(first, 1) == [trade(10_000)]


def test_sockets_that_get_ready_for_long_tell_no_print_again():
    """One of two sockets is refused for minutes, while the other brings every print."""
    old, new = Told(), Held()
    for n in range(20_000):
        old.note([trade(n, ns=n), trade(n, ns=n, name=Y)])
        new.take([trade(n, ns=n), trade(n, ns=n, name=Y)])
    assert new.handed_on(old, 1) == []
    new.take([trade(20_000, ns=20_001, name=Y), trade(20_000, ns=20_002)])
    assert new.handed_on(old, 1) == [
        trade(20_000, ns=20_001, name=Y),
        trade(20_000, ns=20_002),
    ]

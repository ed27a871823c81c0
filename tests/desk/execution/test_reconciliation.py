"""What follows from a venue's statement, and what does not."""

from decimal import Decimal as D

import pytest
from paper_stage import BUY, PERP, SELL, SPOT, terms

from desk.execution.order import Order, apply, asked
from desk.execution.outcome import Accepted, Cancelled, Filled, Rejected, Unanswered
from desk.execution.reconciliation import compare
from desk.execution.statement import StatedOrder, Statement, moved
from desk.model.orders import Amendment, Fill, Liquidity

NEW = Order(terms=terms("a", BUY, "1", "100"), created_ms=1)
UNKNOWN = apply(NEW, Unanswered(order_id="a", since_ms=1, time_ms=3))
ACK = Accepted(order_id="a", time_ms=5)
WORKING = apply(NEW, ACK)
STATED = StatedOrder(terms=NEW.terms, words=(ACK,))
KEY = ("perp-1", PERP.id)


def fill(number=1, quantity="0.4", order_id="a", **changes):
    given = {
        "id": f"{order_id}-{number}",
        "order_id": order_id,
        "account": "perp-1",
        "instrument": PERP.id,
        "side": BUY,
        "quantity": D(quantity),
        "price": D(100),
        "fee": D("0.02"),
        "fee_asset": "USDT",
        "liquidity": Liquidity.TAKER,
        "time_ms": 10 + number,
    }
    return Fill(**given | changes)


def said(order=WORKING, positions=None, **parts):
    statement = Statement(number=1, as_of_ms=9000, **parts)
    return compare(statement, {order.id: order}, positions or {}, {})


@pytest.mark.parametrize("order", [NEW, UNKNOWN], ids=["pending", "unknown"])
def test_a_complete_list_without_an_order_says_that_the_venue_never_had_it(order):
    assert said(order).words == [
        Rejected(order_id="a", reason="the venue never had it", time_ms=9000)
    ]


@pytest.mark.parametrize("order", [NEW, UNKNOWN, WORKING], ids=["pending", "unknown", "working"])
@pytest.mark.parametrize(
    "parts",
    [
        {"failed": {"orders": "the venue answered with an error"}},
        {"on_the_way": frozenset({"a"})},
    ],
    ids=["error", "on-its-way"],
)
def test_an_error_and_an_order_on_its_way_say_nothing(order, parts):
    found = said(order, **parts)
    assert (found.words, found.strangers, found.differences) == ([], [], [])


def test_what_the_venue_says_and_the_desk_does_not_know_is_taken():
    found = said(UNKNOWN, orders=(STATED,), fills=(fill(),))
    assert found.words == [ACK, Filled(fill=fill())]
    known = apply(WORKING, Filled(fill=fill()))
    assert said(known, orders=(STATED,), fills=(fill(),), positions={}).words == []


def test_an_order_the_venue_has_no_more_ends_with_all_its_fills():
    assert said(WORKING, fills=(fill(),)).words == [
        Filled(fill=fill()),
        Cancelled(order_id="a", filled=D("0.4"), reason="the venue no longer has it", time_ms=9000),
    ]
    assert said(WORKING, fills=(fill(1, "1"),)).words == [Filled(fill=fill(1, "1"))]
    # Which fills there were is not known: nor is how it ended.
    assert said(WORKING, failed={"fills": "the venue's list is incomplete"}).words == []


def test_an_amendment_that_is_neither_answered_nor_asked_there_never_arrived():
    amendment = Amendment(order_id="a", number=1, quantity=D(1), price=D(99), trigger=None)
    order = asked(WORKING, amendment)
    (refused,) = said(order, orders=(STATED,)).words
    assert (refused.number, refused.reason) == (1, "the venue never had the amendment")
    deciding = StatedOrder(terms=NEW.terms, words=(ACK,), amending=amendment)
    assert said(order, orders=(deciding,)).words == []
    assert said(order, orders=(STATED,), on_the_way=frozenset({"a"})).words == []


def test_orders_and_fills_of_somebody_else_are_named():
    theirs = StatedOrder(terms=terms("b", SELL, "2", "101"), words=())
    found = said(orders=(STATED, theirs), fills=(fill(order_id="c"),))
    assert found.strangers == [
        "the venue has order b (SELL 2 BTCUSDT-PERP.TEST), which was never sent from here",
        "the venue has fill c-1, of an order never sent from here",
    ]


def test_positions_are_compared_once_all_is_known_and_only_in_a_whole_statement():
    here = {KEY: D(2)}
    difference = ["positions: 1 BTCUSDT-PERP.TEST in perp-1 at the venue, 2 on this desk"]
    there = {"positions": {KEY: D(1)}}
    assert said(orders=(STATED,), positions=here).differences == [
        "positions: 0 BTCUSDT-PERP.TEST in perp-1 at the venue, 2 on this desk"
    ]
    statement = {"orders": (STATED,), **there}
    compared = compare(Statement(number=1, as_of_ms=1, **statement), {"a": WORKING}, here, {})
    assert compared.differences == difference
    for failed in ("orders", "fills", "positions", "balances"):
        broken = Statement(number=1, as_of_ms=1, failed={failed: "error"}, **statement)
        assert compare(broken, {"a": WORKING}, here, {}).differences == []
    with_news = Statement(number=1, as_of_ms=1, fills=(fill(),), **statement)
    assert compare(with_news, {"a": WORKING}, here, {}).differences == []


def test_fees_and_spot_trades_move_the_same_whatever_their_order():
    spot = {"instrument": SPOT.id, "account": "spot-1", "fee_asset": "USDT"}
    fills = [
        fill(1, "0.4", price=D(100), **spot),
        fill(2, "0.1", price=D(110), side=SELL, **spot),
        fill(3, "1"),
    ]
    expected = {
        ("spot-1", "BTC"): D("0.3"),
        # 0.4 × 100 paid, 0.1 × 110 received, two fees of 0.02
        ("spot-1", "USDT"): D("-29.04"),
        ("perp-1", "USDT"): D("-0.02"),
    }
    instruments = {PERP.id: PERP, SPOT.id: SPOT}
    assert moved(fills, instruments) == moved(fills[::-1], instruments) == expected

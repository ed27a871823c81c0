"""Orders against the numbers of the profile: both sides of each limit, all that is said."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.order_contexts import (
    AROUND,
    BTC,
    CATALOGUE,
    ETH,
    SPOT,
    context,
    order,
    own,
    said,
    without,
)

from desk.margin.inputs import AccountInput, MarginTerms, OrderInput, PositionInput
from desk.model.orders import Side
from desk.risk import limit_checks

BUY, SELL = Side.BUY, Side.SELL
TERMS = MarginTerms(model="binance", tiers=())


def position(name, quantity, mark):
    return PositionInput(
        instrument=CATALOGUE.get(name),
        terms=TERMS,
        quantity=D(quantity),
        entry_price=D(1),
        mark=None if mark is None else D(mark),
    )


def working(name, side, quantity, *, reduce_only=False):
    return OrderInput(
        instrument=CATALOGUE.get(name),
        side=side,
        quantity=D(quantity),
        price=D(1),
        reduce_only=reduce_only,
    )


def pool(positions=(), orders=(), eth=None):
    return AccountInput(
        id="perp-1",
        settle="USDT",
        balances={},
        haircuts={},
        prices={},
        positions=tuple(positions),
        orders=tuple(orders),
        marks={} if eth is None else {ETH: D(eth)},
    )


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"collar_rate": D(0)}, "ord.price_collar"),
        ({"max_value_usd": D(0)}, "ord.max_value"),
        ({"max_open_orders": 0}, "ord.max_messages.open_orders"),
        ({"max_leverage": D(0)}, "perp.max_leverage"),
        ({"instrument_limit_usd": D(0)}, "perp.position_limit.instrument"),
        ({"account_limit_usd": D(-1)}, "perp.position_limit.account"),
        ({"collar_rate": D(0), "max_leverage": D(0)}, "ord.price_collar, perp.max_leverage"),
    ],
)
def test_a_limit_that_is_missing_refuses_every_order(changes, missing):
    assert limit_checks.limits_present(context()) is None
    message = f"No limits are configured for {missing}: nothing is traded without."
    assert said(limit_checks.limits_present(context(limits=changes))) == (
        "NO_LIMIT", "ord.no_limit_no_trade", message, None, None
    )  # fmt: skip


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("quantity", "price", "rate", "found"),
    [
        ("25", "100000", "1", None),
        ("25.001", "100000", "1", ("2,500,100", "2500100")),
        ("50", "100000", "0.5", None),
        ("50.001", "100000", "0.5", ("2,500,050", "2500050")),
        ("25", "100000", "1.0000001", ("2,500,001", "2500000.25")),
    ],
)
def test_an_order_is_worth_at_most_its_limit(quantity, price, rate, found):
    at = context(order(quantity=quantity, price=price), usd_per_settle=D(rate))
    wanted = None
    if found is not None:
        message = f"The order is worth {found[0]} USD; one order may be worth 2,500,000."
        wanted = ("MAX_VALUE", "ord.max_value", message, "2500000", found[1])
    assert said(limit_checks.value(at)) == wanted


@pytest.mark.fault("T31")
def test_what_has_no_price_has_no_value_and_no_size_here():
    unpriced = context(order(quantity="9999", price=None), market={"mark": None})
    assert limit_checks.value(unpriced) is None
    assert limit_checks.max_quantity(unpriced) is None


@pytest.mark.fault("T31")
def test_an_order_is_at_most_so_many_coins():
    assert limit_checks.max_quantity(context(order(quantity="100"))) is None
    assert said(limit_checks.max_quantity(context(order(SELL, quantity="100.001")))) == (
        "MAX_QUANTITY",
        "ord.max_value",
        "The order is 100.001 BTC; one order may be 100 BTC.",
        "100",
        "100.001",
    )
    other = order(instrument=ETH, quantity="100000", price="3000")
    assert limit_checks.max_quantity(context(other)) is None


@pytest.mark.fault("T31")
def test_contracts_in_dollars_are_counted_in_coins_at_their_price():
    inverse = CATALOGUE.get("BTCUSD-PERP.BINANCE")
    # 60,100 contracts of 100 USD at 60,000 are 100.1666… BTC; at 61,000 below 100.
    many = msgspec.structs.replace(
        context(order(quantity="60100")), instrument=inverse, usd_per_settle=D(60000)
    )
    found = limit_checks.max_quantity(many)
    assert (found.code, found.limit) == ("MAX_QUANTITY", "100")
    assert found.actual.startswith("100.1666")
    dear = msgspec.structs.replace(many, order=order(quantity="60100", price="61000"))
    assert limit_checks.max_quantity(dear) is None


OTHERS = (
    own(BUY, remaining="2"),
    own(BUY, remaining="4", reduce_only=True),
    own(SELL, remaining="8"),
    own(BUY, remaining="16", instrument=ETH),
    own(BUY, remaining="32", waits=True),
)


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("side", "held", "filled"),
    [(BUY, "0", "35"), (BUY, "-5", "30"), (SELL, "0", "-9"), (SELL, "5", "-4")],
)
def test_an_order_is_looked_at_with_what_works_on_its_side_as_if_filled(side, held, filled):
    at = context(order(side), position=D(held), working=OTHERS)
    assert limit_checks.if_filled(at) == D(filled)


POSITION = "perp.position_limit"
TOGETHER = "All positions together, filled with the working orders, would be worth"
FILLED = "Filled with the working orders the position would"


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("side", "quantity", "rate", "worth"),
    [
        (BUY, "500", "1", None),
        (BUY, "500.001", "1", ("50,000,100", "50000100")),
        (SELL, "500.001", "1", ("50,000,100", "50000100")),
        (BUY, "999", "0.5", None),
        (BUY, "1000.001", "0.5", ("50,000,050", "50000050")),
    ],
)
def test_a_position_filled_stays_within_the_limit_of_its_instrument(side, quantity, rate, worth):
    at = context(order(side, quantity=quantity), market={"mark": "100000"}, usd_per_settle=D(rate))
    wanted = None
    if worth is not None:
        message = f"{FILLED} be worth {worth[0]} USD; the limit is 50,000,000."
        wanted = ("POSITION_LIMIT", POSITION, message, "50000000", worth[1])
    assert said(limit_checks.position_limit(at)) == wanted
    assert limit_checks.position_limit(context(order(quantity="9999"), market={"mark": None})) is (
        None
    )


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("elsewhere", "worth"),
    [
        # 1 BTC at 60,000 here; 100,000,000 are allowed.
        (None, "60000"),
        (pool([position(ETH, "100", "3000")]), "360000"),
        (pool([position(ETH, "-100", "3000")]), "360000"),
        (pool([position(ETH, "100", None)]), "60000"),
        # The position of this instrument is in `if_filled` already.
        (pool([position(BTC, "7", "60000"), position(ETH, "1", "3000")]), "63000"),
        # 100 and 50 bought; the worse side of 100 and 150 sold: 50 short is less.
        (pool([position(ETH, "100", "3000")],
              [working(ETH, BUY, "50"), working(ETH, SELL, "150")]), "510000"),
        (pool([position(ETH, "100", "3000")],
              [working(ETH, BUY, "50", reduce_only=True), working(ETH, SELL, "350")]), "810000"),
        (pool([], [working(ETH, SELL, "10"), working(ETH, SELL, "5")], eth="2000"), "90000"),
        (pool([], [working(ETH, SELL, "10")]), "60000"),
        (pool([], [working(BTC, SELL, "10")], eth="2000"), "60000"),
        # What the position's own mark says counts before a mark beside it.
        (pool([position(ETH, "1", "3000")], eth="9999"), "63000"),
        # An instrument without a mark hides none that comes after it.
        (pool([position("BTCUSDT-PERP.BYBIT", "5", None), position(ETH, "1", "3000")]), "63000"),
    ],
)  # fmt: skip
def test_all_positions_of_an_account_filled_stay_within_its_limit(elsewhere, worth):
    exact = {"account_limit_usd": D(worth)}
    at = context(account=elsewhere, limits=exact)
    assert limit_checks.account_limit(at) is None
    below = {"account_limit_usd": D(worth) - 1}
    found = limit_checks.account_limit(context(account=elsewhere, limits=below))
    assert said(found) == (
        "ACCOUNT_LIMIT",
        POSITION,
        f"{TOGETHER} {int(worth):,} USD; the limit is {int(worth) - 1:,}.",
        str(int(worth) - 1),
        worth,
    )  # fmt: skip


@pytest.mark.fault("T31")
def test_an_account_s_worth_is_converted_and_without_a_mark_not_looked_at():
    here = context(usd_per_settle=D("0.5"), limits={"account_limit_usd": D(29_999)})
    found = limit_checks.account_limit(here)
    assert (found.limit, found.actual) == ("29999", "30000")
    assert limit_checks.account_limit(context(market={"mark": None})) is None


@pytest.mark.fault("T31")
@pytest.mark.parametrize(("count", "passes"), [(99, True), (100, False), (101, False)])
def test_only_so_many_orders_work(count, passes):
    found = limit_checks.open_orders(context(working=(own(),) * count))
    message = f"{count} orders are working; the limit is 100."
    denied = ("OPEN_ORDERS", "ord.max_messages", message, "100", str(count))
    assert said(found) == (None if passes else denied)


@pytest.mark.fault("T31")
def test_only_so_many_orders_are_sent_at_once():
    assert limit_checks.rate(context()) is None
    assert said(limit_checks.rate(context(over_rate=True))) == (
        "RATE", "ord.max_messages", "Too many orders at once: 20 a second, 50 in a burst.", "20",
        None,
    )  # fmt: skip


def around(interest, *, live=True):
    return msgspec.structs.replace(
        AROUND, live=live, open_interest=None if interest is None else D(interest)
    )


UNKNOWN = f"The open interest of {BTC} is unknown, of which a position is a limited share."


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("quantity", "interest", "live", "found"),
    [
        ("5", "100", True, None),
        ("5.001", "100", True,
         (f"{FILLED} be 5.001 BTC; 5% of the open interest is 5.0000.", "5", "5.001")),
        ("5.001", "100", False,
         (f"{FILLED} be 5.001 BTC; 5% of the open interest is 5.0000.", "5", "5.001")),
        ("1", None, True, (UNKNOWN, "0.05", None)),
        ("1", None, False, None),
    ],
)  # fmt: skip
def test_a_position_is_only_so_large_a_share_of_what_is_open(quantity, interest, live, found):
    around_it = around(interest, live=live)
    for side in Side:
        at = context(order(side, quantity=quantity), around=around_it)
        wanted = None if found is None else ("CONCENTRATION", POSITION, *found)
        assert said(limit_checks.concentration(at)) == wanted
        spot = context(order(side, instrument=SPOT, quantity=quantity), around=around_it)
        assert limit_checks.concentration(spot) is None


@pytest.mark.parametrize(("contracts", "denied"), [("3000", False), ("3001", True)])
def test_contracts_of_a_hundred_dollars_are_a_share_in_coins_at_the_mark(contracts, denied):
    inverse = order(instrument="BTCUSD-PERP.BINANCE", quantity=contracts)
    at = context(inverse, around=around("100"))  # 5 % of it at 60,000: 3,000 contracts
    assert (limit_checks.concentration(at) is not None) is denied


@pytest.mark.fault("T31")
def test_a_share_needs_surroundings_and_a_mark_and_a_profile_without_one_lets_nothing_in():
    large = order(quantity="5.001")
    assert limit_checks.concentration(context(large, around=None)) is None
    unmarked = context(large, around=around("100"), market={"mark": None})
    assert limit_checks.concentration(unmarked) is None
    bare = without("perp.position_limit.open_interest_share")
    found = limit_checks.concentration(context(around=around("100"), profile=bare))
    assert (found.limit, found.actual) == ("0", "1")

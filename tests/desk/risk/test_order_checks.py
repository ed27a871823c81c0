"""Checks of the order itself: both sides of each boundary, and all that each denial says."""

from decimal import Decimal as D

import pytest
from helpers.order_contexts import BTC, ETH, SPOT, context, order, own, said

from desk.model.orders import OrderType, Side, TimeInForce
from desk.risk import order_checks

BUY, SELL = Side.BUY, Side.SELL
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK
NO_LIMIT = "ord.no_limit_no_trade"


def halted(passing):
    said_so = f"Desk is HALTED (a test): {passing}."
    return ("STATE_HALTED", "kill.switch", said_so, None, None)


@pytest.mark.parametrize("reduces_when_halted", [True, False])
@pytest.mark.parametrize("closing", [True, False])
def test_an_active_desk_lets_everything_on(closing, reduces_when_halted):
    limits = {"allow_reduce_when_halted": reduces_when_halted}
    assert order_checks.desk_state(context(closing=closing, limits=limits)) is None


@pytest.mark.parametrize(
    ("closing", "reduces_when_halted", "found"),
    [
        (True, True, None),
        (False, True, halted("only cancels, close and flatten pass")),
        (True, False, halted("only cancels pass")),
        (False, False, halted("only cancels pass")),
    ],
)
def test_a_halted_desk_lets_close_and_flatten_on_where_the_profile_does(
    closing, reduces_when_halted, found
):
    limits = {"allow_reduce_when_halted": reduces_when_halted}
    at = context(order(SELL), state="HALTED", closing=closing, position=D(1), limits=limits)
    assert said(order_checks.desk_state(at)) == found


def test_a_reducing_desk_lets_what_strictly_reduces_on():
    at = context(order(SELL, quantity="2"), state="REDUCING", position=D(2))
    assert order_checks.desk_state(at) is None
    flips = context(order(SELL, quantity="3"), state="REDUCING", position=D(2))
    passing = "only orders that reduce a position pass."
    assert said(order_checks.desk_state(flips)) == (
        "STATE_REDUCING",
        "kill.switch",
        f"Desk is REDUCING (a test): {passing} Up to 2 reduces the position and would pass.",
        None,
        None,
    )


@pytest.mark.fault("T04")
def test_a_client_id_names_one_order_for_ever():
    assert order_checks.identity(context()) is None
    assert said(order_checks.identity(context(id_conflict=True))) == (
        "ID_REUSED",
        "ord.repeat_throttle",
        "The id x already names an order with other content.",
        None,
        None,
    )


POSITIVE = ("NOT_POSITIVE", "Quantity and price are positive.")
POST_ONLY = ("POST_ONLY", "Post-only belongs to a limit order that is GTC or GTD.")


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"quantity": "0"}, POSITIVE),
        ({"quantity": "-0.001"}, POSITIVE),
        ({"quantity": "0.001"}, None),
        ({"price": "0"}, POSITIVE),
        ({"price": "0.1"}, None),
        ({"stop_loss": "0"}, POSITIVE),
        ({"take_profit": "-1"}, POSITIVE),
        ({"type": OrderType.LIMIT, "price": None}, ("PRICE", "A limit order needs a price.")),
        ({"type": OrderType.MARKET, "tif": IOC}, ("PRICE", "A market order has no price.")),
        ({"price": None, "tif": IOC}, None),
        ({"price": None, "tif": FOK}, None),
        ({"price": None, "tif": GTC}, ("TIF", "A market order is IOC or FOK.")),
        ({"tif": IOC}, None),
        ({"tif": FOK}, None),
        ({"post_only": True}, None),
        ({"post_only": True, "tif": IOC}, POST_ONLY),
        ({"post_only": True, "price": None}, POST_ONLY),
        ({"post_only": True, "type": OrderType.STOP_LIMIT, "trigger": "59000"}, POST_ONLY),
        ({"type": OrderType.STOP_LIMIT, "trigger": "59000", "tif": GTC}, None),
        (
            {"type": OrderType.STOP_LIMIT, "trigger": "59000", "tif": IOC},
            ("TIF", "An order that waits for its trigger is GTC or GTD."),
        ),
    ],
)
def test_what_an_order_is_made_of_goes_together(fields, found):
    wanted = None if found is None else (found[0], NO_LIMIT, found[1], None, None)
    assert said(order_checks.shape(context(order(**fields)))) == wanted


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("fields", "code", "what"),
    [
        ({"quantity": "0.0015"}, "LOT_SIZE", "quantity 0.0015 is off the 0.001 lot"),
        ({"price": "60000.05"}, "TICK_SIZE", "price 60000.05 is off the 0.1 tick"),
        ({"trigger": "59000.01"}, "TICK_SIZE", "price 59000.01 is off the 0.1 tick"),
        ({"stop_loss": "58000.01"}, "TICK_SIZE", "price 58000.01 is off the 0.1 tick"),
        ({"take_profit": "62000.01"}, "TICK_SIZE", "price 62000.01 is off the 0.1 tick"),
    ],
)
def test_prices_lie_on_the_tick_and_quantities_on_the_lot(fields, code, what):
    assert order_checks.grid(context()) is None
    found = said(order_checks.grid(context(order(**fields))))
    assert found == (code, NO_LIMIT, f"{BTC}: {what}.", None, None)


@pytest.mark.fault("T31")
def test_a_quantity_is_at_least_the_venue_s_smallest_unless_it_closes():
    least = order(quantity="0.001", price="100000")  # worth 100 USDT, the smallest notional too
    assert order_checks.smallest(context(least)) is None
    smaller = order(quantity="0.0009", price="200000")
    assert said(order_checks.smallest(context(smaller))) == (
        "MIN_QUANTITY",
        NO_LIMIT,
        f"The smallest quantity of {BTC} is 0.001.",
        "0.001",
        "0.0009",
    )
    assert order_checks.smallest(context(smaller, closing=True)) is None


@pytest.mark.fault("T31")
def test_an_order_is_worth_the_venue_s_smallest_notional_unless_it_reduces():
    # 0.001 × 99,999.9 = 99.9999 USDT: below 100, and not said to be 100.
    small = order(SELL, quantity="0.001", price="99999.9")
    assert said(order_checks.smallest(context(small))) == (
        "MIN_NOTIONAL",
        NO_LIMIT,
        f"The smallest order of {BTC} is worth 100 USDT; this one 99.99.",
        "100",
        "99.9999",
    )
    assert order_checks.smallest(context(small, position=D(1))) is None
    reducing = order(SELL, quantity="0.001", price="99999.9", reduce_only=True)
    assert order_checks.smallest(context(reducing)) is None
    unknown = context(order(quantity="0.001", price=None), market={"mark": None})
    assert order_checks.smallest(unknown) is None


@pytest.mark.parametrize(
    ("side", "position", "held"),
    [
        (SELL, "0", "there is no position"),
        (BUY, "0", "there is no position"),
        (SELL, "-1", "it is on the position's own side"),
        (BUY, "0.5", "it is on the position's own side"),
        (SELL, "0.5", None),
        (BUY, "-0.5", None),
    ],
)
def test_a_reduce_only_order_needs_a_position_on_the_other_side(side, position, held):
    at = context(order(side, reduce_only=True), position=D(position))
    message = f"A reduce-only order in {BTC} cannot reduce: {held}."
    wanted = ("REDUCE_ONLY", "perp.margin_first", message, None, None)
    assert said(order_checks.reduce_only(at)) == (None if held is None else wanted)
    assert order_checks.reduce_only(context(order(side), position=D(position))) is None


@pytest.mark.parametrize(
    ("side", "price", "others", "found"),
    [
        (BUY, "60000", [own(price="60000")], "own"),
        (BUY, "60000", [own(price="60000.1")], None),
        (BUY, "60000.1", [own(price="60000")], "own"),
        (SELL, "60000", [own(BUY, price="60000")], "own"),
        (SELL, "60000", [own(BUY, price="59999.9")], None),
        (SELL, "60000.5", [own(BUY, price="60000")], None),
        (BUY, None, [own(price="61800")], "own"),
        (BUY, None, [own(price="61800.1")], None),
        (SELL, None, [own(BUY, price="58199.9")], None),
        (SELL, None, [own(BUY, price="58200")], "own"),
        (BUY, "1", [own(price=None)], "own"),
        (BUY, "60000", [own(BUY)], None),
        (BUY, "60000", [own(instrument=ETH)], None),
        (BUY, "60000", [own(waits=True)], None),
        (BUY, "60000", [own(waits=True), own(id="second")], "second"),
        (BUY, "60000", [own(price="61000"), own(id="second")], "second"),
    ],
)
def test_an_order_does_not_trade_with_one_s_own(side, price, others, found):
    at = context(order(side, price=price), working=tuple(others))
    message = f"It would trade with the own order {found}. Cancel that one first."
    wanted = ("SELF_MATCH", "ord.self_match", message, None, None)
    assert said(order_checks.self_match(at)) == (None if found is None else wanted)


def test_at_an_old_mark_a_market_order_may_reach_any_price_of_one_s_own():
    far = own(price="90000")
    market = order(price=None)
    assert order_checks.self_match(context(market, working=(far,))) is None
    at = context(market, working=(far,), market={"quality": "STALE"})
    assert said(order_checks.self_match(at))[0] == "SELF_MATCH"


def test_what_waits_for_its_trigger_trades_with_nothing_yet():
    waiting = order(type=OrderType.STOP, price=None, trigger="61000", tif=GTC)
    assert order_checks.self_match(context(waiting, working=(own(),))) is None


@pytest.mark.fault("T31")
def test_the_same_order_at_once_asks_first():
    assert order_checks.repetition(context()) is None
    assert said(order_checks.repetition(context(repeated_at_once=True))) == (
        "REPEATED",
        "ord.repeat_throttle",
        "The same order was sent less than 1 s ago. Confirm it to send it again.",
        "1",
        None,
    )


def test_a_spot_order_has_the_pair_s_own_smallest():
    # 0.00009 × 60,000 = 5.4 USDT passes; 0.00008 × 60,000 = 4.8 USDT is below 5.
    assert order_checks.smallest(context(order(instrument=SPOT, quantity="0.00009"))) is None
    found = order_checks.smallest(context(order(instrument=SPOT, quantity="0.00008")))
    assert said(found)[3:] == ("5", "4.8")

"""Triggers and protective prices: each side, each boundary, each sentence."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, Trader, order

from desk.engine.ordering import order_context
from desk.margin.account import account_figures
from desk.margin.whatif import after_fill
from desk.model.orders import OrderType, Side, TimeInForce
from desk.risk import market_checks, order_checks, stop_checks
from desk.risk.context import WorkingOrder
from desk.risk.pretrade import review
from desk.risk.projection import Projection

BUY, SELL = Side.BUY, Side.SELL
STOP, LIMITED, PROFIT = OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT


@pytest.fixture(scope="module")
def context():
    """A function that gives the context of an order at a mark of 60,000, flat unless said."""
    trader = Trader()
    trader.deposit()
    trader.market()
    plain = order_context(trader.desk, order(BUY))

    def of(side=BUY, price="60000", *, position="0", quality="LIVE", mark="60000", **terms):
        asked = msgspec.structs.replace(
            plain.order,
            side=side,
            type=terms.pop("type", OrderType.MARKET if price is None else OrderType.LIMIT),
            price=None if price is None else D(price),
            **{k: D(v) if isinstance(v, str) else v for k, v in terms.items()},
        )
        market = msgspec.structs.replace(plain.market, mark=D(mark), quality=quality)
        return msgspec.structs.replace(plain, order=asked, market=market, position=D(position))

    return of


def said(denial):
    return None if denial is None else (denial.code, denial.message, denial.limit, denial.actual)


@pytest.mark.parametrize(
    ("type_", "price", "trigger", "message"),
    [
        (STOP, None, None, "A STOP needs a trigger."),
        (LIMITED, "60000", None, "A STOP-LIMIT needs a trigger."),
        (PROFIT, None, None, "A TAKE-PROFIT needs a trigger."),
        (OrderType.LIMIT, "60000", "1", "A LIMIT has no trigger."),
        (OrderType.MARKET, None, "1", "A MARKET has no trigger."),
        (STOP, None, "61000", None),
        (OrderType.LIMIT, "60000", None, None),
    ],
)
def test_what_waits_has_a_trigger_and_nothing_else_has(context, type_, price, trigger, message):
    denial = stop_checks.trigger(context(price=price, type=type_, trigger=trigger))
    wanted = None if message is None else ("TRIGGER", message, None, None)
    assert said(denial) == wanted


@pytest.mark.parametrize(
    ("side", "type_", "trigger", "where"),
    [
        (BUY, STOP, "60000", "at or below"),
        (BUY, STOP, "59999.9", "at or below"),
        (BUY, STOP, "60000.1", None),
        (SELL, STOP, "60000", "at or above"),
        (SELL, STOP, "60000.1", "at or above"),
        (SELL, STOP, "59999.9", None),
        (BUY, PROFIT, "60000", "at or above"),
        (BUY, PROFIT, "59999.9", None),
        (SELL, PROFIT, "60000", "at or below"),
        (SELL, PROFIT, "60000.1", None),
        (SELL, LIMITED, "60000", "at or above"),
    ],
)
def test_a_trigger_that_the_mark_has_come_to_is_denied(context, side, type_, trigger, where):
    price = "60000" if type_ is LIMITED else None
    denial = stop_checks.trigger_side(context(side, price, type=type_, trigger=trigger))
    if where is None:
        assert denial is None
        return
    message = f"The trigger {D(trigger):,f} lies {where} the mark 60,000: it would act at once."
    assert said(denial) == ("WOULD_TRIGGER", message, "60000", trigger)


def test_the_side_of_a_trigger_is_not_judged_by_a_stale_mark_nor_for_a_leg(context):
    passed = {"type": STOP, "trigger": "60001"}
    assert stop_checks.trigger_side(context(SELL, None, **passed)) is not None
    assert stop_checks.trigger_side(context(SELL, None, quality="STALE", **passed)) is None
    leg = msgspec.structs.replace(context(SELL, None, **passed), guarding=True)
    assert stop_checks.trigger_side(leg) is None


@pytest.mark.parametrize(
    ("side", "price", "stop", "nearest"),
    [
        (BUY, "60000", "59999.9", None),
        (BUY, "60000", "60000", "60000"),
        (BUY, "59000", "59000", "59000"),
        (BUY, "59000", "58999.9", None),
        (BUY, "60900", "60000", "60000"),  # it would fill at the mark, and be stopped at once
        (BUY, None, "60000", "60000"),
        (BUY, None, "59999.9", None),
        (SELL, "60000", "60000.1", None),
        (SELL, "60000", "60000", "60000"),
        (SELL, "61000", "61000", "61000"),
        (SELL, "59500", "60000", "60000"),
        (SELL, None, "60000", "60000"),
    ],
)
def test_the_stop_of_an_entry_lies_where_it_loses(context, side, price, stop, nearest):
    denial = stop_checks.bracket(context(side, price, stop_loss=stop))
    if nearest is None:
        assert denial is None
        return
    name, where = ("buy", "below") if side is BUY else ("sell", "above")
    message = (
        f"The stop of a {name} lies {where} its price and the mark; {D(stop):,f} is not {where} "
        f"{D(nearest):,f}."
    )
    assert said(denial) == ("STOP_SIDE", message, nearest, stop)


@pytest.mark.parametrize(
    ("side", "price", "profit", "entry"),
    [
        (BUY, "60000", "60000.1", None),
        (BUY, "60000", "60000", "60000"),
        (BUY, "59000", "59500", None),  # between its price and the mark: it earns
        (BUY, "60900", "60500", "60900"),
        (BUY, None, "60000", "60000"),
        (SELL, "60000", "59999.9", None),
        (SELL, "60000", "60000", "60000"),
        (SELL, None, "60001", "60000"),
    ],
)
def test_the_profit_of_an_entry_lies_where_it_earns(context, side, price, profit, entry):
    denial = stop_checks.bracket(context(side, price, take_profit=profit))
    if entry is None:
        assert denial is None
        return
    name, where = ("buy", "above") if side is BUY else ("sell", "below")
    message = (
        f"The take-profit of a {name} lies {where} its price; {D(profit):,f} is not {where} "
        f"{D(entry):,f}."
    )
    assert said(denial) == ("TAKE_PROFIT_SIDE", message, entry, profit)


def test_an_entry_that_waits_is_judged_by_its_own_trigger(context):
    entry = {"type": STOP, "trigger": "62000"}
    assert stop_checks.bracket(context(BUY, None, stop_loss="61000", **entry)) is None
    assert said(stop_checks.bracket(context(BUY, None, stop_loss="62000", **entry)))[2] == "62000"
    assert said(stop_checks.bracket(context(BUY, None, take_profit="62000", **entry)))[2] == "62000"


def test_without_a_fresh_mark_only_the_price_is_asked(context):
    assert stop_checks.bracket(context(price=None, stop_loss="70000", quality="STALE")) is None
    assert stop_checks.bracket(context(price=None, take_profit="1", quality="STALE")) is None
    stale = context(price="60900", stop_loss="60500", quality="STALE")
    assert stop_checks.bracket(stale) is None


@pytest.mark.parametrize(
    ("position", "reduce_only", "denied"),
    [("0", True, True), ("-0.001", False, True), ("0", False, False), ("1", False, False)],
)
def test_protective_prices_stand_behind_what_opens(context, position, reduce_only, denied):
    asked = context(position=position, reduce_only=reduce_only, stop_loss="59000")
    message = (
        "tp and sl stand behind an order that opens or adds; this one is against the position."
    )
    wanted = ("BRACKET", message, None, None) if denied else None
    assert said(stop_checks.bracket(asked)) == wanted
    assert stop_checks.bracket(context(position=position, reduce_only=reduce_only)) is None


def figures_with(context, side, lower, upper=None):
    """Figures of one coin on a side, with edges that the test chooses."""
    plain = context(side)
    filled = after_fill(plain.account, plain.instrument, side, D(1), D(60000), D(0))
    figures = account_figures(filled)
    (position,) = figures.positions
    edges = {
        "liquidation_price": None if lower is None else D(lower),
        "liquidation_price_upper": None if upper is None else D(upper),
    }
    return msgspec.structs.replace(figures, positions=(msgspec.structs.replace(position, **edges),))


@pytest.mark.parametrize(
    ("side", "edge", "stop", "safe"),
    [
        # 50,000 × 0.97 = 48,500: the worst fill must lie above the edge, not at it.
        (BUY, "48500", "50000", "50000.1"),
        (BUY, "48499.99", "50000", None),
        (BUY, "48500", "50000.1", None),
        # 70,000 × 1.03 = 72,100.
        (SELL, "72100", "70000", "69999.9"),
        (SELL, "72100.01", "70000", None),
        (SELL, "72100", "69999.9", None),
    ],
)
def test_the_worst_fill_of_a_stop_comes_before_liquidation(context, side, edge, stop, safe):
    figures = figures_with(context, side, edge)
    asked = context(side, stop_loss=stop)
    denial = stop_checks.before_liquidation(asked, figures, figures)
    if safe is None:
        assert denial is None
        return
    kind = "lowest" if side is BUY else "highest"
    message = (
        f"After the fill {BTC} is liquidated at {D(edge):,f}; the stop {D(stop):,f} may fill as "
        f"far as {D(edge):,.2f}. The {kind} safe stop is {D(safe):,f}."
    )
    assert said(denial) == ("STOP_BEYOND_LIQUIDATION", message, safe, stop)
    nearer = context(side, stop_loss=safe)
    assert stop_checks.before_liquidation(nearer, figures, figures) is None


@pytest.mark.parametrize(
    ("side", "edge", "stop", "shown"),
    [(BUY, "48500.04", "50000", "48,500.1"), (SELL, "72099.96", "70000", "72,099.9")],
)
def test_a_liquidation_price_off_the_tick_is_said_on_the_nearer_one(
    context, side, edge, stop, shown
):
    figures = figures_with(context, side, edge)
    denial = stop_checks.before_liquidation(context(side, stop_loss=stop), figures, figures)
    assert f"is liquidated at {shown}; the stop" in denial.message


def test_where_no_stop_is_safe_that_is_said(context):
    figures = figures_with(context, BUY, "59000")
    denial = stop_checks.before_liquidation(context(stop_loss="59500"), figures, figures)
    assert denial.message.endswith(
        "The lowest safe stop would be 60,824.8, beyond the price: take less."
    )
    figures = figures_with(context, SELL, "61000")
    denial = stop_checks.before_liquidation(context(SELL, stop_loss="60500"), figures, figures)
    assert denial.message.endswith(
        "The highest safe stop would be 59,223.3, beyond the price: take less."
    )


def test_the_edge_on_the_losing_side_counts(context):
    two = figures_with(context, BUY, "40000", "90000")
    assert stop_checks.before_liquidation(context(stop_loss="42000"), two, two) is None
    assert stop_checks.before_liquidation(context(stop_loss="41000"), two, two) is not None
    short = figures_with(context, SELL, "40000", "90000")
    assert stop_checks.before_liquidation(context(SELL, stop_loss="87000"), short, short) is None
    assert stop_checks.before_liquidation(context(SELL, stop_loss="88000"), short, short)
    above = figures_with(context, BUY, "90000")
    assert stop_checks.before_liquidation(context(stop_loss="1"), above, above) is None
    none = figures_with(context, BUY, None)
    assert stop_checks.before_liquidation(context(stop_loss="1"), none, none) is None


def test_the_nearest_edge_on_the_losing_side_counts(context):
    """Isolated and cross may give two on one side."""
    long = figures_with(context, BUY, "40000", "55000")
    assert stop_checks.before_liquidation(context(stop_loss="56000"), long, long).limit == "56701.1"
    short = figures_with(context, SELL, "65000", "80000")
    found = stop_checks.before_liquidation(context(SELL, stop_loss="64000"), short, short)
    assert found.limit == "63106.7"


def test_another_position_of_the_account_hides_no_edge(context):
    (ours,) = figures_with(context, BUY, "55000").positions
    other = msgspec.structs.replace(
        ours, instrument="ETHUSDT-PERP.BINANCE", liquidation_price=D(1000)
    )
    both = msgspec.structs.replace(figures_with(context, BUY, "55000"), positions=(other, ours))
    denial = stop_checks.before_liquidation(context(stop_loss="55500"), both, both)
    assert (denial.code, denial.rule) == ("STOP_BEYOND_LIQUIDATION", "perp.margin_first")
    assert "is liquidated at 55,000" in denial.message


def test_where_no_stop_of_a_position_is_safe_that_is_said(context):
    figures = figures_with(context, BUY, "59000")
    denial = stop_checks.before_liquidation(protective(context, trigger="59500"), figures, figures)
    assert denial.message.endswith(
        "The lowest safe stop would be 60,824.8, beyond the price: take less."
    )


def test_the_sides_of_a_bracket_are_a_rule_of_orders(context):
    stop = stop_checks.bracket(context(price="60000", stop_loss="60000"))
    profit = stop_checks.bracket(context(price="60000", take_profit="60000"))
    assert {stop.rule, profit.rule} == {"ord.no_limit_no_trade"}


def test_an_entrys_stop_is_held_against_the_account_after_its_fill(context):
    near, far = figures_with(context, BUY, "55000"), figures_with(context, BUY, "30000")
    asked = context(stop_loss="55500")
    assert stop_checks.before_liquidation(asked, far, near) is not None
    assert stop_checks.before_liquidation(asked, near, far) is None
    assert stop_checks.before_liquidation(asked, near, None) is None


def protective(context, **changes):
    given = {"type": STOP, "trigger": "50000", "reduce_only": True, "position": "1"}
    return context(SELL, None, **given | changes)


def test_a_stop_that_reduces_is_held_against_the_account_as_it_is(context):
    near, far = figures_with(context, BUY, "48500"), figures_with(context, BUY, "30000")
    denial = stop_checks.before_liquidation(protective(context), near, far)
    assert denial.message == (
        f"{BTC} is liquidated at 48,500; the stop 50,000 may fill as far as 48,500.00. "
        f"The lowest safe stop is 50,000.1."
    )
    assert stop_checks.before_liquidation(protective(context), far, near) is None
    stale = protective(context, quality="STALE")
    assert stop_checks.before_liquidation(stale, near, far) is None
    leg = msgspec.structs.replace(protective(context), guarding=True)
    assert stop_checks.before_liquidation(leg, near, far) is None
    profit = protective(context, type=PROFIT)
    assert stop_checks.before_liquidation(profit, near, far) is None
    opens = protective(context, position="0", reduce_only=False)
    assert stop_checks.before_liquidation(opens, near, far) is None
    short = figures_with(context, SELL, "72100")
    buying = context(BUY, None, type=STOP, trigger="70000", position="-1", reduce_only=True)
    assert stop_checks.before_liquidation(buying, short, far).limit == "69999.9"


@pytest.mark.parametrize(
    ("price", "edge", "safe"),
    [
        ("49900", "49900", "49900.1"),
        ("49900", "49899.99", None),
        ("50100", "50000", "50000.1"),
        ("50100", "49999.99", None),
    ],
)
def test_a_stop_limit_fills_no_worse_than_its_limit(context, price, edge, safe):
    figures = figures_with(context, BUY, edge)
    asked = context(SELL, price, type=LIMITED, trigger="50000", reduce_only=True, position="1")
    denial = stop_checks.before_liquidation(asked, figures, figures)
    assert (None if denial is None else denial.limit) == safe


def test_a_buying_stop_limit_fills_no_worse_than_the_higher_of_both(context):
    figures = figures_with(context, SELL, "70100")
    given = {"type": LIMITED, "trigger": "70000", "reduce_only": True, "position": "-1"}
    assert stop_checks.before_liquidation(context(BUY, "70100", **given), figures, figures)
    assert (
        stop_checks.before_liquidation(context(BUY, "70099.9", **given), figures, figures) is None
    )


@pytest.mark.parametrize(
    ("terms", "code", "message"),
    [
        ({"trigger": "0"}, "NOT_POSITIVE", "Quantity and price are positive."),
        ({"stop_loss": "-1", "trigger": "61000"}, "NOT_POSITIVE", None),
        ({"take_profit": "0", "trigger": "61000"}, "NOT_POSITIVE", None),
        ({"price": "60000", "trigger": "61000"}, "PRICE", "A market order has no price."),
        ({"trigger": "61000", "tif": TimeInForce.IOC}, "TIF",
         "An order that waits for its trigger is GTC or GTD."),
        ({"trigger": "61000", "post_only": True}, "POST_ONLY",
         "Post-only belongs to a limit order that is GTC or GTD."),
        ({"trigger": "61000", "tif": TimeInForce.GTC}, None, None),
    ],
)  # fmt: skip
def test_the_shape_of_an_order_that_waits(context, terms, code, message):
    denial = order_checks.shape(context(**{"price": None, "type": STOP, **terms}))
    assert (None if denial is None else denial.code) == code
    assert message is None or denial.message == message


@pytest.mark.parametrize("field", ["trigger", "stop_loss", "take_profit"])
def test_every_price_lies_on_the_tick(context, field):
    assert order_checks.grid(context(**{field: "59000.05"})).code == "TICK_SIZE"
    assert order_checks.grid(context(**{field: "59000.1"})) is None


def test_the_limit_of_a_stop_limit_is_held_against_its_trigger(context):
    given = {"type": LIMITED, "trigger": "50000", "quality": "STALE"}
    assert market_checks.collar(context(SELL, "48500", **given)) is None
    denial = market_checks.collar(context(SELL, "48499.9", **given))
    assert denial.message == (
        "Price 48,499.9 is 3.01% from the trigger 50,000; the collar is 3.0%."
    )
    assert market_checks.collar(context(SELL, "0.1", type=LIMITED, trigger="0")) is None


def test_what_waits_for_its_trigger_trades_with_nothing(context):
    own = WorkingOrder(id="o", instrument=BTC, side=SELL, remaining=D(1), price=D(59000),
                       reduce_only=False)  # fmt: skip
    crossing = msgspec.structs.replace(context(), working=(own,))
    assert order_checks.self_match(crossing).code == "SELF_MATCH"
    asleep = msgspec.structs.replace(own, waits=True)
    assert order_checks.self_match(msgspec.structs.replace(crossing, working=(asleep,))) is None
    stop = context(BUY, None, type=STOP, trigger="61000")
    assert order_checks.self_match(msgspec.structs.replace(stop, working=(own,))) is None


def test_the_pipeline_asks_all_of_it(context):
    denied = review(context(type=STOP, trigger="59000", stop_loss="61000")).denials
    assert {"PRICE", "WOULD_TRIGGER", "STOP_SIDE"} <= {denial.code for denial in denied}
    untriggered = review(context(price=None, type=STOP)).denials
    assert "TRIGGER" in {denial.code for denial in untriggered}


@pytest.mark.parametrize(
    ("side", "edge", "stop"), [(BUY, "58199.95", "59000"), (SELL, "61800.05", "61000")]
)
def test_a_safe_stop_at_the_mark_itself_is_none(context, side, edge, stop):
    figures = figures_with(context, side, edge)
    denial = stop_checks.before_liquidation(context(side, stop_loss=stop), figures, figures)
    assert D(denial.limit) == D(60000)
    assert denial.message.endswith("safe stop would be 60,000, beyond the price: take less.")


def test_an_edge_at_the_mark_is_none_below_it(context):
    figures = figures_with(context, BUY, "60000")
    assert stop_checks.before_liquidation(context(stop_loss="1"), figures, figures) is None


def test_a_sentence_has_no_zeros_that_say_nothing(context):
    """A venue sends its mark as 60000.00000000."""
    denial = stop_checks.trigger_side(
        context(BUY, None, type=STOP, trigger="59000", mark="60000.50000000")
    )
    assert "the mark 60,000.5: it" in denial.message


def test_the_pipeline_looks_at_the_account_before_and_after(context):
    near, far = figures_with(context, BUY, "55000"), figures_with(context, BUY, "30000")
    asked = context(stop_loss="55500")

    def found(before, after):
        projected = Projection(before=before, after=after, after_orders=after)
        return [one.code for one in stop_checks.stop_before_liquidation(asked, projected)]

    assert found(far, near) == ["STOP_BEYOND_LIQUIDATION"]
    assert found(near, far) == []
    assert found(None, near) == []
    reduces = Projection(before=near, after=far, after_orders=far)
    stop = protective(context, trigger="56000")
    assert [*stop_checks.stop_before_liquidation(stop, reduces)]

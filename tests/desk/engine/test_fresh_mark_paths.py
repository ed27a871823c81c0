"""No fresh mark, no new risk: every type, side and path that this desk's orders can take."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, Trader, order

from desk.cli.grammar import parse
from desk.model.command import Quantity
from desk.model.commands import AmendOrder, CancelAll, CancelOrder, PreviewOrder
from desk.model.events import Acknowledged, Denied, Previewed
from desk.model.orders import OrderType, Side

BUY, SELL = Side.BUY, Side.SELL

TYPES = {
    OrderType.LIMIT: {BUY: {"price": "59500"}, SELL: {"price": "60500"}},
    OrderType.MARKET: {BUY: {}, SELL: {}},
    OrderType.STOP: {BUY: {"trigger": "61000"}, SELL: {"trigger": "59000"}},
    OrderType.STOP_LIMIT: {
        BUY: {"trigger": "61000", "price": "61100"},
        SELL: {"trigger": "59000", "price": "58900"},
    },
    OrderType.TAKE_PROFIT: {BUY: {"trigger": "59000"}, SELL: {"trigger": "61000"}},
}
BRACKETS = {BUY: {"stop_loss": "55000", "take_profit": "65000"},
            SELL: {"stop_loss": "65000", "take_profit": "55000"}}  # fmt: skip
WORDS = {
    OrderType.LIMIT: "limit {price}",
    OrderType.MARKET: "market",
    OrderType.STOP: "stop {trigger}",
    OrderType.STOP_LIMIT: "stop {trigger} limit {price}",
    OrderType.TAKE_PROFIT: "take-profit {trigger}",
}


def desk_of(held):
    """A desk that holds a position, with marks of this moment."""
    trader = Trader()
    trader.deposit()
    trader.market()
    if held:
        trader.give(order(BUY if held > 0 else SELL, str(abs(held)), None, id="held"))
        trader.run(60)
        trader.market()
    return trader


def submitted(side, type_, quantity="0.5", **fields):
    given = TYPES[type_][side] | fields
    terms = {name: D(v) if isinstance(v, str) else v for name, v in given.items()}
    price = terms.pop("price", None)
    command = order(side, quantity, None, **terms)
    return type(command)(
        **{f: getattr(command, f) for f in command.__struct_fields__}
        | {"id": "new", "type": type_, "price": price, "confirmed": True}
    )


def line(side, type_):
    words = WORDS[type_].format(**{"price": "", "trigger": ""} | TYPES[type_][side])
    return parse(f"{side.value.lower()} 0.5 {BTC} {words} id new confirm", "unused")


PATHS = {
    "ticket": submitted,
    "bracket": lambda side, type_: submitted(side, type_, **BRACKETS[side]),
    "command line": line,
    "preview": lambda side, type_: PreviewOrder(id="p", order=submitted(side, type_)),
}


def denied(events):
    """The codes of a denial, of a previewed one too; none when it passed."""
    found = []
    for event in events:
        if isinstance(event, Denied | Previewed):
            found += [denial.code for denial in event.denials]
    return found


@pytest.mark.fault("T02")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("type_", list(TYPES), ids=lambda t: t.value)
@pytest.mark.parametrize("side", [BUY, SELL], ids=lambda s: s.value)
def test_new_risk_needs_a_mark_of_at_most_2000_ms(side, type_, path, figure):
    for held in (0, side.sign):
        fresh = desk_of(D(held))
        fresh.tick(2000)
        assert denied(fresh.give(PATHS[path](side, type_))) == []
        stale = desk_of(D(held))
        stale.tick(2001)
        assert "STALE_MARK" in denied(stale.give(PATHS[path](side, type_)))
    figure(
        f"{len(TYPES)} types × 2 sides × {len(PATHS)} paths, flat and held: passed at 2,000 ms,"
        " denied at 2,001"
    )


CHANGES = {
    OrderType.LIMIT: [{"price": D(59400)}, {"quantity": Quantity(D("0.4"))}],
    OrderType.STOP: [{"trigger": D(61500)}, {"quantity": Quantity(D("0.6"))}],
    OrderType.STOP_LIMIT: [{"price": D(61050)}, {"trigger": D(61050)}],
    OrderType.TAKE_PROFIT: [{"price": D(58500)}],
}
AMENDS = [(type_, change) for type_, changes in CHANGES.items() for change in changes]


@pytest.mark.fault("T02")
@pytest.mark.parametrize(("type_", "change"), AMENDS, ids=lambda v: getattr(v, "value", None))
def test_an_amendment_of_new_risk_needs_one_too(type_, change, figure):
    for age_ms, codes in ((2000, []), (2001, ["STALE_MARK"])):
        trader = desk_of(D(0))
        trader.give(submitted(BUY, type_))
        trader.run(60)
        trader.mark()
        trader.tick(age_ms)
        assert denied(trader.give(AmendOrder(id="a", order_id="new", **change))) == codes
    figure(f"{len(AMENDS)} amendments to more risk: passed at 2,000 ms, denied at 2,001")


REDUCING = {
    OrderType.LIMIT: {"price": D(60400)},
    OrderType.STOP: {"trigger": D(59500)},
    OrderType.STOP_LIMIT: {"price": D(58950)},
    OrderType.TAKE_PROFIT: {"trigger": D(60500)},
}
REDUCED = f"{len(TYPES)} types that reduce, placed, amended, cancelled at 60 s of age: accepted"


@pytest.mark.fault("T02")
@pytest.mark.parametrize("type_", list(TYPES), ids=lambda t: t.value)
@pytest.mark.parametrize("reduce_only", [True, False])
def test_what_strictly_reduces_passes_at_any_age(type_, reduce_only, figure):
    trader = desk_of(D(1))
    trader.tick(60_000)
    placed = trader.give(submitted(SELL, type_, "1", reduce_only=reduce_only))
    assert isinstance(placed[-1], Acknowledged)
    if type_ is OrderType.MARKET:
        trader.run(60)
        assert trader.state.position("perp-1", BTC).quantity == 0
        figure(REDUCED)
        return
    trader.tick(60)
    amended = trader.give(AmendOrder(id="a", order_id="new", **REDUCING[type_]))
    assert isinstance(amended[-1], Acknowledged)
    trader.tick(60)
    assert isinstance(trader.give(CancelOrder(id="c", order_id="new"))[-1], Acknowledged)
    assert isinstance(trader.give(CancelAll(id="all"))[-1], Acknowledged)
    figure(REDUCED)


def test_the_legs_of_what_fills_are_placed_at_any_age():
    trader = desk_of(D(0))
    trader.give(submitted(BUY, OrderType.LIMIT, **BRACKETS[BUY]))
    trader.run(60)
    trader.tick(60_000)
    trader.trade("59000", "9")
    trader.run(60)
    assert {order.id for order in trader.state.live_orders()} == {"new-sl", "new-tp"}

"""Whatever happens, the desk that comes back from its journal is the desk that was."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, CATALOGUE, ETH, Trader, full, order, unwritable
from helpers.odd_commands import around
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.engine.state import DeskState
from desk.model.alert_commands import AlertKind, SetAlert
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import (
    CancelAll,
    CancelOrder,
    ClosePosition,
    Deposit,
    Flatten,
    Kill,
    Rearm,
    ReversePosition,
    SetLeverage,
    SetMarginMode,
    SubmitLadder,
    SubmitOrder,
    SubmitTwap,
    Transfer,
    Withdraw,
)
from desk.model.order_commands import LadderWeight
from desk.model.orders import MarginMode, OrderType, Side, TimeInForce

ids = st.integers(0, 40).map(lambda n: f"id-{n}")
instruments = st.sampled_from([BTC, ETH, "BTCUSDT.BINANCE", "NO-SUCH.THING"])
accounts = st.sampled_from(["perp-1", "spot-1", "loan-1", "nobody"])
amounts = st.decimals("-5", "200000", places=2)
quantities = st.builds(Quantity, st.decimals("0", "3", places=3), st.sampled_from(QuantityUnit))
prices = st.one_of(st.none(), st.decimals("59900", "60100", places=1))

commands = st.one_of(
    st.builds(Deposit, id=ids, account=accounts, asset=st.just("USDT"), quantity=amounts),
    st.builds(Withdraw, id=ids, account=accounts, asset=st.just("USDT"), quantity=amounts),
    st.builds(
        Transfer,
        id=ids,
        source=accounts,
        target=accounts,
        asset=st.just("USDT"),
        quantity=amounts,
    ),
    st.builds(
        order,
        st.sampled_from(Side),
        id=ids,
        instrument=instruments,
    ).flatmap(
        lambda base: st.builds(
            lambda quantity, price, tif, post, reduce: type(base)(
                id=base.id,
                account=None,
                instrument=base.instrument,
                side=base.side,
                quantity=quantity,
                type=OrderType.MARKET if price is None else OrderType.LIMIT,
                price=price,
                tif=tif,
                post_only=post,
                reduce_only=reduce,
            ),
            quantities,
            prices,
            st.sampled_from([None, *TimeInForce]),
            st.booleans(),
            st.booleans(),
        )
    ),
    st.builds(CancelOrder, id=ids, order_id=ids),
    st.builds(CancelAll, id=ids, instrument=st.one_of(st.none(), instruments)),
    st.builds(
        ClosePosition, id=ids, instrument=instruments, fraction=st.decimals("0", "1", places=2)
    ),
    st.builds(Flatten, id=ids),
    st.builds(Kill, id=ids, reason=st.just("drill"), everything=st.booleans()),
    st.builds(Rearm, id=ids, name=st.just("Ada"), reason=st.just("all is well again")),
    st.builds(SetLeverage, id=ids, instrument=instruments, leverage=st.integers(1, 6).map(D)),
    st.builds(SetMarginMode, id=ids, instrument=instruments, mode=st.sampled_from(MarginMode)),
)

good_orders = st.builds(
    lambda number, side, lots, ticks, tif, instrument: order(
        side,
        id=f"good-{number}",
        instrument=instrument,
        quantity=Quantity(D(lots) / 100),
        price=D(60000 if instrument == BTC else 2500) + D(ticks) / 10,
        tif=tif,
        confirmed=True,
    ),
    st.integers(0, 10_000),
    st.sampled_from(Side),
    st.integers(5, 150),
    st.integers(-50, 50),
    st.sampled_from([None, None, TimeInForce.IOC]),
    st.sampled_from([BTC, BTC, ETH]),
)


def named(strategy):
    """Give commands ids that are mostly new."""
    ids = st.integers(0, 10_000).map(lambda n: f"new-{n}")
    return st.builds(lambda command, name: msgspec.structs.replace(command, id=name), strategy, ids)


def tiny(side, **fields):
    return {
        "account": None,
        "instrument": BTC,
        "side": side,
        "quantity": Quantity(D("0.5")),
    } | fields


hands = named(
    st.one_of(
        st.builds(
            lambda side, count, weight, reduce: SubmitLadder(
                **tiny(side, first_price=D(60000), last_price=D(60000) - 30 * side.sign),
                count=count,
                weight=weight,
                reduce_only=reduce,
            ),
            st.sampled_from(Side),
            st.integers(2, 4),
            st.sampled_from(LadderWeight),
            st.booleans(),
        ),
        st.builds(
            lambda side, reduce: SubmitTwap(**tiny(side), over_s=10, every_s=5, reduce_only=reduce),
            st.sampled_from(Side),
            st.booleans(),
        ),
        st.builds(
            around,
            st.sampled_from(Side),
            st.sampled_from([D("0.5"), D("0.1")]),
            st.sampled_from([D(20), D(600)]),
            st.sampled_from([D(10), D(900)]),
            st.booleans(),
        ),
        st.builds(
            lambda side, trail: SubmitOrder(
                **tiny(side, type=OrderType.TRAILING_STOP), trail=trail
            ),
            st.sampled_from(Side),
            st.sampled_from([D(5), D(20)]),
        ),
        st.builds(
            lambda side, span: SubmitOrder(
                **tiny(side, type=OrderType.LIMIT, price=D(60000) - 20 * side.sign),
                tif=TimeInForce.GTD,
                good_for_s=span,
            ),
            st.sampled_from(Side),
            st.sampled_from([1, 60]),
        ),
        st.builds(
            lambda above: SetAlert(id="", kind=AlertKind.PRICE, instrument=BTC, above=above),
            st.sampled_from([D(60010), D(60020)]),
        ),
        st.just(ReversePosition(instrument=BTC)),
    )
)

happenings = st.one_of(
    hands.map(lambda command: ("give", command)),
    good_orders.map(lambda command: ("give", command)),
    good_orders.map(lambda command: ("give", command)),
    st.tuples(st.just("time"), st.integers(50, 200)),
    commands.map(lambda command: ("give", command)),
    st.tuples(st.just("mark"), st.sampled_from([BTC, ETH]), st.integers(-300, 300)),
    st.tuples(st.just("trade"), st.sampled_from(Side), st.integers(-300, 300)),
    st.tuples(st.just("time"), st.integers(1, 3000)),
    st.tuples(st.just("disk"), st.sampled_from(["full", "well"])),
)


def live(trader, happening):
    match happening:
        case ("give", command):
            trader.give(command)
        case ("mark", instrument, move):
            base = 60000 if instrument == BTC else 2500
            trader.mark(instrument, str(base + D(move) / 10))
        case ("trade", side, move):
            trader.trade(str(60000 + D(move) / 10), "2", side)
        case ("time", ms):
            trader.run(ms, step=max(20, ms // 4))
        case ("disk", "full"):
            trader.refuse = full()
        case ("disk", _):
            trader.refuse = None


def total(trader, asset):
    balances = trader.state.ledger.document()
    return sum(D(assets.get(asset, "0")) for assets in balances.values())


@pytest.mark.thorough
@pytest.mark.fault("T18")
@settings(max_examples=40)
@given(st.lists(happenings, min_size=10, max_size=40), st.data())
def test_a_restart_at_any_point_gives_the_same_desk(happened, data):
    trader = Trader()
    trader.deposit()
    trader.market()
    for happening in happened:
        live(trader, happening)
        assert total(trader, "USDT") == 0
        assert total(trader, "BTC") == 0
    assert trader.restarted().state.hash() == trader.state.hash()
    cut = data.draw(st.integers(0, len(trader.rows)), label="cut")
    crashed = Trader(trader.rows[:cut])
    crashed.engine.replay(trader.rows[cut:])
    assert crashed.state.hash() == trader.state.hash()


@pytest.mark.thorough
@pytest.mark.fault("T18")
@settings(max_examples=15)
@given(st.lists(happenings.filter(lambda one: one[0] != "disk"), min_size=10, max_size=30))
def test_at_every_row_the_journal_alone_gives_the_state_that_the_desk_had_then(happened):
    trader, shadow = Trader(), DeskState(CATALOGUE)
    trader.deposit()
    trader.market()
    for happening in happened:
        live(trader, happening)
        for row in trader.rows[shadow.seq :]:
            shadow.apply(row)
        assert shadow.hash() == trader.state.hash()


@settings(max_examples=25)
@given(st.lists(happenings, min_size=10, max_size=40))
def test_no_order_is_filled_beyond_its_quantity_or_twice(happened):
    trader = Trader()
    trader.deposit()
    trader.market()
    for happening in happened:
        live(trader, happening)
    seen = [fill.id for fill in trader.state.fills]
    assert len(seen) == len(set(seen))
    for known in trader.state.orders.values():
        assert known.filled <= known.terms.quantity
        assert known.filled == sum(fill.quantity for fill in known.fills)
    held = trader.state.position("perp-1", BTC).quantity
    mine = [fill for fill in trader.state.fills if fill.instrument == BTC]
    assert held == sum(fill.quantity * fill.side.sign for fill in mine)


@settings(max_examples=25)
@given(st.lists(happenings, max_size=25))
def no_order_adds_risk_without_a_fresh_mark(happened):
    trader = Trader()
    trader.deposit()
    trader.market()
    for happening in happened:
        live(trader, happening)
    trader.refuse = None
    trader.run(2100, step=300)
    known = set(trader.state.orders)
    for number, side in enumerate(Side):
        for price in ("60000", None):
            before = trader.state.position("perp-1", BTC).quantity
            trader.give(order(side, "0.5", price, id=f"probe-{number}-{price}"))
            for new in set(trader.state.orders) - known:
                terms = trader.state.orders[new].terms
                assert before * terms.side.sign < 0
                assert terms.quantity <= abs(before)
            known = set(trader.state.orders)


@pytest.mark.fault("T02")
def test_without_a_fresh_mark_no_order_adds_risk(figure):
    no_order_adds_risk_without_a_fresh_mark()
    figure("25 drawn lives of a desk, then no mark for 2.1 s: 0 orders that add risk taken")


@settings(max_examples=25)
@given(st.lists(happenings, max_size=20))
def nothing_new_is_begun_after_a_failed_sync(happened):
    trader = Trader()
    trader.deposit()
    trader.market()
    for happening in happened:
        live(trader, happening)
    trader.refuse = unwritable()
    trader.mark()
    held = trader.state.position("perp-1", BTC).quantity
    trader.give(order(Side.BUY, "0.5", "60000", id="probe-a"))
    trader.give(order(Side.SELL, "0.5", "59999.9", id="probe-b"))
    for new in ("probe-a", "probe-b"):
        if new in trader.state.orders:
            assert held * trader.state.orders[new].terms.side.sign <= D("-0.5")


@pytest.mark.fault("T11")
def test_after_a_failed_sync_nothing_new_is_begun(figure):
    nothing_new_is_begun_after_a_failed_sync()
    figure("25 drawn lives of a desk, then a failed sync: 0 orders that add risk taken")

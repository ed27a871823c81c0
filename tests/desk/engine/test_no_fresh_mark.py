"""No fresh mark, no new risk: every way in, at every age of a mark; and the ways out stay open.

Ages: 0 and 2,000 ms are fresh; 2,001 ms, a stamp ahead of its venue's own clock, and a mark that
never came are not. A mark that is no number never becomes one: the venues' protocols refuse it
(tests/desk/venues), as the reader of portfolio documents does.
"""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, Trader, order

from desk.cli.grammar import parse
from desk.model.commands import (
    AddMargin,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Flatten,
    PreviewChange,
    PreviewOrder,
    SetLeverage,
    SetMarginMode,
    Transfer,
    Withdraw,
)
from desk.model.events import Acknowledged, Denied, Previewed
from desk.model.market_data import MarkPrice
from desk.model.orders import MarginMode, OrderType, Side, TimeInForce

DOUBTS = {"STALE_MARK", "NO_MARK", "STALE_ACCOUNT"}


def desk(mode=MarginMode.CROSS, held="1", leverage="2"):
    """One coin long, and a resting order, at a leverage that leaves room for more."""
    trader = Trader()
    trader.deposit("500000")
    trader.market()
    trader.give(SetMarginMode(id="mode", instrument=BTC, mode=mode))
    trader.give(SetLeverage(id="lev", instrument=BTC, leverage=D(leverage)))
    if held != "0":
        side = Side.BUY if D(held) > 0 else Side.SELL
        trader.give(order(side, held.lstrip("-"), None, id="open"))
        trader.run(60)
        trader.market()
    trader.give(order(Side.BUY, "0.1", "59000", id="rest"))
    trader.run(60)
    trader.market()
    return trader


def aged(trader, age):
    """Bring the mark of bitcoin to an age; the book stays synced, the other mark fresh."""
    if age == "negative":
        # A stamp 10 s ahead of what the venue's clock has shown so far.
        trader.hear(mark(trader, ts_venue_ms=trader.wall_ms + 10_000))
    elif age == "missing":
        trader.desk.market.get(BTC).mark = None
        trader.desk.changes += 1  # what it stands on is another
    else:
        trader.hear(mark(trader))
        trader.tick(int(age))
        trader.mark(ETH, "2500")


def mark(trader, **changes):
    said = {
        "instrument": BTC,
        "mark": D(60000),
        "index": D(60000),
        "funding_rate": D("0.0001"),
        "next_funding_ms": trader.wall_ms + 3_600_000,
        "ts_recv_ns": trader.now_ns,
        "ts_venue_ms": trader.wall_ms,
        "funding_interval_h": 8,
    }
    return MarkPrice(**{**said, **changes})


def typed(line):
    return lambda: parse(line, "typed")


def asked(side, price="60000", **fields):
    return lambda: order(side, "0.2", price, id="new", **fields)


def stop(side, kind=OrderType.STOP, **fields):
    price = "62000" if side is Side.BUY else "58000"
    if kind is OrderType.TAKE_PROFIT:
        price = "58000" if side is Side.BUY else "62000"
    limit = price if kind is OrderType.STOP_LIMIT else None
    given = {"type": kind, "trigger": D(price), "tif": TimeInForce.GTC}
    return lambda: order(side, "0.2", limit, id="new", **{**given, **fields})


NEW_RISK = {
    "limit buy": asked(Side.BUY),
    "market buy": asked(Side.BUY, None),
    "post-only buy": asked(Side.BUY, "59999", post_only=True),
    "ioc buy": asked(Side.BUY, tif=TimeInForce.IOC),
    "fok buy": asked(Side.BUY, tif=TimeInForce.FOK),
    "stop buy": stop(Side.BUY),
    "stop-limit buy": stop(Side.BUY, OrderType.STOP_LIMIT),
    "take-profit buy": stop(Side.BUY, OrderType.TAKE_PROFIT),
    "buy with a bracket": asked(Side.BUY, stop_loss=D(58000), take_profit=D(62000)),
    "sell beyond the position": lambda: order(Side.SELL, "1.5", "60000", id="new"),
    "market sell beyond the position": lambda: order(Side.SELL, "1.5", None, id="new"),
    "typed limit": typed(f"buy 0.2btc {BTC} limit 60000"),
    "typed market": typed(f"buy 0.2btc {BTC} market"),
    "typed sell beyond": typed(f"sell 1.5btc {BTC} limit 60000"),
    "typed bracket": typed(f"buy 0.2btc {BTC} limit 60000 tp 62000 sl 58000"),
    "amend": typed("amend rest quantity 0.3"),
    "amend price": typed("amend rest price 59500"),
    "in another contract of the account": lambda: order(
        Side.BUY, "1", "2500", instrument=ETH, id="new"
    ),
    "preview of a limit": lambda: PreviewOrder(
        id="p", order=order(Side.BUY, "0.2", "60000", id="new")
    ),
    "preview of a market order": lambda: PreviewOrder(
        id="p", order=order(Side.BUY, "0.2", None, id="new")
    ),
    "typed preview": typed(f"preview buy 0.2btc {BTC} limit 60000"),
    "leverage": lambda: SetLeverage(id="up", instrument=BTC, leverage=D(5)),
    "typed leverage": typed(f"leverage {BTC} 5"),
    "preview of leverage": typed(f"preview leverage {BTC} 5"),
    "withdraw": lambda: Withdraw(id="w", account="perp-1", asset="USDT", quantity=D(1)),
    "typed withdraw": typed("withdraw 1 USDT"),
    "preview of a withdrawal": typed("preview withdraw 1 USDT"),
    "transfer": lambda: Transfer(
        id="t", source="perp-1", target="spot-1", asset="USDT", quantity=D(1)
    ),
    "typed transfer": typed("transfer 1 USDT perp-1 spot-1"),
    "preview of a transfer": typed("preview transfer 1 USDT perp-1 spot-1"),
}

WAYS_OUT = {
    "limit sell": lambda: order(Side.SELL, "1", "60000", id="new"),
    "market sell": lambda: order(Side.SELL, "1", None, id="new"),
    "post-only sell": lambda: order(Side.SELL, "1", "60001", post_only=True, id="new"),
    "ioc sell": lambda: order(Side.SELL, "1", "60000", tif=TimeInForce.IOC, id="new"),
    "reduce-only sell": lambda: order(Side.SELL, "1", "60000", reduce_only=True, id="new"),
    "reduce-only stop": stop(Side.SELL, reduce_only=True),
    "reduce-only stop-limit": stop(Side.SELL, OrderType.STOP_LIMIT, reduce_only=True),
    "reduce-only take-profit": stop(Side.SELL, OrderType.TAKE_PROFIT, reduce_only=True),
    "typed sell": typed(f"sell 1btc {BTC} market"),
    "close": lambda: ClosePosition(id="c", instrument=BTC, fraction=D(1)),
    "close a part": lambda: ClosePosition(id="c", instrument=BTC, fraction=D("0.3")),
    "typed close": typed(f"close {BTC} 50%"),
    "flatten": lambda: Flatten(id="f"),
    "typed flatten": typed("flatten"),
    "cancel": lambda: CancelOrder(id="c", order_id="rest"),
    "typed cancel": typed("cancel rest"),
    "cancel all": lambda: CancelAll(id="c"),
    "lower leverage": lambda: SetLeverage(id="down", instrument=BTC, leverage=D(1)),
    "preview of a sell": lambda: PreviewOrder(
        id="p", order=order(Side.SELL, "1", "60000", id="new")
    ),
}

DENIED_ANYWAY = {"market sell beyond the position": {"SELF_MATCH"}}
"""It would trade with the own resting order, at whatever age of the mark."""

FRESH = ("0", "2000")
NOT_FRESH = ("2001", "negative", "missing")


def doubts(events):
    """What was said of the mark; None: the command was accepted."""
    (said,) = [e for e in events if isinstance(e, Acknowledged | Denied | Previewed)]
    if isinstance(said, Acknowledged):
        return None
    found = {denial.code for denial in said.denials}
    return found & DOUBTS or (found or None)


@pytest.mark.fault("T02")
@pytest.mark.parametrize("age", [*FRESH, *NOT_FRESH])
@pytest.mark.parametrize("path", NEW_RISK)
def test_new_risk_needs_a_fresh_mark(path, age, figure):
    trader = desk()
    aged(trader, age)
    found = doubts(trader.give(NEW_RISK[path]()))
    if age in FRESH:
        assert found == DENIED_ANYWAY.get(path), path
    else:
        assert found is not None, path
        assert found <= DOUBTS, path
    figure(
        f"{len(NEW_RISK)} ways to new risk: allowed at 0 and 2,000 ms, denied at 2,001, ahead of"
        " its clock, missing"
    )


@pytest.mark.fault("T02")
@pytest.mark.parametrize("age", [*FRESH, *NOT_FRESH])
@pytest.mark.parametrize("path", WAYS_OUT)
def test_the_way_out_is_open_at_every_age(path, age, figure):
    if path == "lower leverage" and age == "missing":
        pytest.skip("binds more margin, and how much cannot be known without any mark")
    trader = desk()
    aged(trader, age)
    assert doubts(trader.give(WAYS_OUT[path]())) is None, path
    figure(f"{len(WAYS_OUT)} ways out: open at each of {len(FRESH + NOT_FRESH)} ages of a mark")


@pytest.mark.fault("T02")
@pytest.mark.parametrize("age", [*FRESH, *NOT_FRESH])
def test_a_short_is_the_mirror_of_a_long(age, figure):
    trader = desk(held="-1")
    aged(trader, age)
    more = doubts(trader.give(order(Side.SELL, "0.2", "60000", id="more")))
    assert (more is None) is (age in FRESH)
    out = doubts(trader.give(order(Side.BUY, "0.5", None, id="out")))
    assert out is None
    figure("a short is the mirror of a long")


@pytest.mark.fault("T02")
@pytest.mark.parametrize("age", [*FRESH, *NOT_FRESH])
@pytest.mark.parametrize("amount", ["100", "-100"])
@pytest.mark.parametrize("way", ["command", "typed", "preview"])
def test_margin_of_an_isolated_position_moves_on_a_fresh_mark(age, amount, way, figure):
    trader = desk(MarginMode.ISOLATED)
    trader.give(AddMargin(id="more", instrument=BTC, amount=D(1000)))
    aged(trader, age)
    change = AddMargin(id="m", instrument=BTC, amount=D(amount))
    command = {
        "command": change,
        "typed": parse(f"margin {BTC} {amount}", "typed"),
        "preview": PreviewChange(id="p", change=change),
    }[way]
    found = doubts(trader.give(command))
    if age in FRESH:
        assert found is None
    else:
        assert found is not None
        assert found <= DOUBTS | {"MARGIN_UNKNOWN"}
    figure("isolated margin, either way by command, line, preview: moved on a fresh mark alone")

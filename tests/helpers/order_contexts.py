"""The context of one order, made by hand: no engine, nothing wrong with it unless said."""

from datetime import date
from decimal import Decimal as D

import msgspec

from desk.cli.shipped import shipped, shipped_profile
from desk.model.orders import OrderTerms, OrderType, Side, TimeInForce
from desk.risk.client import sample_client
from desk.risk.context import Limits, MarketNow, OrderContext, Surroundings, WorkingOrder
from desk.risk.profile import Profile

CATALOGUE = shipped().catalogue
BTC, ETH, SPOT = "BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE", "BTCUSDT.BINANCE"
TODAY = date(2026, 11, 22)
HONG_KONG = shipped_profile("hk_sfc_2026")

LIMITS = Limits(
    collar_rate=D("0.03"),
    max_value_usd=D(2_500_000),
    instrument_limit_usd=D(50_000_000),
    account_limit_usd=D(100_000_000),
    max_leverage=D(5),
    max_open_orders=100,
    divergence_rate=D("0.03"),
    dispersion_rate=D("0.01"),
    mark_sources=3,
    max_quantity={"BTC": D(100)},
    allow_reduce_when_halted=True,
)

TERMS = OrderTerms(
    id="x",
    account="perp-1",
    instrument=BTC,
    side=Side.BUY,
    quantity=D(1),
    type=OrderType.LIMIT,
    price=D(60000),
)

MARKET = MarketNow(
    mark=D(60000), quality="LIVE", mark_age_ms=100, book_state="SYNCED", expected_price=None
)

AROUND = Surroundings(live=True, funding_interval_h=8, open_interest=D(100_000))

OWN = WorkingOrder(
    id="own", instrument=BTC, side=Side.SELL, remaining=D(1), price=D(60000), reduce_only=False
)


def read(fields):
    """Write numbers as text: they become Decimals; what is a text elsewhere stays one."""
    kept = {"id", "account", "instrument"}
    return {k: D(v) if isinstance(v, str) and k not in kept else v for k, v in fields.items()}


def order(side=Side.BUY, **fields):
    """Return terms of a limit order at 60,000, of a market order where its price is None."""
    fields = read(fields)
    if "price" in fields and fields["price"] is None and "type" not in fields:
        fields = {"type": OrderType.MARKET, "tif": TimeInForce.IOC, **fields}
    return msgspec.structs.replace(TERMS, side=side, **fields)


def own(side=Side.SELL, **fields):
    """Return a working order of one's own: 1 BTC at 60,000."""
    return msgspec.structs.replace(OWN, side=side, **read(fields))


def context(terms=TERMS, *, market=None, limits=None, **fields):
    """Return the context of an order; `market` and `limits` are changes of theirs."""
    instrument = CATALOGUE.get(terms.instrument)
    assert instrument is not None
    known = OrderContext(
        order=terms,
        instrument=instrument,
        state="ACTIVE",
        state_reason="a test",
        closing=False,
        id_conflict=False,
        level="OK",
        position=D(0),
        working=(),
        market=msgspec.structs.replace(MARKET, **read_market(market or {})),
        doubted_elsewhere=(),
        permitted=True,
        account=None,
        free_balance=None,
        client=sample_client([instrument], TODAY),
        today=TODAY,
        profile=HONG_KONG,
        limits=msgspec.structs.replace(LIMITS, **read(limits or {})),
        usd_per_settle=D(1),
        over_rate=False,
        repeats=0,
        around=AROUND,
        repeated_at_once=False,
    )
    return msgspec.structs.replace(known, **fields)


def read_market(fields):
    """Write a mark and an expected price as text."""
    numbers = {"mark", "expected_price"}
    return {k: D(v) if isinstance(v, str) and k in numbers else v for k, v in fields.items()}


def without(rule):
    """Return the Hong Kong profile without a rule or a parameter."""
    rules = {one.rule: one for one in HONG_KONG.rules() if one.rule != rule}
    return Profile("short", "HK", "short", rules)


def said(denial):
    """Return all that a denial says, but its origin, which the pipeline adds."""
    if denial is None:
        return None
    return (denial.code, denial.rule, denial.message, denial.limit, denial.actual)

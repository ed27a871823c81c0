"""Short ways to write accounts for margin."""

from decimal import Decimal as D

import msgspec

from desk.io.resources import resource
from desk.margin.account import account_figures
from desk.margin.inputs import (
    AccountInput,
    MarginTerms,
    OrderInput,
    PositionInput,
    Slice,
    Tier,
)
from desk.margin.table import load_rules
from desk.model.catalogue import load_catalogue
from desk.model.instrument import Contract
from desk.model.orders import MarginMode, Side

CATALOGUE = load_catalogue(resource("instruments.toml"))
TIERS = load_rules(resource("tiers/binance_usdm.toml"), "tiers/binance_usdm.toml")[0].symbols

BTC = CATALOGUE.get("BTCUSDT-PERP.BINANCE")
ETH = CATALOGUE.get("ETHUSDT-PERP.BINANCE")
BTC_COIN = CATALOGUE.get("BTCUSD-PERP.BINANCE")
ETH_COIN = CATALOGUE.get("ETHUSD-PERP.BINANCE")
BTC_USDC = msgspec.structs.replace(
    BTC, id="BTCUSDC-PERP.BINANCE", symbol="BTCUSDC", quote="USDC", settle="USDC"
)

# A coin-margined table is in coin. This one is ours: continuous, with rates as venues have them.
COIN_TIERS = MarginTerms(
    model="binance",
    tiers=tuple(
        Tier(
            notional_floor=D(floor),
            notional_cap=None if cap is None else D(cap),
            maintenance_rate=D(rate),
            maintenance_amount=D(amount),
            max_leverage=D(leverage),
        )
        for floor, cap, rate, amount, leverage in (
            ("0", "5", "0.004", "0", "125"),
            ("5", "10", "0.005", "0.005", "100"),
            ("10", "20", "0.01", "0.055", "50"),
            ("20", "50", "0.025", "0.355", "20"),
            ("50", "100", "0.05", "1.605", "10"),
            ("100", None, "0.1", "6.605", "5"),
        )
    ),
)


def terms(symbol="BTCUSDT"):
    found = TIERS.get(symbol)
    assert found is not None
    return found


def flat_terms(rate, max_leverage="100"):
    """One tier without an end."""
    tier = Tier(
        notional_floor=D(0),
        notional_cap=None,
        maintenance_rate=D(rate),
        maintenance_amount=D(0),
        max_leverage=D(max_leverage),
    )
    return MarginTerms(model="binance", tiers=(tier,))


def position(instrument, quantity, entry, mark=None, **more):
    own = COIN_TIERS if instrument.contract is Contract.INVERSE else None
    fields = {
        "terms": own or TIERS.get(instrument.symbol) or MarginTerms(model="binance"),
        "leverage": D(5),
    } | more
    for name in ("leverage", "isolated_margin", "maintenance_rate", "maintenance_amount"):
        if isinstance(fields.get(name), (str, int)):
            fields[name] = D(fields[name])
    return PositionInput(
        instrument=instrument,
        quantity=D(quantity),
        entry_price=D(entry),
        mark=D(entry if mark is None else mark),
        **fields,
    )


def isolated(instrument, quantity, entry, mark=None, **more):
    return position(instrument, quantity, entry, mark, margin_mode=MarginMode.ISOLATED, **more)


def order(instrument, side, quantity, price=None, *, reduce_only=False):
    return OrderInput(
        instrument=instrument,
        side=Side(side),
        quantity=D(quantity),
        price=None if price is None else D(price),
        reduce_only=reduce_only,
    )


def account(
    *positions, orders=(), settle="USDT", balances=None, haircuts=None, prices=None, **more
):
    given = {settle: "0"} if balances is None else balances
    return AccountInput(
        id="perp-1",
        settle=settle,
        balances={asset: D(quantity) for asset, quantity in given.items()},
        haircuts={
            asset: tuple(
                Slice(up_to=None if up_to is None else D(up_to), rate=D(rate))
                for up_to, rate in ([(None, entry)] if isinstance(entry, str) else entry)
            )
            for asset, entry in (haircuts or {}).items()
        },
        prices={asset: D(price) for asset, price in (prices or {}).items()},
        positions=positions,
        orders=tuple(orders),
        **more,
    )


def figures(*positions, **more):
    return account_figures(account(*positions, **more))


def only(*positions, **more):
    """The figures of the first position."""
    return figures(*positions, **more).positions[0]

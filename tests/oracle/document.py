"""A portfolio document as it is written, every number an exact fraction.

This reads `desk.portfolio/1` by its description alone; it shares nothing with the desk. It takes
documents whose instruments are given in full, and trusts them to be well formed.
"""

import json
from dataclasses import dataclass
from fractions import Fraction as F

DEFAULT_LEVERAGE = F(5)
"""Of an order in an instrument without a position: `perp.max_leverage` of hk_sfc_2026."""

COLLAR = F(3, 100)
"""A market order is margined at mark ± this: `ord.price_collar` of hk_sfc_2026."""


SETTLES = ("USDT", "USDC", "USD", "BTC", "ETH")
"""An account's figures are in the first of these that its positions settle in, or that it holds."""


@dataclass(frozen=True)
class Tier:
    """A row of a margin table, by notional or (okx) by contracts."""

    floor: F
    cap: F | None
    rate: F
    amount: F
    leverage: F


@dataclass(frozen=True)
class Terms:
    """A contract and how it is margined."""

    id: str
    base: str
    settle: str
    inverse: bool
    size: F
    tick: F
    model: str
    tiers: tuple[Tier, ...]
    fee: F
    base_rate: F | None
    slope: F
    max_leverage: F | None


@dataclass(frozen=True)
class Held:
    """A position; `size` is its quantity × contract size without a sign."""

    terms: Terms
    quantity: F
    entry: F
    mark: F | None
    leverage: F | None
    isolated: bool
    margin: F | None
    extra: F
    rate: F | None
    amount: F

    @property
    def size(self):
        return abs(self.quantity) * self.terms.size

    @property
    def side(self):
        return -1 if self.quantity < 0 else 1


@dataclass(frozen=True)
class Order:
    """A working order; a market order has no price."""

    terms: Terms
    side: int
    quantity: F
    price: F | None
    reduce_only: bool


@dataclass(frozen=True)
class Pool:
    """A perpetual account. Prices of assets are in its settle asset; None is unknown."""

    id: str
    settle: str
    unit: F | None
    """What the settle asset is worth in the document's currency."""
    balances: dict[str, F]
    haircuts: dict[str, tuple[tuple[F | None, F], ...]]
    prices: dict[str, F | None]
    """Of every asset held and every asset a position settles in."""
    positions: tuple[Held, ...]
    orders: tuple[Order, ...]
    marks: dict[str, F]


def read(text):
    """Return the document's tree; a JSON number is read from its text."""
    return json.loads(text, parse_float=F, parse_int=F)


def number(value):
    """Read a number that may be missing."""
    return None if value is None else F(value)


def asset_price(document, asset):
    """What an asset is worth in the document's currency; None is unknown."""
    return F(1) if asset == document["currency"] else number(document["prices"].get(asset))


def terms_of(document, instrument_id):
    """Return the terms of an instrument that the document gives in full."""
    row = document["instruments"][instrument_id]
    margin = row.get("margin", {})
    leverage = number(margin.get("max_leverage"))
    tiers = tuple(_tier(one) for one in margin.get("tiers", ()))
    if not tiers and leverage is not None and margin["model"] == "hyperliquid":
        # Half of the initial margin at the highest leverage.
        tiers = (Tier(F(0), None, 1 / (2 * leverage), F(0), leverage),)
    return Terms(
        id=instrument_id,
        base=row["base"],
        settle=row["settle"],
        inverse=row["contract"] == "inverse",
        size=F(row["contract_size"]),
        tick=F(row["tick_size"]),
        model=margin.get("model", "house"),
        tiers=tiers,
        fee=F(margin.get("taker_fee_rate") or row.get("taker_fee_rate") or 0),
        base_rate=number(margin.get("base_rate")),
        slope=F(margin.get("slope", 0)),
        max_leverage=leverage,
    )


def _tier(row):
    floor, cap = (
        row.get(f"notional_{end}", row.get(f"quantity_{end}")) for end in ("floor", "cap")
    )
    return Tier(
        floor=F(floor),
        cap=number(cap),
        rate=F(row["maintenance_rate"]),
        amount=F(row.get("maintenance_amount", 0)),
        leverage=F(row["max_leverage"]),
    )


def pools(document):
    """Return every perpetual account of a document."""
    return [
        _pool(document, account)
        for account in document["accounts"]
        if account["kind"] == "perpetual"
    ]


def _pool(document, account):
    known = {}

    def terms(row):
        name = row["instrument"]
        return known.setdefault(name, known.get(name) or terms_of(document, name))

    marks = {name: F(price) for name, price in document.get("marks", {}).items()}
    default_mode = account.get("margin_mode", "cross")
    positions = tuple(
        _held(row, terms(row), marks.get(row["instrument"]), default_mode)
        for row in account.get("positions", ())
    )
    orders = tuple(_order(row, terms(row)) for row in account.get("orders", ()))
    balances = {row["asset"]: F(row["quantity"]) for row in account["balances"]}
    settles = [one.terms.settle for one in (*positions, *orders)]
    settle = next((one for one in SETTLES if one in (settles or balances)), SETTLES[0])
    unit = asset_price(document, settle)
    haircuts = {asset: _slices(entry) for asset, entry in account.get("haircuts", {}).items()}
    return Pool(
        id=account["id"],
        settle=settle,
        unit=unit,
        balances=balances,
        # What positions settle in counts in full unless the account says otherwise.
        haircuts={asset: _slices("0") for asset in (settle, *settles)} | haircuts,
        prices={
            asset: _price_in(document, asset, settle, unit)
            for asset in (*balances, settle, *settles)
        },
        positions=positions,
        orders=orders,
        marks=marks,
    )


def _price_in(document, asset, settle, unit):
    if asset == settle:
        return F(1)
    price = asset_price(document, asset)
    return None if price is None or unit is None else price / unit


def _slices(entry):
    if isinstance(entry, list):
        return tuple((number(part["up_to"]), F(part["rate"])) for part in entry)
    return ((None, F(entry)),)


def _held(row, terms, mark, default_mode):
    return Held(
        terms=terms,
        quantity=F(row["quantity"]),
        entry=F(row["entry_price"]),
        mark=mark,
        leverage=number(row.get("leverage")),
        isolated=(row.get("margin_mode") or default_mode) == "isolated",
        margin=number(row.get("isolated_margin")),
        extra=F(row.get("extra_margin") or 0),
        rate=number(row.get("maintenance_rate")),
        amount=F(row.get("maintenance_amount") or 0),
    )


def _order(row, terms):
    return Order(
        terms=terms,
        side=1 if row["side"] == "BUY" else -1,
        quantity=F(row["quantity"]),
        price=number(row.get("price")),
        reduce_only=bool(row.get("reduce_only", False)),
    )

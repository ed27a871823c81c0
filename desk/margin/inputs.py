"""What a margin calculation is given, and what it gives back: values without behaviour.

The same values are built from a portfolio document and from the live desk, so that a figure on
the screen and the figure of `desk risk evaluate` are one calculation.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

import msgspec

from desk.margin.curve import Curve, upper_envelope
from desk.model.instrument import Instrument
from desk.model.orders import MarginMode, Side


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a venue's margin table."""

    notional_floor: Decimal
    notional_cap: Decimal | None
    """None: no upper end."""
    maintenance_rate: Decimal
    maintenance_amount: Decimal
    max_leverage: Decimal


class ContractTier(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a table by contracts: the rate of the whole position, without a deduction."""

    quantity_floor: Decimal
    quantity_cap: Decimal | None
    """A position of exactly this size is still inside; None: no upper end."""
    maintenance_rate: Decimal
    max_leverage: Decimal


class MarginTerms(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """How a venue margins one instrument: a model of `desk.margin.models` and its numbers."""

    model: str
    tiers: tuple[Tier, ...] = ()
    """By notional. Empty: unknown."""
    contract_tiers: tuple[ContractTier, ...] = ()
    """`okx`: by contracts instead."""
    contract_size: Decimal | None = None
    """Of the contracts that those count; None: as large as the instrument's, whatever that is."""
    base_rate: Decimal | None = None
    """`deribit`: maintenance rate of the first coin."""
    slope: Decimal | None = None
    """`deribit`: what each coin of the position adds to its rates."""
    max_leverage: Decimal | None = None
    """`deribit`: 1 / the initial rate of the first coin."""
    taker_fee_rate: Decimal | None = None
    """Where the model has the closing fee inside; None: the instrument's."""
    as_of: str | None = None
    """Date of the tier file."""
    partial: bool = False
    """The venue's table goes on where this one ends."""

    @cached_property
    def envelope(self) -> Curve | None:
        """Maintenance of the tiers, worked out once for each table; None without tiers."""
        if not self.tiers:
            return None
        return upper_envelope((t.maintenance_rate, t.maintenance_amount) for t in self.tiers)


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A marginal haircut: `rate` on the part of a holding up to `up_to` of the asset."""

    up_to: Decimal | None
    rate: Decimal


class PositionInput(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One position; quantity is signed, in the instrument's units.

    What it requires is worked out once for each value and kept with it: give the same value again
    where nothing has changed.
    """

    instrument: Instrument
    terms: MarginTerms
    quantity: Decimal
    entry_price: Decimal
    mark: Decimal | None
    leverage: Decimal | None = None
    """None: the highest that the tier at this notional allows."""
    margin_mode: MarginMode = MarginMode.CROSS
    isolated_margin: Decimal | None = None
    """The isolated wallet as the venue reports it; None: entry notional / leverage + extra."""
    extra_margin: Decimal = Decimal(0)
    maintenance_rate: Decimal | None = None
    """With `maintenance_amount` overrides the tier."""
    maintenance_amount: Decimal | None = None


class OrderInput(msgspec.Struct, frozen=True, kw_only=True):
    """One working order."""

    instrument: Instrument
    side: Side
    quantity: Decimal
    """What is still unfilled."""
    price: Decimal | None
    """None: market, taken at mark ± collar."""
    reduce_only: bool = False


class AccountInput(msgspec.Struct, frozen=True, kw_only=True):
    """One perpetual account: one margin pool in one settle asset."""

    id: str
    settle: str
    balances: Mapping[str, Decimal]
    """Isolated wallets excluded."""
    haircuts: Mapping[str, tuple[Slice, ...]]
    """Assets that count as collateral beside the settle asset."""
    prices: Mapping[str, Decimal]
    """Asset → price in the settle asset; the settle asset itself need not be here."""
    positions: tuple[PositionInput, ...]
    orders: tuple[OrderInput, ...] = ()
    marks: Mapping[str, Decimal] = {}
    """Instrument id → mark, for instruments with orders but no position."""
    terms: Mapping[str, MarginTerms] = {}
    """Instrument id → terms, likewise."""
    leverages: Mapping[str, Decimal] = {}
    """Instrument id → leverage, likewise."""
    modes: Mapping[str, MarginMode] = {}
    """Instrument id → margin mode a new position would have; cross where not named."""
    collar_rate: Decimal = Decimal("0.03")
    """Market orders are margined at mark ± this."""


class PositionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What margin makes of one position; settle asset; None is unknown unless said otherwise."""

    instrument: str
    quantity: Decimal
    entry_price: Decimal
    mark: Decimal | None
    notional: Decimal | None
    unrealized_pnl: Decimal | None
    initial_margin: Decimal | None
    maintenance_margin: Decimal | None
    margin_mode: MarginMode
    leverage: Decimal | None
    isolated_wallet: Decimal | None
    margin_ratio: Decimal | None
    """Isolated only."""
    level: str
    liquidation_known: bool
    """False: the liquidation figures are unknown. True and None: there is no such price."""
    liquidation_price: Decimal | None
    liquidation_price_upper: Decimal | None
    liquidation_distance: Decimal | None
    bankruptcy_price: Decimal | None
    """Isolated only."""


class CollateralFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One balance as collateral."""

    asset: str
    quantity: Decimal
    price: Decimal | None
    haircut: Decimal | None
    """Effective, over all slices; None: does not count."""
    value: Decimal | None
    """In the settle asset, after haircut; 0 where it does not count; None: unknown."""


class IsolatedLevel(NamedTuple):
    """How one isolated position stands on its wallet."""

    margin_ratio: Decimal | None
    level: str


class MarginFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What decides about one account, on every mark; settle asset; None is unknown."""

    id: str
    settle: str
    known: bool
    """False: a mark, price or tier table is missing."""
    unknown: tuple[str, ...]
    """What is missing, one sentence each."""
    level: str
    """`NORMAL`, `WARNING`, `MARGIN_CALL`, `CLOSE_OUT`, `UNKNOWN`."""
    equity: Decimal | None
    collateral_value: Decimal | None
    initial_margin: Decimal | None
    order_margin: Decimal | None
    maintenance_margin: Decimal | None
    available_margin: Decimal | None
    margin_utilization: Decimal | None
    margin_ratio: Decimal | None
    leverage: Decimal | None
    """Σ notional / collateral value."""
    isolated: tuple[IsolatedLevel, ...]
    """Of the isolated positions, in their order."""


class AccountFigures(MarginFigures, frozen=True, kw_only=True):
    """What margin makes of one account, with all that is read and decides nothing."""

    common_move_down: Decimal | None
    """Signed, negative; None: no joint fall reaches close-out, or unknown (see `known`)."""
    common_move_up: Decimal | None
    positions: tuple[PositionFigures, ...]
    collateral: tuple[CollateralFigures, ...]
    warnings: tuple[str, ...]
    """`beyond the last tier`, …"""

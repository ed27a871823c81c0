"""The portfolio document `desk.portfolio/1` as values: what it may hold, and what is required.

Unknown fields are refused; required are schema, as_of, currency, prices, accounts; in an account
id, kind, and balances or collateral and loans; in a position instrument, quantity, entry_price.
`desk.risk.portfolio_reader` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Literal, TypeAlias

import msgspec

from desk.model.instrument import Contract, Kind
from desk.model.numbers import ZERO
from desk.model.orders import MarginMode, OrderType, Side, TimeInForce
from desk.risk.client import ClientRecord
from desk.risk.profile import Limit

Bound: TypeAlias = Literal["positive", "not negative", "share"]
"""Above 0; 0 or more; from 0 to 1."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the document; `BOUNDS` says what its numbers may be."""

    BOUNDS: ClassVar[Mapping[str, Bound]] = {}


class TierRow(Part, frozen=True, kw_only=True):
    """A row of a margin table: by notional, or (OKX) by contracts."""

    BOUNDS: ClassVar[Mapping[str, Bound]] = {
        "notional_floor": "not negative",
        "notional_cap": "positive",
        "quantity_floor": "not negative",
        "quantity_cap": "positive",
        "maintenance_rate": "share",
        "max_leverage": "positive",
    }
    maintenance_rate: Decimal
    max_leverage: Decimal
    maintenance_amount: Decimal = ZERO
    notional_floor: Decimal | None = None
    notional_cap: Decimal | None = None
    quantity_floor: Decimal | None = None
    quantity_cap: Decimal | None = None


class MarginRow(Part, frozen=True, kw_only=True):
    """How an instrument is margined; which fields belong depends on the model."""

    BOUNDS: ClassVar[Mapping[str, Bound]] = {
        "max_leverage": "positive",
        "base_rate": "share",
        "slope": "not negative",
    }
    model: str
    tiers: list[TierRow] = []
    taker_fee_rate: Decimal | None = None
    max_leverage: Decimal | None = None
    base_rate: Decimal | None = None
    slope: Decimal | None = None


class InstrumentRow(Part, frozen=True, kw_only=True):
    """An instrument in full, or what differs from the shipped catalogue."""

    BOUNDS: ClassVar[Mapping[str, Bound]] = {
        "contract_size": "positive",
        "tick_size": "positive",
        "lot_size": "positive",
        "min_quantity": "not negative",
        "min_notional": "not negative",
    }
    kind: Kind | None = None
    contract: Contract | None = None
    base: str | None = None
    quote: str | None = None
    settle: str | None = None
    contract_size: Decimal | None = None
    tick_size: Decimal | None = None
    lot_size: Decimal | None = None
    min_quantity: Decimal | None = None
    min_notional: Decimal | None = None
    maker_fee_rate: Decimal | None = None
    taker_fee_rate: Decimal | None = None
    margin: MarginRow | None = None


class Balance(Part, frozen=True, kw_only=True):
    """What an account holds of an asset; negative is owed."""

    asset: str
    quantity: Decimal


class HaircutSlice(Part, frozen=True, kw_only=True):
    """A marginal haircut on the part of a holding up to a quantity; null: the rest."""

    BOUNDS: ClassVar[Mapping[str, Bound]] = {"up_to": "positive", "rate": "share"}
    up_to: Decimal | None
    rate: Decimal


class PositionRow(Part, frozen=True, kw_only=True):
    """One position; the quantity is signed."""

    BOUNDS: ClassVar[Mapping[str, Bound]] = {
        "entry_price": "positive",
        "leverage": "positive",
        "maintenance_rate": "share",
    }
    instrument: str
    quantity: Decimal
    entry_price: Decimal
    leverage: Decimal | None = None
    margin_mode: MarginMode | None = None
    isolated_margin: Decimal | None = None
    extra_margin: Decimal | None = None
    maintenance_rate: Decimal | None = None
    maintenance_amount: Decimal | None = None


class OrderRow(Part, frozen=True, kw_only=True):
    """One working order; `price` is null or absent for MARKET."""

    BOUNDS: ClassVar[Mapping[str, Bound]] = {"quantity": "positive", "price": "positive"}
    instrument: str
    side: Side
    quantity: Decimal
    type: OrderType = OrderType.LIMIT
    price: Decimal | None = None
    reduce_only: bool = False


class PerpetualAccount(Part, frozen=True, kw_only=True, tag_field="kind", tag="perpetual"):
    """One margin pool at one venue."""

    id: str
    balances: list[Balance]
    venue: str | None = None
    margin_mode: MarginMode = MarginMode.CROSS
    """Of positions that do not say."""
    haircuts: dict[str, Decimal | list[HaircutSlice]] = {}
    positions: list[PositionRow] = []
    orders: list[OrderRow] = []


class CollateralRow(Part, frozen=True, kw_only=True):
    """Pledged: an asset with its quantity, or anything else with its value and haircut."""

    BOUNDS: ClassVar[Mapping[str, Bound]] = {
        "quantity": "not negative",
        "market_value": "not negative",
        "haircut": "share",
    }
    asset: str | None = None
    quantity: Decimal | None = None
    description: str | None = None
    market_value: Decimal | None = None
    currency: str | None = None
    haircut: Decimal | None = None


class LoanRow(Part, frozen=True, kw_only=True):
    """What is owed in one asset."""

    BOUNDS: ClassVar[Mapping[str, Bound]] = {
        "principal": "not negative",
        "accrued_interest": "not negative",
    }
    asset: str
    principal: Decimal
    accrued_interest: Decimal = ZERO
    annual_rate: Decimal | None = None


class CreditLimit(Part, frozen=True, kw_only=True):
    """The most a client may draw."""

    BOUNDS: ClassVar[Mapping[str, Bound]] = {"quantity": "not negative"}
    asset: str
    quantity: Decimal


class FinancingAccount(Part, frozen=True, kw_only=True, tag_field="kind", tag="financing"):
    """A margin loan against collateral."""

    id: str
    collateral: list[CollateralRow]
    loans: list[LoanRow]
    lender: str | None = None
    execution: str | None = None
    credit_limit: CreditLimit | None = None


class SpotAccount(Part, frozen=True, kw_only=True, tag_field="kind", tag="spot"):
    """Holdings without leverage."""

    id: str
    balances: list[Balance]
    venue: str | None = None


Account: TypeAlias = PerpetualAccount | FinancingAccount | SpotAccount


class Ticket(Part, frozen=True, kw_only=True):
    """An order that is asked about."""

    BOUNDS: ClassVar[Mapping[str, Bound]] = {
        "quantity": "positive",
        "price": "positive",
        "leverage": "positive",
    }
    account: str
    instrument: str
    side: Side
    quantity: Decimal
    type: OrderType = OrderType.LIMIT
    price: Decimal | None = None
    tif: TimeInForce | None = None
    reduce_only: bool = False
    post_only: bool = False
    leverage: Decimal | None = None
    margin_mode: MarginMode | None = None


class Portfolio(Part, frozen=True, kw_only=True):
    """The whole document."""

    schema: Literal["desk.portfolio/1"]
    as_of: str
    currency: str
    prices: dict[str, Decimal]
    accounts: list[Account]
    profile: str = "hk_sfc_2026"
    marks: dict[str, Decimal] = {}
    ages_ms: dict[str, Decimal | None] | None = None
    """None: everything is fresh at `as_of`."""
    instruments: dict[str, InstrumentRow] = {}
    client: ClientRecord | None = None
    limits: dict[str, Limit] = {}
    ticket: Ticket | None = None

    @property
    def time(self) -> datetime:
        """The moment the document speaks of, with its time zone."""
        return datetime.fromisoformat(self.as_of)

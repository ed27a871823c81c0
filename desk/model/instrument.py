"""Instruments: what is traded, and how its prices and quantities are counted."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import NewType

import msgspec

Ticks = NewType("Ticks", int)
"""A price, as a whole number of the instrument's price increments."""

Lots = NewType("Lots", int)
"""A quantity, as a whole number of the instrument's quantity increments."""

InstrumentId = NewType("InstrumentId", str)
"""`SYMBOL-PERP.VENUE` or `SYMBOL.VENUE`, the symbol in the venue's own spelling."""

FRESH_MS = 2_000
"""Oldest age of a usable mark, unless the venue's file raises it."""

LONGEST_FRESH_MS = 5_000
"""No venue's file may raise it beyond."""


class Kind(Enum):
    """What is owned after a fill."""

    PERPETUAL = "perpetual"
    SPOT = "spot"


class Contract(Enum):
    """Which way profit runs with price; spot is linear."""

    LINEAR = "linear"
    INVERSE = "inverse"


_LINEAR = Contract.LINEAR
"""A member that is asked for by its own name is found much quicker than through its class."""


class IncrementError(ValueError):
    """A price or quantity is not a whole number of increments."""


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of one contract or pair at one venue.

    Quantities are in base coin for linear contracts with `contract_size` 1, in contracts
    otherwise. `contract_size` is base coin a contract (linear) or quote currency a contract
    (inverse).
    """

    id: InstrumentId
    venue: str
    connection: str
    """Which connection streams it: `binance-spot`, `binance-usdm`, `binance-coinm`, …"""
    symbol: str
    """The venue's own symbol, as its frames spell it."""
    kind: Kind
    contract: Contract
    base: str
    quote: str
    settle: str
    contract_size: Decimal
    tick_size: Decimal
    lot_size: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    funding_interval_h: int | None = None
    mark_limit_ms: int = FRESH_MS
    """Oldest age of a usable mark."""

    def __post_init__(self) -> None:
        if not 0 < self.mark_limit_ms <= LONGEST_FRESH_MS:
            raise ValueError(f"{self.id}: mark_limit_ms must be 1 to {LONGEST_FRESH_MS}")

    def counts_like(self, other: Instrument) -> bool:
        """Whether a number of ticks, of lots, and a contract, are the same in other terms."""
        return (self.tick_size, self.lot_size, self.contract, self.contract_size) == (
            other.tick_size,
            other.lot_size,
            other.contract,
            other.contract_size,
        )

    def ticks(self, price: Decimal | str) -> Ticks:
        """Count a price in ticks; raise IncrementError off the grid."""
        return Ticks(self._count("price", Decimal(price), self.tick_size, "tick"))

    def lots(self, quantity: Decimal | str) -> Lots:
        """Count a quantity in lots; raise IncrementError off the grid."""
        return Lots(self._count("quantity", Decimal(quantity), self.lot_size, "lot"))

    def _count(self, what: str, value: Decimal, increment: Decimal, unit: str) -> int:
        try:
            count, rest = divmod(value, increment)
        except InvalidOperation:  # a count of more digits than a Decimal has, or no number
            said = f"{self.id}: {what} {value} is no number of {increment} {unit}s"
            raise IncrementError(said) from None
        if rest:
            raise IncrementError(f"{self.id}: {what} {value} is off the {increment} {unit}")
        return int(count)

    def price(self, ticks: Ticks) -> Decimal:
        """Return the price of a number of ticks."""
        return ticks * self.tick_size

    def quantity(self, lots: Lots) -> Decimal:
        """Return the quantity of a number of lots."""
        return lots * self.lot_size

    def notional(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Return the absolute value of a quantity at a price, in the settle asset.

        Linear: |quantity| × contract size × price. Inverse: |quantity| × contract size ÷ price.
        """
        size = abs(quantity) * self.contract_size
        return size * price if self.contract is _LINEAR else size / price

    def pnl(self, quantity: Decimal, entry: Decimal, price: Decimal) -> Decimal:
        """Return what a signed quantity earns between two prices, in the settle asset."""
        size = quantity * self.contract_size
        if self.contract is _LINEAR:
            return size * (price - entry)
        return size / entry - size / price

    def base_quantity(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Return a signed quantity in base coin, which is the delta of a position."""
        size = quantity * self.contract_size
        return size if self.contract is _LINEAR else size / price

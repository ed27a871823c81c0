"""How Deribit spells its instruments: names, amounts in US dollars or coin, JSON numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from desk.model.instrument import Instrument, Kind
from desk.sim.dialect import Stage
from desk.sim.listing import Listing


@dataclass(frozen=True, slots=True)
class Terms:
    """One instrument's terms."""

    name: str
    """`BTC-PERPETUAL`, `BTC_USDC-PERPETUAL` or `BTC_USDC`: inverse, linear, spot."""
    tick: Decimal
    unit: Decimal
    """What amounts are multiples of: US dollars of inverse contracts, else base coin."""
    smallest: Decimal

    @property
    def base(self) -> str:
        """The coin."""
        return self.name[:3]

    @property
    def quote(self) -> str:
        """What prices are in."""
        return "USDC" if "_USDC" in self.name else "USD"

    @property
    def is_spot(self) -> bool:
        """Tell a spot pair from a perpetual."""
        return "-" not in self.name

    @property
    def is_inverse(self) -> bool:
        """Whether it settles in its base coin, and amounts are US dollars."""
        return self.quote == "USD"

    @property
    def settle(self) -> str:
        """What profit is paid in."""
        return self.base if self.is_inverse else self.quote

    @property
    def index_name(self) -> str:
        """Name of its index."""
        return f"{self.base}_{self.quote}".lower()


TERMS = tuple(
    Terms(name, Decimal(tick), Decimal(unit), Decimal(smallest))
    for name, tick, unit, smallest in (
        ("BTC-PERPETUAL", "0.5", "10", "10"),
        ("ETH-PERPETUAL", "0.05", "1", "1"),
        ("BTC_USDC-PERPETUAL", "0.1", "0.0001", "0.0001"),
        ("ETH_USDC-PERPETUAL", "0.05", "0.001", "0.001"),
        ("BTC_USDC", "0.01", "0.00000001", "0.0001"),
    )
)
"""Sources: `resources/instruments/deribit.toml`."""


class Spelling:
    """One instrument's words and numbers, for the listing of the market that it is."""

    def __init__(self, terms: Terms, instrument: Instrument) -> None:
        self.terms = terms
        self.instrument = instrument
        self.step = int(terms.tick / instrument.tick_size)
        """The market's ticks in one of the venue's."""
        self._tick = float(terms.tick)
        self._unit = float(terms.unit)
        self._tick_decimals = _decimals(terms.tick)
        self._unit_decimals = _decimals(terms.unit)
        lot = Fraction(instrument.lot_size)
        per_lot = lot * Fraction(terms.tick) if terms.is_inverse else lot
        self._per_lot = per_lot / Fraction(terms.unit)

    def price(self, ticks: int) -> float:
        """Return a price of the venue's ticks."""
        return round(ticks * self._tick, self._tick_decimals)

    def nearest(self, market_ticks: int) -> float:
        """Return the venue's price that is nearest to one of the market's ticks."""
        return self.price((2 * market_ticks + self.step) // (2 * self.step))

    def fill_price(self, market_ticks: int, *, buys: bool) -> float:
        """Return at which of the venue's prices a taker order meets a level."""
        return self.price(-(-market_ticks // self.step) if buys else market_ticks // self.step)

    def units(self, ticks: int, lots: int) -> int:
        """Return whole units of amount: contracts, at a price, where they are inverse."""
        if not lots:
            return 0
        per_lot = self._per_lot
        if not self.terms.is_inverse:
            return lots * per_lot.numerator // per_lot.denominator
        top = 2 * lots * ticks * per_lot.numerator + per_lot.denominator
        return max(1, top // (2 * per_lot.denominator))

    def amount(self, units: int) -> float:
        """Return the amount of a number of units."""
        return round(units * self._unit, self._unit_decimals)


def spelled(terms: Terms, stage: Stage) -> tuple[Spelling, str, Listing] | None:
    """Return an instrument's spelling with the listing that it is; None: it is not traded."""
    kind = Kind.SPOT if terms.is_spot else Kind.PERPETUAL
    for name, listing in stage.listings.items():
        instrument = listing.instrument
        if instrument.base == terms.base and instrument.kind is kind:
            return Spelling(terms, instrument), name, listing
    return None


def _decimals(step: Decimal) -> int:
    return max(0, -int(step.normalize().as_tuple().exponent))

"""How Bybit spells an instrument: its category, its symbol, its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from desk.model.instrument import Contract, Instrument, Kind
from desk.sim.decimals import Grid

LINEAR = "linear"
INVERSE = "inverse"
SPOT = "spot"


@dataclass(frozen=True, slots=True)
class Spelling:
    """One instrument's words and numbers on the wire."""

    instrument: Instrument
    symbol: str
    category: str
    price: Grid
    quantity: Grid
    """Base coin; of inverse contracts US dollars."""

    @classmethod
    def of(cls, instrument: Instrument) -> Spelling:
        """Return the spelling of an instrument."""
        spot = instrument.kind is Kind.SPOT
        contracts = INVERSE if instrument.contract is Contract.INVERSE else LINEAR
        return cls(
            instrument=instrument,
            symbol=f"{instrument.base}{instrument.quote}",
            category=SPOT if spot else contracts,
            price=Grid(instrument.tick_size, trimmed=spot),
            quantity=Grid(instrument.lot_size, trimmed=spot),
        )

    @property
    def is_spot(self) -> bool:
        """Tell a spot pair from a perpetual."""
        return self.category == SPOT

    @property
    def is_inverse(self) -> bool:
        """Tell a perpetual that settles in its coin."""
        return self.category == INVERSE

    def turnover(self, tick_lots: int, lots: int) -> str:
        """Write a sum of ticks × lots, which is of so many lots, in what it settles in."""
        step = self.instrument.tick_size * self.instrument.lot_size
        if self.is_inverse:
            return f"{lots * lots / max(1, tick_lots) / float(step):.8f}"
        return Grid(step, trimmed=self.is_spot)(tick_lots)

    def worth(self, lots: int, price: float) -> str:
        """Write what so many lots are worth at a price, in what they settle in."""
        quantity = lots * float(self.instrument.lot_size)
        return f"{quantity / price:.8f}" if self.is_inverse else f"{quantity * price:.2f}"

    def level(self, level: tuple[int, int]) -> tuple[str, str]:
        """Write a book level; one that is gone has the size "0"."""
        ticks, lots = level
        return self.price(ticks), self.quantity(lots) if lots else "0"

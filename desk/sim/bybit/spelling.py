"""How Bybit spells an instrument: its category, its symbol, its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from desk.model.instrument import Instrument, Kind
from desk.sim.decimals import Grid

LINEAR = "linear"
SPOT = "spot"


@dataclass(frozen=True, slots=True)
class Spelling:
    """One instrument's words and numbers on the wire."""

    instrument: Instrument
    symbol: str
    category: str
    price: Grid
    quantity: Grid
    """Base coin."""

    @classmethod
    def of(cls, instrument: Instrument) -> Spelling:
        """Return the spelling of an instrument."""
        spot = instrument.kind is Kind.SPOT
        return cls(
            instrument=instrument,
            symbol=f"{instrument.base}{instrument.quote}",
            category=SPOT if spot else LINEAR,
            price=Grid(instrument.tick_size, trimmed=spot),
            quantity=Grid(instrument.lot_size, trimmed=spot),
        )

    @property
    def is_spot(self) -> bool:
        """Tell a spot pair from a perpetual."""
        return self.category == SPOT

    def turnover(self, tick_lots: int) -> str:
        """Write a sum of ticks × lots in quote currency."""
        step = self.instrument.tick_size * self.instrument.lot_size
        return Grid(step, trimmed=self.is_spot)(tick_lots)

    def level(self, level: tuple[int, int]) -> tuple[str, str]:
        """Write a book level; one that is gone has the size "0"."""
        ticks, lots = level
        return self.price(ticks), self.quantity(lots) if lots else "0"

"""How OKX spells an instrument: its ids, and numbers in contracts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from desk.model.instrument import Contract, Instrument, Kind
from desk.sim.decimals import Grid

CONTRACT_VALUES = {"BTC": Decimal("0.01"), "ETH": Decimal("0.1")}
"""Base coin a linear contract."""
INVERSE_VALUES = {"BTC": Decimal(100), "ETH": Decimal(10)}
"""US dollars an inverse contract."""
SWAP_LOT = Decimal("0.01")
"""Contracts; sizes in the market are whole multiples of it."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """One instrument's words and numbers on the wire."""

    instrument: Instrument
    instrument_id: str
    kind: str
    """`SWAP` or `SPOT`."""
    index_id: str
    contract_value: Decimal
    """Base coin that a size of 1 means: a contract's, or 1 on spot; of inverse ones US dollars."""
    price: Grid
    size: Grid

    @classmethod
    def of(cls, instrument: Instrument) -> Spelling:
        """Return the spelling of an instrument."""
        pair = f"{instrument.base}-{instrument.quote}"
        swap = instrument.kind is Kind.PERPETUAL
        inverse = instrument.contract is Contract.INVERSE
        contract_value = CONTRACT_VALUES[instrument.base] if swap else Decimal(1)
        if inverse:
            contract_value = instrument.contract_size
        lot = instrument.lot_size if inverse else instrument.lot_size / contract_value
        return cls(
            instrument=instrument,
            instrument_id=f"{pair}-SWAP" if swap else pair,
            kind="SWAP" if swap else "SPOT",
            index_id=pair,
            contract_value=contract_value,
            price=Grid(instrument.tick_size, trimmed=True),
            size=Grid(lot, trimmed=True),
        )

    @property
    def is_swap(self) -> bool:
        """Tell a swap from a spot pair."""
        return self.kind == "SWAP"

    @property
    def is_inverse(self) -> bool:
        """Tell a swap that settles in its coin."""
        return self.instrument.contract is Contract.INVERSE

    def base_quantity(self, lots: int, price: float) -> str:
        """Write a number of lots in base coin; inverse contracts are worth it at a price."""
        if self.is_inverse:
            return f"{lots * float(self.contract_value) / price:.4f}"
        return Grid(self.instrument.lot_size, trimmed=True)(lots)

    def turnover(self, tick_lots: int, lots: int) -> str:
        """Write a sum of ticks × lots, which is of so many lots, in quote currency."""
        if self.is_inverse:
            return str(lots * int(self.contract_value))
        step = self.instrument.tick_size * self.instrument.lot_size
        return Grid(step, trimmed=True)(tick_lots)

    def level(self, ticks: int, lots: int) -> list[str]:
        """Write a book level; how many orders rest there is not simulated: one, if any."""
        return [self.price(ticks), self.size(lots), "0", "1" if lots else "0"]

"""How each section of Binance spells one instrument."""

from __future__ import annotations

from dataclasses import dataclass

from desk.model.instrument import Contract, Instrument, Kind
from desk.sim.binance.streams import COINM, SPOT, USDM
from desk.sim.binance.wire import WireNumbers

FUTURES_ID_STEP = 31
"""Futures update ids are shared by many instruments and never consecutive."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one section of the venue spells one instrument."""

    symbol: str
    section: str
    numbers: WireNumbers

    @classmethod
    def of(cls, instrument: Instrument) -> Spelling:
        """Return the spelling of an instrument."""
        is_inverse = instrument.contract is Contract.INVERSE
        section = COINM if is_inverse else USDM
        if instrument.kind is Kind.SPOT:
            section = SPOT
        return cls(instrument.symbol, section, WireNumbers(instrument))

    @property
    def is_spot(self) -> bool:
        """Tell a spot pair from a contract."""
        return self.section == SPOT

    @property
    def pair(self) -> str:
        """What a contract is about: `BTCUSD` of `BTCUSD_PERP`."""
        return self.symbol.partition("_")[0]

    @property
    def stamp(self) -> dict[str, int]:
        """What messages of USDⓈ-M end with since 2026."""
        return {"st": 1} if self.section == USDM else {}

    @property
    def pair_field(self) -> dict[str, str]:
        """What some messages of coin-margined contracts name beside the symbol."""
        return {"ps": self.pair} if self.section == COINM else {}

    def update_id(self, counted: int) -> int:
        """Return the venue's id of the market's n-th change."""
        return counted if self.is_spot else counted * FUTURES_ID_STEP

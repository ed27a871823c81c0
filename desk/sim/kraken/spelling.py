"""How Kraken spells pairs: one name on the websocket, another one in REST; numbers unquoted."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from desk.sim.dollars import DollarView, Pair
from desk.sim.window import Levels

CHECKED = 10
"""Levels a side that the checksum covers."""

PAIRS = (
    Pair("BTC", Decimal("0.1"), Decimal("0.00000001")),
    Pair("ETH", Decimal("0.01"), Decimal("0.00000001")),
    Pair("USDT", Decimal("0.00001"), Decimal("0.00000001")),
    Pair("USDC", Decimal("0.0001"), Decimal("0.00000001")),
)
_KEYS = {"BTC": "XXBTZUSD", "ETH": "XETHZUSD", "USDT": "USDTZUSD", "USDC": "USDCUSD"}
_ASSETS = {"BTC": "XXBT", "ETH": "XETH"}


@dataclass(frozen=True, slots=True)
class Spelling:
    """One pair's words and numbers on the wire."""

    view: DollarView

    @property
    def base(self) -> str:
        """The coin, as the websocket spells it."""
        return self.view.pair.base

    @property
    def symbol(self) -> str:
        """The websocket's name."""
        return f"{self.base}/USD"

    @property
    def key(self) -> str:
        """REST's name."""
        return _KEYS[self.base]

    @property
    def old_base(self) -> str:
        """The coin as REST spells it."""
        return "XBT" if self.base == "BTC" else self.base

    @property
    def asset(self) -> str:
        """The coin as REST keys it."""
        return _ASSETS.get(self.base, self.base)

    @property
    def price_decimals(self) -> int:
        """Decimals of a price."""
        return _decimals(self.view.pair.tick)

    @property
    def quantity_decimals(self) -> int:
        """Decimals of a quantity."""
        return _decimals(self.view.pair.lot)

    def price(self, ticks: int) -> msgspec.Raw:
        """Write a price as a JSON number with all decimals of the pair."""
        return msgspec.Raw(self.view.price(ticks).encode())

    def quantity(self, lots: int) -> msgspec.Raw:
        """Write a quantity as a JSON number with all decimals of the pair."""
        return msgspec.Raw(self.view.quantity(lots).encode())

    def levels(self, levels: Levels) -> list[dict[str, msgspec.Raw]]:
        """Write the levels of a book."""
        return [{"price": self.price(ticks), "qty": self.quantity(lots)} for ticks, lots in levels]

    def average(self, tick_lots: int, lots: int) -> msgspec.Raw:
        """Write an average price."""
        return self.price(tick_lots // lots if lots else self.view.last_ticks)


def checksum(bids: Levels, asks: Levels) -> int:
    """Return the CRC32 of the ten best asks and bids, best first.

    Price and quantity at the pair's precision without point and leading zeros are the numbers of
    their last digits: ticks and lots, as all of the pairs' increments are powers of ten.
    """
    digits = (f"{ticks}{lots}" for side in (asks, bids) for ticks, lots in side[:CHECKED])
    return zlib.crc32("".join(digits).encode())


def _decimals(step: Decimal) -> int:
    return max(0, -int(step.as_tuple().exponent))

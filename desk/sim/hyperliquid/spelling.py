"""How Hyperliquid spells its coins: names, prices of five significant figures, sizes as text."""

from __future__ import annotations

from dataclasses import dataclass

from desk.model.instrument import Instrument, Kind
from desk.sim.dialect import Stage
from desk.sim.listing import Listing

FIGURES = 5
"""Significant ones that a price may have; whole prices are always allowed."""
PERPETUAL_DECIMALS, SPOT_DECIMALS = 6, 8
"""How many price and size have together."""


@dataclass(frozen=True, slots=True)
class Coin:
    """One coin as the venue lists it."""

    name: str
    """`BTC` for a perpetual, `@142` for a pair."""
    token: str
    """`BTC`, or `UBTC` for the bridged coin on spot."""
    base: str
    size_decimals: int
    leverage: int = 0
    """The largest; of perpetuals only."""

    @property
    def is_spot(self) -> bool:
        """Tell a spot pair from a perpetual."""
        return self.name.startswith("@")

    @property
    def price_decimals(self) -> int:
        """Decimals that a price may have."""
        return (SPOT_DECIMALS if self.is_spot else PERPETUAL_DECIMALS) - self.size_decimals


COINS = (
    Coin("BTC", "BTC", "BTC", 5, 40),
    Coin("ETH", "ETH", "ETH", 4, 25),
    Coin("@142", "UBTC", "BTC", 5),
    Coin("@151", "UETH", "ETH", 4),
)
"""Sources: `resources/instruments/hyperliquid.toml`; leverage: the venue's `meta` of 2026."""


class Spelling:
    """One coin's words and numbers, for the listing of the market that it is."""

    def __init__(self, coin: Coin, instrument: Instrument) -> None:
        self.coin = coin
        self.instrument = instrument
        self._tick_decimals = -int(instrument.tick_size.as_tuple().exponent)
        self._lot_decimals = -int(instrument.lot_size.as_tuple().exponent)
        self._whole = 10**self._tick_decimals

    def rounded(self, key: int) -> int:
        """Take a key of the book down to one whose price has few enough figures."""
        step = self._step(abs(key))
        return key // step * step

    def fill_ticks(self, ticks: int, *, buys: bool) -> int:
        """Return at which price a taker order meets a level: asks are rounded up."""
        return -self.rounded(-ticks) if buys else self.rounded(ticks)

    def price(self, ticks: int) -> str:
        """Write a price of the market's ticks."""
        return _decimal(ticks, self._tick_decimals)

    def size(self, lots: int) -> str:
        """Write a quantity of the market's lots."""
        return _decimal(lots, self._lot_decimals)

    def figure(self, price: float) -> str:
        """Write a price that is on no grid, with the most decimals that a price may have."""
        decimals = min(self.coin.price_decimals, self._tick_decimals)
        return _decimal(round(price * 10**decimals), decimals)

    def mid(self, bid: int, ask: int) -> str:
        """Write the mean of two prices."""
        return _decimal((bid + ask) * 5, self._tick_decimals + 1)

    def _step(self, ticks: int) -> int:
        step = 1
        while ticks >= 10**FIGURES * step and step < self._whole:
            step *= 10
        return step


def spelled(coin: Coin, stage: Stage) -> tuple[Spelling, str, Listing] | None:
    """Return a coin's spelling with the listing that it is; None: it is not traded."""
    kind = Kind.SPOT if coin.is_spot else Kind.PERPETUAL
    for name, listing in stage.listings.items():
        instrument = listing.instrument
        if instrument.base == coin.base and instrument.kind is kind:
            return Spelling(coin, instrument), name, listing
    return None


def _decimal(count: int, decimals: int) -> str:
    """Write a count of the last decimal as the venue does: at least one decimal, no spare zeros."""
    whole, part = divmod(count, 10**decimals)
    text = f"{whole}.{part:0{decimals}d}".rstrip("0") if decimals else f"{whole}."
    return text + "0" if text.endswith(".") else text

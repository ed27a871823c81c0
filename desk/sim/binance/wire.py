"""Numbers as Binance writes them, made from integer ticks and lots."""

from __future__ import annotations

from decimal import Decimal

from desk.model.instrument import Instrument, Kind

SPOT_DECIMALS = 8
FUTURES_PRICE_DECIMALS = 2
MARK_DECIMALS = 8


class WireNumbers:
    """Formats the prices and quantities of one instrument.

    Spot: eight decimals. USDⓈ-M: prices with two decimals whatever the tick, quantities with the
    decimals of the lot.
    """

    def __init__(self, instrument: Instrument) -> None:
        spot = instrument.kind is Kind.SPOT
        lot_decimals = max(0, -int(instrument.lot_size.as_tuple().exponent))
        self.price_decimals = SPOT_DECIMALS if spot else FUTURES_PRICE_DECIMALS
        self.quantity_decimals = SPOT_DECIMALS if spot else lot_decimals
        self._per_tick = int(instrument.tick_size.scaleb(self.price_decimals))
        self._price_one = 10**self.price_decimals
        self._per_lot = int(instrument.lot_size.scaleb(self.quantity_decimals))
        self._quantity_one = 10**self.quantity_decimals

    def price(self, ticks: int) -> str:
        """Write a price."""
        whole, part = divmod(ticks * self._per_tick, self._price_one)
        return f"{whole}.{part:0{self.price_decimals}d}"

    def quantity(self, lots: int) -> str:
        """Write a quantity."""
        whole, part = divmod(lots * self._per_lot, self._quantity_one)
        return f"{whole}.{part:0{self.quantity_decimals}d}"

    def turnover(self, tick_lots: int) -> str:
        """Write a sum of ticks × lots as quote currency."""
        decimals = self.price_decimals + self.quantity_decimals
        units = tick_lots * self._per_tick * self._per_lot
        return f"{Decimal(units).scaleb(-decimals):.{min(decimals, 8)}f}"

    def level(self, ticks: int, lots: int) -> tuple[str, str]:
        """Write a book level."""
        return self.price(ticks), self.quantity(lots)


def mark_number(price: float) -> str:
    """Write a mark or index price."""
    return f"{price:.{MARK_DECIMALS}f}"


def rate_number(rate: float) -> str:
    """Write a funding rate or premium."""
    return f"{rate:.8f}"

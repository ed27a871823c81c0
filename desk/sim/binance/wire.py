"""Numbers as Binance writes them, made from integer ticks and lots."""

from __future__ import annotations

from decimal import Decimal

from desk.model.instrument import Contract, Instrument, Kind

SPOT_DECIMALS = 8
USDM_PRICE_DECIMALS = 2
MARK_DECIMALS = 8


class WireNumbers:
    """Formats the prices and quantities of one instrument.

    Spot: eight decimals. USDⓈ-M: prices with two decimals or more, quantities with the
    decimals of the lot. Coin-margined: prices with the decimals of the tick, whole contracts.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.price_decimals, self.quantity_decimals = _decimals(instrument)
        self._per_tick = int(instrument.tick_size.scaleb(self.price_decimals))
        self._price_one = 10**self.price_decimals
        self._per_lot = int(instrument.lot_size.scaleb(self.quantity_decimals))
        self._quantity_one = 10**self.quantity_decimals
        is_inverse = instrument.contract is Contract.INVERSE
        self._contract_size = instrument.contract_size if is_inverse else None

    def price(self, ticks: int) -> str:
        """Write a price."""
        whole, part = divmod(ticks * self._per_tick, self._price_one)
        return f"{whole}.{part:0{self.price_decimals}d}"

    def quantity(self, lots: int) -> str:
        """Write a quantity."""
        if not self.quantity_decimals:
            return str(lots * self._per_lot)
        whole, part = divmod(lots * self._per_lot, self._quantity_one)
        return f"{whole}.{part:0{self.quantity_decimals}d}"

    def turnover(self, lots: int, tick_lots: int) -> str:
        """Write what lots that make up a sum of ticks × lots come to: quote currency.

        Of inverse contracts it is base coin, as at their average price.
        """
        decimals = self.price_decimals + self.quantity_decimals
        value = Decimal(tick_lots * self._per_tick * self._per_lot).scaleb(-decimals)
        if self._contract_size is None:
            return f"{value:.{min(decimals, 8)}f}"
        return f"{self._contract_size * lots * lots / value if lots else Decimal(0):.8f}"

    def level(self, ticks: int, lots: int) -> tuple[str, str]:
        """Write a book level."""
        return self.price(ticks), self.quantity(lots)


def mark_number(price: float) -> str:
    """Write a mark or index price."""
    return f"{price:.{MARK_DECIMALS}f}"


def rate_number(rate: float) -> str:
    """Write a funding rate or premium."""
    return f"{rate:.8f}"


def _decimals(instrument: Instrument) -> tuple[int, int]:
    """Return how many decimals prices and quantities are written with."""
    if instrument.kind is Kind.SPOT:
        return SPOT_DECIMALS, SPOT_DECIMALS
    if instrument.contract is Contract.INVERSE:
        return _places(instrument.tick_size), 0
    decimals = max(USDM_PRICE_DECIMALS, _places(instrument.tick_size))
    return decimals, _places(instrument.lot_size)


def _places(step: Decimal) -> int:
    return max(0, -int(step.as_tuple().exponent))

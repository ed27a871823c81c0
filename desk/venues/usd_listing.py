"""Spot pairs against the dollar, as the listings of Coinbase and Kraken come to."""

from __future__ import annotations

from decimal import Decimal

from desk.model.instrument import Contract, Instrument, InstrumentId, Kind
from desk.model.numbers import ONE
from desk.venues.listing_figures import FeeRates

BASES = frozenset({"BTC", "ETH", "USDT", "USDC"})
"""What is wanted: the underlyings, and the stablecoins that other venues quote them in."""

QUOTE = "USD"


def usd_pair(
    *,
    venue: str,
    symbol: str,
    base: str,
    increments: tuple[Decimal, Decimal],
    minima: tuple[Decimal, Decimal],
    fees: FeeRates,
) -> Instrument:
    """Return a pair by its tick and lot, and its smallest quantity and notional."""
    return Instrument(
        id=InstrumentId(f"{symbol}.{venue}"),
        venue=venue,
        connection=venue.lower(),
        symbol=symbol,
        kind=Kind.SPOT,
        contract=Contract.LINEAR,
        base=base,
        quote=QUOTE,
        settle=QUOTE,
        contract_size=ONE,
        tick_size=increments[0],
        lot_size=increments[1],
        min_quantity=minima[0],
        min_notional=minima[1],
        maker_fee_rate=fees.maker,
        taker_fee_rate=fees.taker,
    )

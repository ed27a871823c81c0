"""Spot pairs against the dollar, as Coinbase and Kraken have them.

Only the book of a stablecoin may stand still for seconds, and is kept fresh by heartbeats. BTC
and ETH change several times a second, and silent seconds are a fault there, whatever a heartbeat
says.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from desk.model.instrument import Contract, Instrument, InstrumentId, Kind
from desk.model.numbers import ONE
from desk.venues.listing_figures import FeeRates
from desk.venues.protocol import MAX_FRAME_BYTES, Endpoint

BASES = frozenset({"BTC", "ETH", "USDT", "USDC"})
"""What is wanted: the underlyings, and the stablecoins that other venues quote them in."""

QUOTE = "USD"

BOOK_SILENCE_NS = 10_000_000_000
"""A book of BTC or ETH that stood still for so long is asked for anew."""

BOOK_LIMIT_MS, QUIET_BOOK_LIMIT_MS = 2_000, 60_000
"""Of BTC and ETH, whose ten best levels change several times a second, and of stablecoins."""

SILENCE_MS, QUIET_SILENCE_MS = 5_000, 60_000
"""Of a socket, and of one where only stablecoins are watched."""

FIRST_DATA_MS = 10_000

_QUIET_BASES = frozenset({"USDT", "USDC"})


def is_quiet(base: str) -> bool:
    """Return whether a coin's book may stand still for seconds."""
    return base in _QUIET_BASES


def book_limit_ms(base: str) -> int:
    """Return how long a coin's book may stand still."""
    return QUIET_BOOK_LIMIT_MS if is_quiet(base) else BOOK_LIMIT_MS


def endpoint(
    path: str, instruments: Iterable[Instrument], max_frame_bytes: int = MAX_FRAME_BYTES
) -> Endpoint:
    """Return the one socket of such a venue."""
    quiet = all(is_quiet(instrument.base) for instrument in instruments)
    return Endpoint(
        path=path,
        streams=(),
        silence_ms=QUIET_SILENCE_MS if quiet else SILENCE_MS,
        first_data_ms=FIRST_DATA_MS,
        max_frame_bytes=max_frame_bytes,
    )


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

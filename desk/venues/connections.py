"""Which protocol speaks on which connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeAlias

from desk.model.instrument import Instrument
from desk.venues import (
    binance_listing,
    binance_past,
    bybit_listing,
    bybit_past,
    coinbase_listing,
    coinbase_past,
    deribit_listing,
    deribit_past,
    hyperliquid_listing,
    hyperliquid_past,
    kraken_listing,
    kraken_past,
    okx_listing,
    okx_past,
)
from desk.venues.binance import BinanceProtocol
from desk.venues.bybit import BybitProtocol
from desk.venues.coinbase import CoinbaseProtocol
from desk.venues.deribit import DeribitProtocol
from desk.venues.hyperliquid import HyperliquidProtocol
from desk.venues.kraken import KrakenProtocol
from desk.venues.listing_figures import ListingSource
from desk.venues.okx import OkxProtocol
from desk.venues.past import PastSource
from desk.venues.protocol import SocketUrls, VenueProtocol


class LiveProtocol(VenueProtocol, Protocol):
    """A protocol that knows where its venue is reached."""

    @property
    def live_urls(self) -> SocketUrls:
        """Where the venue is reached."""
        ...


Single: TypeAlias = Callable[[Iterable[Instrument]], LiveProtocol]

SINGLE: Mapping[str, Single] = {
    "okx": OkxProtocol,
    "deribit": DeribitProtocol,
    "hyperliquid": HyperliquidProtocol,
    "coinbase": CoinbaseProtocol,
    "kraken": KrakenProtocol,
}
"""Venues with one connection for all their instruments."""


def venue_of(connection: str) -> str:
    """Return the venue of a connection: `binance` of `binance-usdm`."""
    return connection.split("-", 1)[0]


LISTINGS: Mapping[str, ListingSource] = {
    **binance_listing.SOURCES,
    **okx_listing.SOURCES,
    **bybit_listing.SOURCES,
    **deribit_listing.SOURCES,
    **hyperliquid_listing.SOURCES,
    **coinbase_listing.SOURCES,
    **kraken_listing.SOURCES,
}
"""Where each connection's instruments are listed."""


PASTS: Mapping[str, PastSource] = {
    **binance_past.SOURCES,
    **okx_past.SOURCES,
    **bybit_past.SOURCES,
    **deribit_past.SOURCES,
    **hyperliquid_past.SOURCES,
    **coinbase_past.SOURCES,
    **kraken_past.SOURCES,
}
"""Where each connection's candles of the time before are asked for."""


def protocol_of(connection: str, instruments: Iterable[Instrument]) -> LiveProtocol:
    """Return a new protocol for a connection and its instruments."""
    venue = venue_of(connection)
    if venue in SINGLE:
        return SINGLE[venue](instruments)
    if venue == "bybit":
        return BybitProtocol(connection, instruments)
    return BinanceProtocol(connection, instruments)

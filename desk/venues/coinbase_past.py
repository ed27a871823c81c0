"""Coinbase's candles (GET /api/v3/brokerage/market/products/{id}/candles), newest first.

There are none of four hours. Source: the venue's API pages, November 2026.
"""

from __future__ import annotations

import msgspec

from desk.model.instrument import Instrument
from desk.model.market_data import PastCandle
from desk.venues.figures import count_of
from desk.venues.past import PastSource, Span, past_candles
from desk.venues.protocol import RestRequest

_WORDS = {
    60: "ONE_MINUTE",
    300: "FIVE_MINUTE",
    900: "FIFTEEN_MINUTE",
    3_600: "ONE_HOUR",
    86_400: "ONE_DAY",
}
_LARGEST = 350


class _Candle(msgspec.Struct):
    start: str
    """Seconds."""
    open: str
    high: str
    low: str
    close: str
    volume: str


class _Answer(msgspec.Struct):
    candles: list[_Candle]


_decode = msgspec.json.Decoder(_Answer).decode


def _ask(instrument: Instrument, span: Span) -> RestRequest:
    path = (
        f"/api/v3/brokerage/market/products/{instrument.symbol}/candles"
        f"?start={span.since_ms // 1_000}&end={span.until_ms // 1_000}"
        f"&granularity={span.word}&limit={min(span.count, _LARGEST)}"
    )
    return RestRequest("coinbase", path, instrument.symbol, "candles")


def _read(instrument: Instrument, body: bytes) -> list[PastCandle]:
    del instrument  # the answer does not name it
    return past_candles(
        (count_of(one.start) * 1_000, one.open, one.high, one.low, one.close, one.volume)
        for one in _decode(body).candles
    )


SOURCES = {
    "coinbase": PastSource(name="Coinbase", words=_WORDS, largest=_LARGEST, ask=_ask, read=_read)
}
"""By connection."""

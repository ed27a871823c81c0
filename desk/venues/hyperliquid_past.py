"""Hyperliquid's candles (POST /info of type `candleSnapshot`): the newest 5,000 of a length.

Source: the venue's API pages, November 2026.
"""

from __future__ import annotations

import msgspec

from desk.model.instrument import Instrument
from desk.model.market_data import PastCandle
from desk.venues.figures import TimeMs
from desk.venues.hyperliquid import CONNECTION
from desk.venues.past import PastSource, Span, past_candles
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import Unusable

_WORDS = {60: "1m", 300: "5m", 900: "15m", 3_600: "1h", 14_400: "4h", 86_400: "1d"}
_LARGEST = 5_000


class _Candle(msgspec.Struct):
    start_ms: TimeMs = msgspec.field(name="t")
    symbol: str = msgspec.field(name="s")
    open: str = msgspec.field(name="o")
    high: str = msgspec.field(name="h")
    low: str = msgspec.field(name="l")
    close: str = msgspec.field(name="c")
    volume: str = msgspec.field(name="v")


_decode = msgspec.json.Decoder(list[_Candle]).decode


def _ask(instrument: Instrument, span: Span) -> RestRequest:
    wanted = {
        "coin": instrument.symbol,
        "interval": span.word,
        "startTime": span.since_ms,
        "endTime": span.until_ms,
    }
    body = msgspec.json.encode({"type": "candleSnapshot", "req": wanted})
    return RestRequest(CONNECTION, "/info", instrument.symbol, "candles", body)


def _read(instrument: Instrument, body: bytes) -> list[PastCandle]:
    told = _decode(body)
    if any(one.symbol != instrument.symbol for one in told):
        raise Unusable("another symbol than asked for")
    return past_candles(
        (one.start_ms, one.open, one.high, one.low, one.close, one.volume) for one in told
    )


SOURCES = {
    CONNECTION: PastSource(name="Hyperliquid", words=_WORDS, largest=_LARGEST, ask=_ask, read=_read)
}
"""By connection."""

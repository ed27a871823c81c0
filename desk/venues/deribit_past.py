"""Deribit's candles (GET /api/v2/public/get_tradingview_chart_data): columns, volume in base coins.

There are none of four hours. Source: the venue's API pages, November 2026.
"""

from __future__ import annotations

import msgspec

from desk.model.instrument import Instrument
from desk.model.market_data import PastCandle
from desk.venues.deribit import CONNECTION
from desk.venues.figures import TimeMs
from desk.venues.json_numbers import plain_text
from desk.venues.past import PastSource, Row, Span, past_candles
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import Unusable

_WORDS = {60: "1", 300: "5", 900: "15", 3_600: "60", 86_400: "1D"}
_LARGEST = 5_000


class _Columns(msgspec.Struct):
    status: str
    ticks: list[TimeMs]
    open: list[msgspec.Raw]
    high: list[msgspec.Raw]
    low: list[msgspec.Raw]
    close: list[msgspec.Raw]
    volume: list[msgspec.Raw]


class _Answer(msgspec.Struct):
    result: _Columns


_decode = msgspec.json.Decoder(_Answer).decode


def _ask(instrument: Instrument, span: Span) -> RestRequest:
    path = (
        f"/api/v2/public/get_tradingview_chart_data?instrument_name={instrument.symbol}"
        f"&resolution={span.word}&start_timestamp={span.since_ms}&end_timestamp={span.until_ms}"
    )
    return RestRequest(CONNECTION, path, instrument.symbol, "candles")


def _read(instrument: Instrument, body: bytes) -> list[PastCandle]:
    del instrument  # the answer does not name it
    told = _decode(body).result
    columns = (told.open, told.high, told.low, told.close, told.volume)
    if any(len(column) != len(told.ticks) for column in columns):
        raise Unusable("columns of unequal length")
    rows = zip(told.ticks, *columns, strict=True)
    return past_candles(_row(start_ms, numbers) for start_ms, *numbers in rows)


def _row(start_ms: int, numbers: list[msgspec.Raw]) -> Row:
    first, high, low, last, volume = (plain_text(bytes(number)) for number in numbers)
    return (start_ms, first, high, low, last, volume)


SOURCES = {
    CONNECTION: PastSource(name="Deribit", words=_WORDS, largest=_LARGEST, ask=_ask, read=_read)
}
"""By connection."""

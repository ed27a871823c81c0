"""Kraken's candles (GET /0/public/OHLC): the newest 720 of a length, the last one running.

A row: start in seconds, open, high, low, close, average, volume in base coins, trades. The venue
calls Bitcoin XBT here. Source: the venue's API pages, November 2026.
"""

from __future__ import annotations

import msgspec

from desk.model.instrument import Instrument
from desk.model.market_data import PastCandle
from desk.venues.past import PastSource, Row, Span, past_candles
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import Unusable

_WORDS = {60: "1", 300: "5", 900: "15", 3_600: "60", 14_400: "240", 86_400: "1440"}
_LARGEST = 720
_COLUMNS = 8
_VOLUME = 6
_NEXT = "last"
"""Beside the candles, which stand under the pair's name: where to go on."""


class _Answer(msgspec.Struct):
    error: list[str] = []
    result: dict[str, msgspec.Raw] = {}


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_rows = msgspec.json.Decoder(list[list[int | str]]).decode


def _ask(instrument: Instrument, span: Span) -> RestRequest:
    pair = f"{instrument.base.replace('BTC', 'XBT')}{instrument.quote}"
    since_s = span.since_ms // 1_000 - 1
    path = f"/0/public/OHLC?pair={pair}&interval={span.word}&since={since_s}"
    return RestRequest("kraken", path, instrument.symbol, "candles")


def _read(instrument: Instrument, body: bytes) -> list[PastCandle]:
    del instrument  # the answer calls it by an old name
    answer = _decode_answer(body)
    told = [rows for name, rows in answer.result.items() if name != _NEXT]
    if answer.error or len(told) != 1:
        raise Unusable("refused by the venue")
    return past_candles(_row(row) for row in _decode_rows(told[0]))


def _row(told: list[int | str]) -> Row:
    if len(told) != _COLUMNS:
        raise Unusable("not a candle")
    start_s, *texts = told
    if not isinstance(start_s, int):
        raise Unusable("not a candle")
    first, high, low, last = (str(text) for text in texts[:4])
    return (start_s * 1_000, first, high, low, last, str(told[_VOLUME]))


SOURCES = {
    "kraken": PastSource(name="Kraken", words=_WORDS, largest=_LARGEST, ask=_ask, read=_read)
}
"""By connection."""

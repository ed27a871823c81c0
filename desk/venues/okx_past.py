"""OKX's candles and settled fundings (GET /api/v5/market/candles, funding-rate-history).

A row: start, open, high, low, close, volume in contracts, in base coins, in the quote currency,
and whether it is over; of spot pairs the first volume is in base coins. Newest first, 1,440 at
most. A day of UTC is `1Dutc`: plain `1D` begins at 16:00 UTC. Source: the venue's API pages,
November 2026.
"""

from __future__ import annotations

import msgspec

from desk.model.instrument import Instrument, Kind
from desk.model.market_data import PastCandle, PastFunding
from desk.venues.figures import time_of
from desk.venues.okx import CONNECTION
from desk.venues.past import FundingSource, PastSource, Row, Span, past_candles, past_fundings
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import Unusable

_WORDS = {60: "1m", 300: "5m", 900: "15m", 3_600: "1H", 14_400: "4H", 86_400: "1Dutc"}
_LARGEST = 300
_FUNDINGS = 100

_CONTRACTS, _COINS = 5, 6


class _Candles(msgspec.Struct):
    code: str
    data: list[list[str]]


class _Funding(msgspec.Struct):
    symbol: str = msgspec.field(name="instId")
    rate: str = msgspec.field(name="realizedRate")
    time: str = msgspec.field(name="fundingTime")


class _Fundings(msgspec.Struct):
    code: str
    data: list[_Funding]


_decode_candles = msgspec.json.Decoder(_Candles).decode
_decode_fundings = msgspec.json.Decoder(_Fundings).decode


def _ask(instrument: Instrument, span: Span) -> RestRequest:
    path = (
        f"/api/v5/market/candles?instId={instrument.symbol}&bar={span.word}"
        f"&after={span.until_ms + 1}&limit={min(span.count, _LARGEST)}"
    )
    return RestRequest(CONNECTION, path, instrument.symbol, "candles")


def _read(instrument: Instrument, body: bytes) -> list[PastCandle]:
    told = _decode_candles(body)
    if told.code != "0":
        raise Unusable("refused by the venue")
    coins = _CONTRACTS if instrument.kind is Kind.SPOT else _COINS
    return past_candles(_row(row, coins) for row in told.data)


def _row(told: list[str], coins: int) -> Row:
    if len(told) <= _COINS:
        raise Unusable("not a candle")
    start, first, high, low, last = told[:5]
    return (time_of(start), first, high, low, last, told[coins])


def _ask_funding(instrument: Instrument) -> RestRequest:
    path = f"/api/v5/public/funding-rate-history?instId={instrument.symbol}&limit={_FUNDINGS}"
    return RestRequest(CONNECTION, path, instrument.symbol, "funding")


def _read_funding(instrument: Instrument, body: bytes) -> list[PastFunding]:
    told = _decode_fundings(body)
    if told.code != "0" or any(one.symbol != instrument.symbol for one in told.data):
        raise Unusable("refused by the venue, or another symbol than asked for")
    return past_fundings((time_of(one.time), one.rate) for one in told.data)


SOURCES = {
    CONNECTION: PastSource(
        name="OKX",
        words=_WORDS,
        largest=_LARGEST,
        ask=_ask,
        read=_read,
        funding=FundingSource(_ask_funding, _read_funding),
    )
}
"""By connection."""

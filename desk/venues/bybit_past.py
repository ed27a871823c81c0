"""Bybit's klines and settled fundings (GET /v5/market/kline, /v5/market/funding/history).

A row: start, open, high, low, close, volume, turnover, newest first. Volume is in base coins, of
inverse contracts in US dollars, whose turnover is in coins. Source: the venue's API pages,
November 2026.
"""

from __future__ import annotations

import msgspec

from desk.model.instrument import Contract, Instrument
from desk.model.market_data import PastCandle, PastFunding
from desk.venues.bybit_listing import LISTING_PATHS
from desk.venues.figures import time_of
from desk.venues.past import FundingSource, PastSource, Row, Span, past_candles, past_fundings
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import Unusable

_WORDS = {60: "1", 300: "5", 900: "15", 3_600: "60", 14_400: "240", 86_400: "D"}
_LARGEST = 1_000
_FUNDINGS = 200

_VOLUME, _TURNOVER = 5, 6


class _Result(msgspec.Struct):
    symbol: str
    rows: list[list[str]] = msgspec.field(name="list")


class _Klines(msgspec.Struct):
    code: int = msgspec.field(name="retCode")
    result: msgspec.Raw


class _Funding(msgspec.Struct):
    symbol: str
    rate: str = msgspec.field(name="fundingRate")
    time: str = msgspec.field(name="fundingRateTimestamp")


class _Fundings(msgspec.Struct):
    rows: list[_Funding] = msgspec.field(name="list")


_decode_answer = msgspec.json.Decoder(_Klines).decode
_decode_klines = msgspec.json.Decoder(_Result).decode
_decode_fundings = msgspec.json.Decoder(_Fundings).decode


def _ask(instrument: Instrument, span: Span) -> RestRequest:
    path = (
        f"/v5/market/kline?category={_category(instrument)}&symbol={instrument.symbol}"
        f"&interval={span.word}&end={span.until_ms}&limit={min(span.count, _LARGEST)}"
    )
    return RestRequest(instrument.connection, path, instrument.symbol, "candles")


def _read(instrument: Instrument, body: bytes) -> list[PastCandle]:
    told = _decode_klines(_result(body))
    if told.symbol != instrument.symbol:
        raise Unusable("another symbol than asked for")
    coins = _TURNOVER if instrument.contract is Contract.INVERSE else _VOLUME
    return past_candles(_row(row, coins) for row in told.rows)


def _row(told: list[str], coins: int) -> Row:
    if len(told) <= _TURNOVER:
        raise Unusable("not a kline")
    start, first, high, low, last = told[:5]
    return (time_of(start), first, high, low, last, told[coins])


def _ask_funding(instrument: Instrument) -> RestRequest:
    path = (
        f"/v5/market/funding/history?category={_category(instrument)}"
        f"&symbol={instrument.symbol}&limit={_FUNDINGS}"
    )
    return RestRequest(instrument.connection, path, instrument.symbol, "funding")


def _read_funding(instrument: Instrument, body: bytes) -> list[PastFunding]:
    told = _decode_fundings(_result(body)).rows
    if any(one.symbol != instrument.symbol for one in told):
        raise Unusable("another symbol than asked for")
    return past_fundings((time_of(one.time), one.rate) for one in told)


def _result(body: bytes) -> msgspec.Raw:
    answer = _decode_answer(body)
    if answer.code:
        raise Unusable("refused by the venue")
    return answer.result


def _category(instrument: Instrument) -> str:
    return instrument.connection.removeprefix("bybit-")


_FUNDING = FundingSource(_ask_funding, _read_funding)

SOURCES = {
    connection: PastSource(
        name="Bybit",
        words=_WORDS,
        largest=_LARGEST,
        ask=_ask,
        read=_read,
        funding=None if connection == "bybit-spot" else _FUNDING,
    )
    for connection in LISTING_PATHS
}
"""By connection."""

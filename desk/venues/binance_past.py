"""Binance's klines and settled fundings (GET klines and fundingRate of its three products).

A row: start, open, high, low, close, volume, end, turnover, … Of coin-margined contracts volume
counts contracts, and the turnover is in coins. Source: the venue's API pages, November 2026.
"""

from __future__ import annotations

import msgspec

from desk.model.instrument import Contract, Instrument
from desk.model.market_data import PastCandle, PastFunding
from desk.venues.binance_listing import COINM, SPOT, USDM
from desk.venues.figures import TimeMs
from desk.venues.past import FundingSource, PastSource, Row, Span, past_candles, past_fundings
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import Unusable

_ROOTS = {SPOT: "/api/v3", USDM: "/fapi/v1", COINM: "/dapi/v1"}
_WORDS = {60: "1m", 300: "5m", 900: "15m", 3_600: "1h", 14_400: "4h", 86_400: "1d"}
_LARGEST = 1_000
_FUNDINGS = 200

_VOLUME, _TURNOVER = 5, 7


class _Funding(msgspec.Struct):
    symbol: str
    time_ms: TimeMs = msgspec.field(name="fundingTime")
    rate: str = msgspec.field(name="fundingRate")


_decode_rows = msgspec.json.Decoder(list[list[int | str]]).decode
_decode_fundings = msgspec.json.Decoder(list[_Funding]).decode


def _ask(instrument: Instrument, span: Span) -> RestRequest:
    path = (
        f"{_ROOTS[instrument.connection]}/klines?symbol={instrument.symbol}"
        f"&interval={span.word}&endTime={span.until_ms}&limit={min(span.count, _LARGEST)}"
    )
    return RestRequest(instrument.connection, path, instrument.symbol, "candles")


def _read(instrument: Instrument, body: bytes) -> list[PastCandle]:
    coins = _TURNOVER if instrument.contract is Contract.INVERSE else _VOLUME
    return past_candles(_row(told, coins) for told in _decode_rows(body))


def _row(told: list[int | str], coins: int) -> Row:
    if len(told) <= _TURNOVER:
        raise Unusable("not a kline")
    start_ms, first, high, low, last = told[:5]
    volume = told[coins]
    if not isinstance(start_ms, int):
        raise Unusable("not a kline")
    return (start_ms, str(first), str(high), str(low), str(last), str(volume))


def _ask_funding(instrument: Instrument) -> RestRequest:
    root = _ROOTS[instrument.connection]
    path = f"{root}/fundingRate?symbol={instrument.symbol}&limit={_FUNDINGS}"
    return RestRequest(instrument.connection, path, instrument.symbol, "funding")


def _read_funding(instrument: Instrument, body: bytes) -> list[PastFunding]:
    told = _decode_fundings(body)
    if any(one.symbol != instrument.symbol for one in told):
        raise Unusable("another symbol than asked for")
    # A settlement is stamped some milliseconds after its hour.
    return past_fundings((one.time_ms // 1_000 * 1_000, one.rate) for one in told)


_FUNDING = FundingSource(_ask_funding, _read_funding)

SOURCES = {
    connection: PastSource(
        name="Binance",
        words=_WORDS,
        largest=_LARGEST,
        ask=_ask,
        read=_read,
        funding=None if connection == SPOT else _FUNDING,
    )
    for connection in _ROOTS
}
"""By connection."""

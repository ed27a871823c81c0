"""Binance's answers to REST requests: snapshots, open interest, funding terms."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from desk.venues import binance_wire as wire
from desk.venues.binance_funding import USUAL_H
from desk.venues.binance_instrument import InstrumentFeed
from desk.venues.protocol import RestRequest
from desk.venues.repeated_keys import keys_of, refuse_repeated
from desk.venues.unreadable import Unusable

_DAY_H = 24

_decode_snapshot = msgspec.json.Decoder(wire.Snapshot).decode
_decode_interest = msgspec.json.Decoder(wire.Interest).decode
_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_symbol = msgspec.json.Decoder(wire.FundingSymbol).decode
_decode_terms = msgspec.json.Decoder(wire.FundingTerms).decode

_SNAPSHOT_KEYS = keys_of(wire.Snapshot)
_INTEREST_KEYS = keys_of(wire.Interest)
_TERMS_KEYS = keys_of(wire.FundingTerms)


MAX_ANSWER_BYTES = 1 << 20
"""A thousand levels a side, or the terms of every contract, are a tenth of it."""


class Answers:
    """Reads what came for a request and gives it to the instruments it is about."""

    def __init__(self, feeds: Mapping[str, InstrumentFeed]) -> None:
        self._feeds = feeds

    def take(self, request: RestRequest, body: bytes, ts_recv_ns: int) -> bool:
        """Take an answer; return whether it was of use.

        Raises one of `desk.venues.unreadable.UNREADABLE`, having changed nothing, for what is
        none.
        """
        if len(body) > MAX_ANSWER_BYTES:
            raise Unusable("oversize")
        if request.about == "funding":
            self._take_funding(body)
            return True
        feed = self._feeds.get(request.key)
        if feed is None:
            raise Unusable("unknown symbol")
        if request.about == "open_interest":
            refuse_repeated(body, _INTEREST_KEYS)
            feed.figures.on_interest(_decode_interest(body), ts_recv_ns)
            return True
        refuse_repeated(body, _SNAPSHOT_KEYS)
        return feed.on_snapshot(_decode_snapshot(body), ts_recv_ns)

    def _take_funding(self, body: bytes) -> None:
        """Take all intervals or none; a contract that is not listed has the usual one."""
        told: dict[str, int] = {}
        for row in _decode_rows(body):
            symbol = _decode_symbol(row).symbol
            if symbol not in self._feeds:
                continue
            refuse_repeated(bytes(row), _TERMS_KEYS)
            hours = _decode_terms(row).interval_h
            if symbol in told or hours < 1 or _DAY_H % hours:
                raise Unusable("funding terms that cannot be")
            told[symbol] = hours
        for symbol, feed in self._feeds.items():
            feed.figures.funding.told(told.get(symbol, USUAL_H))

"""What the books of a venue really are: its own frames, read simply and none of them missed.

Written beside the desk's protocols and sharing nothing with them but the instruments' increments.
"""

import json
from collections import deque
from decimal import Decimal
from typing import NamedTuple

from desk.model.instrument import Contract
from desk.venues.binance import BinanceProtocol
from desk.venues.binance_product import PRODUCTS
from desk.venues.connections import venue_of

KEPT = 64
"""Books remembered of each instrument: a desk that is further behind is not behind, but wrong."""


class Change(NamedTuple):
    """What one frame says of one book, in the venue's words."""

    symbol: str
    number: int | None
    whole: bool
    bids: list
    asks: list


def _okx(message):
    (data,) = message["data"]
    whole = message["action"] == "snapshot"
    yield Change(message["arg"]["instId"], data["seqId"], whole, data["bids"], data["asks"])


def _bybit(message):
    data = message["data"]
    yield Change(data["s"], data["u"], message["type"] == "snapshot", data["b"], data["a"])


def _deribit(message):
    data = message["params"]["data"]
    bids, asks = ([level[1:] for level in data[side]] for side in ("bids", "asks"))
    whole = data["type"] == "snapshot"
    yield Change(data["instrument_name"], data["change_id"], whole, bids, asks)


def _hyperliquid(message):
    data = message["data"]
    bids, asks = ([(level["px"], level["sz"]) for level in side] for side in data["levels"])
    yield Change(data["coin"], data["time"], True, bids, asks)


def _coinbase(message):
    for event in message["events"]:
        bids, asks = (
            [(u["price_level"], u["new_quantity"]) for u in event["updates"] if u["side"] == side]
            for side in ("bid", "offer")
        )
        yield Change(event["product_id"], None, event["type"] == "snapshot", bids, asks)


def _kraken(message):
    for data in message["data"]:
        bids, asks = ([(x["price"], x["qty"]) for x in data[side]] for side in ("bids", "asks"))
        yield Change(data["symbol"], None, message["type"] == "snapshot", bids, asks)


def _binance(message):
    data = message["data"]
    yield Change(data["s"], data["u"], False, data["b"], data["a"])


class Speech(NamedTuple):
    """How a venue tells of its books."""

    stream: str
    """What ends the name of a book's stream."""
    read: object
    depth: int | None = None
    """Levels a side; the venue does not say what falls out below."""
    chained: bool = True
    """Books are changes of one another; else each comes whole."""


SPEECHES = {
    "okx": Speech("@books", _okx),
    "bybit": Speech("@orderbook@200", _bybit),
    "deribit": Speech("@book@100ms", _deribit),
    "hyperliquid": Speech("@l2Book", _hyperliquid, chained=False),
    "coinbase": Speech("@level2", _coinbase),
    "kraken": Speech("@book@10", _kraken, 10),
    "binance": Speech("@depth@100ms", _binance),
}


class Version(NamedTuple):
    """A book as it was after one frame."""

    index: int
    """Of the frame in its stream."""
    number: int | None
    """The venue's own, where it numbers."""
    bids: dict
    asks: dict


class TrueBook:
    """One instrument's book, frame by frame, in the desk's ticks and lots."""

    def __init__(self, instrument, speech):
        self.instrument = instrument
        self.versions = deque([Version(0, None, {}, {})], maxlen=KEPT)
        self._speech = speech
        self._prices = {}
        self._sizes = {}
        inverse = instrument.contract is Contract.INVERSE and instrument.venue == "DERIBIT"
        self._lot = instrument.lot_size * (instrument.contract_size if inverse else 1)

    @property
    def last(self):
        return self.versions[-1]

    def take(self, change):
        """Follow a frame; what is told whole is what the changes before have come to."""
        last, depth = self.last, self._speech.depth
        is_new = change.whole and (not last.index or not self._speech.chained)
        sides = []
        for held, told, best in ((last.bids, change.bids, max), (last.asks, change.asks, min)):
            after = {} if change.whole else held.copy()
            for ticks, lots in self._counted(told):
                after[ticks] = lots
                if not lots:
                    del after[ticks]
            while depth is not None and len(after) > depth:
                del after[(min if best is max else max)(after)]
            sides.append(after)
        bids, asks = sides
        if change.whole and not is_new:
            assert (bids, asks) == (last.bids, last.asks)
            return
        assert max(bids) < min(asks)
        self.versions.append(Version(last.index + 1, change.number, bids, asks))

    def take_answer(self, body):
        """Note a whole book that came by request; it stands between two frames."""
        told = json.loads(body)
        bids, asks = (dict(self._counted(told[side])) for side in ("bids", "asks"))
        self.versions.append(Version(self.last.index, told["lastUpdateId"], bids, asks))

    def at(self, number):
        """The newest version that is not newer than a number of the venue's."""
        for version in reversed(self.versions):
            if version.number is not None and version.number <= number:
                return version
        raise AssertionError(f"{self.instrument.id}: a book that never was, or long ago: {number}")

    def _counted(self, told):
        """Count prices and quantities; all of them are whole ticks and lots."""
        for price, size, *_ in told:
            ticks, lots = self._prices.get(price), self._sizes.get(size)
            if ticks is None:
                ticks = self._prices[price] = int(self.instrument.ticks(Decimal(price)))
            if lots is None:
                count, rest = divmod(Decimal(size), self._lot)
                assert not rest, size
                lots = self._sizes[size] = int(count)
            yield ticks, lots


class Place(NamedTuple):
    """Where a frame stands in its stream."""

    symbol: str
    index: int
    whole: bool


NOWHERE = Place("", 0, False)
"""Of a frame that tells no book."""


class TrueBooks:
    """The books of one connection."""

    def __init__(self, connection, instruments):
        self._speech = SPEECHES[venue_of(connection)]
        self.of = {i.symbol: TrueBook(i, self._speech) for i in instruments}
        self.requests = {}
        """What asks for whole books, where no stream tells them, by symbol."""
        if connection in PRODUCTS:
            protocol = BinanceProtocol(connection, instruments)
            self.requests = {symbol: protocol.snapshot_request(symbol) for symbol in self.of}

    def place(self, stream, frame):
        """Follow a frame, and say where it stands."""
        if stream is None or not stream.endswith(self._speech.stream):
            return NOWHERE
        (change,) = self._speech.read(json.loads(frame, parse_float=str))
        book = self.of[change.symbol]
        book.take(change)
        return Place(change.symbol, book.last.index, change.whole)

    @property
    def is_chained(self):
        """Books are told in changes."""
        return self._speech.chained

    @property
    def is_summed(self):
        """Nothing numbers the books; a sum proves each of them."""
        return self._speech.depth is not None

    def version(self, symbol, number, held, before, index):
        """The version that the desk's book is.

        By the venue's number of the book; where it has none, what has come, or was there before.
        """
        book = self.of[symbol]
        if book.last.number is not None:
            version = book.at(number)
            assert (version.bids, version.asks) == held, f"{symbol}: a wrong book at {number}"
            return version
        indices = {index, None if before is None else before.index}
        for version in reversed(book.versions):
            if version.index in indices and (version.bids, version.asks) == held:
                return version
        raise AssertionError(f"{symbol}: a wrong book")

"""What a client saw of a market, held against what the venue says by REST and against itself."""

from collections.abc import Iterator
from itertools import pairwise
from statistics import median

LATEST_MS = 5_000
"""A stamp further than this from the clock at receipt is one of another time."""
GAP_ERRORS = {"ChecksumError", "InvalidNonce"}
"""What ccxt raises where a book's next change does not follow."""
FEWEST_LEVELS = 5
"""What Deribit tells by REST when it is not asked for more; Kraken streams ten, others twenty."""
RUN = 0.05
"""How far a price may run until somebody is closed by force."""
SWEPT = 0.001
"""How far behind the best price an order may go at once."""
NEAR = 0.01
"""Mark, index, trades and quotes of one instrument lie within one per cent of each other."""


class Sighting:
    """One run of a client: stream → what came, and what went wrong."""

    def __init__(self, seen):
        self.escaped = seen["escaped"]
        self.terms = seen.get("terms")
        self._streams = seen["streams"]

    def errors(self, stream):
        return [f"{error['kind']}: {error['text']}" for error in self._streams[stream]["errors"]]

    def values(self, stream) -> Iterator:
        return (update["value"] for update in self._streams[stream]["updates"])

    def received_ms(self, stream):
        return [update["at_ms"] for update in self._streams[stream]["updates"]]

    def check(self, stream):
        """Raise AssertionError where a stream did not come, or says what cannot be."""
        assert self.escaped == []
        assert self.errors(stream) == []
        _CHECKS[stream](self)
        for update in self._streams[stream]["updates"] if stream not in _OF_AN_INTERVAL else ():
            stamp = newest_stamp(update["value"])
            assert stamp is None or abs(update["at_ms"] - stamp) < LATEST_MS, update

    # --- order book

    def order_book(self):
        books = list(self.values("order book"))
        assert len(books) >= 10
        check_books(books, list(self.values("depth by REST")))

    def recovered_order_book(self):
        """Check that a client found gaps, and that its book was right again in between."""
        errors = self._streams["order book"]["errors"]
        assert errors, "no gap was found"
        assert {error["kind"] for error in errors} <= GAP_ERRORS, self.errors("order book")
        books = list(self.values("order book"))[errors[0]["after"] :]
        assert len(books) >= 10
        check_books(books, list(self.values("depth by REST")))

    def middle(self):
        """The middle of the book over the run."""
        return median(middle_of(book) for book in self.values("order book"))

    # --- the others

    def trades(self):
        trades = [trade for update in self.values("trades") for trade in update]
        assert len(trades) >= 3
        ids = [trade["id"] for trade in trades]
        assert len(set(ids)) == len(ids)
        stamps = [trade["timestamp"] for trade in trades if trade["timestamp"] is not None]
        assert stamps == sorted(stamps)
        books = list(self.values("order book"))
        lowest = min(book["bids"][0][0] for book in books) * (1 - SWEPT)
        highest = max(book["asks"][0][0] for book in books) * (1 + SWEPT)
        for trade in trades:
            assert lowest <= trade["price"] <= highest, trade
            assert trade["amount"] > 0
            assert trade["side"] in ("buy", "sell")

    def ticker(self):
        tickers = list(self.values("ticker"))
        assert len(tickers) >= 3
        for ticker in tickers:
            self.is_near(ticker["last"])
            if ticker.get("low") is not None:  # Hyperliquid tells no range of the day
                assert ticker["low"] <= ticker["last"] <= ticker["high"], ticker
            if ticker["bid"] is not None:
                assert ticker["bid"] < ticker["ask"], ticker
                self.is_near(ticker["bid"])

    def best_bid_ask(self):
        quotes = [quote for update in self.values("best bid/ask") for quote in update.values()]
        assert len(quotes) >= 5
        tops = {(book["bids"][0][0], book["asks"][0][0]) for book in self.values("order book")}
        pairs = [(quote["bid"], quote["ask"]) for quote in quotes]
        assert all(bid < ask for bid, ask in pairs)
        assert all(quote["bidVolume"] > 0 < quote["askVolume"] for quote in quotes)
        assert tops & set(pairs), "no quote was ever the top of the book"

    def mark_price(self):
        marks = list(self.values("mark price"))
        assert len(marks) >= 3
        for mark in marks:
            self.is_near(mark["markPrice"])
            if mark.get("indexPrice") is not None:
                self.is_near(mark["indexPrice"])

    def candles(self):
        candles = [candle for update in self.values("candles") for candle in update]
        assert len(candles) >= 3
        for start_ms, opened, high, low, closed, volume in candles:
            assert start_ms % 60_000 == 0
            assert low <= min(opened, closed) <= max(opened, closed) <= high
            assert volume > 0
            self.is_near(closed)
        volumes = [candle[5] for candle in candles if candle[0] == candles[0][0]]
        assert volumes == sorted(volumes)

    def liquidations(self):
        orders = [order for update in self.values("liquidations") for order in update]
        assert orders
        price = next(self.values("ticker"))["last"]
        for order in orders:
            assert abs(order["price"] / price - 1) < RUN, order
            assert order["contracts"] > 0
            assert order["side"] in ("buy", "sell")

    def funding(self):
        updates = self._streams["funding"]["updates"]
        rates = [{**update["value"], "at_ms": update["at_ms"]} for update in updates]
        assert len(rates) >= 3
        for rate in rates:
            assert abs(rate["fundingRate"]) < NEAR
            due_ms = rate["fundingTimestamp"]
            assert due_ms is None or due_ms > rate["at_ms"], rate
            if rate["markPrice"] is not None:
                self.is_near(rate["markPrice"])

    def open_interest(self):
        told = list(self.values("open interest"))
        # ccxt puts it under "value" where the venue counts in dollars.
        open_interest = [row["openInterestAmount"] or row["openInterestValue"] for row in told]
        assert len(open_interest) >= 3
        assert all(amount > 0 for amount in open_interest)

    def is_near(self, price):
        middle = self.middle()
        assert abs(price / middle - 1) < NEAR, f"{price} beside a book around {middle}"


_CHECKS = {
    "order book": Sighting.order_book,
    "trades": Sighting.trades,
    "ticker": Sighting.ticker,
    "best bid/ask": Sighting.best_bid_ask,
    "mark price": Sighting.mark_price,
    "candles": Sighting.candles,
    "liquidations": Sighting.liquidations,
    "funding": Sighting.funding,
    "open interest": Sighting.open_interest,
}


_OF_AN_INTERVAL = ("open interest",)
"""Stamped with the start of an interval, on Bybit an hour."""


def check_books(books, shown):
    """The books stand to reason, and are the venue's own at several moments, level by level.

    A change that was lost or misread would leave a level that is wrong from then on.
    """
    for book in books:
        bids, asks = book["bids"], book["asks"]
        assert bids[0][0] < asks[0][0], book
        assert all(better[0] > worse[0] for better, worse in pairwise(bids)), bids
        assert all(better[0] < worse[0] for better, worse in pairwise(asks)), asks
        assert all(amount > 0 for _, amount in [*bids, *asks])
    followed = max(len(book["bids"]) for book in books)
    depth = min(len(shown[0]["bids"]), followed)
    assert depth >= FEWEST_LEVELS
    seen = [sides(book, depth) for book in books]
    equal = sum(sides(book, depth) in seen for book in shown)
    assert equal >= 2, f"{equal} of {len(shown)} books by REST were ever seen"


def sides(book, depth):
    return book["bids"][:depth], book["asks"][:depth]


def middle_of(book):
    return (book["bids"][0][0] + book["asks"][0][0]) / 2


def newest_stamp(value):
    """The venue's time of an update; None where it has none, as a candle or a spot quote."""
    if isinstance(value, list):
        value = value[-1] if value else None
    if isinstance(value, dict) and "timestamp" not in value:
        value = next(iter(value.values()), None)
    return value.get("timestamp") if isinstance(value, dict) else None

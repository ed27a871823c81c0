"""The desk's own way from bytes to the book: the venue's protocol with all its checks, the market.

For `book` and `replay`, which measure it beside the plain way of `tests/bench/plain_book.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any, NamedTuple

from desk.bench.pairs import Measured, cpu_us
from desk.cli.shipped import shipped
from desk.market.state import MarketState
from desk.model.instrument import InstrumentId
from desk.venues.connections import protocol_of
from desk.venues.protocol import RestRequest


class Heard(NamedTuple):
    """A frame, or the answer to a request, and when it came."""

    payload: bytes
    ts_recv_ns: int
    request: RestRequest | None = None


class Way:
    """Protocol and market of one connection, from the beginning."""

    def __init__(self, connection: str) -> None:
        catalogue = shipped().catalogue
        self.protocol = protocol_of(connection, catalogue.of_connection(connection).values())
        self.market = MarketState(catalogue)

    def hear(self, heard: Sequence[Heard]) -> None:
        """Take each message all the way before the next."""
        protocol, apply = self.protocol, self.market.apply
        receive, events = protocol.receive_frame, protocol.events_received
        for payload, ts_recv_ns, request in heard:
            if request is None:
                receive(payload, ts_recv_ns)
            else:
                protocol.receive_response(request, payload, ts_recv_ns)
            for event in events():
                apply(event)


class Runs:
    """Both ways over the same messages, each run from the beginning; both must end alike.

    What is `first` brings the book up and is not measured.
    """

    def __init__(
        self,
        connection: str,
        instrument: InstrumentId,
        first: Sequence[Heard],
        rest: Sequence[Heard],
    ) -> None:
        self._connection, self._instrument = connection, instrument
        self._first, self._rest = first, rest
        self.end: tuple[Any, ...] = ()
        """Last id, best bid and best ask of our last run."""

    def ours(self) -> float:
        """Run ours; return microseconds of processor time a message."""
        way = Way(self._connection)
        way.hear(self._first)
        took_us = cpu_us(lambda: way.hear(self._rest), len(self._rest))()
        counters, book = way.protocol.counters, way.market.books[self._instrument]
        assert not counters.rejected, f"rejected: {counters.reasons}"
        assert not counters.books[self._instrument].gaps, "every change follows"
        best = [side and side[0] for side in (book.best_bid, book.best_ask)]
        assert None not in best, "the book is there"
        self.end = (book.last_id, *best)
        return took_us

    def plain(self, plain: ModuleType, tick: float, lot: float) -> Measured:
        """Return what runs the plain way."""

        def measured() -> float:
            book = plain.PlainBook(tick, lot)
            plain.hear(book, self._first)
            took_us = cpu_us(lambda: plain.hear(book, self._rest), len(self._rest))()
            assert (book.last_id, book.best_bid, book.best_ask) == self.end, "both books are right"
            return took_us

        return measured

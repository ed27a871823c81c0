"""What Binance tells by REST alone, asked for again and again: open interest, funding terms.

One question of a connection is outstanding at a time, whatever becomes of it: a venue that
answers late, or wants to be left alone, is not asked the next one meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable

from desk.venues.binance_instrument import InstrumentFeed
from desk.venues.binance_product import OPEN_INTEREST, Product
from desk.venues.protocol import RestRequest, StreamHealth

INTEREST_EVERY_NS = 5_000_000_000
"""A request costs 1 of the 2,400 that the venue allows a minute."""

FUNDING_EVERY_NS = 300_000_000_000
"""A change that leaves the next funding time as it was shows in no mark: it is found here."""

FUNDING_DOUBT_NS = 60_000_000_000
"""Shortest distance of two questions when the next funding time has made an odd step."""

_FIRST_RETRY_NS = 5_000_000_000
_SLOWEST_RETRY_NS = 300_000_000_000
_DOUBLINGS = 6

FUNDING_KEY = "fundingInfo"


class Poll:
    """One question, at its interval while it is answered, ever more slowly while it is not."""

    def __init__(self, request: RestRequest, every_ns: int, health: StreamHealth) -> None:
        self.request = request
        self.health = health
        self.due_ns = 0
        self.asked_ns = 0
        self._every_ns = every_ns
        self._failures = 0

    def answered(self, ts_recv_ns: int, *, good: bool) -> None:
        """Note an answer, and when to ask next."""
        health = self.health
        health.active = good
        self._failures = 0 if good else self._failures + 1
        wait_ns = self._every_ns
        if good:
            health.messages += 1
            health.first_ns = health.first_ns or ts_recv_ns
            health.last_ns = ts_recv_ns
        else:
            doublings = min(self._failures - 1, _DOUBLINGS)
            wait_ns = min(_SLOWEST_RETRY_NS, _FIRST_RETRY_NS << doublings)
        self.due_ns = self.asked_ns + wait_ns


class Polls:
    """The questions of one connection."""

    def __init__(self, product: Product, feeds: Iterable[InstrumentFeed]) -> None:
        self._interests = [_interest(product, feed) for feed in feeds if product.interest_path]
        self._funding = _funding(product) if product.funding_path else None
        self._all = [*([self._funding] if self._funding else []), *self._interests]
        self._outstanding: Poll | None = None
        self._doubted_ns = 0
        """When the funding terms may be doubted again."""

    def due(self, now_ns: int) -> RestRequest | None:
        """Return what to ask now, if anything; it counts as asked."""
        if self._outstanding is not None:
            return None
        poll = min(self._all, key=lambda poll: poll.due_ns, default=None)
        if poll is None or poll.due_ns > now_ns:
            return None
        poll.asked_ns = now_ns
        self._outstanding = poll
        return poll.request

    def answered(self, request: RestRequest, ts_recv_ns: int, *, good: bool) -> None:
        """Note the answer to a question; an answer that nobody waits for frees nothing."""
        poll = self._outstanding
        if poll is not None and poll.request == request:
            self._outstanding = None
            poll.answered(ts_recv_ns, good=good)

    def funding_doubted(self, now_ns: int) -> None:
        """Ask for the funding terms at once, for they have changed; not again for a while."""
        poll = self._funding
        if poll is not None and self._doubted_ns <= now_ns:
            self._doubted_ns = now_ns + FUNDING_DOUBT_NS
            poll.due_ns = min(poll.due_ns, now_ns)

    def closed(self) -> None:
        """Note that there is no socket left: nothing is asked, and nothing is shown."""
        for poll in self._all:
            poll.health.active = False

    def streams(self) -> list[StreamHealth]:
        """Return how the open interests are doing."""
        return [poll.health for poll in self._interests]


def _interest(product: Product, feed: InstrumentFeed) -> Poll:
    path = product.interest_path.format(symbol=feed.symbol)
    request = RestRequest(product.connection, path, feed.symbol, "open_interest")
    name = f"{feed.symbol.lower()}@openInterest"
    habit = OPEN_INTEREST
    health = StreamHealth(name, kind=habit.kind, instrument=feed.id, limit_ms=habit.limit_ms)
    return Poll(request, INTEREST_EVERY_NS, health)


def _funding(product: Product) -> Poll:
    request = RestRequest(product.connection, product.funding_path, FUNDING_KEY, "funding")
    return Poll(request, FUNDING_EVERY_NS, StreamHealth(FUNDING_KEY, kind="funding"))

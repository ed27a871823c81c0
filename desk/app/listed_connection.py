"""One connection of a desk: first what its venue lists, then its sockets, in those terms."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from functools import partial
from typing import cast

from desk.app.terms import Adopted, TermsStore, adopt
from desk.engine.quality import FeedNote, StreamNote
from desk.io.clock import Clock
from desk.io.connect_limits import ConnectLimits
from desk.io.connection import Connection
from desk.io.listings import KeptListing, ListingMissing, ask_listing
from desk.io.pump import Sink
from desk.io.tap import Tap
from desk.log import LOG, note_fault
from desk.model.catalogue import Catalogue
from desk.model.instrument import Instrument
from desk.model.market_data import FeedStatus, InstrumentListed, MarketEvent
from desk.venues.connections import LISTINGS, LiveProtocol, protocol_of
from desk.venues.protocol import SocketUrls

FIRST_LISTING_S = 3.0
"""A start does not wait longer for a listing: the last one known will do."""

RELIST_S = 600.0
RETRY_S = 30.0
"""Distance of two listings that were not to be had, that left something without prices, or that
strange messages make us ask for."""

LOOK_S = 5.0

FAULT_PAUSE_S = 2.0
"""Between a fault of ours in a venue's code and its next beginning."""

_DAY_MS = 86_400_000
_OLD_DAYS = 7


class ListedConnection:
    """Hands on what one connection says while `run` runs, in the terms of its listing.

    `catalogue` is the desk's, which follows the InstrumentListed events that `sink` is given;
    `traded` tells whether what an instrument is may change no more. With a store listings are
    kept there.
    """

    def __init__(
        self,
        name: str,
        *,
        catalogue: Catalogue,
        traded: Callable[[str], bool],
        sink: Sink,
        clock: Clock,
        limits: ConnectLimits,
        store: TermsStore | None = None,
        kept_ms: int | None = None,
        tap: Tap | None = None,
    ) -> None:
        self.name = name
        self._catalogue = catalogue
        self._traded = traded
        self._clock = clock
        self._store = store
        self._listed_ms = kept_ms
        """When the terms in use were listed; None: they are the ones that ship."""
        self._adopted = Adopted([], [], {})
        self._make: Callable[[], LiveProtocol] = self._make_known
        """Makes a protocol for what may be streamed now."""
        self._rejected = 0
        """Messages that could not be read when the listing was last asked for."""
        self._source = LISTINGS[name]
        self._is_listed = False
        self._has_instruments = asyncio.Event()
        self._sockets: asyncio.Task[None] | None = None
        self._sink = sink
        self._has_failed_outside = False
        """The sink has failed: what stands behind it cannot be trusted any more."""
        self._faults = 0
        self._fault = ""
        """The last fault of this venue's code, a sentence; empty: there was none."""
        self.live_urls = self._make_known().live_urls
        self._urls = self.live_urls
        self.connection = Connection(
            self._make_known,
            self.live_urls,
            clock=clock,
            sink=self._hand_on,
            jitter=random.random,
            tap=tap,
            limits=limits,
        )

    async def run(self, urls: SocketUrls) -> None:
        """Work until cancelled, or until what the events are handed to fails.

        A fault of ours in one venue's code is that venue's alone: its books are lost, its marks
        grow stale, the note says why, and it is begun anew.
        """
        while True:
            work = asyncio.create_task(self._work(urls), name=self.name)
            try:
                # A group of tasks that fails as it is cancelled forgets that it was; this does not.
                await asyncio.wait([work])
            finally:
                await self._end(work)
            await asyncio.sleep(FAULT_PAUSE_S)

    async def _work(self, urls: SocketUrls) -> None:
        await self.learn(urls)
        await self.listen()

    async def _end(self, work: asyncio.Task[None]) -> None:
        """Wait for its end, and tell of the fault that it had."""
        work.cancel()
        await asyncio.wait([work])
        fault = None if work.cancelled() else work.exception()
        if isinstance(fault, Exception) and not self._has_failed_outside:
            self._begin_anew(fault)
        elif fault is not None:
            raise fault

    def _begin_anew(self, fault: Exception) -> None:
        """Tell of a fault, and put another protocol in the place of the one that had it."""
        note_fault(fault, f"a fault in the code of {self.name}")
        self._faults += 1
        kind = type(_innermost(fault)).__name__
        self._fault = f"stopped by a fault of the desk's own ({kind}), begun anew"
        self.connection.remake(self._make, "begun anew after a fault")

    def _hand_on(self, events: list[MarketEvent]) -> None:
        for event in events:
            if type(event) is FeedStatus:
                is_now = "up" if event.up else "down"
                LOG.info("%s is %s: %s", event.connection, is_now, event.reason)
        try:
            self._sink(events)
        except BaseException:
            self._has_failed_outside = True
            raise

    async def learn(self, urls: SocketUrls) -> None:
        """Ask for the listing at these addresses, and wait a little for it."""
        self._urls = urls
        try:
            async with asyncio.timeout(FIRST_LISTING_S):
                self._is_listed = await self._relist()
        except TimeoutError:
            self._is_listed = False
        if not self._is_listed:
            self._has_instruments.set()  # the last terms known are all there are

    async def listen(self) -> None:
        """Keep the sockets, and the listing up to date, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_sockets())
            tasks.create_task(self._keep_listed())

    async def _keep_sockets(self) -> None:
        while True:
            await self._has_instruments.wait()  # a socket without streams would be silent
            async with asyncio.TaskGroup() as tasks:
                self._sockets = tasks.create_task(self.connection.run(self._urls))

    async def _leave_sockets(self) -> None:
        """Close what streams instruments of which none is believed any more."""
        self._has_instruments.clear()
        if self._sockets is not None:
            self._sockets.cancel()
            await asyncio.wait([self._sockets])

    def note(self, of_all: str) -> FeedNote:
        """Return what was counted, and what a trader should know; `of_all` concerns every feed."""
        counters, streams = self.connection.counters, self.connection.streams()
        return FeedNote(
            gaps=sum(book.gaps for book in counters.books.values()),
            rejected=counters.rejected,
            note="; ".join(filter(None, (of_all, *self._notes()))),
            streams=tuple(
                StreamNote(
                    name=stream.name,
                    kind=stream.kind,
                    instrument=stream.instrument,
                    active=stream.active,
                    limit_ms=stream.limit_ms,
                    messages=stream.messages,
                    last_ns=stream.last_ns,
                )
                for stream in streams
            ),
        )

    def _notes(self) -> tuple[str, ...]:
        times = f" ({self._faults} times)" if self._faults > 1 else ""
        fault = f"{self._fault}{times}" if self._fault else ""
        return fault, self._adopted.note, self._terms_note()

    def _terms_note(self) -> str:
        if self._listed_ms is None:
            as_of = self._catalogue.as_of
            return f"terms of instruments as shipped ({as_of}): the venue's listing was not read"
        days = (self._clock.wall_ms() - self._listed_ms) // _DAY_MS
        return f"terms of instruments were listed {days} days ago" if days > _OLD_DAYS else ""

    def _make_known(self) -> LiveProtocol:
        return protocol_of(self.name, self._catalogue.of_connection(self.name).values())

    # ------------------------------------------------------------------ the listing

    async def _keep_listed(self) -> None:
        """Ask again now and then; sooner where there was none, or where messages do not fit."""
        waited_s = 0.0
        while True:
            await asyncio.sleep(LOOK_S)
            waited_s += LOOK_S
            if waited_s < (RELIST_S if self._is_settled() else RETRY_S):
                continue
            waited_s = 0.0
            self._is_listed = await self._relist()

    def _is_settled(self) -> bool:
        """Whether there is a listing, all is in it, and what is sent fits it."""
        fits = self.connection.counters.rejected <= self._rejected
        return self._is_listed and fits and not self._adopted.refused

    async def _relist(self) -> bool:
        """Ask for the listing and take it up; return whether there was one."""
        self._rejected = self.connection.counters.rejected
        try:
            listing = await ask_listing(
                self._source, lambda request: self.connection.ask(request, self._urls)
            )
        except ListingMissing:
            return False
        known = self._catalogue.of_connection(self.name)
        adopted = adopt(known, listing, self._traded)
        if not adopted.instruments:
            await self._leave_sockets()
        self._take_up(adopted)
        self._keep(list(adopted.over(known).values()), tells_fees=listing.tells_fees)
        return True

    def _take_up(self, adopted: Adopted) -> None:
        before, self._adopted = self._adopted, adopted
        if adopted.instruments:
            self._has_instruments.set()
        if not adopted.changed and adopted.refused.keys() == before.refused.keys():
            return
        now_ns = self._clock.boot_ns()
        first: list[MarketEvent] = [
            InstrumentListed(terms.id, terms, now_ns) for terms in adopted.changed
        ]
        self._make = partial(protocol_of, self.name, adopted.instruments)
        self.connection.remake(self._make, "the venue's listing has changed", first)

    def _keep(self, instruments: list[Instrument], *, tells_fees: bool) -> None:
        self._listed_ms = self._clock.wall_ms()
        if self._store is None:
            return
        try:
            self._store.keep(self.name, KeptListing(self._listed_ms, instruments, tells_fees))
        except OSError as error:
            LOG.warning("cannot keep the listing of %s: %s", self.name, error)


def _innermost(fault: Exception) -> Exception:
    """Return what a group of exceptions began with."""
    while isinstance(fault, ExceptionGroup):
        fault = cast("ExceptionGroup[Exception]", fault).exceptions[0]
    return fault

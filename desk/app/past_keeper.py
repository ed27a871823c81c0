"""What one connection's venue tells of the time before: fetched for charts, and for the change of
the day.

Nothing waits for it, and nothing but charts and that change stands on it. A chart's candles are
asked for again when the feed was away meanwhile: what was missed is in the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple, TypeAlias

from desk.app.runtime import Runtime
from desk.engine.message import PastTold
from desk.io.pasts import PAUSE_S, WANTED, Ask, PastMissing, ask_candles, ask_fundings
from desk.log import note_fault
from desk.market.candles import FINER_S, LENGTHS_S
from desk.model.instrument import Instrument, Kind
from desk.venues.connections import PASTS
from desk.venues.protocol import RestRequest, SocketUrls

RETRY_NS = 20_000_000_000
"""Distance of two tries for the same candles."""

DAY_S, DAY_COUNT = 900, 100
"""Candles that reach over a day: what a change in 24 hours is counted from."""

FIRST_WAIT_S = 1.5
"""A start has other requests to make."""

LOOK_S = 5.0

AskAt: TypeAlias = Callable[[RestRequest, SocketUrls], Awaitable[bytes | None]]


class _Key(NamedTuple):
    instrument: str
    bar_s: int
    wanted: int = WANTED
    """Candles."""


class PastKeeper:
    """Fetches candles of one connection while `run` runs, one request at a time."""

    def __init__(self, connection: str, ask: AskAt, runtime: Runtime) -> None:
        self._connection = connection
        self._source = PASTS[connection]
        self._ask = ask
        self._runtime = runtime
        self._wanted: dict[_Key, None] = {}
        """What is to be fetched, in this order."""
        self._tried_ns: dict[_Key, int] = {}
        """When each was last asked for."""
        self._had: set[_Key] = set()
        """What came; the rest is tried again."""
        self._wake = asyncio.Event()

    def want(self, instrument: str, bar_s: int) -> None:
        """Get the candles that a chart of a length needs, unless they are there."""
        for key in self._needed(instrument, bar_s):
            if key not in self._wanted and self._is_due(key):
                self._wanted[key] = None
                self._wake.set()

    async def run(self, urls: SocketUrls) -> None:
        """Work at these addresses until cancelled."""
        await asyncio.sleep(FIRST_WAIT_S)
        while True:
            key = next(iter(self._wanted), None) or self._of_the_day()
            if key is None:
                self._wake.clear()
                await self._wait()
                continue
            self._tried_ns[key] = self._runtime.clock.boot_ns()
            self._wanted.pop(key, None)
            await self._try(key, partial(self._ask_at, urls))
            await asyncio.sleep(PAUSE_S)

    async def _try(self, key: _Key, ask: Ask) -> None:
        """Fetch something, or say why not; a fault of ours ends no more than this."""
        fetching = asyncio.ensure_future(self._fetch(key, ask))
        try:
            await asyncio.wait([fetching])
        finally:
            fetching.cancel()
        fault = None if fetching.cancelled() else fetching.exception()
        if isinstance(fault, PastMissing):
            self._tell_missing(key, str(fault))
        elif fault is not None:
            note_fault(fault, "the candles of a venue")
            self._tell_missing(key, "a fault of the desk's own")

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_S):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _ask_at(self, urls: SocketUrls, request: RestRequest) -> bytes | None:
        return await self._ask(request, urls)

    async def _fetch(
        self, key: _Key, ask: Callable[[RestRequest], Awaitable[bytes | None]]
    ) -> None:
        terms = self._terms(key)
        if terms is None:
            return
        now_ms = self._runtime.clock.wall_ms()
        told = await ask_candles(self._source, terms, key.bar_s, now_ms, ask, key.wanted)
        self._had.add(key)
        source = f"{self._source.name}'s own candles where this desk did not listen"
        self._runtime.learn(
            PastTold(instrument=terms.id, source=source, bar_s=key.bar_s, candles=told)
        )
        if terms.kind is Kind.PERPETUAL and key.wanted == WANTED:
            fundings = await ask_fundings(self._source, terms, ask)
            self._runtime.learn(PastTold(instrument=terms.id, fundings=fundings))

    def _tell_missing(self, key: _Key, why: str) -> None:
        if key not in self._had:
            source = f"{self._source.name} gave no candles of the time before: {why}"
            self._runtime.learn(PastTold(instrument=key.instrument, source=source))

    def _needed(self, instrument: str, bar_s: int) -> list[_Key]:
        """Return what a chart is made of: its own length, and those that its newest is folded from.

        Where the venue has not its length, more of the shorter ones.
        """
        if bar_s < 60 or bar_s not in LENGTHS_S:
            return []
        lengths = [bar_s, 60, *([3_600] if bar_s > 3_600 else [])]
        keys = [_Key(instrument, length) for length in dict.fromkeys(lengths)]
        told = self._source.words
        if bar_s not in told and FINER_S.get(bar_s) in told:
            finer_s = FINER_S[bar_s]
            keys.append(_Key(instrument, finer_s, WANTED * bar_s // finer_s))
        return [key for key in keys if key.bar_s in told]

    def _is_due(self, key: _Key) -> bool:
        """Whether it was never had, or the feed was away since."""
        tried_ns = self._tried_ns.get(key)
        if tried_ns is None:
            return True
        if self._runtime.clock.boot_ns() - tried_ns < RETRY_NS:
            return False
        status = self._runtime.engine.desk.market.connection(self._connection).status
        came_back = status is not None and status.up and status.ts_recv_ns > tried_ns
        return key not in self._had or came_back

    def _of_the_day(self) -> _Key | None:
        """Return an instrument whose price a day ago is not known yet."""
        for terms in self._runtime.engine.desk.catalogue.of_connection(self._connection).values():
            key = _Key(terms.id, DAY_S, DAY_COUNT)
            tried_ns = self._tried_ns.get(key)
            now_ns = self._runtime.clock.boot_ns()
            if tried_ns is None or (key not in self._had and now_ns - tried_ns > 3 * RETRY_NS):
                return key
        return None

    def _terms(self, key: _Key) -> Instrument | None:
        return self._runtime.engine.desk.catalogue.get(key.instrument)

"""Candles of the time before, asked of one venue: what charts need first, one request at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from desk.model.instrument import Instrument
from desk.model.market_data import PastCandle, PastFunding
from desk.venues.past import MAX_PAST_BYTES, PastSource, Span, check_bars
from desk.venues.protocol import RestRequest
from desk.venues.unreadable import UNREADABLE, Unusable, reason_of

WANTED = 600
"""Candles of a length that a chart is given."""
LARGEST_PAGES = 8
"""Requests for one length at most."""
PAUSE_S = 0.1
"""Between two requests: a tenth of what any of the venues allows."""

Ask: TypeAlias = Callable[[RestRequest], Awaitable[bytes | None]]
"""Makes a request; None: there is no answer."""


class PastMissing(Exception):
    """A venue's past is not to be had, or is none; says why."""


async def ask_candles(
    source: PastSource, instrument: Instrument, bar_s: int, now_ms: int, ask: Ask, count: int
) -> list[PastCandle]:
    """Ask for the newest candles of a length, page by page; raise PastMissing without any."""
    told: list[PastCandle] = []
    until_ms = now_ms
    for _ in range(LARGEST_PAGES):
        wanted = min(count - len(told), source.largest)
        if wanted <= 0:
            break
        span = Span(bar_s, source.words[bar_s], until_ms, wanted)
        page = await _page(source, instrument, span, ask)
        told = [*page, *told]
        if len(page) < wanted:  # there is no more, or there are times without trades
            break
        until_ms = page[0].start_ms - 1
        await asyncio.sleep(PAUSE_S)
    return told


async def ask_fundings(source: PastSource, instrument: Instrument, ask: Ask) -> list[PastFunding]:
    """Ask for settled fundings; none where the venue tells none. Raises PastMissing."""
    funding = source.funding
    if funding is None:
        return []
    request = funding.ask(instrument)
    body = await _answer(request, ask)
    try:
        return funding.read(instrument, body)
    except UNREADABLE as error:
        raise PastMissing(reason_of(error)) from None


async def _page(
    source: PastSource, instrument: Instrument, span: Span, ask: Ask
) -> list[PastCandle]:
    body = await _answer(source.ask(instrument, span), ask)
    try:
        page = source.read(instrument, body)
        check_bars(page, span)
    except UNREADABLE as error:
        raise PastMissing(reason_of(error)) from None
    # Some venues give more than was asked for, or the newest of a span.
    return page[-span.count :]


async def _answer(request: RestRequest, ask: Ask) -> bytes:
    body = await ask(request)
    if body is None:
        raise PastMissing("no answer")
    if len(body) > MAX_PAST_BYTES:
        raise PastMissing(reason_of(Unusable("oversize")))
    return body

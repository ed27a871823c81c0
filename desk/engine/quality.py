"""How far the data may be trusted: per instrument, per underlying, per stream, for every decision
and for the screen."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal

import msgspec

from desk.engine.desk import Desk
from desk.engine.snapshot import (
    FeedView,
    IndexSourceView,
    IndexView,
    QualityView,
    RateView,
    StreamView,
)
from desk.market.instrument_market import InstrumentMarket
from desk.model.events import Denial
from desk.model.instrument import FRESH_MS, Instrument
from desk.model.numbers import ONE
from desk.risk.context import MarketNow
from desk.risk.data_doubts import MARK_DOUBTS, doubts

NS_PER_MS = 1_000_000

AMBER_MS = 1_500
"""A lamp turns amber no earlier; nor before 1.5 × the cadence, which is a second at most for marks
that must be 2 s old at most."""


class StreamNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection counted of one stream; times are boot-time nanoseconds, 0: nothing yet."""

    name: str
    kind: str
    instrument: str | None
    active: bool
    limit_ms: int | None
    messages: int
    last_ns: int


class FeedNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection counted, beside its messages."""

    gaps: int
    rejected: int
    note: str
    streams: tuple[StreamNote, ...] = ()


NO_NOTE = FeedNote(gaps=0, rejected=0, note="")


def market_now(
    desk: Desk, instrument: Instrument, expected_price: Decimal | None = None
) -> MarketNow:
    """Return an instrument's market as the checks of data look at it."""
    market = desk.market.get(instrument.id)
    return MarketNow(
        mark=desk.mark(instrument.id),
        quality=desk.quality(instrument.id),
        mark_age_ms=desk.market.mark_age_ms(instrument.id, desk.now_ns),
        book_state=desk.book_state(instrument.id),
        expected_price=expected_price,
        mark_limit_ms=instrument.mark_limit_ms,
        standing=None if market is None else desk.reference.standing(market, desk.now_ns),
        venues_live=desk.reference.venues if desk.settings.live else 0,
    )


def mark_doubts(desk: Desk, instruments: AbstractSet[str]) -> list[Denial]:
    """Return why the marks of these instruments are none to risk anything on."""
    return [
        found
        for name in sorted(instruments)
        if (terms := desk.catalogue.get(name)) is not None
        for found in doubts(name, market_now(desk, terms), desk.rules.limits, MARK_DOUBTS)
    ]


def fed_markets(desk: Desk) -> list[InstrumentMarket]:
    """Return the markets of every instrument that this desk is fed."""
    fed = desk.settings.fed
    return [m for m in desk.market.all() if m.instrument.connection in fed]


def quality_views(desk: Desk) -> list[QualityView]:
    """Return how each fed instrument's data are, and why they would allow no new risk."""
    return [_quality_view(desk, market) for market in fed_markets(desk)]


def _quality_view(desk: Desk, market: InstrumentMarket) -> QualityView:
    now = market_now(desk, market.instrument)
    found = doubts(market.instrument.id, now, desk.rules.limits)
    return QualityView(
        instrument=market.instrument.id,
        quality=now.quality,
        book_state=now.book_state,
        mark_age_ms=now.mark_age_ms,
        book_age_ms=desk.market.book_age_ms(market.instrument.id, desk.now_ns),
        gaps=market.gaps,
        crossed=market.book.crossed,
        jumps=market.jumps,
        deviation=None if now.standing is None else now.standing.deviation,
        diverging=any(denial.code == "DIVERGING" for denial in found),
        blocked=found[0].message if found else "",
    )


def index_views(desk: Desk) -> list[IndexView]:
    """Return the consensus of each underlying with all that made it."""
    reference = desk.reference
    return [
        IndexView(
            base=base,
            value=index.value,
            state=index.state,
            votes=index.votes,
            sources=[
                IndexSourceView(
                    venue=source.venue,
                    price=source.price,
                    standing=source.standing,
                    deviation=source.deviation,
                    assumed=source.assumed,
                    age_ms=_ms(reference.ages_ns[base].get(source.venue)),
                )
                for source in index.sources
            ],
        )
        for base, index in reference.indices.items()
    ]


def rate_views(desk: Desk) -> list[RateView]:
    """Return what each stablecoin is worth in dollars, and each currency a person gave a rate."""
    coins = [
        RateView(asset=asset, usd=rate.rate, assumed=rate.assumed)
        for asset, rate in desk.reference.rates.items()
        if asset != "USD"
    ]
    entered = [
        RateView(asset=asset, usd=ONE / rate.per_usd, assumed=False)
        for asset, rate in desk.state.lending.rates.items()
    ]
    return coins + entered


def stream_views(desk: Desk, notes: Mapping[str, FeedNote]) -> list[StreamView]:
    """Return every stream of every connection, with its age now."""
    return [
        _stream_view(connection, stream, desk.now_ns)
        for connection, note in notes.items()
        for stream in note.streams
    ]


def _stream_view(connection: str, stream: StreamNote, now_ns: int) -> StreamView:
    age_ms = (now_ns - stream.last_ns) // NS_PER_MS if stream.last_ns else None
    return StreamView(
        connection=connection,
        name=stream.name,
        kind=stream.kind,
        instrument=stream.instrument,
        active=stream.active,
        age_ms=age_ms,
        limit_ms=stream.limit_ms,
        messages=stream.messages,
        state=_stream_state(age_ms, stream.limit_ms),
    )


def _stream_state(age_ms: int | None, limit_ms: int | None) -> str:
    if age_ms is None:
        return "SILENT"
    if limit_ms is None:
        return "LIVE" if age_ms <= FRESH_MS else "QUIET"
    return "LIVE" if 0 <= age_ms <= limit_ms else "STALE"


def feed_views(desk: Desk, notes: Mapping[str, FeedNote]) -> list[FeedView]:
    """Return one lamp a venue: the age of its oldest needed mark, by its own limit."""
    by_venue: dict[str, list[InstrumentMarket]] = {}
    for market in fed_markets(desk):
        by_venue.setdefault(market.instrument.venue, []).append(market)
    return [_feed_view(desk, venue, markets, notes) for venue, markets in by_venue.items()]


def _feed_view(
    desk: Desk, venue: str, markets: list[InstrumentMarket], notes: Mapping[str, FeedNote]
) -> FeedView:
    connections = list(dict.fromkeys(m.instrument.connection for m in markets))
    said = [notes.get(connection, NO_NOTE) for connection in connections]
    age_ms, limit_ms = _oldest(desk, markets)
    states = [desk.market.connection(connection).status for connection in connections]
    skews = [skew for c in connections if (skew := desk.skew_ms(c)) is not None]
    return FeedView(
        venue=venue,
        age_ms=age_ms,
        amber_ms=max(AMBER_MS, limit_ms * 3 // 4),
        stale_ms=limit_ms,
        gaps=sum(note.gaps for note in said),
        rejected=sum(note.rejected for note in said),
        note="; ".join(dict.fromkeys(note.note for note in said if note.note)),
        skew_ms=max(skews, key=abs, default=None),
        inactive=sum(not stream.active for note in said for stream in note.streams),
        down="; ".join(dict.fromkeys(s.reason for s in states if s is not None and not s.up)),
    )


def _oldest(desk: Desk, markets: list[InstrumentMarket]) -> tuple[int | None, int]:
    """Return the age that is farthest along its own limit, and that limit.

    One that lies ahead of now is no age to trust, and worse than any. None: one was never seen,
    and of the others none is stale, which would be worse.
    """
    limits = [market.instrument.mark_limit_ms for market in markets]
    ages = [_ms(market.seen_age_ns(desk.now_ns)) for market in markets]
    known = [(age, limit) for age, limit in zip(ages, limits, strict=True) if age is not None]
    worst = max(known, key=_badness, default=None)
    if worst is None or (None in ages and 0 <= worst[0] <= worst[1]):
        return None, limits[ages.index(None)] if None in ages else FRESH_MS
    return worst


def _badness(aged: tuple[int, int]) -> tuple[bool, int]:
    age_ms, limit_ms = aged
    return age_ms < 0, age_ms * 1_000 // limit_ms


def _ms(age_ns: int | None) -> int | None:
    return None if age_ns is None else age_ns // NS_PER_MS

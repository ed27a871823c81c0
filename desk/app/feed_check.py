"""`desk feed check`: are the prices there, how old are they, whose clock is off, do they agree?"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec

from desk.app.listed_connection import ListedConnection
from desk.app.listening import Listening, chosen_connections
from desk.app.options import market_of
from desk.cli.arguments import Arguments
from desk.engine.quality import feed_views, index_views, quality_views, rate_views
from desk.io.addresses import market_urls
from desk.io.clock import SystemClock
from desk.model.errors import InputError
from desk.model.numbers import parse_decimal, plain
from desk.venues.protocol import StreamHealth

EXIT_OK, EXIT_SILENT = 0, 1
NS_PER_MS = 1_000_000

Row = dict[str, Any]


def run(argv: list[str]) -> int:
    """Connect, listen for a while, report every stream; 1 when a needed one stayed silent."""
    parser = Arguments("desk feed", "Check market data.")
    parser.add_argument("action", choices=("check",))
    parser.add_argument(
        "--venue", action="append", default=[], metavar="V", help="venue or connection"
    )
    parser.add_argument("--market", metavar="FILE|-", help="the ready line of a desk market")
    parser.add_argument("--seconds", default="10", metavar="N", help="how long to listen")
    parsed = parser.parse_args(argv)
    seconds = parse_decimal(parsed.seconds)
    if seconds is None or not 0 < seconds <= 3600:
        raise InputError(
            source="desk feed", field="--seconds", expected="0 to 3600", found=parsed.seconds
        )
    urls = None if parsed.market is None else market_urls(market_of(parsed.market), parsed.market)
    clock = SystemClock()
    started_ns = clock.boot_ns()
    listening = Listening(chosen_connections("desk feed", parsed.venue, urls), urls, clock)
    rows = asyncio.run(_listen(listening, float(seconds), started_ns))
    print(msgspec.json.encode({"rows": rows}).decode())
    return EXIT_OK if all(row["ok"] for row in rows) else EXIT_SILENT


async def _listen(listening: Listening, seconds: float, started_ns: int) -> list[Row]:
    task = asyncio.create_task(listening.run())
    await asyncio.wait({task}, timeout=seconds)
    listening.look()
    rows = _report(listening, started_ns)  # before the end, which loses every book
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return rows


def _report(listening: Listening, started_ns: int) -> list[Row]:
    """Return the rows: streams, instruments, venues, what they make together."""
    rows: list[Row] = []
    for connection in listening.connections.values():
        for stream in connection.connection.streams():
            label = f"{connection.name} {stream.name}"
            rows += _stream_rows(label, stream, started_ns, listening.desk.now_ns)
        counters = connection.connection.counters
        said = ", ".join(counters.reasons)
        rows.append(_row(f"{connection.name} rejected", counters.rejected, "count", note=said))
    return [
        *rows,
        *_instrument_rows(listening),
        *_venue_rows(listening, list(listening.connections.values())),
        *_consensus_rows(listening),
    ]


def _stream_rows(label: str, stream: StreamHealth, started_ns: int, now_ns: int) -> list[Row]:
    heard = stream.messages > 0
    # What may be silent for any time is not missed while the venue says that it flows.
    ok = heard or (stream.limit_ms is None and stream.active)
    note = "" if heard else "nothing happened" if ok else "no data"
    first = (stream.first_ns - started_ns) // NS_PER_MS if heard else None
    age = (now_ns - stream.last_ns) // NS_PER_MS if heard else None
    lasted_s = max(1e-3, (now_ns - stream.first_ns) / 1e9)
    rate = round(stream.messages / lasted_s, 1) if heard else 0.0
    return [
        _row(f"{label} first data", first, "ms", ok=ok, note=note),
        _row(f"{label} rate", rate, "1/s", ok=ok, note=note),
        _row(f"{label} last age", age, "ms", ok=ok, note=note),
        _row(f"{label} active", int(stream.active), "of 1 wanted", ok=ok, note=note),
    ]


def _instrument_rows(listening: Listening) -> list[Row]:
    rows: list[Row] = []
    for view in quality_views(listening.desk):
        name = view.instrument
        rows += [
            _row(f"{name} gaps", view.gaps, "count"),
            _row(f"{name} crossed", view.crossed, "count"),
            _row(f"{name} jumps", view.jumps, "count"),
            _row(f"{name} mark age", view.mark_age_ms, "ms", note=view.quality),
            _row(f"{name} deviation", _text(view.deviation), "fraction", note=view.blocked),
        ]
    return rows


def _venue_rows(listening: Listening, connections: list[ListedConnection]) -> list[Row]:
    notes = {connection.name: connection.note("") for connection in connections}
    return [
        _row(
            f"{view.venue} clock skew",
            view.skew_ms,
            "ms",
            ok=not view.down,
            note="; ".join(filter(None, (view.down, view.note))),
        )
        for view in feed_views(listening.desk, notes)
    ]


def _consensus_rows(listening: Listening) -> list[Row]:
    rows: list[Row] = []
    for view in index_views(listening.desk):
        sources = ", ".join(f"{source.venue} {source.standing}" for source in view.sources)
        note = f"{view.state}, {view.votes} votes: {sources}"
        rows.append(_row(f"{view.base} index", _text(view.value), "USD", note=note))
    for rate in rate_views(listening.desk):
        note = "assumed at par" if rate.assumed else ""
        rows.append(_row(f"{rate.asset}/USD", plain(rate.usd), "USD", note=note))
    return rows


def _text(figure: Decimal | None) -> str | None:
    return None if figure is None else plain(figure)


def _row(
    name: str, value: float | str | None, unit: str, *, ok: bool = True, note: str = ""
) -> Row:
    return {"name": name, "value": value, "unit": unit, "ok": ok, "note": note}

"""`desk feed check`: are the prices there, how old are they, whose clock is off?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec

from desk.app.listening import Listening, chosen_connections
from desk.app.options import market_of
from desk.cli.arguments import Arguments
from desk.io.addresses import market_urls
from desk.io.clock import SystemClock
from desk.io.connection import Connection
from desk.market.state import MarketState
from desk.model.errors import InputError
from desk.model.numbers import parse_decimal
from desk.venues.protocol import SocketUrls

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
    names = chosen_connections("desk feed", parsed.venue, urls)
    rows = asyncio.run(_listen(names, urls, float(seconds)))
    print(msgspec.json.encode({"rows": rows}).decode())
    return EXIT_OK if all(row["ok"] for row in rows) else EXIT_SILENT


async def _listen(
    names: list[str], urls: Mapping[str, SocketUrls] | None, seconds: float
) -> list[Row]:
    clock = SystemClock()
    started_ns = clock.boot_ns()
    listening = Listening(names, urls, clock)
    task = asyncio.create_task(listening.run())
    await asyncio.wait({task}, timeout=seconds)
    now_ns = clock.boot_ns()
    rows = [
        row
        for name, connection in listening.connections.items()
        for row in _rows(name, connection, listening.market, clock, started_ns, now_ns)
    ]
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return rows


def _rows(
    name: str,
    connection: Connection,
    market: MarketState,
    clock: SystemClock,
    started_ns: int,
    now_ns: int,
) -> list[Row]:
    rows: list[Row] = []
    for stream in connection.streams():
        label = f"{name} {stream.name}"
        heard = stream.messages > 0
        first = (stream.first_ns - started_ns) // NS_PER_MS if heard else None
        age = (now_ns - stream.last_ns) // NS_PER_MS if heard else None
        lasted_s = max(1e-3, (now_ns - stream.first_ns) / 1e9)
        rate = round(stream.messages / lasted_s, 1) if heard else 0.0
        note = "" if heard else "no data"
        ok = heard or stream.kind == "liquidations"  # there may be none for hours
        rows += [
            _row(f"{label} first data", first, "ms", ok=ok, note=note),
            _row(f"{label} rate", rate, "1/s", ok=ok, note=note),
            _row(f"{label} last age", age, "ms", ok=ok, note=note),
        ]
    counters = connection.counters
    for instrument, book in counters.books.items():
        rows.append(_row(f"{name} {instrument} gaps", book.gaps, "count", ok=True, note=""))
    reasons = ", ".join(counters.reasons)
    rows.append(_row(f"{name} rejected", counters.rejected, "count", ok=True, note=reasons))
    rows.append(_row(f"{name} clock skew", _skew_ms(name, market, clock), "ms", ok=True, note=""))
    return rows


def _skew_ms(name: str, market: MarketState, clock: SystemClock) -> int | None:
    """Return the venue's clock minus ours, at the quickest message so far."""
    offset_ms = market.connection(name).clock.offset_ms
    if offset_ms is None:
        return None
    return clock.boot_ns() // NS_PER_MS - offset_ms - clock.wall_ms()


def _row(name: str, value: float | None, unit: str, *, ok: bool, note: str) -> Row:
    return {"name": name, "value": value, "unit": unit, "ok": ok, "note": note}

"""The desk that `desk bench ingest` measures: the whole of it but for a window, in a process.

Feeds, sockets, protocol, engine, journal and paper venue are those of every desk. It holds a
position and has an order resting, and somebody at its pipe asks for a frame as soon as the last
has come, as a window does that paints at once: the desk then sends sixty a second.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import msgspec

from desk.app.options import Options
from desk.app.session import Session, open_session
from desk.app.supervisor import Supervisor
from desk.app.window_process import WindowProcess
from desk.bench.meter import Meter
from desk.cli.grammar import parse
from desk.engine.snapshot import DeskFrame, PipeMessage, Request
from desk.io.clock import SystemClock
from desk.model.commands import Deposit, Heartbeat, NextFrame, SubmitOrder
from desk.model.events import AnyEvent, Denied

CONNECTION = "binance-usdm"
HELD, OTHER = "BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE"
DEPOSIT = "deposit 1000000 USDT"
ORDERS = (
    f"buy 0.5btc {HELD} market id held",
    f"buy 0.1btc {HELD} limit 60500 id rests",
)
PATIENCE_S = 30.0
_BEAT_NS = 250_000_000
_LOOK_S = 0.05


class Asker(WindowProcess):
    """Stands where the window process stands: asks for frames and looks at nothing."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self.connection: Connection = ours
        self.frames = context.Value("Q", 0)
        """Frames that came."""
        self.process = context.Process(target=_ask, args=(theirs, self.frames), daemon=True)
        self.process.start()
        theirs.close()


def _ask(connection: Connection, frames: Synchronized[int]) -> None:
    decode = msgspec.msgpack.Decoder(PipeMessage).decode
    frame, beat = (_request(wanted) for wanted in (NextFrame(selected=HELD), Heartbeat()))
    clock, beaten_ns = SystemClock(), 0
    try:
        connection.send_bytes(frame)
        while True:
            if clock.boot_ns() - beaten_ns > _BEAT_NS:
                beaten_ns = clock.boot_ns()
                connection.send_bytes(beat)
            if isinstance(decode(connection.recv_bytes()), DeskFrame):
                frames.value += 1
                connection.send_bytes(frame)
    except (EOFError, OSError):
        pass


def _request(wanted: NextFrame | Heartbeat) -> bytes:
    payload = msgspec.Raw(msgspec.msgpack.encode(wanted))
    return msgspec.msgpack.encode(Request(number=0, payload=payload))


def run(connection: Connection, ready: dict[str, Any], folder: str) -> None:
    """Run the desk until told to end."""
    asyncio.run(_desk(connection, Options(account=folder, market=ready)))


async def _desk(connection: Connection, options: Options) -> None:
    async with open_session(options) as session:
        await _set_up(session)
        asker = Asker()
        async with Supervisor(session, asker, []):
            desk, wall_ms = session.runtime.engine.desk, session.runtime.clock.wall_ms
            protocol, market = session.feeds.protocol(CONNECTION), desk.market.get(HELD)
            assert market is not None

            def counted() -> dict[str, int]:
                return {stream.name: stream.messages for stream in protocol.streams()}

            def age_ms() -> int | None:
                stamp_ms = market.top and market.top.ts_venue_ms
                return stamp_ms and wall_ms() - stamp_ms

            def more() -> dict[str, Any]:
                counters = protocol.counters
                return {
                    "applied": {i: desk.market.books[i].applied for i in counters.books},
                    "gaps": sum(book.gaps for book in counters.books.values()),
                    "rejected": counters.rejected,
                    "frames": asker.frames.value,
                    "resting": len(desk.state.live_orders()),
                }

            await Meter(connection, counted, age_ms).serve(more)


async def _set_up(session: Session) -> None:
    """Open a position and leave an order in the book; raise RuntimeError where that fails."""
    denied: list[AnyEvent] = []
    session.listen(lambda event: denied.append(event) if isinstance(event, Denied) else None)
    _give(session, DEPOSIT)
    await _until(lambda: not session.missing((HELD, OTHER)))
    for line in ORDERS:
        _give(session, line)
        await _until(session.settled)
    desk = session.runtime.engine.desk
    if denied or not desk.held("perp-1", HELD) or not desk.state.live_orders():
        raise RuntimeError(f"the orders are not there: {denied}")


def _give(session: Session, line: str) -> None:
    command = parse(line, line)
    assert isinstance(command, Deposit | SubmitOrder)
    session.give(command)


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - the desk changes with every message
            await asyncio.sleep(_LOOK_S)

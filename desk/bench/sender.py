"""A venue that sends frames made beforehand, at a rate: a process of its own, on loopback.

It listens as Binance's USDⓈ-M futures do, on two paths, and sends its market once both are open.
A run is made ready before it begins: whole websocket frames, those of one millisecond in one
piece, of which only the time is filled in when it is sent. Ids run on through all that is sent,
so that a client that is short of a message has a gap or a count to show for it.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count, islice
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, Self, TypeAlias

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from desk.bench.frames import Market
from desk.bench.machine import core_of
from desk.io.clock import SystemClock
from desk.sim import sockets

PUBLIC, MARKET = "/public/stream", "/market/stream"
"""Books, trades and tickers flow on the one, marks on the other."""

DEPTH, MARK, TRADE, TICKER = "depth@100ms", "markPrice@1s", "aggTrade", "bookTicker"
MIX = (DEPTH, MARK, *(TRADE,) * 5, *(TICKER,) * 13)
"""Of twenty messages: 5 % changes of the book, 5 % marks, 25 % trades, 65 % tickers."""
WITHOUT_BOOKS = (MARK, TICKER)
"""While a run is made, whose changes follow those that were sent; no ticker is ahead of these."""
LEVELS = 20
"""Changed on each side."""

_PIECES_A_SECOND = 1_000
_PIECE_NS = 1_000_000
_CALM_S, _CALM_MESSAGES = 0.02, 10
_HOUR_MS = 3_600_000
_MADE_MS = 1_111_111_111_111
"""Stands in made frames where the time will stand; messages are of up to 3 ms before."""
_CLOSE_S = 20.0

Piece: TypeAlias = dict[str, bytes]
"""By path, frames that are sent at once."""


class Sent(NamedTuple):
    """What a run has sent."""

    total: int
    """Messages since the sockets were opened, this run included."""
    seconds: float
    ended_ns: int
    """Boot-time clock behind the last piece."""
    latest_ms: float
    """How much later than it was due the latest piece was sent."""
    backlog_bytes: int
    """The most that ever waited here because the client did not read."""
    core: int | None


class Sender:
    """The process, as those see it who measure; to be used as a context, for one client."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self.ready: dict[str, Any] = self._ours.recv()
        """Its ready line, as `desk market` prints it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ours.close()
        self._process.join(_CLOSE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def make(self, rate: int, seconds: float) -> None:
        """Make a run; return once it is ready."""
        self._ask("make", rate, seconds)

    def send(self, *, at_once: bool = False) -> Sent:
        """Send the run that was made, all of it at once or in its time; return once it is sent."""
        return Sent(*self._ask("send", 0 if at_once else _PIECE_NS))

    def end(self) -> dict[str, int]:
        """Send no more; return how many messages each stream has had."""
        return self._ask("end")

    def _ask(self, *what: object) -> Any:
        self._ours.send(what)
        return self._ours.recv()


class Pieces:
    """The market, piece by piece."""

    def __init__(self, funding_ms: int) -> None:
        self.counts: Counter[str] = Counter()
        """Messages made, by stream."""
        self._funding_ms = funding_ms
        self._markets = (Market("BTCUSDT", 610_000, 1, 1), Market("ETHUSDT", 260_000, 2, 2))
        self._first_ids: dict[str, int] = {}
        self._turns = count()

    def make(
        self, messages: int, mix: Sequence[str] = MIX, shown: Mapping[str, int] | None = None
    ) -> Piece:
        """Return the next messages, of both symbols in turn.

        `shown` are the ids of the books that were sent, for tickers between runs.
        """
        frames: dict[str, list[bytes]] = {PUBLIC: [], MARKET: []}
        for turn in islice(self._turns, messages):
            kind, market = mix[turn // 2 % len(mix)], self._markets[turn % 2]
            self.counts[f"{market.symbol.lower()}@{kind}"] += 1
            frame = _framed(self._message(market, kind, shown or {}))
            frames[MARKET if kind == MARK else PUBLIC].append(frame)
        return {path: b"".join(found) for path, found in frames.items() if found}

    def snapshot(self, symbol: str) -> bytes | None:
        """Return the answer to GET depth; None before the first change of the book."""
        first_id = self._first_ids.get(symbol)
        if first_id is None:
            return None
        return next(m for m in self._markets if m.symbol == symbol).snapshot(first_id)

    def ids(self) -> dict[str, int]:
        """Return the id of each book's last change that was made."""
        return {market.symbol: market.last_id for market in self._markets}

    def _message(self, market: Market, kind: str, shown: Mapping[str, int]) -> bytes:
        if kind == DEPTH:
            made = market.depth(LEVELS, _MADE_MS)
            self._first_ids.setdefault(market.symbol, market.last_id)
            return made
        if kind == MARK:
            return market.mark(_MADE_MS, self._funding_ms)
        if kind == TICKER:
            return market.ticker(_MADE_MS, shown.get(market.symbol, market.last_id))
        return market.aggregate(_MADE_MS)


def timed(frames: bytes, now_ms: int) -> bytes:
    """Return made frames as of a time."""
    for before_ms in (0, 3):
        frames = frames.replace(b"%d" % (_MADE_MS - before_ms), b"%d" % (now_ms - before_ms))
    return frames


def _framed(message: bytes) -> bytes:
    size = len(message)
    head = struct.pack("!BB", 0x81, size) if size < 126 else struct.pack("!BBH", 0x81, 126, size)
    return head + message


def _serve(connection: Connection) -> None:
    asyncio.run(_Venue(connection).run())


class _Venue:
    """The process itself: serves one client, and does as told."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._clock = SystemClock()
        self._sockets: dict[str, ServerConnection] = {}
        self._pieces = Pieces(self._clock.wall_ms() + _HOUR_MS)
        self._run: list[Piece] = []
        self._shown: dict[str, int] = {}
        """Ids of the books that were sent, while a run is made."""
        self._calm: Sequence[str] = MIX
        """What is sent between runs; empty: nothing."""

    async def run(self) -> None:
        """Listen until nobody tells any more what to do."""
        server = await sockets.listen(
            0,
            converse=self._converse,
            answer=self._answer,
            ping_interval_s=None,
            ping_timeout_s=None,
        )
        self._connection.send({"binance": {"usdm": sockets.addresses(sockets.port_of(server))}})
        calm = asyncio.create_task(self._be_calm())
        with suppress(EOFError, OSError):
            while True:
                word, *given = await asyncio.to_thread(self._connection.recv)
                self._connection.send(await self._do(word, *given))
        calm.cancel()
        await sockets.close(server)

    async def _do(self, word: str, *given: Any) -> object:
        if word == "make":
            return await self._make(*given)
        if word == "send":
            return await self._send(*given)
        self._calm = ()
        return dict(self._pieces.counts)

    async def _make(self, rate: int, seconds: float) -> None:
        self._calm, self._shown = WITHOUT_BOOKS, self._pieces.ids()
        for _ in range(round(seconds * _PIECES_A_SECOND)):
            self._run.append(self._pieces.make(rate // _PIECES_A_SECOND))
            await asyncio.sleep(0)

    async def _send(self, every_ns: int) -> Sent:
        """Send each piece when it is due, and at once where that is past."""
        run, self._run, self._calm, self._shown = self._run, [], (), {}
        boot_ns = self._clock.boot_ns
        began_ns = boot_ns()
        latest_ns = backlog = 0
        for number, piece in enumerate(run):
            due_ns = began_ns + number * every_ns
            if (early_ns := due_ns - boot_ns()) > 0:
                await asyncio.sleep(early_ns / 1e9)
            latest_ns = max(latest_ns, boot_ns() - due_ns)
            backlog = max(backlog, self._write(piece))
        ended_ns, total = boot_ns(), self._pieces.counts.total()
        self._calm = MIX
        seconds = (ended_ns - began_ns) / 1e9
        return Sent(total, seconds, ended_ns, latest_ns / 1e6, backlog, core_of())

    async def _be_calm(self) -> None:
        while True:
            await asyncio.sleep(_CALM_S)
            if self._calm and len(self._sockets) > 1:
                self._write(self._pieces.make(_CALM_MESSAGES, self._calm, self._shown))

    def _write(self, piece: Piece) -> int:
        """Hand a piece to the system; return how many bytes it has not taken yet.

        On a socket that the client has left nothing is sent.
        """
        now_ms, waiting = self._clock.wall_ms(), 0
        for path, frames in piece.items():
            socket = self._sockets.get(path)
            if socket is None or socket.transport.is_closing():
                continue
            transport = socket.transport
            transport.write(timed(frames, now_ms))
            waiting += transport.get_write_buffer_size()
        return waiting

    async def _answer(self, _connection: ServerConnection, request: Request) -> Response | None:
        """Let handshakes pass; of REST there is the snapshot alone."""
        if request.path in {PUBLIC, MARKET}:
            return None
        path, _, query = request.path.partition("?symbol=")
        body = self._pieces.snapshot(query.partition("&")[0]) if path.endswith("/depth") else None
        return (
            sockets.json_response(404, b"{}") if body is None else sockets.json_response(200, body)
        )

    async def _converse(self, connection: ServerConnection) -> None:
        """Answer what is asked about streams: all that are sent are on."""
        assert connection.request is not None, "the handshake is over"
        path = connection.request.path
        self._sockets[path] = connection
        names: list[str] = []
        try:
            async for said in connection:
                asked = json.loads(said)
                names += asked["params"]
                result = names if asked["method"] == "LIST_SUBSCRIPTIONS" else None
                sockets.queue(
                    connection, json.dumps({"result": result, "id": asked["id"]}).encode()
                )
                sockets.flush(connection)
        except ConnectionClosed:
            pass  # without a goodbye
        finally:
            del self._sockets[path]

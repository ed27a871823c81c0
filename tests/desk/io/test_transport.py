"""The pump against servers on loopback that behave, and servers that do not."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from helpers import binance_frames as b
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from desk.io import transport
from desk.io.clock import SystemClock
from desk.model.errors import InputError
from desk.model.market_data import BookDelta, BookLost, BookSnapshot, FeedStatus, MarkPrice
from desk.venues.protocol import Endpoint, SocketUrls

PATIENCE_S = 10.0


class Venue:
    """A small USDⓈ-M: sockets that send what a test says, and a REST that answers snapshots."""

    def __init__(self):
        self.sockets = []
        self.paths = []
        self.subscribed = []
        self.snapshots = 0
        self.snapshot_status = "200 OK"
        self.speak = self.tell_depth
        self.changed = asyncio.Event()

    def note(self):
        self.changed.set()

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def socket(self, socket):
        self.paths.append(urlsplit(socket.request.path).path)
        self.sockets.append(socket)
        self.note()
        with suppress(ConnectionClosed):
            request = json.loads(await socket.recv())
            self.subscribed.append(request["params"])
            await socket.send(b.raw({"result": None, "id": request["id"]}).decode())
            await self.speak(socket, request["params"])
            await socket.wait_closed()

    async def tell_depth(self, socket, streams):
        """A steady stream: ten updates, and then ten a second for ever."""
        last = 100
        while True:
            for stream in streams:
                if stream == "btcusdt@depth@100ms":
                    await socket.send(b.depth_frame(last + 1, last + 5, last).decode())
                elif stream == "btcusdt@markPrice@1s":
                    await socket.send(b.wrapped(stream, b.mark()).decode())
            last += 5
            await asyncio.sleep(0.02)

    async def say_nothing(self, socket, streams):
        return

    async def rest(self, reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()  # the pump was stopped meanwhile
            return
        self.snapshots += 1
        body = b.snapshot(103)
        writer.write(
            f"HTTP/1.1 {self.snapshot_status}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        writer.close()
        self.note()


@asynccontextmanager
async def pumping(venue, *, jitter=lambda: 0.0, protocol=None):
    """A venue and a pump on it; gives what has been heard."""
    heard = []
    clock = SystemClock()

    def sink(events):
        assert events
        heard.extend(events)
        venue.note()

    async with serve(venue.socket, "127.0.0.1", 0, close_timeout=0.1) as sockets:
        rest = await asyncio.start_server(venue.rest, "127.0.0.1", 0)
        urls = SocketUrls(
            rest=f"http://127.0.0.1:{rest.sockets[0].getsockname()[1]}",
            ws=f"ws://127.0.0.1:{sockets.sockets[0].getsockname()[1]}",
        )
        pump = asyncio.create_task(
            transport.run(protocol or b.protocol(), urls, clock=clock, sink=sink, jitter=jitter)
        )
        try:
            yield heard
        finally:
            pump.cancel()
            with suppress(asyncio.CancelledError):
                await pump
            rest.close()
            await rest.wait_closed()


def kinds(heard):
    return {type(event) for event in heard}


def test_a_connection_brings_books_and_marks():
    async def scene():
        venue = Venue()
        async with pumping(venue) as heard:
            await venue.until(lambda: {BookDelta, MarkPrice} <= kinds(heard))
            assert sorted(venue.paths) == ["/market/stream", "/public/stream"]
            assert venue.snapshots == 1
            snapshot = next(e for e in heard if isinstance(e, BookSnapshot))
            deltas = [e for e in heard if isinstance(e, BookDelta)]
            assert snapshot.last_id == 103
            assert deltas[0].last_id == 105
            assert all(0 < event.ts_recv_ns <= SystemClock().boot_ns() for event in heard)

    asyncio.run(scene())


def test_every_wanted_stream_is_asked_for_again_after_a_reconnect():
    async def scene():
        venue = Venue()
        async with pumping(venue) as heard:
            await venue.until(lambda: {BookDelta, MarkPrice} <= kinds(heard))
            before = {path: tuple(s) for path, s in zip(venue.paths, venue.subscribed, strict=True)}
            for socket in venue.sockets[:2]:
                await socket.close()
            await venue.until(lambda: len(venue.subscribed) == 4)
            after = zip(venue.paths[2:], venue.subscribed[2:], strict=True)
            assert {path: tuple(s) for path, s in after} == before
            assert any(isinstance(e, BookLost) and e.reason == "disconnected" for e in heard)
            await venue.until(lambda: sum(isinstance(e, BookSnapshot) for e in heard) == 2)

    asyncio.run(scene())


class Hasty:
    """A protocol whose sockets are given up sooner, so that a test need not wait."""

    def __init__(self, inner, **limits):
        self._inner = inner
        self._limits = limits

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def endpoints(self):
        return tuple(
            Endpoint(
                path=e.path,
                streams=e.streams,
                **{"silence_ms": 300, "first_data_ms": 300, "life_ms": None} | self._limits,
            )
            for e in self._inner.endpoints()
        )


def test_a_server_that_says_nothing_is_left():
    async def scene():
        venue = Venue()
        venue.speak = venue.say_nothing
        async with pumping(venue, protocol=Hasty(b.protocol())) as heard:
            await venue.until(lambda: len(venue.sockets) >= 4)
            reasons = [e.reason for e in heard if isinstance(e, FeedStatus) and not e.up]
            assert any("no data for" in reason for reason in reasons)

    asyncio.run(scene())


def test_data_that_stop_behind_a_polite_socket_are_noticed():
    async def speak_briefly(socket, streams):
        for stream in streams:
            if stream == "btcusdt@markPrice@1s":
                await socket.send(b.wrapped(stream, b.mark()).decode())

    async def scene():
        venue = Venue()
        venue.speak = speak_briefly
        async with pumping(venue, protocol=Hasty(b.protocol(), first_data_ms=60_000)) as heard:
            await venue.until(lambda: venue.paths.count("/market/stream") == 2)
            assert venue.paths.count("/public/stream") == 1
            down = [e for e in heard if isinstance(e, FeedStatus) and not e.up]
            assert "/market/stream no data for" in down[0].reason

    asyncio.run(scene())


def test_a_socket_is_changed_before_its_end_of_life():
    async def scene():
        venue = Venue()
        protocol = Hasty(b.protocol(), life_ms=400, silence_ms=60_000, first_data_ms=60_000)
        # With a waiting time of a minute, only a change on purpose comes back in time.
        async with pumping(venue, protocol=protocol, jitter=lambda: 60.0) as heard:
            await venue.until(lambda: len(venue.subscribed) >= 4)
            down = [e.reason for e in heard if isinstance(e, FeedStatus) and not e.up]
            assert all("end of life" in reason for reason in down)

    asyncio.run(scene())


def test_garbage_is_counted_and_the_feed_goes_on():
    garbage = ["{", "nonsense", b"\xff\xfe\x00", "[" * 5_000, '{"stream":"btcusdt@trade","data":1}']

    async def scene():
        venue = Venue()

        async def speak(socket, streams):
            if "btcusdt@trade" in streams:
                for piece in garbage:
                    await socket.send(piece)
            await venue.tell_depth(socket, streams)

        venue.speak = speak
        protocol = b.protocol()
        async with pumping(venue, protocol=protocol) as heard:
            await venue.until(lambda: BookDelta in kinds(heard))
            assert protocol.counters.rejected == len(garbage)
            assert len(venue.sockets) == 2

    asyncio.run(scene())


def test_a_message_beyond_the_bound_ends_the_socket_not_the_pump():
    async def scene():
        venue = Venue()
        told = []

        async def speak(socket, streams):
            if "btcusdt@trade" in streams and not told:
                told.append(True)
                await socket.send("x" * (2 << 20))
            await venue.tell_depth(socket, streams)

        venue.speak = speak
        async with pumping(venue) as heard:
            await venue.until(lambda: BookDelta in kinds(heard))
            assert venue.paths.count("/public/stream") == 2

    asyncio.run(scene())


def test_a_refused_snapshot_is_asked_for_again():
    async def scene():
        venue = Venue()
        venue.snapshot_status = "503 Service Unavailable"
        protocol = b.protocol()
        async with pumping(venue, protocol=protocol) as heard:
            await venue.until(lambda: venue.snapshots == 1)
            venue.snapshot_status = "200 OK"
            await venue.until(lambda: BookSnapshot in kinds(heard))
            assert venue.snapshots == 2
            assert protocol.counters.books["BTCUSDT-PERP.BINANCE"].snapshots_refused == 1

    asyncio.run(scene())


def test_a_venue_that_asks_to_wait_is_left_alone():
    async def scene():
        venue = Venue()
        venue.snapshot_status = "429 Too Many Requests\r\nRetry-After: 600"
        async with pumping(venue) as heard:
            await venue.until(lambda: venue.snapshots == 1)
            # Ticks go on; a second question would come after half a second.
            marks = len(heard)
            await venue.until(lambda: len(heard) > marks + 50)
            assert venue.snapshots == 1

    asyncio.run(scene())


def test_a_socket_that_is_announced_to_end_is_left_at_once():
    async def scene():
        venue = Venue()

        async def speak(socket, streams):
            if len(venue.sockets) <= 2:
                await socket.send(b.raw({"e": "serverShutdown", "E": b.START_MS}).decode())
            await venue.tell_depth(socket, streams)

        venue.speak = speak
        async with pumping(venue, jitter=lambda: 60.0) as heard:
            await venue.until(lambda: len(venue.subscribed) >= 3)
            down = [e.reason for e in heard if isinstance(e, FeedStatus) and not e.up]
            assert any("the venue's wish" in reason for reason in down)

    asyncio.run(scene())


@pytest.mark.parametrize(("healthy_ms", "failures"), [(10, [0, 0, 0]), (60_000, [0, 1, 2])])
def test_only_a_socket_that_held_starts_from_the_quickest_retry(monkeypatch, healthy_ms, failures):
    told = []
    monkeypatch.setattr(transport, "_HEALTHY_NS", healthy_ms * 1_000_000)
    monkeypatch.setattr(transport, "backoff_s", lambda n, jitter: told.append(n) or 0.0)

    async def scene():
        venue = Venue()

        async def speak(socket, streams):
            for _ in range(2):
                for stream in streams:
                    if stream == "btcusd_perp@markPrice@1s":
                        data = b.mark(symbol="BTCUSD_PERP")
                        await socket.send(b.wrapped(stream, data).decode())
                await asyncio.sleep(0.05)
            await socket.close()

        venue.speak = speak
        async with pumping(venue, protocol=b.protocol(b.COINM)):
            await venue.until(lambda: len(venue.subscribed) >= 4)

    asyncio.run(scene())
    assert told[:3] == failures


def in_use():
    """Tasks and open files of this process."""
    return len(asyncio.all_tasks()), len(list(Path("/proc/self/fd").glob("*")))


def test_a_hundred_reconnects_ask_for_everything_and_leave_nothing_behind():
    async def scene():
        venue = Venue()

        async def hang_up(socket, streams):
            await socket.close()

        venue.speak = hang_up
        protocol = b.protocol()
        async with pumping(venue, protocol=protocol):
            await venue.until(lambda: len(venue.subscribed) >= 20)
            tasks, files = in_use()
            await venue.until(lambda: len(venue.subscribed) >= 120)
            # Two sockets are somewhere between opening and closing at either moment.
            more_tasks, more_files = in_use()
            assert more_tasks <= tasks + 12
            assert more_files <= files + 6
            wanted = {endpoint.streams for endpoint in protocol.endpoints()}
            assert {tuple(streams) for streams in venue.subscribed} == wanted

    asyncio.run(scene())


def test_a_protocol_that_was_stopped_amid_a_request_can_be_pumped_again():
    async def scene():
        protocol = b.protocol()
        first = Venue()
        first.snapshot_status = "429 Too Many Requests\r\nRetry-After: 600"
        async with pumping(first, protocol=protocol):
            await first.until(lambda: first.snapshots == 1)
        second = Venue()
        async with pumping(second, protocol=protocol) as heard:
            await second.until(lambda: BookDelta in kinds(heard))
            ends = [e.reason for e in heard if isinstance(e, FeedStatus) and not e.up]
            assert ends == ["/public/stream stopped", "/market/stream stopped"]

    asyncio.run(scene())


def test_a_fault_of_the_sink_ends_the_pump_and_leaves_nothing():
    async def scene():
        venue = Venue()

        def broken(events):
            raise ZeroDivisionError

        async with serve(venue.socket, "127.0.0.1", 0, close_timeout=0.1) as sockets:
            port = sockets.sockets[0].getsockname()[1]
            urls = SocketUrls(rest=f"http://127.0.0.1:{port}", ws=f"ws://127.0.0.1:{port}")
            with pytest.raises(ExceptionGroup) as raised:
                await transport.run(
                    b.protocol(), urls, clock=SystemClock(), sink=broken, jitter=lambda: 0.0
                )
            assert raised.group_contains(ZeroDivisionError)

    asyncio.run(scene())


def test_a_venue_that_is_away_is_tried_for_ever_and_ever_more_slowly(monkeypatch):
    waits = []

    async def scene():
        enough = asyncio.Event()

        async def sleep(seconds, *, real=asyncio.sleep):
            # The watch ticks at its own pace; everything else is a wait before a retry.
            if seconds == transport._TICK_S:
                await real(seconds)
                return
            waits.append(seconds)
            if len(waits) == 30:
                enough.set()
            await real(0)

        monkeypatch.setattr(transport.asyncio, "sleep", sleep)
        nowhere = SocketUrls(rest="http://127.0.0.1:9", ws="ws://127.0.0.1:9")
        heard = []
        pump = asyncio.create_task(
            transport.run(
                b.protocol(b.COINM),
                nowhere,
                clock=SystemClock(),
                sink=heard.extend,
                jitter=lambda: 0.999,
            )
        )
        async with asyncio.timeout(PATIENCE_S):
            await enough.wait()
        pump.cancel()
        with suppress(asyncio.CancelledError):
            await pump
        assert "cannot connect" in heard[0].reason

    asyncio.run(scene())
    assert waits[:7] == pytest.approx([0.999 * 2**n for n in range(6)] + [0.999 * 60])
    assert max(waits) < transport.BACKOFF_CAP_S
    assert sum(waits[:20]) > 600, "at most twenty tries in ten minutes at the longest waits"


@pytest.mark.parametrize("failures", range(40))
def test_a_wait_is_spread_over_its_whole_range(failures):
    longest = min(60.0, 2.0**failures)
    assert transport.backoff_s(failures, 0.0) == 0
    assert transport.backoff_s(failures, 0.5) == longest / 2
    assert transport.backoff_s(failures, 1.0) == longest


@pytest.mark.parametrize(
    "urls",
    [
        SocketUrls(rest="http://fapi.example", ws="wss://fstream.example"),
        SocketUrls(rest="https://fapi.example", ws="ws://fstream.example"),
        SocketUrls(rest="https://fapi.example", ws="ftp://fstream.example"),
    ],
)
def test_nothing_unencrypted_leaves_this_machine(urls):
    async def scene():
        with pytest.raises(InputError):
            await transport.run(
                b.protocol(), urls, clock=SystemClock(), sink=print, jitter=lambda: 0.0
            )

    asyncio.run(scene())


def test_a_venue_with_large_snapshots_is_read_and_one_without_is_protected():
    from desk.venues.coinbase import CoinbaseProtocol
    from desk.venues.kraken import KrakenProtocol

    (large,) = CoinbaseProtocol([]).endpoints()
    (small,) = KrakenProtocol([]).endpoints()
    assert large.max_frame_bytes > 5_000_000  # the full BTC-USD book is about 4.8 MB
    assert small.max_frame_bytes == 1 << 20

"""A connection against servers on loopback that behave, and servers that do not."""

import asyncio
import json
import resource
import struct
import zlib
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from helpers import binance_frames as b
from helpers import coinbase_frames as c
from helpers.hasty import Hasty
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from desk.io import pump, retry
from desk.io.clock import SystemClock
from desk.io.connection import Connection
from desk.model.errors import InputError
from desk.model.market_data import (
    BookDelta,
    BookLost,
    BookSnapshot,
    FeedStatus,
    InstrumentListed,
    MarkPrice,
)
from desk.venues.protocol import RestRequest, SocketUrls

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
            request = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()  # the pump was stopped meanwhile
            return
        self.snapshots += b"/depth?" in request
        body = b.snapshot(103)
        writer.write(
            f"HTTP/1.1 {self.snapshot_status}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        writer.close()
        self.note()


class Heard(list):
    """The events that were handed on, and what gave them."""

    connection: Connection


def connected(urls, heard, make, *, jitter=lambda: 0.0, tap=None):
    """A connection whose events go to a list."""
    return Connection(make, urls, clock=SystemClock(), sink=heard.extend, jitter=jitter, tap=tap)


@asynccontextmanager
async def running(connection, urls=None):
    """Keep a connection for as long as the block lasts."""
    task = asyncio.create_task(connection.run(urls))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def served(venue):
    """The addresses of a venue."""
    async with serve(venue.socket, "127.0.0.1", 0, close_timeout=0.1) as sockets:
        rest = await asyncio.start_server(venue.rest, "127.0.0.1", 0)
        try:
            yield SocketUrls(
                rest=f"http://127.0.0.1:{rest.sockets[0].getsockname()[1]}",
                ws=f"ws://127.0.0.1:{sockets.sockets[0].getsockname()[1]}",
            )
        finally:
            rest.close()
            await rest.wait_closed()


@asynccontextmanager
async def pumping(venue, *, make=b.protocol, **options):
    """A venue and a connection to it; gives what has been heard."""
    heard = Heard()

    class Noting:
        @staticmethod
        def extend(events):
            assert events
            heard.extend(events)
            venue.note()

    async with served(venue) as urls:
        heard.connection = connected(urls, Noting, make, **options)
        async with running(heard.connection):
            yield heard


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


@pytest.mark.thorough
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


def hasty(make=b.protocol, **limits):
    """What makes protocols whose sockets are given up sooner."""
    limits = {"silence_ms": 300, "first_data_ms": 300, "life_ms": None} | limits
    return lambda: Hasty(make(), **limits)


@pytest.mark.fault("T42")
def test_a_server_that_says_nothing_is_left():
    async def scene():
        venue = Venue()
        venue.speak = venue.say_nothing
        async with pumping(venue, make=hasty()) as heard:
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
        async with pumping(venue, make=hasty(first_data_ms=60_000)) as heard:
            await venue.until(lambda: venue.paths.count("/market/stream") == 2)
            assert venue.paths.count("/public/stream") == 1
            down = [e for e in heard if isinstance(e, FeedStatus) and not e.up]
            assert "/market/stream no data for" in down[0].reason

    asyncio.run(scene())


class OnlyHeartbeats(Venue):
    """A Coinbase that says again and again that it is there, and nothing else."""

    async def socket(self, socket):
        self.sockets.append(socket)
        self.note()
        theirs = c.Venue()
        with suppress(ConnectionClosed):
            while True:
                frame = theirs.frame("heartbeats", c.heartbeat(theirs.number))
                await socket.send(frame.decode())
                await asyncio.sleep(0.02)


@pytest.mark.thorough
def test_a_socket_that_brings_nothing_but_heartbeats_is_left():
    async def scene():
        venue = OnlyHeartbeats()
        async with pumping(venue, make=hasty(c.protocol)) as heard:
            await venue.until(lambda: len(venue.sockets) >= 2)
            assert heard.connection.counters.rejected == 0
            reasons = [e.reason for e in heard if isinstance(e, FeedStatus) and not e.up]
            assert "no data for" in reasons[0]

    asyncio.run(scene())


@pytest.mark.fault("T42")
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
        async with pumping(venue) as heard:
            await venue.until(lambda: BookDelta in kinds(heard))
            assert heard.connection.counters.rejected == len(garbage)
            assert len(venue.sockets) == 2

    asyncio.run(scene())


@pytest.mark.fault("T42")
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


@pytest.mark.fault("T42")
def test_a_small_frame_that_would_inflate_to_a_large_one_is_not_inflated():
    """No compression is agreed on, so 64 MiB in 64 KiB is a broken frame: the next socket works."""
    packer = zlib.compressobj(wbits=-15)
    bomb = packer.compress(b"[" * (64 << 20)) + packer.flush(zlib.Z_SYNC_FLUSH)[:-4]
    compressed_text = 0xC1

    async def scene():
        venue = Venue()
        told = []

        async def speak(socket, streams):
            if "btcusdt@trade" in streams and not told:
                told.append(True)
                socket.transport.write(struct.pack("!BBQ", compressed_text, 127, len(bomb)) + bomb)
            await venue.tell_depth(socket, streams)

        venue.speak = speak
        async with pumping(venue) as heard:
            await venue.until(lambda: BookDelta in kinds(heard))
            assert venue.paths.count("/public/stream") == 2

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    asyncio.run(scene())
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 32 << 10


def test_a_refused_snapshot_is_asked_for_again():
    async def scene():
        venue = Venue()
        venue.snapshot_status = "503 Service Unavailable"
        async with pumping(venue) as heard:
            await venue.until(lambda: venue.snapshots == 1)
            venue.snapshot_status = "200 OK"
            await venue.until(lambda: BookSnapshot in kinds(heard))
            assert venue.snapshots == 2
            assert heard.connection.counters.books["BTCUSDT-PERP.BINANCE"].snapshots_refused == 1

    asyncio.run(scene())


@pytest.mark.thorough
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


@pytest.mark.parametrize(("healthy_ms", "failures"), [(10, [1, 1, 1]), (60_000, [1, 2, 3])])
def test_only_a_socket_that_held_starts_from_the_quickest_retry(monkeypatch, healthy_ms, failures):
    told = []
    monkeypatch.setattr(pump, "_HEALTHY_NS", healthy_ms * 1_000_000)
    monkeypatch.setattr(retry, "backoff_s", lambda n, jitter: told.append(n) or 0.0)

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
        async with pumping(venue, make=lambda: b.protocol(b.COINM)):
            await venue.until(lambda: len(venue.subscribed) >= 4)

    asyncio.run(scene())
    assert told[:3] == failures


def in_use():
    """Tasks and open files of this process."""
    return len(asyncio.all_tasks()), len(list(Path("/proc/self/fd").glob("*")))


@pytest.mark.fault("T21")
def test_a_hundred_reconnects_ask_for_everything_and_leave_nothing_behind():
    async def scene():
        venue = Venue()

        async def hang_up(socket, streams):
            for symbol in ("btcusdt", "ethusdt"):
                if f"{symbol}@bookTicker" in streams:
                    frame = b.wrapped(f"{symbol}@bookTicker", b.ticker(7, symbol=symbol.upper()))
                else:
                    frame = b.wrapped(f"{symbol}@markPrice@1s", b.mark(symbol=symbol.upper()))
                await socket.send(frame.decode())
            await socket.close()

        venue.speak = hang_up
        async with pumping(venue) as heard:
            await venue.until(lambda: len(venue.subscribed) >= 20)
            tasks, files = in_use()
            await venue.until(lambda: len(venue.subscribed) >= 120)
            # Two sockets are somewhere between opening and closing at either moment.
            more_tasks, more_files = in_use()
            assert more_tasks <= tasks + 12
            assert more_files <= files + 6
            wanted = {e.streams for e in heard.connection.protocol.endpoints()}
            assert {tuple(streams) for streams in venue.subscribed} == wanted

    asyncio.run(scene())


def test_a_connection_that_was_stopped_amid_a_request_can_run_again_elsewhere():
    async def scene():
        first, second, heard = Venue(), Venue(), []

        class Noting:
            @staticmethod
            def extend(events):
                heard.extend(events)
                second.note()

        first.snapshot_status = "429 Too Many Requests\r\nRetry-After: 600"
        async with served(first) as urls:
            connection = connected(urls, Noting, b.protocol)
            async with running(connection):
                await first.until(lambda: first.snapshots == 1)
        heard.clear()
        async with served(second) as urls:
            async with running(connection, urls):
                await second.until(lambda: BookDelta in kinds(heard))
            ends = [e.reason for e in heard if isinstance(e, FeedStatus) and not e.up]
            assert ends[:2] == ["/public/stream stopped", "/market/stream stopped"]

    asyncio.run(scene())


def test_a_request_that_was_never_begun_is_answered_too():
    """Stopped in the very turn in which it was wished for; a book would wait for it for ever."""

    class Stopping(Hasty):
        def __init__(self, inner):
            super().__init__(inner)
            self.wished, self.answered, self.stop = [], [], lambda: None

        def requests_to_send(self):
            wished = self._inner.requests_to_send()
            self.wished += wished
            if wished:
                self.stop()
            return wished

        def receive_response(self, request, body, ts_recv_ns):
            self.answered.append((request, body))
            self._inner.receive_response(request, body, ts_recv_ns)

    async def scene():
        async with served(Venue()) as urls:
            protocol = Stopping(b.protocol())
            connection = connected(urls, [], lambda: protocol)
            protocol.stop = connection._live.stop
            async with asyncio.timeout(PATIENCE_S):
                await connection.run()
            assert protocol.wished
            assert protocol.answered == [(request, None) for request in protocol.wished]

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
                await Connection(
                    b.protocol, urls, clock=SystemClock(), sink=broken, jitter=lambda: 0.0
                ).run()
            assert raised.group_contains(ZeroDivisionError)

    asyncio.run(scene())


def test_a_protocol_that_failed_hears_nothing_more_of_what_came_with_it():
    """Its state is that of the middle of a frame: what it would tell is nothing to act on."""

    async def scene():
        venue, heard = Venue(), []

        async def burst(socket, streams):
            for _ in range(1_000):
                socket.protocol.send_text(b.wrapped("btcusdt@markPrice@1s", b.mark()))
            socket.transport.write(b"".join(socket.protocol.data_to_send()))

        class Failing(Hasty):
            def receive_frame(self, frame, ts_recv_ns):
                heard.append(b"markPrice" in frame)
                if heard[-1]:
                    raise ZeroDivisionError

        venue.speak = burst
        async with served(venue) as urls:
            with pytest.raises(ExceptionGroup) as raised:
                await connected(urls, [], lambda: Failing(b.protocol())).run()
        assert raised.group_contains(ZeroDivisionError)
        assert heard.count(True) == 1

    asyncio.run(scene())


@pytest.mark.fault("T35")
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
            await Connection(
                b.protocol, urls, clock=SystemClock(), sink=print, jitter=lambda: 0.0
            ).run()

    asyncio.run(scene())


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "http://127.0.0.1:99999", "http://[::1"])
def test_a_proxy_that_cannot_be_used_is_a_failure_to_connect_and_no_end(monkeypatch, proxy):
    async def scene():
        for name in ("socks_proxy", "all_proxy", "http_proxy", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("https_proxy", proxy)
        heard, told = [], asyncio.Event()

        class Noting:
            @staticmethod
            def extend(events):
                heard.extend(events)
                told.set()

        urls = SocketUrls(rest="https://192.0.2.1", ws="wss://192.0.2.1")
        connection = connected(urls, Noting, b.protocol)
        async with running(connection), asyncio.timeout(PATIENCE_S):
            while not any("cannot connect" in event.reason for event in heard):
                told.clear()
                await told.wait()

    asyncio.run(scene())


def test_a_venue_with_large_snapshots_is_read_and_one_without_is_protected():
    from desk.venues.coinbase import CoinbaseProtocol
    from desk.venues.kraken import KrakenProtocol

    (large,) = CoinbaseProtocol([]).endpoints()
    (small,) = KrakenProtocol([]).endpoints()
    assert large.max_frame_bytes > 5_000_000  # the full BTC-USD book is about 4.8 MB
    assert small.max_frame_bytes == 1 << 20


def test_a_tap_hears_what_the_protocol_heard_and_what_was_sent():
    async def scene():
        venue, tapped = Venue(), []
        async with pumping(venue, make=lambda: b.protocol(b.USDM), tap=tapped.append) as heard:
            await venue.until(lambda: {BookDelta, MarkPrice} <= kinds(heard))
            again = b.protocol(b.USDM)
        for one in tapped:
            assert one.connection == b.USDM
            if one.what == "opened":
                again.connection_made(one.path, one.boot_ns)
            elif one.what == "closed":
                again.connection_lost(one.path, one.payload.decode(), one.boot_ns)
            elif one.what == "received":
                again.receive_frame(one.payload, one.boot_ns)
            elif one.what == "answered":
                again.receive_response(one.request, one.payload or None, one.boot_ns)
        replayed = [event for event in again.events_received() if event in heard]
        assert replayed == heard
        sent = [json.loads(one.payload)["method"] for one in tapped if one.what == "sent"]
        assert sent == ["SUBSCRIBE", "SUBSCRIBE"]
        ends = [one.path for one in tapped if one.what == "closed"]
        assert ends == ["/public/stream", "/market/stream"]

    asyncio.run(scene())


BTC = b.CATALOGUE.get("BTCUSDT-PERP.BINANCE")


@pytest.mark.parametrize("ends_before", [False, True], ids=["while it runs", "after its end"])
def test_new_terms_are_told_before_a_protocol_that_uses_them_however_often_it_is_made(ends_before):
    """A fault while new sockets get ready makes their protocol once more."""
    listed = InstrumentListed(BTC.id, BTC, 1)

    async def scene():
        venue = Venue()
        async with pumping(venue) as heard:
            made = heard.connection
            await venue.until(lambda: BookSnapshot in kinds(heard))
            old = made.protocol
            made.remake(b.protocol, "the listing has changed", [listed])
            assert made.protocol is old, "its sockets are in use"
            if not ends_before:
                made.remake(b.protocol, "begun anew after a fault")
                await venue.until(lambda: made.protocol is not old)
        if ends_before:
            made.remake(b.protocol, "begun anew after a fault")
        assert made.protocol is not old
        assert heard.count(listed) == 1
        made.remake(b.protocol, "another fault")
        assert heard.count(listed) == 1, "what was told is not told again"

    asyncio.run(scene())


def test_what_a_protocol_has_learnt_goes_over_to_the_next():
    nowhere = SocketUrls(rest="http://127.0.0.1:9", ws="ws://127.0.0.1:9")
    heard = []
    made = connected(nowhere, heard, b.protocol)
    made.protocol.receive_response(
        RestRequest("binance-usdm", "/fapi/v1/fundingInfo", "fundingInfo", "funding"),
        b.raw([{"symbol": BTC.symbol, "fundingIntervalHours": 4}]),
        1,
    )
    before = made.protocol
    made.remake(b.protocol, "a test")
    assert made.protocol is not before
    made.protocol.receive_frame(b.wrapped("btcusdt@markPrice@1s", b.mark()), 2)
    (mark,) = made.protocol.events_received()
    assert mark.funding_interval_h == 4

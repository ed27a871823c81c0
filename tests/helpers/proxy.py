"""A way to a venue that can be blocked in every way that a network blocks one."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from urllib.parse import urlsplit

from desk.venues.protocol import SocketUrls

MODES = ("pass", "black hole", "data stop", "reset")


class Proxy:
    """Passes bytes to one port of this machine, as far as its mode lets it.

    `black hole`: nothing passes either way, and connecting works but leads nowhere.
    `data stop`: the venue's pings, pongs and closes pass, its messages do not.
    `reset`: every connection is reset, and every new one at once.
    """

    def __init__(self, port):
        self._target = port
        self._ways = set()
        self._tasks = set()
        self.mode = "pass"
        self.accepted = 0
        self.heard = None
        """Called with each message of the venue just before it is passed, if anybody listens."""

    @asynccontextmanager
    async def listening(self):
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            self.reset()
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    def set(self, mode):
        assert mode in MODES
        self.mode = mode
        if mode == "reset":
            self.reset()

    def reset(self):
        """Reset every connection that there is."""
        for writer in tuple(self._ways):
            writer.transport.abort()

    async def _accept(self, reader, writer):
        self.accepted += 1
        self._tasks.add(asyncio.current_task())
        asyncio.current_task().add_done_callback(self._tasks.discard)
        self._ways.add(writer)
        try:
            if self.mode == "reset":
                return
            inward, outward = await asyncio.open_connection("127.0.0.1", self._target)
            self._ways.add(outward)
            try:
                await asyncio.gather(
                    self._pass(reader, outward, Whole()),
                    self._pass(inward, writer, Controls(self._hear)),
                )
            finally:
                self._ways.discard(outward)
                outward.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass  # one of the two sides is gone, or the test is over
        finally:
            self._ways.discard(writer)
            writer.transport.abort()

    def _hear(self, message):
        if self.heard is not None:
            self.heard(message)

    async def _pass(self, reader, writer, parts):
        while data := await reader.read(1 << 16):
            controls = parts.take(data)
            if self.mode == "pass":
                writer.write(data)
            elif self.mode == "data stop":
                writer.write(controls)
            with suppress(ConnectionError):
                await writer.drain()
        raise ConnectionResetError


class Whole:
    """What a client says passes while the venue's data stop."""

    def take(self, data):
        return data


class Controls:
    """Finds what is no message in what a venue sends: HTTP, and frames of pings and closes."""

    def __init__(self, heard):
        self._heard = heard
        self._data = b""
        self._upgraded = None

    def take(self, data):
        if self._upgraded is False:
            return data
        self._data += data
        passed = b""
        if self._upgraded is None:
            head, end, rest = self._data.partition(b"\r\n\r\n")
            if not end:
                return b""
            self._upgraded = b" 101 " in head.split(b"\r\n")[0]
            passed, self._data = head + end, rest
            if not self._upgraded:
                return passed + rest
        while frame := self._frame():
            if frame[0] & 0x08:
                passed += frame
            else:
                self._heard(frame)
        return passed

    def _frame(self):
        """Take the next whole frame; a venue's are not masked."""
        data = self._data
        if len(data) < 2:
            return b""
        size, start = data[1] & 0x7F, 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start], "big")
        if len(data) < start + size:
            return b""
        self._data = data[start + size :]
        return data[: start + size]


class Ways:
    """The proxies of one venue's addresses, all in the same mode."""

    def __init__(self, proxies, urls):
        self._proxies = proxies
        self.urls = urls

    def set(self, mode):
        for proxy in self._proxies:
            proxy.set(mode)

    def reset(self):
        for proxy in self._proxies:
            proxy.reset()

    def listen(self, heard):
        """Call this with each message of the venue, framed, just before it is passed."""
        for proxy in self._proxies:
            proxy.heard = heard

    @property
    def accepted(self):
        return sum(proxy.accepted for proxy in self._proxies)


@asynccontextmanager
async def proxied(urls):
    """Lead the addresses of a connection through proxies."""
    async with AsyncExitStack() as stack:
        proxies, moved = {}, []
        for url in (urls.rest, urls.ws):
            port = urlsplit(url).port
            if port not in proxies:
                proxy = Proxy(port)
                proxies[port] = proxy, await stack.enter_async_context(proxy.listening())
            moved.append(url.replace(str(port), str(proxies[port][1])))
        yield Ways([proxy for proxy, _ in proxies.values()], SocketUrls(*moved))

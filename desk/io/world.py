"""What the sockets of a connection need beside its protocol, shared by all its protocols."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from desk.io.addresses import is_loopback
from desk.io.clock import Clock
from desk.io.connect_limits import ConnectLimits
from desk.io.http import HttpError, request
from desk.io.retry import Retries, asked_wait_s
from desk.io.tap import Tap
from desk.venues.protocol import MAX_RESPONSE_BYTES, RestRequest, SocketUrls

SLICE_S = 0.1
"""Longest sleep: a long one would not count the time that the machine sleeps."""

_REQUEST_TIMEOUT_S = 10.0


@dataclass(slots=True, kw_only=True)
class World:
    """Addresses, time, patience."""

    urls: SocketUrls
    clock: Clock
    retries: Retries
    limits: ConnectLimits
    tap: Tap | None
    _rest_quiet_until_ns: int = 0

    def move(self, urls: SocketUrls) -> None:
        """Go to other addresses, where nobody has been refused yet."""
        if urls != self.urls:
            self.urls = urls
            self.retries.move()
            self._rest_quiet_until_ns = 0

    async def turn(self, connection: str, *, failed: bool) -> None:
        """Wait until a socket may be tried, and count the attempt."""
        while True:
            now_ns = self.clock.boot_ns()
            wait_s = self.retries.wait_s(now_ns, failed=failed)
            if failed and self.retries.is_probing:
                wait_s = SLICE_S
            # The limits are the venue's; nothing on this machine has any.
            if wait_s <= 0 and (is_loopback(self.urls.ws) or self.limits.take(connection, now_ns)):
                self.retries.begin(now_ns)
                return
            await asyncio.sleep(min(max(wait_s, 0.01), SLICE_S))

    async def ask(self, wanted: RestRequest) -> bytes | None:
        """Return the answer to a request; None: there is none.

        A venue that asks to be left alone is, by every request; the one that was refused counts
        as outstanding meanwhile, so that nobody makes it again.
        """
        await self._rest_allowed()
        try:
            answer = await request(
                self.urls.rest + wanted.path,
                max_bytes=MAX_RESPONSE_BYTES,
                timeout_s=_REQUEST_TIMEOUT_S,
                body=wanted.body,
            )
        except (OSError, HttpError):
            return None
        if answer.status == 200:
            return answer.body
        asked_s = asked_wait_s(answer.status, answer.retry_after, self.clock.wall_ms())
        until_ns = self.clock.boot_ns() + round(asked_s * 1e9)
        self._rest_quiet_until_ns = max(self._rest_quiet_until_ns, until_ns)
        await self._rest_allowed()
        return None

    async def _rest_allowed(self) -> None:
        while True:
            wait_s = (self._rest_quiet_until_ns - self.clock.boot_ns()) / 1e9
            if wait_s <= 0:
                return
            await asyncio.sleep(min(wait_s, SLICE_S))

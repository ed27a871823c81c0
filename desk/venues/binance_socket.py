"""One Binance socket: its streams, what has to be sent to get them, and the venue's answers.

The answer to SUBSCRIBE says that all is well, not what flows. So LIST_SUBSCRIPTIONS asks for that
afterwards, and what the venue does not name is not active.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from desk.venues import binance_wire as wire
from desk.venues.binance_product import MAX_STREAMS, Product
from desk.venues.binance_stream import Stream
from desk.venues.protocol import Endpoint
from desk.venues.request_budget import RequestBudget

SILENCE_MS = 2_500
FIRST_DATA_MS = 5_000
LIFE_MS = (24 * 60 - 10) * 60_000
"""The venue ends every socket after 24 hours."""


class Socket:
    """One endpoint and what waits to be sent there."""

    def __init__(
        self, product: Product, path: str, streams: list[Stream], request_ids: Iterator[int]
    ) -> None:
        """Raise ValueError for more streams than the venue puts on a socket.

        `request_ids` are shared by all sockets of a connection: an answer names its request,
        and nobody says which socket it came from.
        """
        if len(streams) > MAX_STREAMS:
            raise ValueError(f"{len(streams)} streams on one socket, of {MAX_STREAMS}")
        self.endpoint = Endpoint(
            path=path,
            streams=tuple(stream.name for stream in streams),
            silence_ms=SILENCE_MS,
            first_data_ms=FIRST_DATA_MS,
            life_ms=LIFE_MS,
        )
        self.roll_wanted = False
        self.is_open = False
        self._streams = streams
        self._request_ids = request_ids
        self._budget = RequestBudget(product.requests_at_once, product.request_every_ms * 1_000_000)
        self._outgoing: list[bytes] = []
        self._list_wanted = False
        self._list_id = 0
        """Of the request for the list that is awaited; 0: none is."""

    def opened(self, now_ns: int) -> None:
        """Ask for every stream."""
        self.closed()
        self.is_open = True
        self._budget.restart(now_ns)
        self.ask(now_ns)

    def closed(self) -> None:
        """Forget what was to be sent, and what was shown."""
        self.is_open = self.roll_wanted = self._list_wanted = False
        self._list_id = 0
        self._outgoing.clear()
        for stream in self._streams:
            stream.restart()

    def ask(self, now_ns: int) -> None:
        """Ask for the streams that are due, as far as the venue allows now."""
        if not self.is_open:
            return
        due = [stream for stream in self._streams if stream.is_due(now_ns)]
        together = [stream for stream in due if not stream.alone]
        requests = [together] if together else []
        requests += [[stream] for stream in due if stream.alone]
        for streams in requests:
            if not self._budget.take(1, now_ns):
                return
            self._subscribe(streams, now_ns)
        if self._list_wanted and self._budget.take(1, now_ns):
            self._list_wanted = False
            self._list_id = self._send("LIST_SUBSCRIPTIONS", [])

    def answered(self, request_id: int, *, accepted: bool) -> None:
        """Note the venue's answer to a request; one that is not of this socket changes nothing."""
        for stream in self._streams:
            if stream.request_id == request_id:
                if accepted:
                    stream.active = self._list_wanted = True
                else:
                    stream.refused()

    def listed(self, request_id: int, names: Collection[str]) -> None:
        """Note which streams the venue says there are on this socket."""
        if request_id == self._list_id:
            self._list_id = 0
            for stream in self._streams:
                stream.active = stream.name in names

    def take_outgoing(self) -> list[bytes]:
        """Hand over what is to be sent."""
        frames, self._outgoing = self._outgoing, []
        return frames

    @property
    def last_data_ns(self) -> int:
        """When data last came; 0: not yet."""
        return max((stream.last_ns for stream in self._streams), default=0)

    def _subscribe(self, streams: list[Stream], now_ns: int) -> None:
        request_id = self._send("SUBSCRIBE", [stream.name for stream in streams])
        for stream in streams:
            stream.asked(request_id, now_ns)

    def _send(self, method: str, names: list[str]) -> int:
        request_id = next(self._request_ids)
        self._outgoing.append(msgspec.json.encode(wire.Command(method, names, request_id)))
        return request_id

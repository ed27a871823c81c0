"""One connection to Deribit: what it has subscribed to, and whether somebody is there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

SHORTEST_S = 10


def _heartbeat(kind: str) -> bytes:
    notice = {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": kind}}
    return msgspec.json.encode(notice)


_ALIVE, _ASKED = _heartbeat("heartbeat"), _heartbeat("test_request")


class Session:
    """What the venue remembers of a connection."""

    def __init__(self) -> None:
        self.streams: set[str] = set()
        self.interval_ms: int | None = None
        """Between heartbeats; None: none are wanted."""
        self._beat_ms: int | None = None
        """When the last was sent, or the first was wished for."""
        self._is_asked = False

    def heard(self, method: str) -> None:
        """Note a request."""
        if method == "public/test":
            self._is_asked = False

    def join(self, streams: tuple[str, ...]) -> tuple[str, ...]:
        """Return the streams that were not subscribed to yet: only they begin anew."""
        new = tuple(stream for stream in streams if stream not in self.streams)
        self.streams.update(new)
        return new

    def leave(self, streams: tuple[str, ...]) -> tuple[str, ...]:
        """Return the streams that are no longer subscribed to."""
        self.streams.difference_update(streams)
        return streams

    def pulse(self, now_ms: int) -> Iterator[bytes | None]:
        """Give what is due: a heartbeat and the request to answer it; None: it is over."""
        if self.interval_ms is None:
            self._beat_ms = None
            return
        if self._beat_ms is None:
            self._beat_ms = now_ms
        elif now_ms - self._beat_ms >= self.interval_ms:
            self._beat_ms = now_ms
            if self._is_asked:
                yield None
                return
            self._is_asked = True
            yield _ALIVE
            yield _ASKED

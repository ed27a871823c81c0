"""What a venue of channels has to know, and what it may know beside: how one venue speaks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from desk.sim.dialect import Moment


@dataclass(frozen=True, slots=True)
class Reply:
    """What a venue does about one message of a client."""

    answers: tuple[bytes, ...]
    joined: tuple[str, ...] = ()
    """Streams that are wanted from now on."""
    left: tuple[str, ...] = ()
    is_greeted: bool = True
    """Whether the joined streams are to tell at once what they have."""
    summary: Callable[[set[str]], bytes] | None = None
    """Makes one more answer from all streams of the connection, after what they tell at once."""


class Venue(Protocol):
    """How one venue speaks."""

    @property
    def name(self) -> str:
        """What the ready line and faults call it."""
        ...

    def route(self, path: str) -> str | None:
        """Return what a websocket path is for; None when the venue has no such path."""
        ...

    def obey(self, route: str, text: str | bytes, connection_id: str) -> Reply:
        """Read a message; nothing raises, whatever it is."""
        ...

    def rest(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Return the status and the JSON body for a request path with its query."""
        ...

    def greeting(self, stream: str) -> bytes | None:
        """Return what a stream tells a new subscriber at once, if it does."""
        ...

    def frames(self, moment: Moment, wanted: set[str]) -> Iterable[tuple[str, bytes]]:
        """Return the frames of wanted streams for what has happened, in their order."""
        ...


@runtime_checkable
class Posting(Protocol):
    """A venue that answers POSTs as well."""

    def post(self, path: str, body: bytes, now_ms: int) -> tuple[int, bytes]:
        """Return the status and the JSON body; nothing raises, whatever the request is."""
        ...


@runtime_checkable
class Pulsing(Protocol):
    """A venue that tells single connections something by the clock, or ends them."""

    def pulse(self, live: Collection[str], now_ms: int) -> Iterable[tuple[str, bytes | None]]:
        """Return frames with the ids of their connections; None in place of a frame ends one.

        `live` are the ids of all connections, `now_ms` is wall time since the start. Faults do
        not touch these frames: a venue whose data have stopped still asks who is there.
        """
        ...


@runtime_checkable
class Noticing(Protocol):
    """A venue that has a word for closing connections soon."""

    def notice(self, connection_id: str) -> bytes:
        """Return what it tells a connection."""
        ...

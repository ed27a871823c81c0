"""What the protocols have in common whose channels begin anew, one by one, with a snapshot.

To get a new snapshot, a channel is unsubscribed from and subscribed to again; no other channel
and no socket is touched by it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

from desk.model.instrument import InstrumentId
from desk.venues.channels import Channel
from desk.venues.in_band import InBandProtocol
from desk.venues.protocol import SocketUrls

Wish: TypeAlias = Literal["subscribe", "unsubscribe"]


class Snapshotted(Protocol):
    """What a channel keeps up to date from a snapshot on."""

    def asked(self, now_ns: int) -> None:
        """Note that a snapshot is on its way."""
        ...

    def wants_snapshot(self, now_ns: int) -> bool:
        """Whether to ask for a snapshot now."""
        ...


class Feed(Protocol):
    """One instrument."""

    @property
    def id(self) -> InstrumentId:
        """Which one."""
        ...

    def lose(self, reason: str, ts_recv_ns: int) -> None:
        """Give up the book."""
        ...

    def restart(self) -> None:
        """Forget what only the socket that is gone could keep true."""
        ...


class RenewingProtocol(InBandProtocol):
    """One connection with one socket; fulfils `desk.venues.protocol.VenueProtocol`."""

    def __init__(
        self, connection: str, urls: SocketUrls, path: str, *, silence_ms: int, first_data_ms: int
    ) -> None:
        super().__init__(connection, urls, path, silence_ms=silence_ms, first_data_ms=first_data_ms)
        self._listeners: list[Feed] = []
        self._snapshots: dict[str, Snapshotted] = {}
        """By channel, for channels that begin with a snapshot."""

    def resync(self, instrument: InstrumentId, ts_recv_ns: int) -> None:
        """Give up an instrument's book and get a new snapshot: that channel anew, no other."""
        for feed in self._listeners:
            if feed.id == instrument:
                feed.lose("resync asked for", ts_recv_ns)
                self._renew_lost(ts_recv_ns)

    def _listen(
        self,
        name: str,
        symbol: str,
        handle: Callable[[bytes, int], None],
        *,
        steady: bool,
        snapshots: Snapshotted | None = None,
    ) -> None:
        """Want a channel; `handle` gets its whole frames."""
        self._channels[name] = Channel(name, symbol, handle, steady=steady)
        if snapshots is not None:
            self._snapshots[name] = snapshots

    def _received(self, channel: Channel, frame: bytes, ts_recv_ns: int) -> None:
        """Take data; they confirm their channel, for they may come before the answer does."""
        channel.handle(frame, ts_recv_ns)
        channel.seen(ts_recv_ns)
        channel.active = True
        if channel.name in self._snapshots:
            self._renew_lost(ts_recv_ns)

    def _begin(self, now_ns: int) -> None:
        self._subscribe(list(self._channels.values()), now_ns)

    def _end(self, now_ns: int) -> None:
        for feed in self._listeners:
            feed.lose("disconnected", now_ns)
            feed.restart()

    def _keep_up(self, now_ns: int) -> None:
        self._renew(self._overdue(now_ns), now_ns)
        self._renew_lost(now_ns)

    def _renew_lost(self, now_ns: int) -> None:
        lost = [
            self._channels[name]
            for name, kept in self._snapshots.items()
            if kept.wants_snapshot(now_ns)
        ]
        if self._is_open:
            self._renew(lost, now_ns)

    def _renew(self, channels: list[Channel], now_ns: int) -> None:
        if channels and self._may_renew(now_ns):
            self._send("unsubscribe", channels)
            self._subscribe(channels, now_ns)

    def _subscribe(self, channels: list[Channel], now_ns: int) -> None:
        self._send("subscribe", channels)
        for channel in channels:
            channel.asked(now_ns)
            if kept := self._snapshots.get(channel.name):
                kept.asked(now_ns)

    def _may_renew(self, now_ns: int) -> bool:
        """Return whether the venue's limits leave room for two more requests, and take it."""
        return True

    @abstractmethod
    def _send(self, wish: Wish, channels: list[Channel]) -> None:
        """Put a request into `_outgoing`."""

"""Coinbase's conversations: what is subscribed to, and the errors of the rest."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit

import msgspec

from desk.sim.coinbase import messages
from desk.sim.coinbase.feed import CHANNELS, SECOND_MS, Frames, ProductFeed
from desk.sim.coinbase.rest import RestDesk, canonical
from desk.sim.dialect import Moment, Stage
from desk.sim.dollars import Pair, dollar_views
from desk.sim.speech import Reply
from desk.sim.subscriber import Habits

PAIRS = (
    Pair("BTC", Decimal("0.01"), Decimal("0.00000001")),
    Pair("ETH", Decimal("0.01"), Decimal("0.00000001")),
    Pair("USDT", Decimal("0.00001"), Decimal("0.01")),
)
HEARTBEATS, STATUS = "heartbeats", "status"
STATUS_INTERVAL_MS = 10_000

HABITS = Habits(seal=messages.sealed, silence_ms=90_000, subscribe_ms=5_000)
"""One that hears nothing is closed after 60 to 90 s, so that clients subscribe to heartbeats."""

_UNKNOWN_CHANNEL = "authentication failure"
"""Misleading, and verbatim: seen in 2026-09."""


class _Command(msgspec.Struct):
    type: str
    channel: str
    product_ids: list[str] = []


class CoinbaseVenue:
    """Spot pairs of one market against the dollar."""

    name = "coinbase"

    def __init__(self, stage: Stage) -> None:
        feeds = [
            ProductFeed(view, speed=stage.speed, now_us=stage.now_us)
            for view in dollar_views(stage, PAIRS).values()
        ]
        self._feeds = {feed.name: feed for feed in feeds}
        self._rest = RestDesk(self._feeds)
        self._speed = stage.speed
        self._now_ms = stage.now_us // stage.speed // 1000

    def route(self, path: str) -> str | None:
        """Everything is on the root path."""
        return "public" if urlsplit(path).path in {"", "/"} else None

    def rest(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Answer a GET."""
        return self._rest.answer(path, now_ms)

    def greeting(self, stream: str) -> bytes | None:
        """Return what a stream tells a new subscriber at once."""
        name, _, channel = stream.partition("@")
        if channel == STATUS:
            return messages.status([self._feeds[name].view], self._now_ms)
        return self._feeds[name].greeting(channel) if channel else None

    def frames(self, moment: Moment, wanted: set[str]) -> Frames:
        """Return the frames of wanted streams for what has happened."""
        out: Frames = []
        before_ms, self._now_ms = self._now_ms, moment.until_us // self._speed // 1000
        for feed in self._feeds.values():
            events = moment.events.get(feed.view.source, [])
            out += feed.frames(events, moment.until_us, wanted)
        if before_ms // SECOND_MS != self._now_ms // SECOND_MS and HEARTBEATS in wanted:
            counter = self._now_ms // SECOND_MS
            out.append((HEARTBEATS, messages.heartbeat(counter, self._now_ms)))
        if before_ms // STATUS_INTERVAL_MS != self._now_ms // STATUS_INTERVAL_MS:
            for feed in self._feeds.values():
                if feed.stream(STATUS) in wanted:
                    out.append((feed.stream(STATUS), messages.status([feed.view], self._now_ms)))
        return out

    def obey(self, route: str, text: str | bytes, connection_id: str) -> Reply:
        """Answer subscribe and unsubscribe; everything else is an error."""
        del route, connection_id
        try:
            command = msgspec.json.decode(text, type=_Command)
        except msgspec.DecodeError:
            return Reply((messages.refusal("failed to parse message"),))
        if command.type not in {"subscribe", "unsubscribe"}:
            return Reply((messages.refusal("unknown message type"),))
        if command.channel not in {*CHANNELS, HEARTBEATS, STATUS}:
            return Reply((messages.refusal(_UNKNOWN_CHANNEL),))
        names = [canonical(name) for name in command.product_ids] or list(self._feeds)
        if any(name not in self._feeds for name in names):
            return Reply((messages.refusal("product ID is invalid"),))
        streams = tuple(f"{name}@{command.channel}" for name in dict.fromkeys(names))
        if command.channel == HEARTBEATS:
            streams = (HEARTBEATS,)
        if command.type == "subscribe":
            return Reply((), joined=streams, summary=self._summary)
        return Reply((), left=streams, summary=self._summary)

    def _summary(self, streams: set[str]) -> bytes:
        """Tell all that a connection is subscribed to."""
        channels: dict[str, list[str]] = {}
        for stream in sorted(streams):
            name, _, channel = stream.partition("@")
            channels.setdefault(channel or name, []).append(name)
        return messages.subscriptions(channels, self._now_ms)

"""Hyperliquid's conversations: subscriptions, pings, and POST /info on the same port."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from desk.sim.dialect import Moment, Stage
from desk.sim.hyperliquid.feed import CANDLE, CoinFeed, Frames
from desk.sim.hyperliquid.info import InfoDesk
from desk.sim.hyperliquid.spelling import COINS, spelled
from desk.sim.speech import Reply
from desk.sim.subscriber import Habits

WS_PATH = "/ws"
HABITS = Habits(silence_ms=60_000)
"""A connection to which nothing was sent for a minute is closed."""
ALL_MIDS = "allMids"
_MIDS_STREAM = f"all@{ALL_MIDS}"
_MIDS_INTERVAL_US = 500_000
_DEFAULTS = {"nSigFigs": None, "mantissa": None, "interval": "1m"}
"""Of what may stand in a subscription beside type and coin: other values are not simulated."""

_encode = msgspec.json.encode


class _Command(msgspec.Struct):
    method: str
    subscription: dict[str, Any] = {}


class HyperliquidVenue:
    """Perpetuals and bridged spot of one market."""

    name = "hyperliquid"

    def __init__(self, stage: Stage) -> None:
        self._feeds: dict[str, CoinFeed] = {}
        self._names: dict[str, str] = {}
        self._speed = stage.speed
        for coin in COINS:
            if (found := spelled(coin, stage)) is not None:
                spelling, name, listing = found
                history, speed = stage.history[name], stage.speed
                feed = CoinFeed(spelling, listing, history, speed=speed, now_us=stage.now_us)
                self._feeds[coin.name] = feed
                self._names[coin.name] = name
        self._flowing = {stream: f for f in self._feeds.values() for stream in f.streams()}
        self._info = InfoDesk(self._feeds)
        self._slot = 0
        self._joined: dict[str, set[str]] = {}
        """Streams by connection: what is subscribed to twice is an error."""

    def route(self, path: str) -> str | None:
        """Tell the one path of websockets from others."""
        return "public" if urlsplit(path).path == WS_PATH else None

    def rest(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Answer a GET: there is nothing to get."""
        del path, now_ms
        return 405, b"null"

    def post(self, path: str, body: bytes, now_ms: int) -> tuple[int, bytes]:
        """Answer a POST."""
        return self._info.answer(path, body, now_ms)

    def greeting(self, stream: str) -> bytes | None:
        """Return what a stream tells a new subscriber at once."""
        feed = self._flowing.get(stream)
        return self._mids() if feed is None else feed.greeting(stream)

    def frames(self, moment: Moment, wanted: set[str]) -> Frames:
        """Return the messages of wanted streams for what has happened."""
        out: Frames = []
        for coin, feed in self._feeds.items():
            out += feed.frames(moment.events[self._names[coin]], moment.until_us, wanted)
        slot = moment.until_us // (_MIDS_INTERVAL_US * self._speed)
        if slot != self._slot and _MIDS_STREAM in wanted:
            out.append((_MIDS_STREAM, self._mids()))
        self._slot = slot
        return out

    def _mids(self) -> bytes:
        return _encode({"channel": ALL_MIDS, "data": {"mids": self._info.mids()}})

    # ------------------------------------------------------------------ conversations

    def pulse(self, live: Collection[str], now_ms: int) -> Iterable[tuple[str, bytes | None]]:
        """Forget connections that are gone; nothing is sent."""
        del now_ms
        for gone in self._joined.keys() - set(live):
            del self._joined[gone]
        return ()

    def obey(self, route: str, text: str | bytes, connection_id: str) -> Reply:
        """Answer ping, subscribe, unsubscribe; everything else is an error."""
        del route
        try:
            command = msgspec.json.decode(text, type=_Command)
        except msgspec.DecodeError:
            shown = text if isinstance(text, str) else text.decode(errors="replace")
            wrong = f"Error parsing JSON into valid websocket request: {shown[:100]}"
            return Reply((_error(wrong),))
        if command.method == "ping":
            return Reply((_encode({"channel": "pong"}),))
        stream = self._stream_of(command.subscription)
        told = _encode(command.subscription).decode()
        if command.method not in {"subscribe", "unsubscribe"} or stream is None:
            return Reply((_error(f"Invalid subscription {told[:200]}"),))
        joined = self._joined.setdefault(connection_id, set())
        if (stream in joined) == (command.method == "subscribe"):
            return Reply((_error(f"Already {command.method}d: {told[:200]}"),))
        answer = (_encode({"channel": "subscriptionResponse", "data": command}),)
        if command.method == "subscribe":
            joined.add(stream)
            return Reply(answer, joined=(stream,))
        joined.remove(stream)
        return Reply(answer, left=(stream,))

    def _stream_of(self, subscription: dict[str, Any]) -> str | None:
        """Return the stream that is meant; None when there is none such."""
        kind, coin = subscription.get("type"), subscription.get("coin")
        if kind == ALL_MIDS:
            return _MIDS_STREAM
        beside = {
            name: value for name, value in subscription.items() if name not in {"type", "coin"}
        }
        if any(name not in _DEFAULTS or _DEFAULTS[name] != told for name, told in beside.items()):
            return None
        if kind == CANDLE and "interval" not in beside:
            return None
        kind = "activeAssetCtx" if kind == "activeSpotAssetCtx" else kind
        feed = self._feeds.get(coin) if isinstance(coin, str) else None
        stream = "" if feed is None else f"{feed.spelling.coin.token}@{kind}"
        return stream if stream in self._flowing else None


def _error(text: str) -> bytes:
    return _encode({"channel": "error", "data": text})

"""Deribit's conversations: subscriptions, methods, and the heartbeat that has to be answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from desk.sim.deribit.feed import Frames, InstrumentFeed, notification, stream_of
from desk.sim.deribit.heartbeat import SHORTEST_S, Session
from desk.sim.deribit.methods import INVALID_PARAMS, Methods, Parameters, Refusal
from desk.sim.deribit.present import Present
from desk.sim.deribit.spelling import TERMS, spelled
from desk.sim.dialect import Moment, Stage
from desk.sim.events import MarkUpdate
from desk.sim.speech import Reply

WS_PATH = "/ws/api/v2"
REST_PREFIX = "/api/v2/"
QUIET_CHANNELS = {
    "platform_state",
    "platform_state.public_methods_state",
    "instrument.state.any.any",
}
"""Nothing of them is simulated."""
INDEX_PREFIX = "deribit_price_index."
MOST_CHANNELS = 500

_encode = msgspec.json.encode


class _Command(msgspec.Struct):
    method: str
    params: dict[str, Any] = {}
    id: int | str | None = None
    jsonrpc: str = "2.0"


class DeribitVenue:
    """Inverse and linear perpetuals, and spot, of one market."""

    name = "deribit"

    def __init__(self, stage: Stage) -> None:
        self._wall_ms = stage.wall_ms
        self._feeds: list[tuple[str, InstrumentFeed]] = []
        for terms in TERMS:
            if (found := spelled(terms, stage)) is not None:
                spelling, name, listing = found
                speed, now_us = stage.speed, stage.now_us
                history = stage.history[name]
                present = Present(spelling, listing, history, speed=speed, now_us=now_us)
                self._feeds.append((name, InstrumentFeed(present, speed=speed)))
        self._flowing: dict[str, InstrumentFeed] = {}
        self._streams = {channel: channel for channel in QUIET_CHANNELS}
        self._indices: dict[str, Present] = {}
        for _, feed in self._feeds:
            self._add_channels(feed)
        presents = [feed.present for _, feed in self._feeds]
        self._methods = Methods({present.name: present for present in presents})
        self._sessions: dict[str, Session] = {}

    def _add_channels(self, feed: InstrumentFeed) -> None:
        for channel, stream in feed.channels().items():
            self._streams[channel] = stream
            self._flowing[stream] = feed
        terms = feed.present.spelling.terms
        if not terms.is_spot:
            channel = INDEX_PREFIX + terms.index_name
            self._streams[channel] = stream_of(channel)
            self._indices[stream_of(channel)] = feed.present

    # ------------------------------------------------------------------ data

    def route(self, path: str) -> str | None:
        """Tell the one path of websockets from others."""
        return "public" if urlsplit(path).path == WS_PATH else None

    def greeting(self, stream: str) -> bytes | None:
        """Return what a stream tells a new subscriber at once."""
        if stream in self._indices:
            return self._index(self._indices[stream])
        feed = self._flowing.get(stream)
        return None if feed is None else feed.greeting(stream)

    def frames(self, moment: Moment, wanted: set[str]) -> Frames:
        """Return the notifications of wanted streams for what has happened."""
        out: Frames = []
        marked: set[str] = set()
        for name, feed in self._feeds:
            out += feed.frames(moment.events[name], moment.until_us, wanted)
            marks = [event for event in moment.events[name] if isinstance(event, MarkUpdate)]
            if marks:
                marked.add(feed.present.spelling.terms.index_name)
                self._share(marks[-1], feed)
        for stream in self._indices.keys() & wanted:
            present = self._indices[stream]
            payload = self._index(present)
            if present.spelling.terms.index_name in marked and payload is not None:
                out.append((stream, payload))
        return out

    def _share(self, mark: MarkUpdate, perpetual: InstrumentFeed) -> None:
        """Let the spot pair of a coin know the mark of its perpetual in the same currency."""
        for _, feed in self._feeds:
            terms = feed.present.spelling.terms
            if terms.is_spot and terms.index_name == perpetual.present.spelling.terms.index_name:
                feed.present.marked(mark)

    @staticmethod
    def _index(present: Present) -> bytes | None:
        mark, name = present.mark(), present.spelling.terms.index_name
        if mark is None:
            return None
        price = round(mark.index_price, 2)
        data = {"timestamp": present.now_ms(), "price": price, "index_name": name}
        return notification(INDEX_PREFIX + name, data)

    # ------------------------------------------------------------------ conversations

    def pulse(self, live: Collection[str], now_ms: int) -> Iterable[tuple[str, bytes | None]]:
        """Send heartbeats; end connections that have left the last one unanswered."""
        for gone in self._sessions.keys() - set(live):
            del self._sessions[gone]
        for connection_id, session in self._sessions.items():
            for frame in session.pulse(now_ms):
                yield connection_id, frame

    def obey(self, route: str, text: str | bytes, connection_id: str) -> Reply:
        """Answer a request; whatever is none is answered with an error."""
        del route
        started_ms = self._wall_ms()
        try:
            command = msgspec.json.decode(text, type=_Command)
        except msgspec.ValidationError:
            return Reply((_failed(None, Refusal(-32600, "Invalid Request"), started_ms),))
        except msgspec.DecodeError:
            return Reply((_failed(None, Refusal(-32700, "Parse error"), started_ms),))
        session = self._sessions.setdefault(connection_id, Session())
        session.heard(command.method)
        try:
            result, joined, left = self._do(command, session)
        except Refusal as refusal:
            return Reply((_failed(command.id, refusal, started_ms),))
        return Reply((_answer(command.id, result, started_ms),), joined=joined, left=left)

    def _do(
        self, command: _Command, session: Session
    ) -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
        """Return the result, the streams that are joined and those that are left."""
        method = command.method.removeprefix("public/")
        if method in {"subscribe", "unsubscribe"}:
            channels = self._known(command.params)
            streams = tuple(self._streams[channel] for channel in channels)
            if method == "subscribe":
                return channels, session.join(streams), ()
            return channels, (), session.leave(streams)
        if method == "unsubscribe_all":
            return "ok", (), session.leave(tuple(session.streams))
        if method == "set_heartbeat":
            session.interval_ms = _interval_s(command.params) * 1000
            return "ok", (), ()
        if method == "disable_heartbeat":
            session.interval_ms = None
            return "ok", (), ()
        return self._methods.call(command.method, command.params, self._wall_ms()), (), ()

    def _known(self, parameters: Parameters) -> list[str]:
        """Return the channels of a request that exist; the others are passed over in silence."""
        try:
            names = msgspec.convert(parameters.get("channels"), list[str])
        except msgspec.ValidationError:
            names = []
        if not 0 < len(names) <= MOST_CHANNELS:
            raise Refusal(INVALID_PARAMS, "Invalid params", {"param": "channels"})
        if any(name.endswith(".raw") for name in names):
            raise Refusal(13778, "raw_subscriptions_not_available_for_unauthorized")
        return [name for name in names if name in self._streams]

    def rest(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Answer a GET."""
        url = urlsplit(path)
        method = url.path.removeprefix(REST_PREFIX)
        if not url.path.startswith(REST_PREFIX) or not self._methods.knows(method):
            return 404, _failed(None, Refusal(-32601, "Method not found"), now_ms)
        return self._called(_Command(method, dict(parse_qsl(url.query))), now_ms)

    def post(self, path: str, body: bytes, now_ms: int) -> tuple[int, bytes]:
        """Answer a request that is posted."""
        del path
        try:
            return self._called(msgspec.json.decode(body, type=_Command), now_ms)
        except msgspec.DecodeError:
            return 400, _failed(None, Refusal(-32700, "Parse error"), now_ms)

    def _called(self, command: _Command, now_ms: int) -> tuple[int, bytes]:
        try:
            result = self._methods.call(command.method, command.params, now_ms)
        except Refusal as refusal:
            return 400, _failed(command.id, refusal, now_ms)
        return 200, _answer(command.id, result, now_ms)


def _interval_s(parameters: Parameters) -> int:
    interval = parameters.get("interval")
    if not isinstance(interval, int) or not SHORTEST_S <= interval <= 3_600:
        data = {"param": "interval", "reason": f"must be at least {SHORTEST_S}"}
        raise Refusal(INVALID_PARAMS, "Invalid params", data)
    return interval


def _answer(command_id: int | str | None, result: Any, now_ms: int) -> bytes:
    return _encode({**_head(command_id), "result": result, **_stamps(now_ms)})


def _failed(command_id: int | str | None, refusal: Refusal, now_ms: int) -> bytes:
    return _encode({**_head(command_id), "error": refusal.error, **_stamps(now_ms)})


def _head(command_id: int | str | None) -> dict[str, Any]:
    head: dict[str, Any] = {"jsonrpc": "2.0"}
    return head if command_id is None else {**head, "id": command_id}


def _stamps(now_ms: int) -> dict[str, Any]:
    """When the request came and was answered, in microseconds as text."""
    told = str(now_ms * 1000)
    return {"usIn": told, "usOut": told, "usDiff": 0, "testnet": False}

"""Kraken's conversations: subscriptions, one answer a symbol, and the errors of the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from desk.sim.dialect import Moment, Stage
from desk.sim.dollars import dollar_views
from desk.sim.kraken import messages
from desk.sim.kraken.feed import Frames, PairFeed
from desk.sim.kraken.rest import RestDesk
from desk.sim.kraken.spelling import PAIRS
from desk.sim.rfc3339 import rfc3339
from desk.sim.speech import Reply
from desk.sim.subscriber import Habits

INSTRUMENT = "instrument"

HABITS = Habits(welcome=messages.status, idle_ms=1_000, idle_frame=messages.HEARTBEAT)

_encode = msgspec.json.encode


class _Params(msgspec.Struct, frozen=True):
    channel: str = ""
    symbol: list[str] = []
    depth: int = 10
    interval: int = 1
    event_trigger: str = "trades"
    snapshot: bool = True


class _Command(msgspec.Struct):
    method: str
    params: _Params = _Params()
    req_id: int | None = None


class KrakenVenue:
    """Spot pairs of one market against the dollar."""

    name = "kraken"

    def __init__(self, stage: Stage) -> None:
        feeds = [
            PairFeed(view, speed=stage.speed, now_us=stage.now_us)
            for view in dollar_views(stage, PAIRS).values()
        ]
        self._feeds = {feed.spelling.symbol: feed for feed in feeds}
        self._rest = RestDesk(feeds)
        self._flowing = {stream: feed for feed in feeds for stream in feed.streams()}
        self._wall_ms: Callable[[], int] = stage.wall_ms

    def route(self, path: str) -> str | None:
        """Only version 2 is spoken."""
        return "public" if urlsplit(path).path == "/v2" else None

    def rest(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Answer a GET."""
        return self._rest.answer(path, now_ms)

    def greeting(self, stream: str) -> bytes | None:
        """Return what a stream tells a new subscriber at once."""
        if stream == INSTRUMENT:
            return messages.instruments([feed.spelling for feed in self._feeds.values()])
        return self._flowing[stream].greeting(stream)

    def frames(self, moment: Moment, wanted: set[str]) -> Frames:
        """Return the frames of wanted streams for what has happened."""
        out: Frames = []
        for feed in self._feeds.values():
            events = moment.events.get(feed.view.source, [])
            out += feed.frames(events, moment.until_us, wanted)
        return out

    def obey(self, route: str, text: str | bytes, connection_id: str) -> Reply:
        """Answer ping, subscribe and unsubscribe; everything else is an error."""
        del route, connection_id
        try:
            command = msgspec.json.decode(text, type=_Command)
        except msgspec.ValidationError:
            return Reply((self._error("Malformed request"),))
        except msgspec.DecodeError:
            return Reply((self._error("JSON parsing error"),))
        if command.method == "ping":
            return Reply((self._answer(command, {"method": "pong"}),))
        if command.method not in {"subscribe", "unsubscribe"}:
            return Reply((self._error("Unsupported method", command),))
        return self._subscription(command)

    def _subscription(self, command: _Command) -> Reply:
        """Answer for each symbol by itself."""
        params = command.params
        if params.channel == INSTRUMENT:
            result = {"channel": INSTRUMENT, "snapshot": params.snapshot}
            return self._reply(command, [INSTRUMENT], [self._accepted(command, result)])
        parameter = _parameter(params)
        if parameter is None or not params.symbol:
            return Reply((self._error("Channel not supported", command),))
        known: list[str] = []
        answers: list[bytes] = []
        for symbol in params.symbol:
            stream = "@".join((symbol, params.channel, *map(str, parameter.values())))
            if stream in self._flowing:
                known.append(stream)
                result = {"channel": params.channel, **parameter, "symbol": symbol}
                answers.append(self._accepted(command, result))
            elif symbol in self._feeds:
                answers.append(self._error("Subscription parameter not supported", command))
            else:
                answers.append(self._error(f"Currency pair not supported {symbol}", command))
        return self._reply(command, known, answers)

    def _reply(self, command: _Command, streams: list[str], answers: list[bytes]) -> Reply:
        if command.method == "unsubscribe":
            return Reply(tuple(answers), left=tuple(streams))
        return Reply(tuple(answers), joined=tuple(streams), is_greeted=command.params.snapshot)

    def _accepted(self, command: _Command, result: dict[str, Any]) -> bytes:
        if command.method == "subscribe":
            result = {**result, "snapshot": command.params.snapshot}
        return self._answer(command, {"method": command.method, "result": result, "success": True})

    def _error(self, message: str, command: _Command | None = None) -> bytes:
        method = {} if command is None else {"method": command.method}
        return self._answer(command, {"error": message, **method, "success": False})

    def _answer(self, command: _Command | None, body: dict[str, Any]) -> bytes:
        """Add the request's id and the times that every answer has."""
        number = {} if command is None or command.req_id is None else {"req_id": command.req_id}
        now = rfc3339(self._wall_ms())
        return _encode({**body, **number, "time_in": now, "time_out": now})


def _parameter(params: _Params) -> dict[str, Any] | None:
    """Return what a channel is further told by; None for channels that are not spoken."""
    parameters: dict[str, dict[str, Any]] = {
        "book": {"depth": params.depth},
        "ohlc": {"interval": params.interval},
        "ticker": {"event_trigger": params.event_trigger},
        "trade": {},
    }
    return parameters.get(params.channel)

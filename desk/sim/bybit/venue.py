"""Bybit's conversations: what is subscribed where, and the errors of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from desk.model.instrument import Instrument, Kind
from desk.model.numbers import ONE
from desk.sim.bybit.feed import Frames, InstrumentFeed
from desk.sim.bybit.rest import RestDesk
from desk.sim.bybit.spelling import INVERSE, LINEAR, SPOT
from desk.sim.contracts import ContractListing, inverse
from desk.sim.dialect import Moment, Stage
from desk.sim.listing import Listing
from desk.sim.speech import Reply

PREFIX = "/v5/public/"
EMPTY = {"option"}
"""Categories that are spoken, and in which nothing is traded."""
MOST_SPOT_ARGUMENTS = 10

_TOPIC = re.compile(r"[A-Za-z0-9]{1,30}(\.[A-Za-z0-9-]{1,40}){1,3}")

_encode = msgspec.json.encode


class _Command(msgspec.Struct):
    op: str
    args: list[str] = []
    req_id: str | int = ""


class BybitVenue:
    """Linear perpetuals and spot pairs of one market."""

    name = "bybit"

    def __init__(self, stage: Stage) -> None:
        self._feeds = [
            (
                name,
                InstrumentFeed(
                    listing,
                    speed=stage.speed,
                    now_us=stage.now_us,
                    history=stage.history[name],
                ),
            )
            for name, listing in _traded(stage)
        ]
        feeds = [feed for _, feed in self._feeds]
        by_category = {
            category: {f.spelling.symbol: f for f in feeds if f.spelling.category == category}
            for category in (LINEAR, INVERSE, SPOT)
        }
        self._linear, self._spot = by_category[LINEAR], by_category[SPOT]
        self._rest = RestDesk(by_category)
        self._flowing = {stream: feed for feed in feeds for stream in feed.streams()}

    def route(self, path: str) -> str | None:
        """Return the category of a path."""
        path = urlsplit(path).path
        category = path.removeprefix(PREFIX)
        known = path.startswith(PREFIX) and category in {LINEAR, INVERSE, SPOT, *EMPTY}
        return category if known else None

    def rest(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Answer a GET."""
        return self._rest.answer(path, now_ms)

    def greeting(self, stream: str) -> bytes | None:
        """Return what a stream tells a new subscriber at once."""
        feed = self._flowing.get(stream)
        return None if feed is None else feed.greeting(stream)

    def frames(self, moment: Moment, wanted: set[str]) -> Frames:
        """Return the frames of wanted streams for what has happened."""
        out: Frames = []
        for symbol, spot in self._spot.items():
            perpetual = self._linear.get(symbol)
            spot.mark = None if perpetual is None else perpetual.mark
        for name, feed in self._feeds:
            out += feed.frames(moment.events[name], moment.until_us, wanted)
        return out

    def obey(self, route: str, text: str | bytes, connection_id: str) -> Reply:
        """Answer ping, subscribe, unsubscribe; everything else is an error."""
        try:
            command = msgspec.json.decode(text, type=_Command)
        except msgspec.DecodeError:
            command = _Command("")
            return Reply((_answer(command, connection_id, "error:request is no JSON command"),))
        if command.op == "ping":
            return Reply((_pong(command, route, connection_id),))
        problem = self._problem(route, command)
        if problem is not None:
            return Reply((_answer(command, connection_id, problem),))
        streams = tuple(_stream(route, topic) for topic in command.args)
        message = command.op if route == SPOT else ""
        answers = (_answer(command, connection_id, message, success=True),)
        if command.op == "subscribe":
            return Reply(answers, joined=streams)
        return Reply(answers, left=streams)

    def _problem(self, route: str, command: _Command) -> str | None:
        """Return why a request is refused as a whole; None when it is not."""
        if command.op not in {"subscribe", "unsubscribe"} or not command.args:
            return "error:params error"
        if route == SPOT and len(command.args) > MOST_SPOT_ARGUMENTS:
            return f"args size >{MOST_SPOT_ARGUMENTS}"
        for topic in command.args:
            if not self._is_known(route, topic):
                return f"error:handler not found,topic:{topic[:100]}"
        return None

    def _is_known(self, route: str, topic: str) -> bool:
        if _TOPIC.fullmatch(topic) is None:
            return False
        stream = _stream(route, topic)
        return route in EMPTY or stream in self._flowing


def _traded(stage: Stage) -> Iterator[tuple[str, Listing | ContractListing]]:
    """Return what Bybit has of the market, each with the name whose events are its own."""
    for name, listing in stage.listings.items():
        yield name, listing
        if listing.instrument.kind is Kind.PERPETUAL:
            yield name, ContractListing(listing, _inverse)


def _inverse(linear: Instrument) -> Instrument:
    return inverse(linear, ONE)


def _stream(category: str, topic: str) -> str:
    """Return the stream of a topic: `orderbook.50.BTCUSDT` is `linear@BTCUSDT@orderbook@50`."""
    *parts, symbol = topic.split(".")
    return "@".join((category, symbol, *parts))


def _answer(command: _Command, connection_id: str, message: str, *, success: bool = False) -> bytes:
    return _encode(
        {
            "success": success,
            "ret_msg": message,
            "conn_id": connection_id,
            "req_id": str(command.req_id),
            "op": command.op,
        }
    )


def _pong(command: _Command, route: str, connection_id: str) -> bytes:
    if route == "option":
        return _encode({"args": ["0"], "op": "pong"})
    return _answer(command, connection_id, "pong", success=True)

"""OKX's conversations: what is subscribed where, and the errors of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from desk.model.instrument import Instrument, Kind
from desk.sim.contracts import ContractListing, inverse
from desk.sim.dialect import Moment, Stage
from desk.sim.listing import Listing
from desk.sim.okx.feed import Frames, InstrumentFeed
from desk.sim.okx.rest import RestDesk
from desk.sim.okx.spelling import INVERSE_VALUES
from desk.sim.speech import Reply

ROUTES = {"/ws/v5/public": "public", "/ws/v5/business": "business"}
BUSINESS_CHANNELS = {"candle1m"}
QUIET_CHANNELS = {"liquidation-orders", "instruments", "status"}
"""Subscribed to without an instrument; only liquidations are simulated of them."""

_encode = msgspec.json.encode


class _Command(msgspec.Struct):
    op: str
    args: list[dict[str, str]] = []
    id: str | None = None


class OkxVenue:
    """Swaps and spot pairs of one market."""

    name = "okx"

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
        self._rest = RestDesk({feed.spelling.instrument_id: feed for feed in feeds})
        self._flowing = {
            f"{instrument_id}@{channel}": feed
            for feed in feeds
            for instrument_id, channel in feed.channels()
        }

    def route(self, path: str) -> str | None:
        """Return `public` or `business`."""
        return ROUTES.get(urlsplit(path).path)

    def rest(self, path: str, now_ms: int) -> tuple[int, bytes]:
        """Answer a GET."""
        return self._rest.answer(path, now_ms)

    def greeting(self, stream: str) -> bytes | None:
        """Return what a stream tells a new subscriber at once."""
        feed = self._flowing.get(stream)
        return None if feed is None else feed.greeting(stream.partition("@")[2])

    def frames(self, moment: Moment, wanted: set[str]) -> Frames:
        """Return the frames of wanted streams for what has happened."""
        out: Frames = []
        for name, feed in self._feeds:
            out += feed.frames(moment.events[name], moment.until_us, wanted)
        return out

    def obey(self, route: str, text: str | bytes, connection_id: str) -> Reply:
        """Answer `ping`, subscribe, unsubscribe; everything else is an error."""
        if text == "ping":
            return Reply((b"pong",))
        try:
            command = msgspec.json.decode(text, type=_Command)
        except msgspec.DecodeError:
            return Reply((_error("60012", f"Invalid request: {_shown(text)}", connection_id),))
        if command.op not in {"subscribe", "unsubscribe"} or not command.args:
            return Reply((_error("60012", f"Invalid request: {_shown(text)}", connection_id),))
        known: list[str] = []
        answers: list[bytes] = []
        for arg in command.args:
            stream = self._stream_of(route, arg)
            if stream is None:
                answers.append(_error("60018", _wrong(command.op, arg), connection_id, command.id))
                continue
            known.append(stream)
            ack: dict[str, Any] = {"event": command.op, "arg": arg, "connId": connection_id}
            answers.append(_encode(ack if command.id is None else {"id": command.id, **ack}))
        streams = tuple(known)
        if command.op == "subscribe":
            return Reply(tuple(answers), joined=streams)
        return Reply(tuple(answers), left=streams)

    def notice(self, connection_id: str) -> bytes:
        """Tell that the connection will be closed for an upgrade of the service."""
        message = "The connection will soon be closed for a service upgrade. Please reconnect."
        body = {"event": "notice", "code": "64008", "msg": message, "connId": connection_id}
        return _encode(body)

    def _stream_of(self, route: str, arg: dict[str, str]) -> str | None:
        """Return the stream that an argument names; None when this route has none such."""
        channel = arg.get("channel", "")
        if (channel in BUSINESS_CHANNELS) != (route == "business"):
            return None
        if channel in QUIET_CHANNELS:
            return f"{arg.get('instType', '')}@{channel}"
        stream = f"{arg.get('instId', '')}@{channel}"
        return stream if stream in self._flowing else None


def _traded(stage: Stage) -> Iterator[tuple[str, Listing | ContractListing]]:
    """Return what OKX has of the market, each with the name whose events are its own."""
    for name, listing in stage.listings.items():
        yield name, listing
        if listing.instrument.kind is Kind.PERPETUAL:
            yield name, ContractListing(listing, _inverse)


def _inverse(linear: Instrument) -> Instrument:
    return inverse(linear, INVERSE_VALUES[linear.base])


def _error(code: str, message: str, connection_id: str, command_id: str | None = None) -> bytes:
    body = {"event": "error", "code": code, "msg": message, "connId": connection_id}
    return _encode(body if command_id is None else {"id": command_id, **body})


def _wrong(op: str, arg: dict[str, str]) -> str:
    names = ",".join(f"{name}:{value}" for name, value in arg.items())
    return (
        f"{op.capitalize()} failed, wrong URL or {names} doesn't exist. "
        "Please use the correct URL, channel and parameters referring to API document."
    )


def _shown(text: str | bytes) -> str:
    readable = text if isinstance(text, str) else text.decode(errors="replace")
    return readable[:100]

"""SUBSCRIBE, UNSUBSCRIBE and LIST_SUBSCRIPTIONS, as a connection sends them."""

from __future__ import annotations

from typing import Any

import msgspec

from desk.sim.binance.streams import is_stream_name

MAX_STREAMS = 1024

_encode = msgspec.json.encode


class _Command(msgspec.Struct):
    method: str
    params: list[str] = []
    id: int | str | None = None


def obey(text: str | bytes, streams: set[str]) -> bytes:
    """Carry out one command on a connection's streams and return the venue's answer."""
    try:
        command = msgspec.json.decode(text, type=_Command)
    except msgspec.DecodeError as error:
        return _encode({"code": 2, "msg": f"Invalid request: {error}", "id": None})
    if command.method == "LIST_SUBSCRIPTIONS":
        return _answer(sorted(streams), command)
    if command.method == "UNSUBSCRIBE":
        streams.difference_update(command.params)
        return _answer(None, command)
    if command.method != "SUBSCRIBE":
        return _refuse(2, f"Invalid request: unknown method {command.method[:40]}", command)
    if not all(is_stream_name(name) for name in command.params):
        return _refuse(2, "Invalid request: invalid stream", command)
    if len(streams.union(command.params)) > MAX_STREAMS:
        return _refuse(2, f"Invalid request: more than {MAX_STREAMS} streams", command)
    streams.update(command.params)
    return _answer(None, command)


def _answer(result: Any, command: _Command) -> bytes:
    return _encode({"result": result, "id": command.id})


def _refuse(code: int, message: str, command: _Command) -> bytes:
    return _encode({"code": code, "msg": message, "id": command.id})

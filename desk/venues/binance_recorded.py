"""What recorded Binance lines are: a snapshot or a frame, of which symbol and product."""

from __future__ import annotations

import msgspec

from desk.venues.unreadable import UNREADABLE


class _Inside(msgspec.Struct):
    """What tells a frame's product: raw, or the inside of a wrapped one."""

    e: str = ""
    s: str = ""
    pu: msgspec.Raw = msgspec.Raw()
    ask_quantity: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="A")


class _Recorded(_Inside):
    stream: str = ""
    data: _Inside | None = None
    last_update_id: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="lastUpdateId")
    symbol: str = ""


_decode_recorded = msgspec.json.Decoder(_Recorded).decode


def _recorded(payload: bytes) -> _Recorded:
    try:
        return _decode_recorded(payload)
    except UNREADABLE:
        return _Recorded()


def recorded_snapshot(payload: bytes) -> str | None:
    """Tell whether a recorded line is a REST snapshot: its symbol, "" if it names none, or None."""
    if payload.startswith(b'{"stream"') or b'"lastUpdateId"' not in payload:
        return None
    recorded = _recorded(payload)
    return recorded.symbol if recorded.last_update_id and not recorded.stream else None


def symbol_of(payload: bytes) -> str | None:
    """Return the symbol that a recorded frame is about, or None."""
    recorded = _recorded(payload)
    inside = recorded.data or recorded
    return inside.s or None


def connection_of(payload: bytes) -> str | None:
    """Tell the connection that a recorded frame came from; None: it could be any."""
    recorded = _recorded(payload)
    inside = recorded.data or recorded
    if inside.e == "depthUpdate":
        futures = bool(inside.pu)
    elif inside.s and inside.ask_quantity:
        futures = inside.e == "bookTicker"
    else:
        return None
    if not futures:
        return "binance-spot"
    return "binance-coinm" if "_" in inside.s else "binance-usdm"

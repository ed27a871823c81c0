"""A market's state as bytes that are whole or refused."""

from __future__ import annotations

import hashlib

import msgspec

from desk.sim.candles import History
from desk.sim.market import MarketState

DIGEST_BYTES = 32


class SavedMarket(msgspec.Struct):
    """The market and what its venue remembers of it."""

    market: MarketState
    history: dict[str, History]


def encode_state(saved: SavedMarket) -> bytes:
    """Turn a state into bytes: a checksum, then the state."""
    body = msgspec.msgpack.encode(saved)
    return hashlib.sha256(body).digest() + body


def decode_state(data: bytes) -> SavedMarket:
    """Read a state; raise ValueError when it is damaged or none at all."""
    digest, body = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != digest:
        raise ValueError("the checksum does not match")
    try:
        return msgspec.msgpack.decode(body, type=SavedMarket)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None

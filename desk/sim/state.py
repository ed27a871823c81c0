"""Where a market's state is kept: one file, replaced whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

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


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file so that a crash leaves the old or the new one; raise OSError."""
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the renaming durable, where folders can be opened (not on Windows)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

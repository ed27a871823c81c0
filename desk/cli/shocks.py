"""Shocks as they are written: BTC=-0.25,ETH=-0.3."""

from __future__ import annotations

import re
from decimal import Decimal

from desk.model.numbers import parse_decimal
from desk.risk.shock import wrong_move

_ASSET = re.compile(r"[A-Z0-9]{2,12}")

EXPECTED = "COIN=MOVE, each coin once, a move above -1 and at most 10, such as BTC=-0.25,ETH=-0.3"


def parse_shocks(text: str) -> dict[str, Decimal] | None:
    """Return coin → relative move; None for what is written otherwise."""
    moves: dict[str, Decimal] = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        asset, move = name.strip().upper(), parse_decimal(number.strip())
        if move is None or _ASSET.fullmatch(asset) is None or asset in moves:
            return None
        if wrong_move(asset, move):
            return None
        moves[asset] = move
    return moves

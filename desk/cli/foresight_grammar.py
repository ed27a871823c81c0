"""Questions that look ahead: stress, rehearse, cure, carry, explain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from desk.cli.shocks import EXPECTED, parse_shocks
from desk.cli.words import LineError, Words
from desk.model.commands import Ask

Reader: TypeAlias = Callable[[str, Words, str], Ask]


def _whole(verb: str, words: Words, command_id: str) -> Ask:
    """`stress`; `carry` and `cure` of one account or of all."""
    del command_id
    return Ask(about=verb, of=words.take("an account") if words and verb != "stress" else "")


def _explain(verb: str, words: Words, command_id: str) -> Ask:
    del command_id
    return Ask(about=verb, of=words.take("a figure such as perp-1.margin_ratio"))


def _rehearse(verb: str, words: Words, command_id: str) -> Ask:
    """Shocks may be written apart: BTC=-0.25 ETH=-0.3."""
    del command_id
    text = words.take(EXPECTED)
    while words:
        text += f",{words.take(EXPECTED)}"
    shocks = parse_shocks(text)
    if shocks is None:
        raise LineError(EXPECTED, f"“{text}”")
    return Ask(about=verb, shocks=shocks)


READERS: Mapping[str, Reader] = {
    "stress": _whole,
    "carry": _whole,
    "cure": _whole,
    "explain": _explain,
    "rehearse": _rehearse,
}

"""What a piece of text means; the theme gives each meaning its colour."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from ui.viewmodels.translation import tr


class Tone(Enum):
    """A meaning; the value is the palette's token."""

    TEXT = "text"
    TEXT2 = "text2"
    MUTED = "muted"
    ACCENT = "accent"
    BID = "bid"
    ASK = "ask"
    SAFE = "safe"
    WARNING = "warning"
    DANGER = "danger"
    STALE = "stale"

    __hash__ = object.__hash__
    """Each is one object; Enum's own is a call of Python, and tables look colours up by thousands.
    """


LEVEL_TONES = {
    "NORMAL": Tone.TEXT,
    "WARNING": Tone.WARNING,
    "MARGIN_CALL": Tone.DANGER,
    "CLOSE_OUT": Tone.DANGER,
    "UNKNOWN": Tone.WARNING,
}

LEVEL_WORDS = {
    "NORMAL": tr("NORMAL"),
    "WARNING": tr("WARNING"),
    "MARGIN_CALL": tr("MARGIN CALL"),
    "CLOSE_OUT": tr("CLOSING OUT"),
    "UNKNOWN": tr("UNKNOWN"),
}

LEVEL_RANK = {"NORMAL": 0, "UNKNOWN": 1, "WARNING": 2, "MARGIN_CALL": 3, "CLOSE_OUT": 4}
"""Order of badness; a level nobody has heard of counts as the worst."""


def rank(level: str) -> int:
    """How bad a level is."""
    return LEVEL_RANK.get(level, len(LEVEL_RANK))


def of_profit(value: Decimal | None, *, live: bool = True) -> Tone:
    """Direction colour of a profit or a change; of one that is not of now, none."""
    if value is None:
        return Tone.MUTED
    if not live:
        return Tone.STALE
    if value == 0:
        return Tone.TEXT2
    return Tone.BID if value > 0 else Tone.ASK

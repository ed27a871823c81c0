"""A labelled figure and a gauge: what cards are made of."""

from __future__ import annotations

import msgspec

from ui.viewmodels.text import UNKNOWN
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import tr


class Figure(msgspec.Struct, frozen=True):
    """A label with its value."""

    label: str
    value: str
    tone: Tone = Tone.TEXT
    of: str = ""
    """The engine's name for it, by which it can be explained."""
    tip: str = ""


class Gauge(msgspec.Struct, frozen=True):
    """Utilization above, margin ratio below; None is an unknown lane."""

    utilization: float | None
    margin_ratio: float | None
    has_ratio: bool
    level: str
    is_loan: bool = False
    """Close-out is a third mark, at 125 % of utilization."""


def figure_of(
    label: str, value: str, tone: Tone = Tone.TEXT, of: str = "", why: str = ""
) -> Figure:
    """A figure; one that is unknown says why."""
    if value == UNKNOWN:
        tip = tr("{label}: unknown, {why}", label=label, why=why) if why else ""
        return Figure(label, value, Tone.MUTED, of, tip)
    return Figure(label, value, tone, of)

"""Lamps: a state told by shape, word and hue together."""

from __future__ import annotations

import msgspec

from ui.viewmodels.names import word
from ui.viewmodels.tone import Tone

_SHAPES = {
    "never seen": ("hollow", "muted", Tone.MUTED),
    "live": ("circle", "safe_fill", Tone.TEXT2),
    "late": ("triangle", "warn_fill", Tone.WARNING),
    "stale": ("square", "danger_fill", Tone.DANGER),
}

STATES = {word(state): state for state in _SHAPES}
"""What a state is called → the state."""


class Lamp(msgspec.Struct, frozen=True):
    """One venue: shape, name, age or word; state is told by shape and words too."""

    name: str
    shape: str
    fill: str
    age: str
    tone: Tone
    tip: str


def lamp_look(state: str) -> tuple[str, str, Tone]:
    """Shape, fill and tone of a state: circle, triangle, square; hollow: never seen."""
    return _SHAPES[state]

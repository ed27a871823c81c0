"""What a trader has chosen once and for all: language, colours, zone, sound; in `window.ini`.

A value that is not one of the choices is the default again, and said so: a bad file never stops
a desk from opening.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ui.palette import DIRECTIONS, SCHEMES
from ui.viewmodels.translation import LANGUAGES
from ui.window_file import FILE, WindowFile

GROUP = "preferences"
ZONES = ("HKT", "UTC")


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """The choices; every field has the value that ships."""

    language: str = "en"
    scheme: str = "dark"
    direction: str = "green-red"
    """Colours of up and down."""
    zone: str = "HKT"
    """The clock that leads; the other stands beside it where there is room."""
    sound: bool = True
    """An alert may be heard."""
    tour_seen: bool = False


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "language": tuple(LANGUAGES),
    "scheme": tuple(SCHEMES),
    "direction": tuple(DIRECTIONS),
    "zone": ZONES,
}
_SWITCHES = {"yes": True, "no": False}


def load(file: WindowFile) -> tuple[Preferences, tuple[str, ...]]:
    """Read the preferences; with them a sentence for each value that was passed over."""
    chosen: dict[str, str | bool] = {}
    complaints: list[str] = []
    for name, written in file.group(GROUP).items():
        if name not in Preferences.__struct_fields__:
            continue  # of a newer desk: `put` keeps only what this one knows
        choices = _CHOICES.get(name, tuple(_SWITCHES))
        if written in choices:
            chosen[name] = _SWITCHES[written] if name not in _CHOICES else written
        else:
            complaints.append(f"{FILE}: {name}: expected {', '.join(choices)}, found {written!r}")
    return msgspec.convert(chosen, Preferences), tuple(complaints)


def save(file: WindowFile, preferences: Preferences) -> str:
    """Write them; return why it could not be done, or nothing."""
    switches = {value: name for name, value in _SWITCHES.items()}
    values = msgspec.structs.asdict(preferences)
    file.put(GROUP, {k: v if isinstance(v, str) else switches[v] for k, v in values.items()})
    return file.write()

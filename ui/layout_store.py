"""Layouts as they are kept: one text each, checked when read, a damaged one passed over."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ui.layouts import SHIPPED, Shipped
from ui.viewmodels.translation import tr
from ui.window_file import FILE, is_number

MOST_LAYOUTS = 12
LONGEST_NAME = 24


class Saved(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the docks of a layout were."""

    state: str
    """What Qt writes of them, `encoded`."""
    guests: tuple[str, ...] = ()
    touched: bool = True
    """False: nobody has moved anything, the docks are sized for the window."""
    compact: bool = False


class Layout(msgspec.Struct, frozen=True):
    """A shipped layout or one of the trader's own, and how it was left."""

    id: str
    name: str
    of: str
    """The shipped one that it is, or was made from."""
    now: Saved | None = None
    kept: Saved | None = None
    """What putting back gives; None: what ships."""

    @property
    def is_own(self) -> bool:
        """Whether the trader made it."""
        return self.id not in SHIPPED

    @property
    def shipped(self) -> Shipped:
        """The shipped layout behind it."""
        return SHIPPED[self.of]


def written(layouts: Mapping[str, Layout]) -> dict[str, str]:
    """Each layout as one text; a shipped one only if it is not as it ships."""
    return {
        key: msgspec.json.encode(layout).decode()
        for key, layout in layouts.items()
        if layout.is_own or layout.now is not None
    }


def read_layouts(written: Mapping[str, str], complaints: list[str]) -> dict[str, Layout]:
    layouts = {key: Layout(key, one.name, key) for key, one in SHIPPED.items()}
    for key in sorted(written)[:MOST_LAYOUTS]:
        try:
            layout = msgspec.json.decode(written[key], type=Layout)
        except (msgspec.DecodeError, msgspec.ValidationError):
            complaints.append(tr("{file}: layout {name} is damaged", file=FILE, name=key))
            continue
        if layout.id == key and layout.of in SHIPPED and _is_id(key):
            name = layout.name if layout.is_own else SHIPPED[key].name
            layouts[key] = msgspec.structs.replace(layout, name=name)
    return layouts


def _is_id(key: str) -> bool:
    number = key.removeprefix("own-")
    return key in SHIPPED or (key.startswith("own-") and is_number(number))


def wrong_name(name: str) -> str:
    """Say what is wrong with a layout's name, or nothing."""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return tr("A name has 1 to {most} letters.", most=LONGEST_NAME)
    return ""

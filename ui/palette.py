"""Colour tokens: three schemes of one set of names, and three pairs for up and down.

Plain text, no Qt, so that contrast is computed in a test. Warning and danger hues belong to risk
and data quality alone; a size, a side or a price never uses them.
"""

from __future__ import annotations

import msgspec


class Palette(msgspec.Struct, frozen=True):
    """Every colour the window may use, as `#RRGGBB`."""

    bg: str
    panel: str
    raised: str
    field: str
    sel: str
    line: str
    edge: str
    text: str
    text2: str
    muted: str
    accent: str
    bid: str
    ask: str
    safe: str
    warning: str
    danger: str
    stale: str
    bid_fill: str
    ask_fill: str
    safe_fill: str
    warn_fill: str
    danger_fill: str
    warn_tint: str
    danger_tint: str
    accent_tint: str
    on_danger: str
    on_warn: str
    on_accent: str
    simulated: str
    paper: str
    live: str
    heat_calm: str
    """Stress below 80 %, growing towards `heat_near`."""
    heat_near: str
    heat_warn: str
    heat_call: str
    """From 100 %, growing towards `heat_deep`."""
    heat_deep: str
    heat_out: str
    """Closed out, under a hatch of `heat_hatch`."""
    heat_hatch: str
    on_mode: str = "#FFFFFF"

    def tokens(self) -> dict[str, str]:
        """Every token by name."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


DARK = Palette(
    bg="#090C10",
    panel="#12161C",
    raised="#191F27",
    field="#0C1015",
    sel="#1F2732",
    line="#262E38",
    edge="#5F6D7E",
    text="#E6EAF0",
    text2="#B7C0CC",
    muted="#8D98A6",
    accent="#74B3FF",
    bid="#5CB896",
    ask="#E58E6F",
    safe="#93A4B7",
    warning="#F0B429",
    danger="#FF5C77",
    stale="#87919E",
    bid_fill="#17332B",
    ask_fill="#3B241C",
    safe_fill="#57677A",
    warn_fill="#C8921B",
    danger_fill="#D42F4F",
    warn_tint="#2B2413",
    danger_tint="#33161D",
    accent_tint="#152638",
    on_danger="#FFFFFF",
    on_warn="#0C1015",
    on_accent="#0C1015",
    simulated="#7247E0",
    paper="#0E7C8A",
    live="#C4208F",
    heat_calm="#1B232C",
    heat_near="#27323E",
    heat_warn="#3D3216",
    heat_call="#38202A",
    heat_deep="#4A2230",
    heat_out="#33141D",
    heat_hatch="#7A2A3E",
)

LIGHT = Palette(
    bg="#D5DBE2",
    panel="#FFFFFF",
    raised="#F1F4F7",
    field="#FFFFFF",
    sel="#E3ECF7",
    line="#D3DAE2",
    edge="#7C8896",
    text="#151A21",
    text2="#3B4552",
    muted="#586473",
    accent="#0A5CC7",
    bid="#0B7651",
    ask="#AD451C",
    safe="#566677",
    warning="#845800",
    danger="#BE1237",
    stale="#5E6976",
    bid_fill="#D5EEE4",
    ask_fill="#F8DFD5",
    safe_fill="#8A9AAB",
    warn_fill="#E0A321",
    danger_fill="#D3224A",
    warn_tint="#FFF3D6",
    danger_tint="#FDE4E9",
    accent_tint="#E3EEFB",
    on_danger="#FFFFFF",
    on_warn="#0C1015",
    on_accent="#FFFFFF",
    simulated="#6A3FD8",
    paper="#0B6F7C",
    live="#B5187F",
    heat_calm="#EEF2F6",
    heat_near="#DCE4EC",
    heat_warn="#FBE7B5",
    heat_call="#FBDCE3",
    heat_deep="#F4BCC9",
    heat_out="#F3C3CE",
    heat_hatch="#BE1237",
)

HIGH_CONTRAST = Palette(
    bg="#000000",
    panel="#000000",
    raised="#101010",
    field="#000000",
    sel="#002B55",
    line="#7A7A7A",
    edge="#FFFFFF",
    text="#FFFFFF",
    text2="#F0F0F0",
    muted="#D2D2D2",
    accent="#66CCFF",
    bid="#3CFFB0",
    ask="#FFAE80",
    safe="#D8E2EC",
    warning="#FFD400",
    danger="#FF7A92",
    stale="#C4C4C4",
    bid_fill="#00402A",
    ask_fill="#4A2000",
    safe_fill="#9AA8B6",
    warn_fill="#FFD400",
    danger_fill="#FF4D6D",
    warn_tint="#2B2400",
    danger_tint="#3A000E",
    accent_tint="#002440",
    on_danger="#000000",
    on_warn="#000000",
    on_accent="#000000",
    simulated="#7A4DFF",
    paper="#007F8F",
    live="#D6007F",
    heat_calm="#0A0F14",
    heat_near="#1C2833",
    heat_warn="#3A3000",
    heat_call="#3A0012",
    heat_deep="#5C0820",
    heat_out="#3A000E",
    heat_hatch="#FF4D6D",
)

SCHEMES = {"dark": DARK, "light": LIGHT, "contrast": HIGH_CONTRAST}

DIRECTIONS = ("green-red", "red-green", "blue-orange")
"""Which hue means up: a trader's choice, apart from the risk colours."""

_BLUE_ORANGE = {
    "dark": ("#5AA9E6", "#E5A04F", "#152A3A", "#38291A"),
    "light": ("#1F66B0", "#9A5700", "#DDEAF7", "#F7E7D0"),
    "contrast": ("#66CCFF", "#FFB866", "#002B4A", "#402600"),
}


def palette(scheme: str, direction: str = "green-red") -> Palette:
    """Return a scheme with the chosen pair for up and down; KeyError for an unknown name."""
    base = SCHEMES[scheme]
    if direction == "red-green":
        return msgspec.structs.replace(
            base, bid=base.ask, ask=base.bid, bid_fill=base.ask_fill, ask_fill=base.bid_fill
        )
    if direction == "blue-orange":
        bid, ask, bid_fill, ask_fill = _BLUE_ORANGE[scheme]
        return msgspec.structs.replace(base, bid=bid, ask=ask, bid_fill=bid_fill, ask_fill=ask_fill)
    if direction != "green-red":
        raise KeyError(direction)
    return base

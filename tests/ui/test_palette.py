"""Contrast by WCAG 2.1, computed; the pairs are those the design names."""

import pytest

from ui.palette import DIRECTIONS, SCHEMES, palette
from ui.viewmodels.tone import Tone

TEXT_ON_PANEL = (
    "text", "text2", "muted", "accent", "bid", "ask", "safe", "warning", "danger", "stale",
)  # fmt: skip
PAIRS = [
    *((token, "panel") for token in TEXT_ON_PANEL),
    *((token, "sel") for token in TEXT_ON_PANEL if token != "safe"),
    *((token, "raised") for token in TEXT_ON_PANEL),
    ("on_danger", "danger_fill"),
    ("on_warn", "warn_fill"),
    ("on_accent", "accent"),
    ("bid", "bid_fill"),
    ("ask", "ask_fill"),
    ("warning", "warn_tint"),
    ("danger", "danger_tint"),
    ("accent", "accent_tint"),
    ("stale", "danger_tint"),
    ("stale", "warn_tint"),
    ("text", "field"),
    ("muted", "field"),
    ("text", "danger_tint"),
    ("text", "warn_tint"),
    ("on_mode", "simulated"),
    ("on_mode", "paper"),
    ("on_mode", "live"),
]


def luminance(color):
    values = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first, second):
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_formula_knows_black_and_white():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("text", "ground"), PAIRS, ids=[f"{a}-on-{b}" for a, b in PAIRS])
def test_every_text_stands_out_from_its_ground(scheme, direction, text, ground):
    tokens = palette(scheme, direction).tokens()
    assert contrast(tokens[text], tokens[ground]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", ["calm", "near", "warn", "call", "deep"])
def test_figures_of_the_heat_map_stand_out_further(scheme, ground):
    tokens = palette(scheme).tokens()
    assert contrast(tokens["text"], tokens[f"heat_{ground}"]) >= 7.0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_outline_of_what_can_be_pressed_stands_out(scheme):
    tokens = palette(scheme).tokens()
    assert contrast(tokens["edge"], tokens["panel"]) >= 3


@pytest.mark.parametrize("scheme", SCHEMES)
def test_red_up_swaps_the_pair_and_touches_no_risk_colour(scheme):
    plain, swapped = palette(scheme).tokens(), palette(scheme, "red-green").tokens()
    assert (swapped["bid"], swapped["ask"]) == (plain["ask"], plain["bid"])
    assert (swapped["bid_fill"], swapped["ask_fill"]) == (plain["ask_fill"], plain["bid_fill"])
    assert swapped["danger"] == plain["danger"]


def test_unknown_scheme_or_pair_is_refused():
    with pytest.raises(KeyError):
        palette("sepia")
    with pytest.raises(KeyError):
        palette("dark", "pink-grey")


def test_every_tone_is_a_token():
    assert {tone.value for tone in Tone} <= palette("dark").tokens().keys()

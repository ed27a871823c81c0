"""The three arrangements by arithmetic: the design's positions and sizes, and any other window."""

import pytest

from ui.layouts import GAP, LEAST_WIDTH, SHIPPED, Box, Wishes, keys_of, least, places, without

# The design's tables (look.md section 6): dock → x, y, width, height in the window.
FULL = {
    "trade": {
        "risk": (0, 48, 384, 996), "positions": (388, 48, 1160, 200),
        "chart": (388, 252, 864, 423), "watch": (388, 679, 864, 365),
        "ladder": (1256, 252, 292, 792), "ticket": (1552, 48, 368, 596),
        "orders": (1552, 648, 368, 396),
    },
    "risk": {
        "risk": (0, 48, 432, 996), "stress": (436, 48, 804, 640),
        "rehearsal": (436, 692, 804, 352), "close_out": (436, 692, 804, 352),
        "financing": (1244, 48, 676, 608), "rules": (1244, 660, 676, 384),
    },
    "monitor": {
        "risk": (0, 48, 384, 996), "watch": (388, 48, 1160, 496),
        "chart_btc": (388, 548, 578, 496), "chart_eth": (970, 548, 578, 496),
        "alerts": (1552, 48, 368, 396), "feeds": (1552, 448, 368, 260),
        "journal": (1552, 712, 368, 332),
    },
}  # fmt: skip
SMALL = {
    "trade": {
        "risk": (0, 44, 296, 692), "positions": (300, 44, 766, 200),
        "chart": (300, 248, 526, 291), "watch": (300, 543, 526, 193),
        "ladder": (830, 248, 236, 488), "ticket": (1070, 44, 296, 500),
        "orders": (1070, 548, 296, 188),
    },
    "risk": {
        "risk": (0, 44, 312, 692), "stress": (316, 44, 596, 436),
        "rehearsal": (316, 484, 596, 252), "close_out": (316, 484, 596, 252),
        "financing": (916, 44, 450, 692), "rules": (916, 44, 450, 692),
    },
    "monitor": {
        "risk": (0, 44, 296, 692), "watch": (300, 44, 766, 320),
        "chart_btc": (300, 368, 381, 368), "chart_eth": (685, 368, 381, 368),
        "alerts": (1070, 44, 296, 692), "feeds": (1070, 44, 296, 692),
        "journal": (1070, 44, 296, 692),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("size", ["full", "small"])
def test_docks_lie_where_the_design_has_them(name, size):
    small = size == "small"
    area = Box(0, 44, 1366, 692) if small else Box(0, 48, 1920, 996)
    found = places(SHIPPED[name].tree(small), area, Wishes(compact=small))
    shown = {key: (b.x, b.y, b.width, b.height) for key, b in found.items()}
    assert shown == (SMALL if small else FULL)[name]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("width", [1366, 1440, 1600, 1920, 2560, 3840])
@pytest.mark.parametrize("height", [620, 800, 996, 1356, 2076])
def test_at_any_size_docks_fill_the_area_and_none_is_squeezed(name, width, height):
    compact = width < 1600
    tree = SHIPPED[name].tree(compact)
    boxes = places(tree, Box(0, 0, width, height), Wishes(compact=compact))
    distinct = set(boxes.values())
    assert all(b.x >= 0 and b.x + b.width <= width for b in distinct)
    assert all(b.y >= 0 and b.y + b.height <= height for b in distinct)
    filled = sum((b.width + GAP) * (b.height + GAP) for b in distinct)
    assert filled == (width + GAP) * (height + GAP)
    if height >= least(tree, across=False):
        assert all(b.height >= 90 for b in distinct)
    for key, minimum in LEAST_WIDTH.items():
        assert key not in boxes or boxes[key].width >= minimum


def test_ticket_grows_for_its_reasons_and_orders_keep_their_least():
    for wanted, ticket in ((300, 596), (848, 848), (2_000, 872)):
        boxes = places(SHIPPED["trade"].tree(False), Box(0, 0, 1920, 996), Wishes(ticket=wanted))
        assert boxes["ticket"].height == ticket
        assert boxes["ticket"].height + GAP + boxes["orders"].height == 996


def test_positions_grow_by_a_row_from_two_to_five():
    heights = [
        places(SHIPPED["trade"].tree(False), Box(0, 0, 1920, 996), Wishes(held=n))[
            "positions"
        ].height
        for n in (0, 2, 3, 4, 5, 9)
    ]
    assert heights == [160, 160, 200, 240, 280, 280]


def test_what_is_not_there_leaves_its_place_to_its_neighbours():
    tree = without(SHIPPED["risk"].tree(False), {"risk", "close_out", "financing", "rules"})
    boxes = places(tree, Box(0, 0, 1920, 996), Wishes())
    assert boxes["close_out"] == Box(436, 0, 804, 996)
    assert list(keys_of(tree)) == ["risk", "close_out", "financing", "rules"]
    assert without(tree, {"nothing"}) is None

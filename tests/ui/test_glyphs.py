"""Texts that are put together of kept glyphs: the picture is the one that Qt's own text makes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage, QPainter

from ui import grid_words
from ui.grid import Grid
from ui.grid_words import LARGEST, Look, Words, draw_by_glyph, draw_by_text
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.tone import Tone

pytestmark = pytest.mark.qt

SCALES = (1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0)
WIDTH, HEIGHT = 240, 60
TOLERANCE = 2
"""Of 255: how far two ways to blend the same ink may lie apart."""
FIGURES = st.just("—") | st.from_regex(
    r"[+−-]?[0-9]{1,3}(,[0-9]{3}){0,2}(\.[0-9]{1,4})?( ?[%A-Za-w])?", fullmatch=True
)
ANYTHING = st.one_of(
    FIGURES,
    st.text("0123456789.,%/+−-: KMBabcx—×→>", max_size=10),
    st.text("0123456789.中文，é‹\n\U0001f600\u200f\u0301", max_size=6),
)
scales = st.sampled_from(SCALES)


def look_of(theme, *, dimmed=False):
    return Look(theme, (theme.face(12), theme.face(12, 600), theme.face(11)), dimmed)


def drawn(scale, draw):
    picture = QImage(round(WIDTH * scale), round(HEIGHT * scale), QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(scale)
    picture.fill(QColor("#10151c"))
    painter = QPainter(picture)
    draw(painter)
    painter.end()
    return picture


def apart(one, other):
    assert one.size() == other.size()
    pictures = (np.frombuffer(picture.constBits(), np.uint8) for picture in (one, other))
    return int(np.abs(np.subtract(*pictures, dtype=int)).max())


@st.composite
def words(draw, text):
    """A few texts, each in a row of its own."""
    made = Words()
    for number in range(draw(st.integers(1, 3))):
        to_right = draw(st.booleans())
        edge = draw(st.integers(150, 230) if to_right else st.integers(5, 90))
        kind = draw(st.sampled_from(Tone)), draw(st.integers(0, 2))
        made.add(draw(text), *kind, edge, 15 + 18 * number, to_right=to_right)
    return made


def both_ways(theme, words, scale, *, dimmed=False):
    """The picture of glyphs with what is left to Qt, the picture of Qt, and what was left."""
    look, left = look_of(theme, dimmed=dimmed), []

    def fast(painter):
        left.extend(draw_by_glyph(painter, look, words))
        draw_by_text(painter, look, words, left)

    every = range(len(words.texts))
    slow = drawn(scale, lambda painter: draw_by_text(painter, look, words, every))
    return drawn(scale, fast), slow, left


@pytest.mark.thorough
@settings(max_examples=100)
@given(words(FIGURES), scales, st.booleans())
def test_figures_of_glyphs_look_as_qt_writes_them(dressed, words, scale, dimmed):
    fast, slow, left = both_ways(dressed, words, scale, dimmed=dimmed)
    assert left == [] or scale > LARGEST
    assert apart(fast, slow) <= TOLERANCE
    assert apart(slow, drawn(scale, lambda painter: None)) > 5 * TOLERANCE, "a dash at the least"


@pytest.mark.thorough
@settings(max_examples=100)
@given(words(ANYTHING), scales)
def test_any_text_looks_as_qt_writes_it(dressed, words, scale):
    fast, slow, _ = both_ways(dressed, words, scale)
    assert apart(fast, slow) <= TOLERANCE


@pytest.mark.parametrize(
    "text", ["中文", "5—", "5−", "a-5", "− 5", "2x3", "1\n2", "É1", "\U0001f600"]
)
def test_a_text_with_a_glyph_that_is_not_kept_is_left_to_qt_the_others_are_not(dressed, text):
    words = Words()
    for number, each in enumerate(("−1,234.5", text, "+0.01%")):
        words.add(each, Tone.BID, 0, 5, 15 + 18 * number, to_right=False)
    fast, slow, left = both_ways(dressed, words, 1.0)
    assert left == ([0, 1, 2] if "\n" in text else [1])
    assert apart(fast, slow) <= TOLERANCE


def test_texts_beyond_the_room_of_the_array_are_all_drawn(dressed):
    words = Words()
    for number in range(400):
        words.add("88,888.8", Tone.TEXT, 0, number % 20 * 8, 15 + number // 20, to_right=False)
    fast, slow, left = both_ways(dressed, words, 1.0)
    assert left == []
    assert apart(fast, slow) <= 2 * TOLERANCE  # one over the other


def test_a_turned_painter_is_left_to_qt(dressed):
    words, left = Words(), []
    words.add("1", Tone.BID, 0, 5, 15, to_right=False)

    def turned(painter):
        painter.rotate(30)
        left.extend(draw_by_glyph(painter, look_of(dressed), words))

    assert apart(drawn(1.0, turned), drawn(1.0, lambda painter: None)) == 0
    assert left == [0]


COLUMNS = (
    Column("name", "Name", "ABCDEFGH", Side.LEFT, grow=True),
    *(Column(f"c{number}", f"C{number}", "88,888.8") for number in range(6)),
)


def table(rows=30, *, second=True):
    """Rows of everything a cell may be; a low row has no second line."""
    kinds = list(Tone)
    made = [Row("h", (Cell("12 of 34"), Cell("5")), heading="BTC")]
    for row in range(rows):
        cells = [
            Cell(f"{(row - 9) * 1_234.5 + n:,.1f}".replace("-", "−"), kinds[(row + n) % 10], n == 2)
            for n in range(6)
        ]
        cells[3] = cells[3]._replace(unit="USDT" if row % 2 else "")
        cells[4] = cells[4]._replace(second=f"+{row}.5%" if second and row % 3 else "")
        cells[5] = cells[5]._replace(chip="danger" if row % 4 == 0 else "")
        made.append(Row(f"r{row}", (Cell(f"BTC {row} 永續", strong=True), *cells)))
    return tuple(made)


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("state", ["plain", "selected", "dimmed", "narrow", "compact"])
def test_a_whole_table_looks_the_same_both_ways(qtbot, theme, monkeypatch, scheme, state):
    theme.use(scheme, "green-red")
    theme.compact = state == "compact"
    grid = Grid(theme, COLUMNS, "Prices", row_height=None if theme.compact else 40)
    qtbot.addWidget(grid)
    grid.dimmed = state == "dimmed"
    grid.resize(430 if state == "narrow" else 700, 1_300)
    grid.show()
    grid.show_rows(table(second=not theme.compact))
    if state == "selected":
        grid.select_keys(("r2", "r5"))
    shown = {}
    for name, many in (("fast", 1), ("slow", 100_000)):
        monkeypatch.setattr(grid_words, "MANY", many)
        shown[name] = grid.viewport().grab().toImage().convertToFormat(
            QImage.Format.Format_RGB32)  # fmt: skip
    assert apart(shown["fast"], shown["slow"]) <= TOLERANCE


def test_another_scheme_has_its_own_colours(qtbot, theme):
    grid = Grid(theme, (Column("a", "A", "8"),), "Prices")
    qtbot.addWidget(grid)
    grid.resize(100, 24 * 80)
    grid.show_rows(tuple(Row(f"r{n}", (Cell("8,888"),)) for n in range(80)))
    pictures = []
    for scheme in ("dark", "light", "dark"):
        theme.use(scheme, "green-red")
        pictures.append(grid.viewport().grab().toImage())
    assert pictures[0] == pictures[2] != pictures[1]

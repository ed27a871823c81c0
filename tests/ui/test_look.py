"""Fonts, icons, shapes: what the theme hands to every painter."""

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontInfo, QPalette, QPixmap

from ui import icons
from ui.paint import CHIPS, Align, Ink, painting, wrap
from ui.palette import SCHEMES
from ui.panels.gauge import draw_gauge, draw_sparkline
from ui.panels.ticket_head import TicketNeeds
from ui.theme import Theme
from ui.viewmodels.figure import Gauge
from ui.viewmodels.tone import Tone

pytestmark = pytest.mark.qt


def painted(theme, width, height, draw):
    """Draw on a panel-coloured picture and return it."""
    picture = QPixmap(width, height)
    picture.fill(theme.color("panel"))
    with painting(picture, theme) as ink:
        draw(ink)
    return picture.toImage()


def hue(image, x, y):
    return image.pixelColor(x, y).name()


def test_fonts_are_the_shipped_ones(theme):
    assert QFontInfo(theme.face(12).font).family() == "Inter"
    assert QFontInfo(theme.face(12, code=True).font).family() == "JetBrains Mono"
    assert not QFontInfo(theme.face(12, code=True).font).italic()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_qt_widgets_get_our_colours_and_disabled_is_muted(scheme):
    theme = Theme(scheme)
    filled = theme.qt_palette()
    assert filled.color(QPalette.ColorRole.Window) == theme.color("panel")
    assert filled.color(QPalette.ColorRole.Text) == theme.color("text")
    disabled = filled.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled == theme.color("muted")


@pytest.mark.parametrize("name", sorted({icon for *_, icon in CHIPS.values()} | {
    "lock", "unlock", "power", "clock", "deny", "info", "close", "float"}))  # fmt: skip
def test_every_icon_is_drawn_in_the_colour_asked_for(qapp, name):
    image = icons.pixmap(name, "#FF0000", 24).toImage()
    solid = {
        image.pixelColor(x, y).name()
        for x in range(24)
        for y in range(24)
        if image.pixelColor(x, y).alpha() == 255
    }
    assert solid == {"#ff0000"}


def test_unknown_icon_is_refused(qapp):
    with pytest.raises(FileNotFoundError):
        icons.pixmap("no-such", "#FF0000", 24)


def test_unheard_of_level_is_dressed_as_the_worst(theme):
    image = painted(theme, 200, 30, lambda ink: ink.chip("SOMETHING", "X", 190, 15))
    known = painted(theme, 200, 30, lambda ink: ink.chip("CLOSE_OUT", "X", 190, 15))
    assert image == known


def gauge_at(theme, utilization, level, ratio=0.02):
    view = Gauge(utilization, ratio, True, level)
    return painted(theme, 260, 40, lambda ink: draw_gauge(ink, view, QRectF(0, 2, 260, 0)))


@pytest.mark.parametrize(
    ("utilization", "level", "fill"),
    [(0.639, "NORMAL", "safe_fill"), (0.85, "WARNING", "warn_fill"),
     (1.05, "MARGIN_CALL", "danger_fill"), (5.0, "CLOSE_OUT", "danger_fill")],
)  # fmt: skip
def test_gauge_fills_to_its_share_in_the_hue_of_its_level(theme, utilization, level, fill):
    image = gauge_at(theme, utilization, level)
    end = min(utilization, 1.3) / 1.3 * 260
    assert hue(image, 10, 8) == theme.color(fill).name()
    assert hue(image, int(end) - 4, 8) == theme.color(fill).name()
    if end < 250:
        assert hue(image, int(end) + 4, 8) != theme.color(fill).name()


def test_unknown_gauge_has_no_fill_and_is_hatched(theme):
    image = gauge_at(theme, None, "UNKNOWN", None)
    shown = {hue(image, x, 8) for x in range(4, 150)}
    assert theme.color("safe_fill").name() not in shown
    assert len(shown) > 2
    idle = gauge_at(theme, None, "NORMAL", None)
    assert {hue(idle, x, 8) for x in range(4, 150)} == {theme.color("field").name()}


def test_sparkline_needs_two_points_and_bears_many(theme):
    box = QRectF(0, 0, 80, 14)
    blank = painted(theme, 80, 14, lambda ink: None)
    assert painted(theme, 80, 14, lambda ink: draw_sparkline(ink, [0.1], box)) == blank
    for points in ([0.1, 0.2], [0.1] * 3, [n / 1_800 for n in range(1_800)]):
        assert painted(theme, 80, 14, lambda ink, p=points: draw_sparkline(ink, p, box)) != blank


def test_error_while_painting_ends_the_painter(theme):
    picture = QPixmap(10, 10)
    with pytest.raises(KeyError), painting(picture, theme) as ink:
        ink.fill("no such token", QRectF(0, 0, 1, 1))
    assert not picture.paintingActive()


def test_kept_frames_look_like_drawn_ones_and_go_with_the_scheme(theme):
    box = QRectF(2, 2, 30, 20)

    def drawn(ink):
        ink._draw_frame(ink.painter, "edge", "sel", box, 4)

    kept = painted(theme, 40, 30, lambda ink: ink.frame("edge", "sel", box, 4))
    direct = painted(theme, 40, 30, drawn)
    for x in range(40):
        for y in range(30):
            one, other = kept.pixelColor(x, y), direct.pixelColor(x, y)
            # Blending twice may round a shade apart.
            assert all(abs(a - b) <= 3 for a, b in zip(one.getRgb(), other.getRgb(), strict=True))
    assert theme.frames
    theme.use("light", "green-red")
    assert theme.frames == {}


def test_lines_are_wrapped_between_words_and_fit(theme):
    face = theme.face(12, 500)
    text = "After this fill utilization would be 108.3%; the limit is 100.0%."
    lines = wrap(face, text, 180)
    assert " ".join(lines) == text
    assert len(lines) > 1
    assert all(face.width(line) <= 180 for line in lines)
    assert wrap(face, "", 180) == []
    assert wrap(face, "431.3 % of it", face.width("431.3 ") + 2) == ["431.3 %", "of it"]


def test_chinese_is_wrapped_beside_any_character_but_before_no_full_stop(theme):
    face = theme.face(12, 500)
    text = "成交後使用率為 108.3%；上限 100.0%。不可新增風險（見規則）。"
    lines = wrap(face, text, 80)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(face.width(line) <= 80 for line in lines)
    assert all(line[0] not in "。；）%" and line[-1] != "（" for line in lines)
    assert wrap(face, "Unbreakable" * 20, 50) == ["Unbreakable" * 20]


@pytest.mark.parametrize(("align", "first", "last"), [(Align.LEFT, 0, 70), (Align.RIGHT, 130, 200)])
def test_text_stands_where_it_is_aligned(theme, align, first, last):
    def draw(ink):
        assert isinstance(ink, Ink)
        ink.text("text", theme.face(12), "12345678", QRectF(0, 0, 200, 20), align)

    image = painted(theme, 200, 20, draw)
    panel = QColor(theme.color("panel")).name()
    inked = [x for x in range(200) if any(hue(image, x, y) != panel for y in range(20))]
    assert first <= min(inked)
    assert max(inked) < last


def test_a_need_of_the_ticket_is_read_whole_or_not_at_all_and_trouble_comes_first(qtbot, theme):
    needs = TicketNeeds(theme)
    qtbot.addWidget(needs)
    needs.resize(180, 16)
    mark, book = ("mark", "845 ms", Tone.TEXT2), ("book", "82 ms", Tone.TEXT2)
    needs.show_needs((mark, book, ("venue", "6.4 s", Tone.TEXT2)))
    assert needs.fitting(0) == [mark, book]
    needs.show_needs((mark, book, ("venue", "6.4 s", Tone.DANGER)))
    assert needs.fitting(0) == [mark, ("venue", "6.4 s", Tone.DANGER)]

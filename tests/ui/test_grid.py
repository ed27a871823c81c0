import pytest
from helpers.frames import eth_market, frame, market
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPaintEvent

from ui.grid import Grid
from ui.grid_model import GridModel
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.tone import Tone
from ui.viewmodels.watch import COLUMNS, watch_rows

pytestmark = pytest.mark.qt

NAMES = (Column("name", "Name", "ABC", Side.LEFT), Column("price", "Price", "88,888.8"))


def rows(*prices):
    return tuple(
        Row(f"r{n}", (Cell(f"n{n}", strong=True), Cell(text))) for n, text in enumerate(prices)
    )


@pytest.fixture
def grid(qtbot, theme):
    made = Grid(theme, NAMES, "Prices")
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    qtbot.waitExposed(made)
    return made


class Painted(Grid):
    """Remembers what it was asked to paint."""

    def __init__(self, *arguments):
        self.areas = []
        super().__init__(*arguments)

    def paintEvent(self, e: QPaintEvent) -> None:
        self.areas.append(QRect(e.rect()))
        super().paintEvent(e)


def test_model_behind_the_paint_is_a_sound_model(grid, qtmodeltester):
    grid.show_rows(rows("1.0", "2.0"))
    qtmodeltester.check(grid.grid)


def test_accessible_text_names_the_column_and_says_stale(grid):
    grid.show_rows((Row("r", (Cell("BTC"), Cell("1.0", Tone.STALE))),))
    index = grid.grid.index(0, 1)
    assert grid.grid.data(index, Qt.ItemDataRole.AccessibleTextRole) == "Price 1.0 stale"
    assert grid.accessibleName() == "Prices"


def test_only_changed_rows_are_repainted(qtbot, theme):
    grid = Painted(theme, NAMES, "Prices")
    qtbot.addWidget(grid)
    grid.resize(300, 400)
    grid.show()
    grid.show_rows(rows(*["1.0"] * 10))
    qtbot.waitUntil(lambda: grid.areas != [])
    qtbot.wait(20)
    grid.areas.clear()
    grid.show_rows(rows("1.0", "1.0", "9.0", *["1.0"] * 7))
    qtbot.waitUntil(lambda: grid.areas != [])
    height = grid.row_height()
    assert grid.areas == [QRect(0, 2 * height, grid.viewport().width(), height)]


def test_same_rows_paint_nothing(qtbot, theme):
    grid = Painted(theme, NAMES, "Prices")
    qtbot.addWidget(grid)
    grid.show()
    grid.show_rows(rows("1.0"))
    qtbot.waitUntil(lambda: grid.areas != [])
    qtbot.wait(20)
    grid.areas.clear()
    grid.show_rows(rows("1.0"))
    qtbot.wait(30)
    assert grid.areas == []


def test_only_rows_that_are_new_are_measured(grid, monkeypatch):
    texts = [f"{n}.0" for n in range(50)]
    grid.show_rows(rows(*texts))
    measured = []
    real = grid._width_of
    monkeypatch.setattr(grid, "_width_of", lambda cells: (measured.extend(cells), real(cells))[1])
    new = Row("new", (Cell("front"), Cell("88,888,888,888.8")))
    grid.show_rows((new, *rows(*texts)))
    assert measured == [*new.cells]
    assert grid.columnWidth(1) > grid.theme.face(12, 600).width("88,888,888,888.8")


def test_selected_row_follows_its_key(grid):
    grid.show_rows(rows("1.0", "2.0", "3.0"))
    grid.select_key("r1")
    swapped = rows("1.0", "2.0", "3.0")[::-1]
    grid.show_rows((Row("new", swapped[0].cells), *swapped))
    assert grid.selected_key() == "r1"
    grid.show_rows(rows("1.0"))
    assert grid.selected_key() == ""


def test_rows_that_go_choose_nothing_by_themselves(grid):
    told = []
    grid.row_selected.connect(told.append)
    for selected in ("r0", "r2", "r3"):
        grid.show_rows(rows("1.0", "2.0", "3.0", "4.0"))
        grid.select_key(selected)
        grid.show_rows(rows("1.0", "2.0"))
        assert grid.selected_key() in {"r0", ""}
        grid.show_rows(())
    assert told == []


def test_selection_by_code_tells_nobody_and_by_hand_does(qtbot, grid):
    told = []
    grid.row_selected.connect(told.append)
    grid.show_rows(rows("1.0", "2.0"))
    grid.select_key("r1")
    assert told == []
    middle = QPoint(20, grid.row_height() // 2)
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert told == ["r0"]
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert told == ["r0", "r1"]


def test_headings_cannot_be_selected(grid):
    grid.show_rows((Row("h", (Cell("2 of 2"),), heading="BTC"), *rows("1.0")))
    assert not grid.grid.flags(grid.grid.index(0, 0)) & Qt.ItemFlag.ItemIsSelectable
    assert grid.grid.data(grid.grid.index(0, 0)) == "BTC 2 of 2"


def test_column_grows_for_a_text_wider_than_its_sample(grid):
    grid.show_rows(rows("1.0"))
    before = grid._needed[1]
    grid.show_rows(rows("1,234,567,890,123.45"))
    face = grid.theme.face(12, 600)
    assert grid._needed[1] > before
    assert grid._needed[1] >= face.width("1,234,567,890,123.45")


@pytest.mark.parametrize("width", [1_160, 766, 526, 400])
def test_unimportant_columns_go_first_and_what_stays_fits(qtbot, theme, width):
    grid = Grid(theme, COLUMNS, "Market watch")
    qtbot.addWidget(grid)
    grid.resize(width, 200)
    grid.show()
    grid.show_rows(watch_rows(frame(markets=[market(), eth_market()])))
    shown = [n for n in range(len(COLUMNS)) if not grid.isColumnHidden(n)]
    least = min(COLUMNS[n].keep for n in shown)
    hidden = [n for n in range(len(COLUMNS)) if grid.isColumnHidden(n)]
    assert all(COLUMNS[n].keep <= least for n in hidden)
    if width >= 500:
        assert sum(grid.columnWidth(n) for n in shown) <= grid.viewport().width()
    assert {"source", "bid", "ask", "mark", "age"} <= {COLUMNS[n].key for n in shown}


def test_text_width_is_what_qt_draws(theme):
    face = theme.face(12, 600)
    from PySide6.QtGui import QFontMetricsF

    for text in ("61,010.5", "−133,697", "BTCUSDT-PERP", "±38.4"):
        assert face.width(text) == pytest.approx(QFontMetricsF(face.font).horizontalAdvance(text))


def test_figures_are_tabular(theme):
    for face in (theme.face(12), theme.face(13, 500), theme.face(32, 600)):
        assert len({face.width(digit) for digit in "0123456789"}) == 1


def test_bigger_and_smaller_tables_keep_the_model_sound(qtbot, theme, qtmodeltester):
    grid = Grid(theme, NAMES, "Prices")
    qtbot.addWidget(grid)
    qtmodeltester.check(grid.grid)
    for count in (0, 3, 1, 5, 0):
        grid.show_rows(rows(*["1.0"] * count))
        assert grid.grid.rowCount() == count
    assert isinstance(grid.grid, GridModel)

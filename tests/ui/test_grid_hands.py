"""Hands on a painted table: several rows, sorting, widths, columns, copying, and what is kept."""

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from ui.grid import Grid
from ui.grid_memory import GROUP, GridMemory
from ui.viewmodels.cells import Cell, Column, Row, Side
from ui.viewmodels.table_look import Sorting, TableLook
from ui.window_file import WindowFile

pytestmark = pytest.mark.qt

LEFT, CTRL, SHIFT = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
COLUMNS = (
    Column("name", "Name", "A name", Side.LEFT),
    Column("price", "Price", "88,888.8", keep=5),
    Column("age", "Age", "8.8 s", keep=3),
)


def rows(*prices, ages="38"):
    return tuple(
        Row(f"r{n}", (Cell(f"name {n}"), Cell(text, tip=f"tip {n}"), Cell(ages)))
        for n, text in enumerate(prices)
    )


def made(qtbot, theme, kind=Grid):
    grid = kind(theme, COLUMNS, "Prices")
    grid.table_id = "prices"
    qtbot.addWidget(grid)
    grid.resize(400, 200)
    grid.show()
    qtbot.waitExposed(grid)
    grid.show_rows(rows("3.0", "−1.0", "2.0"))
    return grid


@pytest.fixture
def grid(qtbot, theme):
    return made(qtbot, theme)


def keys(grid):
    return [row.key for row in grid.grid.rows]


def click(grid, number, modifier=Qt.KeyboardModifier.NoModifier):
    at = QPoint(20, grid.rowViewportPosition(number) + grid.row_height() // 2)
    QTest.mouseClick(grid.viewport(), LEFT, modifier, at)


def click_title(grid, number):
    middle = grid.titles.sectionViewportPosition(number) + grid.columnWidth(number) // 2
    QTest.mouseClick(grid.titles.viewport(), LEFT, pos=QPoint(middle, 8))


def copied():
    return QGuiApplication.clipboard().text()


def test_shift_and_ctrl_select_several_rows_and_keys_copy_them(qtbot, grid):
    click(grid, 0)
    click(grid, 2, CTRL)
    assert grid.selected_keys() == ("r0", "r2")
    assert grid.selected_key() == "r2", "keys act on the row that was last chosen"
    qtbot.keyClick(grid, Qt.Key.Key_C, CTRL)
    assert copied() == "Name\tPrice\tAge\nname 0\t3.0\t38\nname 2\t2.0\t38"
    click(grid, 1)
    click(grid, 2, SHIFT)
    assert grid.selected_keys() == ("r1", "r2")


def test_selected_rows_stay_selected_wherever_they_go(grid):
    click(grid, 0)
    click(grid, 2, CTRL)
    told = []
    grid.row_selected.connect(told.append)
    grid.show_rows((Row("new", rows("9")[0].cells), *rows("3.0", "−1.0", "2.0")))
    assert grid.selected_keys() == ("r0", "r2")
    assert grid.selected_key() == "r2", "still the one that was last chosen"
    grid.show_rows(rows("3.0", "−1.0"))
    assert grid.selected_keys() == ("r0",)
    assert told == []


def test_of_thousands_of_selected_rows_qt_is_told_at_once(grid):
    """As in a log, into which a line comes while all of it is selected: it took seconds."""
    many = rows(*map(str, range(3_000)))
    grid.show_rows((Row("h", (), heading="Today"), *many))
    grid.selectAll()
    assert grid.marked == frozenset(range(1, 3_001)), "a heading cannot be selected"
    changes = []
    grid.selectionModel().selectionChanged.connect(lambda *_: changes.append(1))
    grid.show_rows((Row("h", (), heading="Today"), Row("new", many[0].cells), *many))
    assert set(grid.selected_keys()) == {row.key for row in many}
    assert len(changes) <= 3


def test_where_keys_act_on_a_row_only_one_is_selected(qtbot, theme):
    class Single(Grid):
        several = False

    grid = made(qtbot, theme, Single)
    click(grid, 0)
    click(grid, 2, CTRL)
    assert grid.selected_keys() == ("r2",)


def test_title_sorts_the_largest_first_then_the_other_way_then_not_at_all(grid):
    seen = []
    for _ in range(3):
        click_title(grid, 1)
        seen.append(keys(grid))
    assert seen == [["r0", "r2", "r1"], ["r1", "r2", "r0"], ["r0", "r1", "r2"]]


def test_sort_holds_for_rows_that_come_and_the_selected_one_is_followed(grid):
    grid.select_key("r1")
    grid.hands.sort(1)
    assert grid.selected_key() == "r1"
    grid.show_rows(rows("3.0", "7.0", "2.0"))
    assert keys(grid) == ["r1", "r0", "r2"]
    assert grid.selected_key() == "r1"


def test_under_the_pointer_rows_hold_still_and_are_sorted_when_it_leaves(grid, monkeypatch):
    grid.hands.sort(1)
    monkeypatch.setattr(grid, "is_pointed_at", lambda: True)
    grid.show_rows(rows("1.0", "7.0", "2.0"))
    assert keys(grid) == ["r0", "r2", "r1"], "as they stood"
    monkeypatch.undo()
    QApplication.sendEvent(grid.viewport(), QEvent(QEvent.Type.Leave))
    assert keys(grid) == ["r1", "r2", "r0"]


def test_table_whose_order_is_what_it_says_is_not_sorted(grid):
    grid.sorts = False
    click_title(grid, 1)
    assert keys(grid) == ["r0", "r1", "r2"]


def test_reader_hears_how_rows_are_sorted(grid):
    said = grid.grid.headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Price"
    grid.hands.sort(1)
    said = grid.grid.headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole)
    assert said == grid.accessibleDescription() == "Price, sorted, largest first"
    grid.hands.unsort()
    assert grid.accessibleDescription() == ""


def drag_border(grid, number, by):
    border = grid.titles.sectionViewportPosition(number) + grid.columnWidth(number) - 1
    bar = grid.titles.viewport()
    QTest.mouseMove(bar, QPoint(border, 8))
    QTest.mousePress(bar, LEFT, pos=QPoint(border, 8))
    for part in (0.5, 1):
        QTest.mouseMove(bar, QPoint(border + int(by * part), 8))
    QTest.mouseRelease(bar, LEFT, pos=QPoint(border + by, 8))


def test_border_is_dragged_and_figures_stay_whole(grid):
    before = grid.columnWidth(1)
    grid.hands.sort(1)
    drag_border(grid, 1, 60)
    assert grid.columnWidth(1) == before + 60
    assert grid.look.sorting == Sorting("price", True), "a border is no title"
    drag_border(grid, 1, -250)
    assert grid.theme.face(12, 600).width("88,888.8") <= grid.columnWidth(1) - 2 * grid.padding
    drag_border(grid, 0, -100)
    assert grid.columnWidth(0) == 48
    assert grid.tip_at(QPoint(20, 5)) == "name 0", "what is cut is in the tip"


def test_rows_that_come_while_a_border_is_dragged_do_not_take_it_away(grid):
    grid.titles.dragged = True
    grid.setColumnWidth(1, 200)
    grid.show_rows(rows("123,456,789,012.0"))
    assert grid.columnWidth(1) == 200


def test_column_in_hand_is_moved_by_the_arrows_and_made_wider(qtbot, grid, focus):
    focus(grid)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.hands.column == 1
    before = grid.columnWidth(1)
    grid.hands.widen(1)
    assert grid.columnWidth(1) == before + 8
    grid.hands.widen(-1)
    assert grid.columnWidth(1) == before


def action(grid, text):
    return next(a for a in grid.hands.menu.actions() if a.text().startswith(text))


def test_menu_of_the_titles_hides_a_column_and_puts_all_back(grid):
    grid.hands.offer_columns(1, QPoint(0, 0))
    assert not action(grid, "Name").isEnabled()
    action(grid, "Price").trigger()
    assert grid.isColumnHidden(1)
    grid.hands.offer_columns(2, QPoint(0, 0))
    action(grid, "Sort by Age").trigger()
    action(grid, "Columns and order").trigger()
    assert not grid.isColumnHidden(1)
    assert grid.look == TableLook()


def test_one_cell_is_copied_by_the_menu(grid):
    at = QPoint(grid.columnViewportPosition(1) + 5, grid.rowViewportPosition(1) + 5)
    grid.hands.offer_all(grid.viewport().mapToGlobal(at))
    action(grid, "Copy -1.0").trigger()
    assert copied() == "-1.0"
    assert grid.tip_at(at) == "tip 1"


# ---- what is kept --------------------------------------------------------------------------------


def kept_by(qtbot, theme, folder):
    """A table in a window of its own, with a memory in a folder."""
    window = QWidget()
    qtbot.addWidget(window)
    grid = made(qtbot, theme)
    QVBoxLayout(window).addWidget(grid)
    grid.in_window = window  # else it is collected
    file = WindowFile(str(folder))
    memory = GridMemory(window, file)
    memory.changed.connect(file.write)
    return grid, memory


def test_look_of_a_table_outlives_the_window(qtbot, theme, tmp_path):
    grid, _ = kept_by(qtbot, theme, tmp_path)
    grid.hands.sort(1)
    grid.choose(grid.look.with_column("age", shown=False).with_widths({"price": 140}))
    again, memory = kept_by(qtbot, theme, tmp_path)
    assert again.look == grid.look
    assert keys(again) == ["r0", "r2", "r1"]
    assert again.isColumnHidden(2)
    assert again.columnWidth(1) == 140
    assert memory.complaints == []
    again.hands.reset()
    assert WindowFile(str(tmp_path)).group(GROUP) == {}


@pytest.mark.parametrize(
    "written", ["", "{", "[]", '{"sorting": 3}', '{"unheard": 1}', '{"widths": {"price": "x"}}',
                "[" * 5_000],
)  # fmt: skip
def test_look_that_cannot_be_read_is_said_and_passed_over(qtbot, theme, tmp_path, written):
    file = WindowFile(str(tmp_path))
    file.put(GROUP, {"prices": written})
    assert file.write() == ""
    grid, memory = kept_by(qtbot, theme, tmp_path)
    assert grid.look == TableLook()
    assert len(memory.complaints) == 1
    assert "tables/prices" in memory.complaints[0]

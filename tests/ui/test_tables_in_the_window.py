"""Tables in the real window: their keys, what is kept, sums below positions, a slim feeds dock."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.every_text_tour import program
from helpers.frames import normal_desk, order
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget

from desk.model.commands import CancelOrder
from ui.dock import TitleBar
from ui.grid import Grid
from ui.own_files import own_files
from ui.panels.feeds import FeedsPanel

pytestmark = pytest.mark.qt

ALT = Qt.KeyboardModifier.AltModifier
LEG = order("leg", type="STOP", post_only=False, reduce_only=True, oco="oco-1")
UNKNOWN = order("unknown", status="UNKNOWN", filled=D(1))
LARGE = order("large", quantity=D("88.888"), filled=D("12.345"))


@pytest.mark.parametrize(
    ("more", "cut", "gone"),
    [
        ({"orders": [LEG]}, {"instrument"}, set()),
        ({"programs": [program("ENDED")]}, {"instrument", "type"}, set()),
        ({"orders": [LEG, UNKNOWN]}, {"instrument", "type"}, set()),
        ({"orders": [LEG, LARGE]}, {"instrument"}, {"price"}),
    ],
)
def test_whatever_its_orders_are_the_small_table_shows_every_cross(rig_of, more, cut, gone):
    frame = normal_desk(**more)
    grid = rig_of(frame, size=(1366, 768)).window.orders.orders
    edge = grid.viewport().width()
    assert grid.cross_rect(frame.orders[0].id).right() == edge
    shown = grid.shown_widths()
    assert {"instrument", "quantity", "price", "type", "cancel"} - shown.keys() == gone
    assert {grid.grid.columns[number].key for number in grid.tight} == cut
    first = grid.rect().topLeft() + QPoint(20, grid.rowViewportPosition(0) + 5)
    assert grid.tip_at(first) == "BTCUSDT", "its unit is in the way"


@pytest.mark.parametrize("after", [[], [msgspec.structs.replace(LEG, status="CANCELLED")]])
def test_an_instrument_is_whole_again_once_the_long_text_is_gone(rig_of, after):
    rig = rig_of(normal_desk(orders=[order(), LEG]), size=(1366, 768))
    grid = rig.window.orders.orders
    assert grid.tight
    rig.settle(normal_desk(orders=[order(), *after]))
    assert not grid.tight


@pytest.mark.thorough
def test_keys_sort_and_widen_the_table_with_the_focus_and_the_next_window_knows(
    qtbot, rig_of, focus, tmp_path
):
    rig = rig_of(normal_desk(), own=own_files(str(tmp_path)))
    grid = focus(rig.window.positions.grid)
    while grid.grid.columns[grid.hands.column].key != "unrealized":
        qtbot.keyClick(grid, Qt.Key.Key_Right)
    qtbot.keyClick(grid, Qt.Key.Key_S, ALT)
    told = [row.cells[6].text for row in grid.grid.rows]
    assert told == ["+29,910", "+23,355", "+1,822"]
    assert "Sorted by Unrealized" in rig.window.positions.foot.accessibleName()
    before = grid.columnWidth(grid.hands.column)
    qtbot.keyClick(grid, Qt.Key.Key_Right, ALT)
    assert grid.columnWidth(grid.hands.column) == before + 8
    qtbot.keyClick(grid, Qt.Key.Key_C, ALT)
    assert grid.hands.menu is not None
    grid.hands.menu.close()
    rig.window.workspace.leave()
    again = rig_of(normal_desk(), own=own_files(str(tmp_path))).window.positions.grid
    assert again.look == grid.look


@pytest.mark.thorough
def test_a_click_in_a_list_that_was_scrolled_leaves_it_where_it_is(rig_of):
    rig = rig_of(normal_desk(orders=[order(f"o-{number:02}") for number in range(60)]))
    grid = rig.window.orders.orders
    rig.until(lambda: len(grid.grid.rows) == 60)
    assert not grid.hasFocus()
    grid.verticalScrollBar().setValue(20 * grid.row_height())
    wanted = grid.grid.rows[22].key
    at = grid.cross_rect(wanted).center().toPoint()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=at)
    rig.until(lambda: bool(rig.desk.sent(CancelOrder)))
    assert [cancel.order_id for cancel in rig.desk.sent(CancelOrder)] == [wanted]
    assert grid.verticalScrollBar().value() == 20 * grid.row_height()


def test_every_table_of_a_dock_has_an_id_of_its_own(rig):
    ids = [grid.table_id for grid in rig.window.findChildren(Grid) if grid.table_id]
    assert len(ids) == len(set(ids)) >= 14
    assert all(identity.isidentifier() for identity in ids)


def test_close_buttons_sort_nothing_and_are_not_copied(rig):
    grid = rig.window.positions.grid
    grid.hands.sort(len(grid.grid.columns) - 1)
    assert grid.look.sorting is None


def test_slim_feeds_have_their_filter_under_the_tabs_and_one_table(qtbot, theme):
    feeds, dock = FeedsPanel(theme), QDockWidget()
    for widget in (feeds, dock):
        qtbot.addWidget(widget)
    bar = TitleBar(theme, "Feeds", dock)
    dock.setTitleBarWidget(bar)
    feeds.put_in(bar)
    feeds.resize(368, 700)
    feeds.show()
    assert feeds.filters.parentWidget() is feeds
    assert sum(not grid.isHidden() for grid in feeds.grids) == 1
    needed = sum(tab.sizeHint().width() for tab in feeds.tabs.tabs)
    assert needed <= 368 - 40
    feeds.resize(900, 700)
    assert feeds.filters.parentWidget() is not feeds
    assert sum(not grid.isHidden() for grid in feeds.grids) == 3

"""Layouts and docks by key and mouse in the real window; nothing unseen is sent."""

from decimal import Decimal as D

import pytest
from helpers.frames import BTC, ETH
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from desk.model.commands import ClosePosition, SubmitOrder
from ui.layouts import SHIPPED

pytestmark = pytest.mark.qt

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
CTRL_ALT = CTRL | Qt.KeyboardModifier.AltModifier


def press(qtbot, key, modifiers=NONE):
    """Press a key where the keyboard is, as soon as it is somewhere."""
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    qtbot.keyClick(QApplication.focusWidget(), key, modifiers)


@pytest.mark.thorough
def test_another_layout_disarms_nothing_and_no_key_sends_what_is_not_seen(rig, qtbot):
    window = rig.window
    rig.arm()
    rig.write(quantity="2")
    window.positions.grid.select_key(window.positions.grid.grid.rows[0].key)
    press(qtbot, Qt.Key.Key_F3, SHIFT)
    for key, modifiers in ((Qt.Key.Key_Return, CTRL), (Qt.Key.Key_2, CTRL_ALT)):
        press(qtbot, key, modifiers)
        rig.settle()
        assert "is not on the screen" in window.footer.accessibleName()
    assert rig.desk.sent(SubmitOrder) == rig.desk.sent(ClosePosition) == []
    press(qtbot, Qt.Key.Key_F1, SHIFT)
    rig.settle()
    assert window.arming.is_armed("ticket")
    assert window.ticket.quantity.text() == window.ticket.state.draft.quantity == "2"
    press(qtbot, Qt.Key.Key_Return, CTRL)
    rig.until(lambda: len(rig.desk.sent(SubmitOrder)) == 1)


def test_panel_that_is_nowhere_takes_no_frame_and_the_newest_when_it_comes(rig, monkeypatch):
    window, taken = rig.window, []
    show = window.positions.grid.show_rows
    monkeypatch.setattr(window.positions.grid, "show_rows", lambda rows: taken.append(show(rows)))
    window.workspace_desk.switch("risk")
    for _ in range(3):
        window.display.pacing.hurry()
        rig.settle()
    assert taken == []
    assert rig.pump.levels == 0
    window.workspace_desk.switch("trade")
    assert len(taken) == 1
    assert rig.pump.levels > 0


def test_charts_of_monitor_keep_to_their_coins_and_a_pinned_chart_takes_no_quantity(rig, qtbot):
    window = rig.window
    window.load_late()
    window.workspace_desk.switch("monitor")
    rig.until(lambda: {"chart_btc", "chart_eth"} <= set(window.late_panels.made))
    rig.settle()
    charts = {key: title._panel for key, title in window.chart_desk.titles.items()}
    shown = {key: chart.instrument for key, chart in charts.items()}
    assert shown == {"chart": BTC, "chart_btc": BTC, "chart_eth": ETH}
    mark = window.chart_desk.titles["chart_eth"].mark
    assert (mark.text(), mark.isChecked()) == ("pinned", False)
    qtbot.mouseClick(mark, Qt.MouseButton.LeftButton)
    assert (mark.text(), charts["chart_eth"].instrument) == ("linked", BTC)
    window.ladder.quantity.setText("0.5")
    assert window.chart_desk.terms().quantity == D("0.5")
    window.chart_desk.titles["chart"].mark.click()
    window.display.choose(ETH)
    rig.settle()
    window.ladder.quantity.setText("0.5")
    assert window.chart.instrument == BTC
    assert charts["chart_eth"].instrument == ETH
    assert window.chart_desk.terms().quantity == 0


def test_focus_goes_from_dock_to_dock_by_key_and_the_dock_floats_by_key(rig, qtbot, focus):
    window, desk = rig.window, rig.window.workspace_desk
    focus(window.watch.grid)
    order = []
    for _ in range(8):
        press(qtbot, Qt.Key.Key_F12)
        order.append(desk.current_dock().objectName())
    assert sorted(order[:7]) == sorted(window.area.shown())
    assert order[7] == order[0]
    press(qtbot, Qt.Key.Key_F12, SHIFT)
    present = desk.current_dock()
    assert present.objectName() == order[6]
    press(qtbot, Qt.Key.Key_F12, CTRL)
    assert present.isFloating()
    qtbot.waitUntil(lambda: desk.current_dock() is present)
    press(qtbot, Qt.Key.Key_F12, CTRL)
    assert not present.isFloating()


def entry(menu, *names):
    """An entry of a menu, or of a menu in it."""
    for name in names:
        action = next(one for one in menu.actions() if one.text() == name)
        menu = action.menu()
    return action


def answer(strip, name):
    """Write a name into the strip and press its first answer."""
    strip.fields["name"].setText(name)
    next(iter(strip.buttons.values())).click()


def test_dock_put_behind_another_takes_no_focus_away(rig, focus):
    """Everything is put up anew; Qt would give the focus to a lock, and Space would arm."""
    window, area, desk = rig.window, rig.window.area, rig.window.workspace_desk
    held = focus(window.positions.grid)
    area.docks["orders"].bar.menu_asked.emit(QPoint(0, 0))
    entry(desk.menu, "Move to a tab behind", "Market watch").trigger()
    assert area.is_in_front("orders")
    assert QApplication.focusWidget() is held


def test_menus_move_close_and_show_panels_and_name_layouts(rig, qtbot):
    window, area, desk = rig.window, rig.window.area, rig.window.workspace_desk
    strip, title = window.strip, area.docks["chart"].bar
    title.menu_asked.emit(QPoint(0, 0))
    entry(desk.menu, "Float").trigger()
    assert area.docks["chart"].isFloating()
    title.menu_asked.emit(QPoint(0, 0))
    entry(desk.menu, "Move to a tab behind", "Market watch").trigger()
    assert not area.docks["chart"].isFloating()
    assert (area.is_in_front("chart"), area.is_in_front("watch")) == (True, False)
    title.menu_asked.emit(QPoint(0, 0))
    entry(desk.menu, "Close").trigger()
    assert "chart" not in area.shown()
    window.footer.layouts.ask_menu()
    entry(desk.menu, "Panels", "Chart").trigger()
    assert area.is_in_front("chart")
    window.footer.layouts.ask_menu()
    entry(desk.menu, "Save as…").trigger()
    answer(strip, "monitor")
    assert "There is a layout monitor already." in strip.accessibleName()
    answer(strip, "Morning")
    tabs = window.footer.layouts.tabs
    assert tabs["own-1"].isChecked()
    assert tabs["own-1"].accessibleName() == "Layout Morning"
    window.footer.layouts.ask_menu()
    entry(desk.menu, "Delete…").trigger()
    next(iter(strip.buttons.values())).click()
    assert list(window.footer.layouts.tabs) == list(SHIPPED)
    qtbot.mouseClick(window.footer.layouts.tabs["monitor"], Qt.MouseButton.LeftButton)
    assert window.workspace.current == "monitor"
    window.strip.ask("kill", "Kill?", [], lambda *_: None)
    desk.ask_name()
    assert strip.asking == "kill"
    desk.menu.hide()

"""A layout that changes under a hand on the docks: what Qt holds of the old one must not be
followed into the new one. Each of these ended the process."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHoverEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QTabBar

from ui.docks import DockArea
from ui.layouts import SHIPPED

LEFT = Qt.MouseButton.LeftButton
TRADE, RISK, MONITOR = (SHIPPED[key] for key in ("trade", "risk", "monitor"))
KEYS = ("watch", "risk", "positions", "chart", "ladder", "ticket", "orders", "fills", "blotter",
        "alerts", "stress", "journal", "feeds", "close_out", "rules")  # fmt: skip


MOVES = (("chart", "ticket"), ("orders", "risk"), ("watch", "ticket"), ("orders", "ladder"),
         ("ticket", "ladder"), ("positions", "ticket"))  # fmt: skip


@pytest.fixture
def area(qtbot, theme):
    """Docks without panels in a window that is shown."""
    window, area = QMainWindow(), DockArea(theme)
    window.setCentralWidget(area)
    for key in KEYS:
        area.add(key, key.title(), QLabel(key))
    window.resize(1600, 1000)
    qtbot.addWidget(window)
    window.show()
    arrange(area, TRADE)
    yield area
    window.close()


def arrange(area, layout, *guests):
    area.arrange(layout.tree(False), layout.host, guests)
    QApplication.processEvents()


def border_of(area, key):
    """A place on the border below a dock, or right of it where nothing is below."""
    dock = area.docks[key]
    below = QPoint(dock.geometry().center().x(), dock.geometry().bottom() + 2)
    beside = QPoint(dock.geometry().right() + 2, dock.geometry().center().y())
    return below if below.y() < area.height() - 8 else beside


def point_at(area, at):
    far = QPointF(at)
    QApplication.sendEvent(area, QHoverEvent(QEvent.Type.HoverMove, far, far, far))


def move(widget, *places):
    for at in places:
        QTest.mouseMove(widget, QPoint(*at))
    QApplication.processEvents()


@pytest.mark.parametrize("key", ["watch", "risk", "positions", "chart", "ladder", "orders"])
@pytest.mark.parametrize("layout", [RISK, MONITOR])
def test_pointer_on_a_border_may_move_on_in_another_layout(area, key, layout):
    at = border_of(area, key)
    point_at(area, at)
    arrange(area, layout, "watch")
    for x in range(0, area.width(), 40):
        point_at(area, QPoint(x, at.y()))


@pytest.mark.parametrize("key", ["watch", "risk", "positions", "chart", "ladder", "orders"])
def test_border_that_is_held_is_let_go_by_another_layout(area, key):
    at = border_of(area, key)
    QTest.mousePress(area, LEFT, pos=at)
    move(area, (at.x() + 40, at.y() + 40))
    arrange(area, RISK)
    sizes = {key: dock.size() for key, dock in area.docks.items()}
    move(area, (at.x() + 200, at.y() - 100), (5, 5))
    QTest.mouseRelease(area, LEFT, pos=QPoint(5, 5))
    QApplication.processEvents()
    assert {key: dock.size() for key, dock in area.docks.items()} == sizes
    assert not area.touched


@pytest.mark.parametrize("key", ["watch", "risk", "positions", "orders"])
def test_dock_that_is_carried_is_put_down_by_another_layout(area, key):
    bar = area.docks[key].bar
    QTest.mousePress(bar, LEFT, pos=QPoint(30, 10))
    move(bar, (200, 12), (400, 15), (600, 20))
    arrange(area, RISK)
    placed = area.placed()
    move(bar, (100, 300), (50, 40))
    QTest.mouseRelease(bar, LEFT, pos=QPoint(50, 40))
    QApplication.processEvents()
    assert area.placed() == placed
    arrange(area, TRADE)
    assert not any(dock.isFloating() for dock in area.docks.values())


def test_tabs_may_be_moved_after_docks_were_put_behind_others(area):
    for key, host in MOVES:
        area.tab_behind(key, host)
        QApplication.processEvents()
        for bar in area.findChildren(QTabBar):
            if bar.isVisible():
                QTest.mousePress(bar, LEFT, pos=QPoint(30, 10))
                move(bar, (70, 10), (150, 12), (250, 12))
                QTest.mouseRelease(bar, LEFT, pos=QPoint(250, 12))
        assert area.is_in_front(key) or area.tabifiedDockWidgets(area.docks[key])


def test_dock_dropped_on_one_that_floats_stays_a_window_of_its_own(area):
    """Qt would put both into a window of tabs, which no change of layout survives."""
    for key in ("watch", "risk"):
        area.docks[key].setFloating(True)
        area.docks[key].setGeometry(300, 300, 500, 400)
    bar = area.docks["risk"].bar
    QTest.mousePress(bar, LEFT, pos=QPoint(30, 10))
    move(bar, (60, 12), (40, 30), (50, 60))
    QTest.mouseRelease(bar, LEFT, pos=QPoint(50, 60))
    QApplication.processEvents()
    assert {dock.parent() for dock in area.docks.values()} == {area}
    arrange(area, RISK)
    assert not any(dock.isFloating() for dock in area.docks.values())

"""The keyboard reaches everything, every control has a name and a role, focus is to be seen, and no
state is told by colour alone."""

from itertools import combinations

import pytest
from helpers.frames import BTC, feed, market, normal_desk, order, position
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QAccessible, QColor, QContextMenuEvent, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLineEdit,
    QTabBar,
    QWidget,
)

from ui.focus_walk import is_behind
from ui.lock import LockButton
from ui.paint import CHIPS, painting
from ui.theme import Theme

pytestmark = pytest.mark.qt

ROLES = {
    QAbstractButton: {QAccessible.Role.Button, QAccessible.Role.CheckBox},
    QComboBox: {QAccessible.Role.ComboBox},
    QLineEdit: {QAccessible.Role.EditableText},
    QTabBar: {QAccessible.Role.PageTabList},
    QAbstractItemView: {QAccessible.Role.Table, QAccessible.Role.List},
}
GROUNDS = {"bg", "panel", "raised", "field", "sel", "line"}
WORKING = order()


@pytest.fixture
def full(rig_of):
    """A window with a draft, an order, forms and dialogs open."""
    rig = rig_of(normal_desk(orders=[WORKING]))
    window = rig.window
    window.load_late()
    rig.until(lambda: window.chart.plot is not None)
    window.ticket.type.more.setChecked(True)
    rig.settle()
    return rig


def focusable(window):
    """Controls that the focus can stand on and that are on the screen."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and widget.isEnabled()
        and not widget.visibleRegion().isEmpty()
        and type(widget).__module__.startswith("ui.")
    ]


def told(widget):
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name), interface.role()


def name_of(widget):
    return f"{type(widget).__name__} {widget.accessibleName()!r}"


def test_every_control_has_a_name_and_the_role_of_its_kind_in_dialogs_too(full):
    window = full.window
    window.settings.open()
    window.help.show()
    window.alerts.ask()
    window.desk_menu.about()
    window.desk_menu.tour.begin()
    full.settle()
    controls = focusable(window)
    assert len(controls) > 90
    nameless = [type(widget).__name__ for widget in controls if not told(widget)[0].strip()]
    assert nameless == []
    for widget in controls:
        for kind, roles in ROLES.items():
            if isinstance(widget, kind):
                assert told(widget)[1] in roles, name_of(widget)


def mouse_by_key(window):
    """Menus come by the menu key for the selected row; Return opens what a double click opens."""
    for grid, menu_of in (
        (window.orders.orders, lambda: window.order_desk.menu),
        (window.positions.grid, lambda: window.positions.grid.menu),
    ):
        grid.select_key(grid.grid.rows[0].key)
        reason = QContextMenuEvent.Reason.Keyboard
        far = grid.rect().bottomRight()
        event = QContextMenuEvent(reason, far, grid.mapToGlobal(far))
        QApplication.sendEvent(grid.viewport(), event)
        assert menu_of() is not None
        assert grid.selected_key() == grid.grid.rows[0].key
        menu_of().hide()
    opened = []
    window.go_to(window.ladder.grid)
    QTest.keyClick(window.ladder.grid, Qt.Key.Key_Up)
    row = window.ladder.grid.view.rows[window.ladder.grid.row_of_cursor()]
    assert window.ladder.grid.accessibleDescription().startswith(row.shown)
    blotter = window.orders.blotter.grid
    blotter.opened.connect(lambda: opened.append("blotter"))
    QTest.keyClick(blotter, Qt.Key.Key_Return)
    assert opened == ["blotter"]


def test_tab_comes_to_every_control_with_focus_in_sight_and_keys_do_what_the_mouse_does(full):
    window = full.window
    controls = set(focusable(window))
    window.activateWindow()
    window.watch.grid.setFocus()
    reached, unseen = [], []
    while (at := QApplication.focusWidget()) not in reached:
        reached.append(at)
        assert len(reached) < 400
        if at in controls and looks(at) == without_focus(at):
            unseen.append(name_of(at))
        QTest.keyClick(at, Qt.Key.Key_Tab)
    assert unseen == []
    exclusive = [one for one in reached if group_of(one) is not None]
    assert [name_of(one) for one in exclusive if not one.isChecked()] == []
    groups = {group_of(one) for one in exclusive}
    missed = [one for one in controls - set(reached) if group_of(one) not in groups]
    assert [name_of(one) for one in missed] == []
    assert [name_of(one) for one in reached if is_behind(one)] == []
    mouse_by_key(window)


def looks(widget):
    return widget.grab().toImage()


def without_focus(widget):
    widget.clearFocus()
    picture = looks(widget)
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    return picture


def group_of(widget):
    """Of several exclusive ones: arrows go from one to the others."""
    return widget.group() if isinstance(widget, QAbstractButton) else None


def test_a_window_that_opens_without_the_watch_gives_the_focus_to_a_table_in_sight(rig_of, qtbot):
    window = rig_of(normal_desk(), layout="Risk").window
    qtbot.waitUntil(lambda: isinstance(window.focusWidget(), QAbstractItemView))
    assert not is_behind(window.focusWidget())


# ---- without colour ------------------------------------------------------------------------------


@pytest.fixture
def ink_only(theme):
    """A theme in which every text and outline is black and every ground and fill is white."""
    for token in theme._colors:
        ground = token in GROUNDS or token.endswith(("_fill", "_tint"))
        theme._colors[token] = QColor("white" if ground else "black")
    theme.frames.clear()
    return theme


def drawn(theme: Theme, draw):
    picture = QPixmap(160, 24)
    picture.fill(QColor("white"))
    with painting(picture, theme) as ink:
        draw(ink)
    return picture.toImage()


def test_levels_and_states_differ_by_sign_and_word_without_any_colour(ink_only):
    signs = {kind: drawn(ink_only, lambda ink, k=kind: ink.chip(k, "", 150, 12)) for kind in CHIPS}
    levels = ("NORMAL", "WARNING", "MARGIN_CALL", "CLOSE_OUT", "UNKNOWN")
    for one, other in combinations(levels, 2):
        assert signs[one] != signs[other], (one, other)
    words = {kind: drawn(ink_only, lambda ink, k=kind: ink.chip(k, k, 150, 12)) for kind in CHIPS}
    for one, other in combinations(CHIPS, 2):
        assert words[one] != words[other], (one, other)


def test_lamps_differ_by_shape_without_any_colour(ink_only):
    for token in list(ink_only._colors):
        ink_only._colors[token] = QColor("black")
    box = QRectF(10, 6, 10, 10)
    shapes = [
        drawn(ink_only, lambda ink, k=kind: ink.shape(k, "text", box))
        for kind in ("circle", "triangle", "square", "hollow")
    ]
    assert all(one != other for one, other in combinations(shapes, 2))


@pytest.mark.thorough
def test_armed_sides_and_stale_differ_without_any_colour(rig_of, ink_only):
    rig = rig_of(normal_desk(orders=[WORKING]))
    window = rig.window

    def seen(widget):
        window.display.pacing.hurry()
        rig.settle()
        return widget.grab().toImage()

    bars = (window.status.arm, window.area.docks["ticket"].bar, *window.findChildren(LockButton))
    before = [seen(bar) for bar in bars]
    rig.arm()
    assert all(seen(bar) != was for bar, was in zip(bars, before, strict=True))
    buy = window.ticket.side.buttons["BUY"]
    chosen = buy.grab().toImage()
    window.ticket.side.choose("SELL")
    assert buy.grab().toImage() != chosen
    sides = []
    for side in ("BUY", "SELL"):
        rig.settle(normal_desk(orders=[order(side=side)]))
        sides.append(seen(window.orders.orders.viewport()))
    assert sides[0] != sides[1]
    held = []
    for quantity in ("50", "-50"):
        rig.settle(normal_desk(positions=[position(quantity=quantity)]))
        held.append(seen(window.positions.grid.viewport()))
    assert held[0] != held[1]
    fresh = seen(window.watch.grid.viewport())
    old = market(BTC, quality="STALE", mark_age_ms=6_400)
    rig.settle(normal_desk(markets=[old], feeds=[feed(age_ms=6_400)]))
    assert seen(window.watch.grid.viewport()) != fresh

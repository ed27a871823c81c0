"""Qt's traps for a trader, each on the real widgets of the real window.

| Trap | Test |
|---|---|
| The wheel turns a list or a figure | `test_the_wheel_…` |
| A bare letter or Enter fires from list, button, grid | `test_no_bare_key_…`, `test_enter_…` |
| A key that is held repeats | `test_no_shortcut_repeats_…`, `test_a_held_…` |
| A window's shortcut is dead in a floating dock | `test_trading_keys_work_in_a_floating_dock` |
| A dialog swallows the panic keys (an open list: test_panic.py) | `test_panic_keys_reach_…` |
| Two fast clicks are two orders | `test_two_quick_clicks_…`, `test_the_same_close_again_…` |
| A spin box is a binary float | `test_figures_are_text_…` |
| A line put back says that it was moved | `test_a_line_that_is_put_back_…` |
| A plot is black whatever the palette | `test_the_plot_has_the_background_of_every_palette` |
"""

from decimal import Decimal as D

import pytest
from helpers.frames import BTC, normal_desk, order
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QShortcut, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QScrollBar,
    QVBoxLayout,
    QWidget,
)

from desk.model.commands import (
    AmendOrder,
    Ask,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Heartbeat,
    Kill,
    NextFrame,
    PreviewOrder,
    SubmitOrder,
)
from desk.model.orders import OrderType, Side
from ui.late_panels import MAKERS
from ui.palette import SCHEMES
from ui.ticket_desk import open_setting
from ui.viewmodels.draft import Form
from ui.viewmodels.positions import position_key

pytestmark = pytest.mark.qt

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
CTRL_SHIFT = CTRL | SHIFT
ASKING = (NextFrame, Heartbeat, PreviewOrder, Ask)
"""What leaves the window by itself, or asks and changes nothing."""
WORKING = order(price=D("60950.0"))


@pytest.fixture
def full(rig_of, qtbot):
    """Everything is open and armed: forms, the folded order types, the plot; a draft stands."""
    rig = rig_of(normal_desk(orders=[WORKING]))
    window = rig.window
    window.load_late()
    rig.until(lambda: window.chart.plot is not None)
    rig.until(lambda: set(window.late_panels.made) == set(MAKERS))
    rig.arm()
    rig.write()
    window.ladder.quantity.setText("0.5")
    window.ticket.type.more.setChecked(True)
    window.orders.orders.select_key("t-118")
    window.alerts.ask()
    window.order_desk.amend()
    open_setting(window)
    window.help.show()
    rig.settle()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return rig


def acted(rig):
    """Every command that a hand could have sent."""
    return [command for _, command in rig.desk.commands if not isinstance(command, ASKING)]


def state_of(window):
    """What every control says, however new it is."""
    said = {}
    for widget in window.findChildren(QWidget):
        if isinstance(widget, QComboBox):
            said[widget] = widget.currentText()
        elif isinstance(widget, QLineEdit):
            said[widget] = widget.text()
        elif isinstance(widget, QAbstractButton) and widget.isCheckable():
            said[widget] = widget.isChecked()
    return said


def controls(window):
    """Everything in sight that can have the focus, dialogs and popups included."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
    ]


def give_focus(widget):
    """At once; False where Qt passes it on to another."""
    widget.window().activateWindow()
    widget.setFocus()
    return QApplication.focusWidget() is widget


def turn(widget, angle):
    centre = QPointF(widget.rect().center())
    QApplication.sendEvent(
        widget,
        QWheelEvent(centre, QPointF(widget.mapToGlobal(widget.rect().center())), QPoint(),
                    QPoint(0, angle), Qt.MouseButton.NoButton, NONE,
                    Qt.ScrollPhase.NoScrollPhase, False),
    )  # fmt: skip


def press(widget, key, modifiers=NONE, *, repeats=0):
    """As the system does it: at the window, through the shortcuts, held for some repeats."""
    window = widget.window().windowHandle()
    text = chr(key).lower() if modifiers == NONE and 32 <= key < 128 else ""
    for repeated in range(repeats + 1):
        QTest.simulateEvent(window, True, key, modifiers, text, repeated > 0)
    QTest.simulateEvent(window, False, key, modifiers, text, False)


# ---- wheel ---------------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.fault("T26")
def test_the_wheel_changes_no_control_that_has_no_focus(full):
    window = full.window
    give_focus(window.watch.grid)
    before = state_of(window)
    assert len(before) > 50
    for widget in window.findChildren(QWidget):
        turn(widget, -120)
        turn(widget, 120)
        turn(widget, 120)
    assert state_of(window) == before
    assert acted(full) == []


@pytest.mark.thorough
def test_the_wheel_over_a_control_in_focus_turns_at_most_a_list_of_that_control(full):
    window = full.window
    for widget in controls(window):
        give_focus(widget)
        before = state_of(window)
        turn(widget, -120)
        after = state_of(window)
        changed = {one for one in after if after[one] != before.get(one)}
        assert changed <= ({widget} if isinstance(widget, QComboBox) else set()), widget
    assert acted(full) == []


@pytest.mark.thorough
def test_no_list_offers_a_side_or_a_type_and_no_figure_is_a_spin_box_or_a_slider(full):
    decisive = {side.value for side in Side} | {one.value for one in (*OrderType, *Form)}
    for choice in full.window.findChildren(QComboBox):
        offered = {choice.itemText(n).upper() for n in range(choice.count())}
        assert not offered & {word.upper() for word in decisive}, choice.accessibleName()
    assert full.window.findChildren(QAbstractSpinBox) == []
    sliders = full.window.findChildren(QAbstractSlider)
    assert all(isinstance(one, QScrollBar) for one in sliders)


# ---- keys ----------------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.fault("T26")
def test_no_bare_key_sends_anything_from_list_combo_button_grid_or_text(full):
    """Letters and digits, with Shift too, in every control, whatever it makes of them."""
    armed = full.window.arming.armed
    for widget in controls(full.window):
        give_focus(widget)
        full.desk.take()  # a desk that is silent for long would disarm
        for key in (*map(ord, "SBKXF1"), Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            press(widget, key)
            press(widget, key, SHIFT)
    full.settle()
    assert acted(full) == []
    assert full.window.arming.armed == armed
    assert not full.window.strip.asking


@pytest.mark.thorough
def test_enter_presses_no_button_and_sends_nothing_from_anywhere(full):
    window = full.window
    pressed = []
    for button in window.findChildren(QAbstractButton):
        button.clicked.connect(lambda *_, button=button: pressed.append(button))
    before = state_of(window)
    for widget in controls(window):
        give_focus(widget)
        full.desk.take()
        press(widget, Qt.Key.Key_Return)
        press(widget, Qt.Key.Key_Enter)
    full.settle()
    assert pressed == []
    assert state_of(window) == before
    assert acted(full) == []


@pytest.mark.fault("T26")
def test_no_shortcut_repeats_and_each_is_the_whole_programs(rig):
    shortcuts = rig.window.findChildren(QShortcut)
    assert len(shortcuts) >= len(rig.window.shortcuts) > 40
    for shortcut in shortcuts:
        assert not shortcut.autoRepeat(), shortcut.key().toString()
        assert shortcut.context() is Qt.ShortcutContext.ApplicationShortcut
    assert [one for one in rig.window.findChildren(QAction) if not one.shortcut().isEmpty()] == []


@pytest.mark.thorough
@pytest.mark.fault("T04")
def test_a_held_trading_key_sends_once(full, focus):
    window = full.window
    for where, key, modifiers, kind in (
        (window.ticket.quantity, Qt.Key.Key_Return, CTRL, SubmitOrder),
        (window.ladder.grid, Qt.Key.Key_B, CTRL, SubmitOrder),
        (window.positions.grid, Qt.Key.Key_2, CTRL | ALT, ClosePosition),
        (window.orders.orders, Qt.Key.Key_Delete, CTRL, CancelOrder),
        (window.ticket.tif, Qt.Key.Key_X, CTRL_SHIFT, CancelAll),
    ):
        already = len(full.desk.sent(kind))
        window.positions.grid.select_key(position_key("perp-1", BTC))
        press(focus(where), key, modifiers, repeats=5)
        full.until(lambda kind=kind, already=already: len(full.desk.sent(kind)) > already)
        full.settle()
        assert len(full.desk.sent(kind)) == already + 1, kind


def test_a_held_kill_key_asks_once_and_kills_nobody(rig, focus):
    press(focus(rig.window.ticket.quantity), Qt.Key.Key_K, CTRL_SHIFT, repeats=10)
    rig.settle()
    assert rig.window.strip.asking == "kill"
    assert rig.desk.sent(Kill) == []


def test_a_space_that_is_held_on_the_button_sends_once(rig, focus):
    rig.write()
    rig.arm()
    press(focus(rig.window.ticket.submit), Qt.Key.Key_Space, repeats=5)
    rig.settle()
    assert len(rig.desk.sent(SubmitOrder)) == 1


# ---- windows -------------------------------------------------------------------------------------


def test_trading_keys_work_in_a_floating_dock(rig, focus):
    window = rig.window
    rig.arm()
    rig.write()
    window.ladder.quantity.setText("0.5")
    window.positions.grid.select_key(position_key("perp-1", BTC))
    for dock, where, key, modifiers, kind in (
        ("ticket", window.ticket.price, Qt.Key.Key_Return, CTRL, SubmitOrder),
        ("positions", window.positions.grid, Qt.Key.Key_2, CTRL | ALT, ClosePosition),
        ("ladder", window.ladder.grid, Qt.Key.Key_B, CTRL, SubmitOrder),
        ("orders", window.orders.orders, Qt.Key.Key_X, CTRL_SHIFT, CancelAll),
    ):
        window.area.docks[dock].setFloating(True)
        before = len(rig.desk.sent(kind))
        press(focus(where), key, modifiers)
        assert where.window() is not window
        rig.until(lambda kind=kind, before=before: len(rig.desk.sent(kind)) == before + 1)


@pytest.mark.thorough
@pytest.mark.parametrize("where", ["floating dock", "modal", "key help", "form"])
def test_panic_keys_reach_the_desk_from_everywhere(qtbot, rig, where):
    window = rig.window
    if where == "floating dock":
        target = window.area.docks["orders"]
        target.setFloating(True)
    elif where == "modal":
        target = QDialog(window)
        QVBoxLayout(target).addWidget(QLineEdit())
        target.setModal(True)
        target.show()
    elif where == "key help":
        press(window, Qt.Key.Key_F1)
        target = next(w for w in QApplication.topLevelWidgets() if w.windowTitle() == "Keys")
    else:
        window.alerts.ask()
        target = window.alerts.form
    target.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is target.window())
    press(target, Qt.Key.Key_X, CTRL_SHIFT)
    rig.until(lambda: bool(rig.desk.sent(CancelAll)))
    assert len(rig.desk.sent(CancelAll)) == 1
    target.close()


# ---- clicks --------------------------------------------------------------------------------------


def spot(rig, what):
    """A widget and the point in it that sends, and what it sends."""
    window = rig.window
    if what == "submit":
        return window.ticket.submit, window.ticket.submit.rect().center(), SubmitOrder
    if what == "ladder":
        grid = window.ladder.grid
        cell = grid.places.cell(grid.scale.row(D(60_920)), "bid")
        return grid, cell.center().toPoint(), SubmitOrder
    if what == "close":
        grid = window.positions.grid
        at = grid.button_rect(position_key("perp-1", BTC), 50).center().toPoint()
        return grid.viewport(), at, ClosePosition
    grid = window.orders.orders
    return grid.viewport(), grid.cross_rect("t-118").center().toPoint(), CancelOrder


@pytest.mark.thorough
@pytest.mark.fault("T04")
@pytest.mark.parametrize("what", ["submit", "ladder", "close", "cancel"])
def test_two_quick_clicks_are_one_command(rig_of, what):
    """As Qt tells them: the second press is a double click."""
    rig = rig_of(normal_desk(orders=[WORKING]))
    rig.write()
    rig.arm()
    rig.window.ladder.quantity.setText("0.5")
    rig.settle()
    widget, at, kind = spot(rig, what)
    QTest.mouseClick(widget, LEFT, NONE, at)
    QTest.mouseDClick(widget, LEFT, NONE, at)
    QTest.mouseRelease(widget, LEFT, NONE, at)
    rig.settle()
    rig.settle()
    assert len(rig.desk.sent(kind)) == 1


def test_the_same_close_again_waits_for_the_answer_to_the_first(rig):
    """Two clicks too slow for a double click, or the key twice, before the desk has answered."""
    rig.arm()
    rig.desk.answers = False
    widget, at, kind = spot(rig, "close")
    for _ in range(2):
        QTest.mouseClick(widget, LEFT, NONE, at)
    rig.desk.take()
    assert len(rig.desk.sent(kind)) == 1
    assert "on its way" in rig.window.footer.accessibleName()


# ---- figures -------------------------------------------------------------------------------------


def test_figures_are_text_that_becomes_a_decimal_and_never_a_binary_float(rig, focus):
    """0.1 + 0.2 and 60,980.1 + 0.2 are not what a float makes of them."""
    ticket = rig.window.ticket
    rig.arm()
    rig.write("0.1", "60980.1")
    for _ in range(2):
        QTest.mouseClick(ticket.sizes.adders[0], LEFT)
        press(focus(ticket.price), Qt.Key.Key_Up)
    rig.until(lambda: ticket.state.is_preview_current)
    QTest.mouseClick(ticket.submit, LEFT)
    rig.until(lambda: bool(rig.desk.sent(SubmitOrder)))
    (sent,) = rig.desk.sent(SubmitOrder)
    assert (sent.quantity.value, sent.price) == (D("0.3"), D("60980.3"))


def test_a_held_arrow_does_not_run(rig, focus):
    price = rig.window.ticket.price
    price.setText("60980.0")
    press(focus(price), Qt.Key.Key_Down, repeats=5)
    assert price.text() == "60979.9"


# ---- plot ----------------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["other button", "escape"])
def test_a_line_that_is_put_back_moves_no_order(full, how):
    plot = full.window.chart.plot
    full.until(lambda: plot.order_line_at(QPointF(300, plot.y_of(60_950.0))) is not None)
    home, away = QPoint(300, plot.y_of(60_950.0)), QPoint(300, plot.y_of(60_980.0))
    QTest.mousePress(plot, LEFT, NONE, home)
    QTest.mouseMove(plot, away)
    assert full.window.chart_hands.held is not None
    if how == "escape":
        press(plot, Qt.Key.Key_Escape)
    else:
        QTest.mousePress(plot, RIGHT, NONE, away)
        QTest.mouseRelease(plot, RIGHT, NONE, away)
    QTest.mouseRelease(plot, LEFT, NONE, away)
    full.settle()
    assert full.window.chart_hands.held is None
    assert full.desk.sent(AmendOrder) == []


@pytest.mark.thorough
def test_the_plot_has_the_background_of_every_palette(full):
    window = full.window
    for _ in SCHEMES:
        window.settings.next_look()
        picture = window.chart.plot.grab().toImage()
        wanted = window.theme.color("panel")
        corner = picture.pixelColor(picture.width() - 3, picture.height() - 3)
        assert corner == wanted, window.theme.scheme

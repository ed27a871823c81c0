"""A hand rests and what lies under it changes: only what it was brought to can be pressed."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.frames import ETH, later, normal_desk, order
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QCursor, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desk.model.commands import AmendOrder, CancelOrder, ClosePosition, SubmitOrder
from ui.panels.positions import SET_STOP
from ui.under_pointer import NOT_AIMED_AT

pytestmark = pytest.mark.qt

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


class Hand:
    """A pointer over a widget; it stays where it is on the screen, whatever the widget does."""

    def __init__(self, rig, widget):
        self.rig, self.widget, self.place = rig, widget, QPoint()

    def go(self, at, modifiers=NONE):
        """Move to a point of the widget."""
        self.place = self.widget.mapToGlobal(at)
        self.told_again(modifiers)

    def told_again(self, modifiers=NONE):
        """Qt tells of the pointer where it is, as it also does when no hand has moved."""
        here = QPointF(self.widget.mapFromGlobal(self.place))
        no = Qt.MouseButton.NoButton
        kind = QEvent.Type.MouseMove
        told = QMouseEvent(kind, here, QPointF(self.place), no, no, modifiers)
        QApplication.sendEvent(self.widget, told)

    def nudge(self, modifiers=NONE):
        """Move by a pixel."""
        self.go(self.widget.mapFromGlobal(self.place) + QPoint(1, 0), modifiers)

    def click(self, button=LEFT, modifiers=NONE):
        QTest.mouseClick(self.widget, button, modifiers, self.widget.mapFromGlobal(self.place))

    def sent(self, kind):
        self.rig.settle()
        return self.rig.desk.sent(kind)


def show_banner(rig):
    """ETH's mark is stale and nothing else has changed: a banner comes and pushes the docks."""
    frame = rig.desk.frame
    assert not rig.window.banner.isVisible()
    old = {"quality": "STALE", "mark_age_ms": 9_000}
    markets = [
        msgspec.structs.replace(market, **old) if market.instrument == ETH else market
        for market in frame.markets
    ]
    rig.settle(later(frame, markets=markets, state="REDUCING", latches=["x"]))
    rig.settle()
    assert rig.window.banner.isVisible()


def turn(widget, place, by=-120):
    """Turn the wheel a notch, towards the hand."""
    here, no = QPointF(widget.mapFromGlobal(place)), Qt.MouseButton.NoButton
    turned = QWheelEvent(
        here, QPointF(place), QPoint(), QPoint(0, by), no, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, turned)


@pytest.fixture
def armed(rig_of):
    """An armed desk whose ladder buys half a coin with a click."""
    rig = rig_of(normal_desk())
    rig.arm()
    rig.window.ladder.quantity.setText("0.5")
    rig.window.ladder.post_only.setChecked(False)
    rig.settle()
    return rig


@pytest.fixture
def plot(armed):
    """The chart's plot with its candles."""
    armed.window.load_late()
    armed.until(lambda: bool(armed.window.chart.head.figures.cells))
    armed.settle()
    return armed.window.chart.plot


def at_button(rig, key, deed=100):
    return rig.window.positions.grid.button_rect(key, deed).center().toPoint()


def at_cross(rig, key):
    return rig.window.orders.orders.cross_rect(key).center().toPoint()


def keys_of(grid):
    return [row.key for row in grid.grid.rows]


def said(rig):
    return NOT_AIMED_AT in rig.window.footer.accessibleName()


# ---- a banner pushes the docks -------------------------------------------------------------------


def test_a_ladder_that_a_banner_pushed_sends_nothing_until_the_hand_moves(armed):
    grid = armed.window.ladder.grid
    hand = Hand(armed, grid)
    hand.go(grid.places.cell(grid.scale.row(D(60_920)), "bid").center().toPoint())
    show_banner(armed)
    hand.told_again()
    hand.click()
    assert hand.sent(SubmitOrder) == []
    assert armed.window.ladder.said.text() == NOT_AIMED_AT
    aimed = grid.hit(QPointF(grid.mapFromGlobal(hand.place))).price
    assert aimed != D(60_920)
    hand.nudge()
    hand.click()
    (order_sent,) = hand.sent(SubmitOrder)
    assert order_sent.price == aimed


@pytest.mark.thorough
def test_a_chart_that_a_banner_pushed_places_nothing_until_the_hand_moves(armed, plot):
    hand = Hand(armed, plot)
    hand.go(QPoint(300, plot.y_of(60_970.0)), CTRL)
    show_banner(armed)
    hand.told_again(CTRL)
    hand.click(modifiers=CTRL)
    assert hand.sent(SubmitOrder) == []
    assert armed.window.chart_hands.said.text() == NOT_AIMED_AT
    hand.nudge(CTRL)
    hand.click(modifiers=CTRL)
    assert len(hand.sent(SubmitOrder)) == 1


def test_close_buttons_that_a_banner_pushed_close_nothing_until_the_hand_moves(armed):
    grid = armed.window.positions.grid
    hand = Hand(armed, grid.viewport())
    hand.go(at_button(armed, keys_of(grid)[1]))
    show_banner(armed)
    hand.told_again()
    hand.click()
    assert hand.sent(ClosePosition) == []
    assert said(armed)
    hand.nudge()
    hand.click()
    assert len(hand.sent(ClosePosition)) == 1


def test_crosses_that_a_banner_pushed_cancel_nothing_until_the_hand_moves(rig):
    grid = rig.window.orders.orders
    rig.until(lambda: len(grid.grid.rows) > 2)
    hand = Hand(rig, grid.viewport())
    hand.go(at_cross(rig, keys_of(grid)[1]))
    show_banner(rig)
    hand.told_again()
    hand.click()
    assert hand.sent(CancelOrder) == []
    assert said(rig)
    hand.nudge()
    hand.click()
    assert len(hand.sent(CancelOrder)) == 1


def test_a_button_that_came_under_a_hand_beside_the_table_is_not_pressed(armed):
    """As Qt tells the whole window: the banner goes, and the first row comes to the hand."""
    window, grid = armed.window, armed.window.positions.grid
    calm, screen = armed.desk.frame, armed.window.windowHandle()
    show_banner(armed)
    button = at_button(armed, keys_of(grid)[0])
    at = grid.viewport().mapTo(window, button) - QPoint(0, window.banner.height())
    assert window.childAt(at) is not grid.viewport()
    QCursor.setPos(window.mapToGlobal(at))
    QTest.mouseClick(screen, LEFT, NONE, at)
    armed.settle(calm)
    armed.settle()
    assert grid.viewport().mapFrom(window, at) == at_button(armed, keys_of(grid)[0])
    QTest.mouseClick(screen, LEFT, NONE, at)
    armed.settle()
    assert armed.desk.sent(ClosePosition) == []
    assert said(armed)
    QCursor.setPos(window.mapToGlobal(at + QPoint(1, 0)))
    QTest.mouseMove(screen, at + QPoint(1, 0))
    QTest.mouseClick(screen, LEFT, NONE, at + QPoint(1, 0))
    armed.settle()
    assert len(armed.desk.sent(ClosePosition)) == 1


# ---- a row goes, another comes in its place ------------------------------------------------------


def test_the_second_click_does_not_close_the_position_that_moved_up(armed):
    grid = armed.window.positions.grid
    first, *_ = keys_of(grid)
    hand = Hand(armed, grid.viewport())
    hand.go(at_button(armed, first))
    hand.click()
    (close,) = hand.sent(ClosePosition)
    left = [
        held for held in armed.desk.frame.positions
        if (held.account, held.instrument) != (close.account, close.instrument)
    ]  # fmt: skip
    armed.settle(later(armed.desk.frame, positions=left))
    armed.until(lambda: first not in keys_of(grid))
    hand.click()
    assert hand.sent(ClosePosition) == [close]
    assert said(armed)


@pytest.mark.parametrize("moves", [True, False], ids=["mouse", "finger"])
def test_the_second_click_does_not_cancel_the_order_that_moved_up(rig, moves):
    """A finger, or a screen far away, presses without having told of a move."""
    grid = rig.window.orders.orders
    rig.until(lambda: len(grid.grid.rows) > 2)
    first, *_ = keys_of(grid)
    hand = Hand(rig, grid.viewport())
    hand.place = grid.viewport().mapToGlobal(at_cross(rig, first))
    if moves:
        hand.told_again()
    hand.click()
    (cancel,) = hand.sent(CancelOrder)
    left = [held for held in rig.desk.frame.orders if held.id != first]
    rig.settle(later(rig.desk.frame, orders=left))
    rig.until(lambda: first not in keys_of(grid))
    hand.click()
    assert hand.sent(CancelOrder) == [cancel]
    assert said(rig)


def test_a_button_that_came_under_a_hand_over_empty_space_is_not_pressed(rig_of):
    held = normal_desk().positions
    rig = rig_of(normal_desk(positions=held[:1]))
    rig.arm()
    grid = rig.window.positions.grid
    rig.until(lambda: len(grid.grid.rows) == 1)
    hand = Hand(rig, grid.viewport())
    hand.go(at_button(rig, keys_of(grid)[0]) + QPoint(0, grid.row_height()))
    rig.settle(later(rig.desk.frame, positions=held[:2]))
    rig.until(lambda: len(grid.grid.rows) == 2)
    hand.click()
    assert hand.sent(ClosePosition) == []
    assert said(rig)


def test_a_cross_that_came_under_a_hand_over_empty_space_is_not_pressed(rig_of):
    rig = rig_of(normal_desk(orders=[order("a")]))
    grid = rig.window.orders.orders
    rig.until(lambda: len(grid.grid.rows) == 1)
    hand = Hand(rig, grid.viewport())
    hand.go(at_cross(rig, "a") + QPoint(0, grid.row_height()))
    rig.settle(later(rig.desk.frame, orders=[order("a"), order("b")]))
    rig.until(lambda: len(grid.grid.rows) == 2)
    hand.click()
    assert hand.sent(CancelOrder) == []
    assert said(rig)


def test_a_right_click_does_not_cancel_the_chip_that_came_in_the_place_of_another(rig_of):
    two = [order("a", price=D("60950.0")), order("b", price=D("60950.0"))]
    rig = rig_of(normal_desk(orders=two))
    rig.settle()
    grid = rig.window.ladder.grid
    row = grid.scale.row(D(60_950))
    chip, box = grid.places.chips(row, grid.view.rows[row])[0]
    hand = Hand(rig, grid)
    hand.go(box.center().toPoint())
    hand.click(RIGHT)
    (cancel,) = hand.sent(CancelOrder)
    assert cancel.order_id == chip.id
    rig.settle(later(rig.desk.frame, orders=[one for one in two if one.id != chip.id]))
    rig.settle()
    hand.click(RIGHT)
    assert hand.sent(CancelOrder) == [cancel]
    hand.nudge()
    hand.click(RIGHT)
    assert len(hand.sent(CancelOrder)) == 2


def test_an_order_that_a_hand_dropped_there_may_be_cancelled_at_once(rig_of):
    rig = rig_of(normal_desk(orders=[order("a", price=D("60950.0"))]))
    rig.arm()
    rig.settle()
    grid = rig.window.ladder.grid
    row = grid.scale.row(D(60_950))
    _, box = grid.places.chips(row, grid.view.rows[row])[0]
    hand = Hand(rig, grid)
    hand.go(box.center().toPoint())
    QTest.mousePress(grid, LEFT, NONE, grid.mapFromGlobal(hand.place))
    hand.go(grid.mapFromGlobal(hand.place) + QPoint(0, 2 * round(box.height())))
    QTest.mouseRelease(grid, LEFT, NONE, grid.mapFromGlobal(hand.place))
    (amend,) = hand.sent(AmendOrder)
    rig.settle(later(rig.desk.frame, orders=[order("a", price=amend.price)]))
    rig.settle()
    hand.click(RIGHT)
    assert [cancel.order_id for cancel in hand.sent(CancelOrder)] == ["a"]


# ---- what a hand may do --------------------------------------------------------------------------


def test_a_refused_press_hinders_no_key(armed, focus):
    grid = armed.window.positions.grid
    hand = Hand(armed, grid.viewport())
    hand.go(at_button(armed, keys_of(grid)[1]))
    show_banner(armed)
    hand.click()
    assert hand.sent(ClosePosition) == []
    focus(grid)
    QTest.keyClick(grid, Qt.Key.Key_Down)
    QTest.keyClick(grid, Qt.Key.Key_2, CTRL | Qt.KeyboardModifier.AltModifier)
    assert len(hand.sent(ClosePosition)) == 1


def test_the_same_button_may_be_pressed_again_and_another_beside_it(armed):
    grid = armed.window.positions.grid
    key = keys_of(grid)[0]
    hand = Hand(armed, grid.viewport())
    hand.go(at_button(armed, key, 25))
    hand.click()
    assert len(hand.sent(ClosePosition)) == 1
    hand.go(at_button(armed, key, SET_STOP))
    hand.click()
    assert armed.window.ticket.state.draft.instrument
    assert not said(armed)


def test_what_the_wheel_brought_under_the_pointer_may_be_pressed(rig_of):
    many = [order(f"o-{number:02}") for number in range(60)]
    rig = rig_of(normal_desk(orders=many))
    grid = rig.window.orders.orders
    rig.until(lambda: len(grid.grid.rows) == 60)
    hand = Hand(rig, grid.viewport())
    hand.go(at_cross(rig, keys_of(grid)[1]))
    before = grid.key_at(grid.viewport().mapFromGlobal(hand.place))
    turn(grid.viewport(), hand.place)
    now = grid.key_at(grid.viewport().mapFromGlobal(hand.place))
    assert now != before
    hand.click()
    assert [cancel.order_id for cancel in hand.sent(CancelOrder)] == [now]


@pytest.mark.thorough
def test_prices_that_a_hand_zoomed_under_the_pointer_may_be_pressed(armed, plot, focus):
    focus(plot)
    hand = Hand(armed, plot)
    hand.go(QPoint(300, plot.y_of(60_970.0)), CTRL)
    before = plot.price_at(QPointF(plot.mapFromGlobal(hand.place)))
    for _ in range(12):
        turn(plot, hand.place, 120)
    now = plot.price_at(QPointF(plot.mapFromGlobal(hand.place)))
    assert abs(plot.y_of(before) - plot.y_of(now)) > 3
    hand.click(modifiers=CTRL)
    assert len(hand.sent(SubmitOrder)) == 1


def test_prices_that_the_wheel_brought_under_the_pointer_may_be_pressed(armed):
    grid = armed.window.ladder.grid
    hand = Hand(armed, grid)
    hand.go(grid.places.cell(grid.scale.row(D(60_920)), "bid").center().toPoint())
    turn(grid, hand.place)
    hand.click()
    (order_sent,) = hand.sent(SubmitOrder)
    assert order_sent.price != D(60_920)

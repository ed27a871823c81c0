"""Hands on the real plot: lines dragged, aborted, cancelled; orders placed by chord and click."""

from decimal import Decimal as D

import pytest
from helpers.frames import BTC, ETH, later, normal_desk, order
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from desk.model.commands import AmendOrder, CancelOrder, SubmitOrder
from desk.model.orders import OrderType, Side
from ui.panic_keys import close_lists
from ui.policy import Confirm, Policy

pytestmark = pytest.mark.qt

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
STOP = CTRL | Qt.KeyboardModifier.ShiftModifier
WORKING = order(price=D("60950.0"))


@pytest.fixture
def chart(rig_of):
    """An armed chart with its plot, one own order at 60,950 in sight."""
    rig = rig_of(normal_desk(orders=[WORKING]))
    rig.window.load_late()
    rig.until(lambda: rig.window.chart.plot is not None and rig.window.arming.allowed)
    rig.arm()
    rig.window.ladder.quantity.setText("0.5")
    rig.settle()
    chart = Chart(rig)
    rig.until(lambda: chart.plot.order_line_at(chart.at(60_950).toPointF()) is not None)
    return chart


class Chart:
    def __init__(self, rig):
        self.rig, self.plot, self.hands = rig, rig.window.chart.plot, rig.window.chart_hands
        self.canvas = self.plot

    def at(self, price):
        return QPoint(300, self.plot.y_of(float(price)))

    def drag(self, to, start=60_950):
        QTest.mousePress(self.canvas, LEFT, NONE, self.at(start))
        self.move(to)

    def move(self, to):
        QTest.mouseMove(self.canvas, to if isinstance(to, QPoint) else self.at(to))

    def release(self, at, modifiers=NONE):
        point = at if isinstance(at, QPoint) else self.at(at)
        QTest.mouseRelease(self.canvas, LEFT, modifiers, point)

    def near(self, price, wanted):
        """A pixel is a few ticks: what was sent is within one of what was meant."""
        pixel = abs(self.plot.price_at(self.at(wanted).toPointF()) - float(wanted)) + 1.0
        return abs(float(price) - float(wanted)) <= pixel

    def none_sent(self, *kinds):
        self.rig.settle()
        return all(self.rig.desk.sent(kind) == [] for kind in kinds)


@pytest.mark.thorough
def test_a_line_dragged_and_let_go_is_one_amendment_on_the_grid_of_prices(chart):
    chart.drag(60_980)
    assert chart.none_sent(AmendOrder)
    assert "MOVE BUY 4 LMT 60,950.0 → 60,9" in chart.plot.ghost[1]
    chart.release(60_980)
    chart.rig.until(lambda: bool(chart.rig.desk.sent(AmendOrder)))
    (amended,) = chart.rig.desk.sent(AmendOrder)
    assert amended.order_id == "t-118"
    assert chart.near(amended.price, 60_980)
    assert amended.price % D("0.1") == 0
    assert chart.plot.ghost is None


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["home", "tremble", "outside"])
def test_an_aborted_drag_sends_nothing_though_the_line_was_let_go(chart, how):
    end = chart.at(60_980)
    chart.drag(end)
    if how == "home":
        end = chart.at(60_950)
        chart.move(end)
    elif how == "tremble":
        end = chart.at(60_950) + QPoint(4, 2)
        chart.move(end)
    else:
        end = QPoint(300, -30)
        chart.move(end)
    chart.release(end)
    assert chart.none_sent(AmendOrder, CancelOrder, SubmitOrder)
    assert chart.hands.held is None


def test_a_disarmed_chart_moves_and_places_nothing(chart):
    chart.rig.window.arming.disarm("test", surface="chart")
    chart.drag(60_980)
    chart.release(60_980)
    assert "disarmed" in chart.hands.said.text()
    QTest.mouseClick(chart.canvas, LEFT, CTRL, chart.at(60_970))
    assert chart.none_sent(AmendOrder, SubmitOrder)


@pytest.mark.thorough
def test_a_stricter_policy_asks_before_the_chart_moves_or_places(chart):
    window = chart.rig.window
    window.commands.confirming.policy = Policy(new_order=Confirm.STRIP, amend=Confirm.STRIP)
    chart.drag(60_980)
    chart.release(60_980)
    assert window.strip.asking == "amend"
    QTest.mouseClick(chart.canvas, LEFT, CTRL, chart.at(60_970))
    assert window.strip.asking == "new_order"
    assert chart.none_sent(AmendOrder, SubmitOrder)
    window.strip.buttons["do"].click()
    chart.rig.until(lambda: bool(chart.rig.desk.sent(SubmitOrder)))
    assert chart.none_sent(AmendOrder)


def test_a_fill_in_the_hand_ends_the_drag_in_words(chart):
    chart.drag(60_980)
    filled = order(price=D("60950.0"), filled=D(1), status="PARTIALLY_FILLED")
    chart.rig.settle(later(normal_desk(), orders=[filled]))
    assert "filled in part" in chart.hands.said.text()
    chart.release(60_980)
    assert chart.none_sent(AmendOrder)


def test_another_instrument_in_the_hand_ends_the_drag(chart):
    chart.drag(60_980)
    chart.rig.window.display.choose(ETH)
    chart.release(60_980)
    assert chart.none_sent(AmendOrder)


def test_prices_stand_still_while_a_hand_is_on_the_plot(chart):
    chart.drag(60_980)
    low = chart.plot.shown_low
    far = order("far", price=D("60700.0"))
    chart.rig.settle(later(normal_desk(), orders=[WORKING, far]))
    chart.rig.window.chart.show_frame(chart.rig.pump.frame)
    assert chart.plot.shown_low == low


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("modifiers", "price", "side", "kind"),
    [
        (CTRL, 60_970, Side.BUY, OrderType.LIMIT),
        (CTRL, 61_080, Side.SELL, OrderType.LIMIT),
        (STOP, 61_080, Side.BUY, OrderType.STOP),
        (STOP, 60_970, Side.SELL, OrderType.STOP),
    ],
)
def test_a_chord_and_a_click_place_what_the_side_of_the_mark_says(
    chart, modifiers, price, side, kind
):
    QTest.mouseClick(chart.canvas, LEFT, modifiers, chart.at(price))
    chart.rig.until(lambda: bool(chart.rig.desk.sent(SubmitOrder)))
    (sent,) = chart.rig.desk.sent(SubmitOrder)
    assert (sent.side, sent.type, sent.instrument) == (side, kind, BTC)
    assert chart.near(sent.trigger if kind is OrderType.STOP else sent.price, price)
    assert sent.quantity.value == D("0.5")


def test_a_bare_click_or_one_dragged_away_or_without_a_quantity_places_nothing(chart):
    QTest.mouseClick(chart.canvas, LEFT, NONE, chart.at(61_080))
    QTest.mousePress(chart.canvas, LEFT, CTRL, chart.at(61_080))
    chart.move(61_050)
    chart.release(61_050, CTRL)
    QTest.mousePress(chart.canvas, LEFT, CTRL, chart.at(61_080))
    chart.release(61_080)
    chart.rig.window.ladder.zero.click()
    QTest.mouseClick(chart.canvas, LEFT, CTRL, chart.at(61_080))
    assert "quantity" in chart.hands.said.text()
    assert chart.none_sent(SubmitOrder)


def test_a_double_click_with_the_chord_is_one_order(chart):
    at = chart.at(60_970)
    QTest.mouseClick(chart.canvas, LEFT, CTRL, at)
    QTest.mouseDClick(chart.canvas, LEFT, CTRL, at)
    QTest.mouseRelease(chart.canvas, LEFT, CTRL, at)
    chart.rig.settle()
    chart.rig.settle()
    assert len(chart.rig.desk.sent(SubmitOrder)) == 1


def test_a_line_is_cancelled_from_its_menu_armed_or_not(chart):
    chart.rig.window.arming.disarm("test")
    QTest.mousePress(chart.canvas, RIGHT, NONE, chart.at(60_950))
    (action,) = chart.hands.menu.actions()
    assert action.text() == "Cancel ▲ BUY 4 LMT 60,950.0"
    assert chart.none_sent(CancelOrder)
    action.trigger()
    chart.hands.menu.close()
    chart.rig.until(lambda: bool(chart.rig.desk.sent(CancelOrder)))
    assert chart.rig.desk.sent(CancelOrder)[0].order_id == "t-118"


def test_a_menu_that_a_panic_key_put_away_is_gone(chart):
    before = len(chart.rig.window.findChildren(QMenu))
    QTest.mousePress(chart.canvas, RIGHT, NONE, chart.at(60_950))
    assert chart.hands.menu.isVisible()
    close_lists()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert len(chart.rig.window.findChildren(QMenu)) == before


def test_a_denied_amendment_says_why_and_the_line_stays_where_the_desk_has_it(chart):
    chart.rig.desk.deny = True
    chart.drag(60_980)
    chart.release(60_980)
    chart.rig.until(lambda: "the cap is 5.00×." in chart.hands.said.text())
    lines = [line for line in chart.plot.lines if line.order]
    assert [line.price for line in lines] == [60_950.0]


def test_a_right_click_beside_the_lines_offers_nothing(chart):
    QTest.mouseClick(chart.canvas, RIGHT, NONE, chart.at(61_080))
    assert chart.hands.menu is None

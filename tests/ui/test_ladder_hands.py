"""Hands on the real ladder: what leaves through the pipe, and above all what does not."""

from decimal import Decimal as D

import pytest
from helpers.frames import BTC, ETH, later, normal_desk, order
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desk.model.commands import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    NextFrame,
    PreviewOrder,
    SubmitOrder,
)
from desk.model.events import Acknowledged
from desk.model.orders import OrderType, Side
from ui.panels.ladder_places import Places
from ui.policy import Confirm, Policy
from ui.viewmodels.ladder import LadderRow

pytestmark = pytest.mark.qt

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
CTRL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier
WORKING = order(price=D("60950.0"))


@pytest.fixture
def ladder(rig_of):
    """An armed ladder with half a coin a click, one own order at 60,950, and its helpers."""
    rig = rig_of(normal_desk(orders=[WORKING]))
    rig.arm()
    rig.window.ladder.quantity.setText("0.5")
    rig.window.ladder.post_only.setChecked(False)
    rig.settle()
    return Ladder(rig)


class Ladder:
    def __init__(self, rig):
        self.rig, self.panel, self.grid = rig, rig.window.ladder, rig.window.ladder.grid

    def at(self, price, column="bid"):
        """The middle of a cell."""
        row = self.grid.scale.row(D(price))
        assert self.grid.scale.shows(row), price
        return self.grid.places.cell(row, column).center().toPoint()

    def click(self, price, column="bid", modifiers=NONE):
        QTest.mouseClick(self.grid, LEFT, modifiers, self.at(price, column))

    def drag(self, price, to, column="own"):
        """Press, move there; the caller lets go."""
        QTest.mousePress(self.grid, LEFT, NONE, self.at(price, column))
        self.move(to)

    def move(self, to, column="own"):
        point = to if isinstance(to, QPoint) else self.at(to, column)
        QTest.mouseMove(self.grid, point)

    def release(self, at, column="own"):
        point = at if isinstance(at, QPoint) else self.at(at, column)
        QTest.mouseRelease(self.grid, LEFT, NONE, point)

    def sent(self, kind, count=1):
        self.rig.until(lambda: len(self.rig.desk.sent(kind)) >= count)
        return self.rig.desk.sent(kind)

    def none_sent(self, *kinds):
        self.rig.settle()
        return all(self.rig.desk.sent(kind) == [] for kind in kinds)


# ---- what stands beside what ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "traded", "short", "narrow", "wide"),
    [
        ("17.312", "8.2", "8", "8.2", "8.2"),
        ("17.312", "93.8", "94", "93.8", "93.8"),
        ("17.312", "193.8", "194", "194", "193.8"),
        ("117.312", "193.8", "194", "", "194"),
        ("1,117.312", "0.4", "", "", "0.4"),
        ("", "1.2K", "1.2K", "1.2K", "1.2K"),
    ],
)
def test_a_volume_never_touches_the_size_beside_it(theme, ask, traded, short, narrow, wide):
    row = LadderRow("61,010", ask=ask, traded=traded, traded_short=short)
    faces = theme.face(12), theme.face(11)
    for width, words in ((236, narrow), (292, wide)):
        assert Places(width, 488, 71).volume_words(row, *faces) == words


# ---- placing -------------------------------------------------------------------------------------


def test_a_click_in_the_bid_column_buys_there_and_in_the_ask_column_sells(ladder):
    ladder.click(60_920)
    ladder.click(61_100, "ask")
    first, second = ladder.sent(SubmitOrder, 2)
    assert (first.side, first.type, first.price) == (Side.BUY, OrderType.LIMIT, D(60_920))
    assert (second.side, second.price, second.instrument) == (Side.SELL, D(61_100), BTC)
    assert first.quantity.value == D("0.5")
    assert first.id != second.id


def test_nothing_is_sent_before_a_quantity_is_set(ladder):
    ladder.panel.zero.click()
    ladder.click(60_920)
    assert ladder.none_sent(SubmitOrder)
    assert "quantity" in ladder.panel.said.text()


def test_the_quantity_starts_at_nothing_and_goes_back_to_it_with_the_instrument(rig):
    assert rig.window.ladder.quantity.text() == "0"
    rig.window.ladder.adders[1].click()
    assert rig.window.ladder.grid.terms.quantity == D("0.5")
    rig.window.display.choose(ETH)
    rig.settle()
    assert rig.window.ladder.grid.terms.quantity == 0


def test_a_disarmed_ladder_sends_no_order_and_moves_none(ladder):
    ladder.rig.window.arming.disarm("test", surface="ladder")
    ladder.click(60_920)
    ladder.drag(60_950, 60_920)
    ladder.release(60_920)
    assert ladder.none_sent(SubmitOrder, AmendOrder)
    assert "disarmed" in ladder.panel.said.text()


def test_an_order_leaves_on_release_and_a_press_dragged_out_aborts_it(ladder):
    cell = ladder.at(60_920)
    QTest.mousePress(ladder.grid, LEFT, NONE, cell)
    assert ladder.none_sent(SubmitOrder)
    ladder.move(60_890, "bid")
    ladder.move(60_920, "bid")
    QTest.mouseRelease(ladder.grid, LEFT, NONE, cell)
    assert ladder.none_sent(SubmitOrder)


def test_the_same_again_waits_for_the_answer_to_the_first(ladder):
    ladder.rig.desk.answers = False
    for _ in range(3):
        ladder.click(60_920)
    ladder.rig.desk.take()
    assert len(ladder.rig.desk.sent(SubmitOrder)) == 1
    assert "on its way" in ladder.panel.said.text()


def test_right_click_beside_a_chip_does_nothing(ladder):
    for column in ("own", "bid", "price", "ask", "volume"):
        QTest.mouseClick(ladder.grid, RIGHT, NONE, ladder.at(60_920, column))
    assert ladder.none_sent(SubmitOrder, CancelOrder, AmendOrder)


def test_control_places_a_stop_beyond_the_mark_and_refuses_one_before_it(ladder):
    ladder.click(61_100, "bid", CTRL)
    (stop,) = ladder.sent(SubmitOrder)
    assert (stop.side, stop.type, stop.trigger) == (Side.BUY, OrderType.STOP, D(61_100))
    assert stop.price is None
    ladder.click(60_920, "bid", CTRL)
    ladder.rig.settle()
    assert len(ladder.rig.desk.sent(SubmitOrder)) == 1
    assert "above the mark" in ladder.panel.said.text()


def test_a_modifier_that_changes_between_press_and_release_sends_nothing(ladder):
    cell = ladder.at(61_100)
    QTest.mousePress(ladder.grid, LEFT, CTRL, cell)
    QTest.mouseRelease(ladder.grid, LEFT, NONE, cell)
    QTest.mouseClick(ladder.grid, LEFT, Qt.KeyboardModifier.ShiftModifier, cell)
    assert ladder.none_sent(SubmitOrder)


def test_a_scale_that_moved_under_a_press_aborts_it(ladder):
    cell = ladder.at(60_920)
    QTest.mousePress(ladder.grid, LEFT, NONE, cell)
    ladder.panel.regroup(-1)
    QTest.mouseRelease(ladder.grid, LEFT, NONE, cell)
    assert ladder.none_sent(SubmitOrder)


def test_another_instrument_under_a_press_aborts_it(ladder):
    cell = ladder.at(60_920)
    QTest.mousePress(ladder.grid, LEFT, NONE, cell)
    ladder.rig.window.display.choose(ETH)
    QTest.mouseRelease(ladder.grid, LEFT, NONE, cell)
    assert ladder.none_sent(SubmitOrder)


def test_the_price_column_hands_its_price_to_the_ticket_and_sends_nothing(ladder):
    ladder.click(60_920, "price")
    assert ladder.rig.window.ticket.price.text() == "60920"
    assert ladder.none_sent(SubmitOrder)


def test_a_denied_order_says_every_reason_near_its_row(ladder):
    ladder.rig.desk.deny = True
    ladder.click(60_920)
    ladder.rig.until(lambda: "the cap is 5.00×." in ladder.panel.said.text())
    assert "112,316 USDT of collateral is missing." in ladder.panel.said.text()
    assert "MARGIN_AFTER_FILL" in ladder.rig.window.footer.accessibleName()
    assert not ladder.panel.sent


def test_a_stricter_policy_asks_before_the_ladder_places_moves_or_cancels(ladder):
    window = ladder.rig.window
    window.commands.confirming.policy = Policy(
        new_order=Confirm.STRIP, amend=Confirm.STRIP, cancel=Confirm.STRIP, cancel_all=Confirm.STRIP
    )

    def place():
        ladder.click(60_970)

    def move():
        ladder.drag(60_950, 60_980)
        ladder.release(60_980)

    def cancel():
        QTest.mouseClick(ladder.grid, RIGHT, NONE, ladder.at(60_950, "own"))

    for gesture, asked, words, kind in (
        (place, "new_order", "BUY 0.5 LIMIT 60,970.0 of BTCUSDT-PERP?", SubmitOrder),
        (move, "amend", "MOVE BUY 4 LMT 60,950.0 → 60,980.0 of BTCUSDT-PERP?", AmendOrder),
        (cancel, "cancel", "Cancel order t-118?", CancelOrder),
        (window.ladder.cancels[Side.BUY].click, "cancel_some", "every working BUY", CancelAll),
    ):
        gesture()
        assert ladder.none_sent(kind)
        assert window.strip.asking == asked
        assert words in window.strip.accessibleName()
        window.strip.buttons["do"].click()
        assert len(ladder.sent(kind)) == 1


def test_what_was_asked_before_the_ladder_was_disarmed_is_not_sent(ladder):
    window = ladder.rig.window
    window.commands.confirming.policy = Policy(new_order=Confirm.STRIP)
    ladder.click(60_920)
    window.arming.disarm("test", surface="ladder")
    window.strip.buttons["do"].click()
    assert ladder.none_sent(SubmitOrder)
    assert "disarmed" in ladder.panel.said.text()


def test_an_order_on_its_way_is_drawn_until_a_frame_shows_it(ladder):
    ladder.rig.desk.answers = False
    ladder.click(60_920)
    (chip,) = ladder.panel.sent
    assert (chip.state, chip.price, chip.size) == ("sent", D(60_920), "0.5")
    row = ladder.grid.view.rows[ladder.grid.scale.row(D(60_920))]
    assert chip in row.chips
    ladder.rig.desk.take()
    (sent,) = ladder.rig.desk.sent(SubmitOrder)
    ladder.rig.desk.answers = True
    shown = later(normal_desk(), orders=[order(sent.id, price=D(60_920), quantity=D("0.5"))])
    ladder.rig.desk.send_frame(shown)
    ladder.rig.settle()
    assert not list(ladder.panel.sent)
    assert ladder.grid.view.rows[ladder.grid.scale.row(D(60_920))].chips[0].state == ""


def test_nothing_is_kept_of_an_order_that_a_frame_shows_before_its_answer(ladder):
    rig, hands = ladder.rig, ladder.rig.window.order_hands
    rig.desk.answers = False
    ladder.click(60_920)
    (sent,) = ladder.sent(SubmitOrder)
    rig.desk.send_frame(later(normal_desk(), orders=[order(sent.id, price=D(60_920))]))
    rig.until(lambda: not hands.sent(BTC))
    number = next(number for number, command in rig.desk.commands if command is sent)
    rig.desk.tell(Acknowledged(command=number, about="order", id=sent.id))
    rig.until(lambda: not hands._waiting)
    assert hands._frames_left == {}


def test_an_order_whose_answer_was_lost_is_drawn_as_unknown(ladder):
    ladder.rig.desk.answers = False
    ladder.click(60_920)
    ladder.rig.desk.close()
    hands = ladder.rig.window.order_hands
    ladder.rig.qtbot.waitUntil(lambda: [c.state for c in hands.sent(BTC)] == ["unknown"])
    assert "unknown" in ladder.panel.said.text()


# ---- what would happen ---------------------------------------------------------------------------


def test_the_pointer_says_what_a_click_would_do_and_what_would_be_denied(ladder):
    ladder.rig.desk.deny = True
    ladder.move(60_920, "bid")
    assert ladder.panel.words.accessibleName() == "BUY 0.5 LIMIT 60,920.0"
    ladder.rig.until(lambda: ladder.grid.tag and "✕3" in ladder.grid.tag[2])
    assert "margin call" in ladder.panel.words.accessibleName()
    asked = ladder.rig.desk.sent(PreviewOrder)[-1].order
    assert (asked.side, asked.price) == (Side.BUY, D(60_920))
    assert ladder.none_sent(SubmitOrder)


def test_a_pointer_that_passes_asks_about_where_it_rests_only(ladder):
    for price in range(60_900, 61_000, 10):
        ladder.move(price, "bid")
    ladder.rig.until(lambda: "65.3%" in ladder.panel.words.accessibleName())
    prices = {asked.order.price for asked in ladder.rig.desk.sent(PreviewOrder)}
    assert prices == {D(60_990)}


# ---- moving and cancelling -----------------------------------------------------------------------


def test_a_drag_to_another_price_is_one_amendment_at_release(ladder):
    ladder.drag(60_950, 60_920)
    assert ladder.none_sent(AmendOrder)
    assert ladder.grid.ghost[0] == ladder.grid.scale.row(D(60_920))
    assert ladder.panel.words.accessibleName() == "MOVE BUY 4 LMT 60,950.0 → 60,920.0"
    ladder.release(60_920)
    assert ladder.sent(AmendOrder) == [
        AmendOrder(id=ladder.rig.desk.sent(AmendOrder)[0].id, order_id="t-118", price=D(60_920))
    ]
    assert ladder.grid.ghost is None


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["home", "outside", "escape", "right", "leave the rows"])
def test_a_drag_that_is_aborted_changes_nothing(ladder, how):
    ladder.drag(60_950, 60_920)
    end = ladder.at(60_920, "own")
    if how == "home":
        ladder.move(60_950)
        end = ladder.at(60_950, "own")
    elif how == "outside":
        end = QPoint(-40, end.y())
        ladder.move(end)
    elif how == "escape":
        QTest.keyClick(ladder.grid, Qt.Key.Key_Escape)
    elif how == "right":
        QTest.mousePress(ladder.grid, RIGHT, NONE, end)
        QTest.mouseRelease(ladder.grid, RIGHT, NONE, end)
    else:
        end = QPoint(end.x(), 4)
        ladder.move(end)
    ladder.release(end)
    assert ladder.none_sent(AmendOrder, CancelOrder, SubmitOrder)
    assert ladder.grid.held is None


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("changes", "words"),
    [({"status": "FILLED", "filled": D(4)}, "ended"), ({"filled": D(1)}, "filled in part"),
     ({"status": "CANCELLED"}, "ended")],
)  # fmt: skip
def test_a_fill_or_a_cancel_in_the_hand_ends_the_drag_in_words(ladder, changes, words):
    ladder.drag(60_950, 60_920)
    ladder.rig.settle(later(normal_desk(), orders=[order(price=D("60950.0"), **changes)]))
    assert words in ladder.panel.said.text()
    ladder.release(60_920)
    assert ladder.none_sent(AmendOrder)


def test_disarming_while_an_order_is_in_the_hand_puts_it_back(ladder):
    ladder.drag(60_950, 60_920)
    ladder.rig.window.arming.disarm("idle")
    ladder.release(60_920)
    assert ladder.none_sent(AmendOrder)


def test_within_its_own_coarse_row_an_order_stays_where_it_is(ladder):
    ladder.rig.settle(later(normal_desk(), orders=[order(price=D("60953.7"))]))
    ladder.drag(60_950, 60_920)
    ladder.move(60_950)
    ladder.release(60_950)
    assert ladder.none_sent(AmendOrder)


def test_right_click_on_a_chip_cancels_it_armed_or_not(ladder):
    ladder.rig.window.arming.disarm("test")
    QTest.mouseClick(ladder.grid, RIGHT, NONE, ladder.at(60_950, "own"))
    (cancel,) = ladder.sent(CancelOrder)
    assert cancel.order_id == "t-118"
    assert ladder.rig.desk.sent(SubmitOrder) == []


def test_right_button_let_go_elsewhere_cancels_nothing(ladder):
    QTest.mousePress(ladder.grid, RIGHT, NONE, ladder.at(60_950, "own"))
    QTest.mouseRelease(ladder.grid, RIGHT, NONE, ladder.at(60_920, "own"))
    assert ladder.none_sent(CancelOrder)


def test_cancel_buttons_are_of_this_instrument_and_their_side(ladder):
    for side in (Side.BUY, Side.SELL, None):
        ladder.panel.cancels[side].click()
    assert [(c.instrument, c.side) for c in ladder.sent(CancelAll, 3)] == [
        (BTC, Side.BUY), (BTC, Side.SELL), (BTC, None)]  # fmt: skip


# ---- prices stand still --------------------------------------------------------------------------


def moved_desk(mark):
    shown = normal_desk(orders=[WORKING])
    first = shown.markets[0]
    moved = type(first)(**{n: getattr(first, n) for n in first.__struct_fields__} | {"mark": mark})
    return later(shown, markets=[moved, *shown.markets[1:]])


def test_prices_do_not_move_while_the_mark_does(ladder):
    before = ladder.grid.scale
    ladder.rig.settle(moved_desk(D("61040.0")))
    assert ladder.grid.scale == before


def test_a_mark_that_left_recentres_unless_a_hand_is_there(ladder):
    before = ladder.grid.scale
    at = QPointF(ladder.at(60_920, "bid"))
    # Told to the widget alone: the platform's own pointer would say when it comes and goes.
    there = QMouseEvent(
        QEvent.Type.MouseMove,
        at,
        ladder.grid.mapToGlobal(at),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        NONE,
    )
    QApplication.sendEvent(ladder.grid, there)
    ladder.rig.settle(moved_desk(D("64000.0")))
    assert ladder.grid.scale == before
    QApplication.sendEvent(ladder.grid, QEvent(QEvent.Type.Leave))
    ladder.rig.settle()
    assert ladder.grid.scale.shows(ladder.grid.scale.row(D("64000.0")))


def wheel(grid, point, delta):
    event = QWheelEvent(QPointF(point), QPointF(grid.mapToGlobal(point)), QPoint(),
                        QPoint(0, delta), Qt.MouseButton.NoButton, NONE,
                        Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(grid, event)


def test_the_wheel_scrolls_prices_and_never_an_order(ladder):
    top = ladder.grid.scale.top
    wheel(ladder.grid, ladder.at(60_950, "own"), -120)
    assert ladder.grid.scale.top == top - 3
    held = ladder.grid.scale
    ladder.drag(60_950, 60_920)
    wheel(ladder.grid, ladder.at(60_920, "own"), 120)
    assert ladder.grid.scale == held
    QTest.keyClick(ladder.grid, Qt.Key.Key_Escape)
    ladder.release(60_920)
    assert ladder.none_sent(AmendOrder, SubmitOrder)


def test_space_recentres_only_on_the_ladder_and_sends_nothing(ladder, focus):
    focus(ladder.grid)
    ladder.panel.grid.scroll_asked.emit(5)
    QTest.keyClick(ladder.grid, Qt.Key.Key_Space)
    assert ladder.grid.scale.row(D("61010.5")) == ladder.grid.scale.count // 2
    assert ladder.none_sent(SubmitOrder, CancelAll, AmendOrder)


def test_grouping_asks_the_desk_for_its_levels(ladder):
    ladder.panel.finer.click()
    ladder.rig.settle()
    asked = ladder.rig.desk.sent(NextFrame)[-1]
    assert asked.group == 50
    assert asked.levels >= ladder.grid.places.count
    assert ladder.panel.grouping.text() == "Group 5"


def test_a_pin_brings_its_price_into_sight(ladder):
    pin = ladder.grid.view.below[0]
    QTest.mouseClick(ladder.grid, LEFT, NONE,
                     ladder.grid.places.below_box(0, 3).center().toPoint())  # fmt: skip
    assert ladder.grid.scale.shows(ladder.grid.scale.row(pin.price))
    assert ladder.none_sent(SubmitOrder)


# ---- keys ----------------------------------------------------------------------------------------


def test_the_ladder_is_traded_by_keys_alone(ladder, focus):
    focus(ladder.grid)
    for _ in range(8):
        QTest.keyClick(ladder.grid, Qt.Key.Key_Down)
    assert ladder.grid.cursor_price == D(60_930)
    QTest.keyClick(ladder.grid, Qt.Key.Key_B, CTRL)
    (bought,) = ladder.sent(SubmitOrder)
    assert (bought.side, bought.price, bought.type) == (Side.BUY, D(60_930), OrderType.LIMIT)
    QTest.keyClick(ladder.grid, Qt.Key.Key_S, CTRL | Qt.KeyboardModifier.AltModifier)
    stop = ladder.sent(SubmitOrder, 2)[1]
    assert (stop.side, stop.trigger, stop.type) == (Side.SELL, D(60_930), OrderType.STOP)


def test_order_keys_elsewhere_send_nothing(ladder, focus):
    focus(ladder.rig.window.watch.grid)
    for key in (Qt.Key.Key_B, Qt.Key.Key_S, Qt.Key.Key_Up):
        QTest.keyClick(ladder.rig.window.watch.grid, key, CTRL)
    assert ladder.none_sent(SubmitOrder, AmendOrder)


def cursor_on_order(ladder, focus):
    focus(ladder.grid)
    ladder.grid.place_cursor(D(60_950))


def test_an_order_is_carried_by_keys_and_amended_when_they_are_let_go(ladder, focus):
    cursor_on_order(ladder, focus)
    for _ in range(3):
        QTest.keyPress(ladder.grid, Qt.Key.Key_Down, CTRL)
    assert ladder.none_sent(AmendOrder)
    QTest.keyRelease(ladder.grid, Qt.Key.Key_Down, CTRL)  # and Control, as Qt's tests do it
    (amended,) = ladder.sent(AmendOrder)
    assert (amended.order_id, amended.price) == ("t-118", D(60_920))


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["escape", "focus"])
def test_an_order_carried_by_keys_can_be_put_back(ladder, focus, how):
    cursor_on_order(ladder, focus)
    QTest.keyPress(ladder.grid, Qt.Key.Key_Up, CTRL)
    assert ladder.grid.held is not None
    if how == "escape":
        QTest.keyClick(ladder.grid, Qt.Key.Key_Escape)
    else:
        focus(ladder.rig.window.watch.grid)
    QTest.keyRelease(ladder.grid, Qt.Key.Key_Control, CTRL)
    assert ladder.none_sent(AmendOrder)


def test_control_delete_cancels_the_order_at_the_cursor(ladder, focus):
    cursor_on_order(ladder, focus)
    QTest.keyClick(ladder.grid, Qt.Key.Key_Delete, CTRL)
    (cancel,) = ladder.sent(CancelOrder)
    assert cancel.order_id == "t-118"


def test_of_several_orders_at_the_cursor_no_key_takes_one(ladder, focus):
    two = [WORKING, order("t-120", price=D("60951.0"))]
    ladder.rig.settle(later(normal_desk(), orders=two))
    while len(ladder.grid.view.rows[ladder.grid.scale.row(D(60_950))].chips) < 2:
        ladder.panel.coarser.click()
    cursor_on_order(ladder, focus)
    QTest.keyClick(ladder.grid, Qt.Key.Key_Delete, CTRL)
    assert ladder.panel.said.text().startswith("Several own orders stand at the cursor")
    QTest.keyPress(ladder.grid, Qt.Key.Key_Down, CTRL)
    QTest.keyRelease(ladder.grid, Qt.Key.Key_Down, CTRL)
    assert ladder.none_sent(CancelOrder, AmendOrder)


def test_control_delete_cancels_it_also_where_no_list_of_orders_is_shown(ladder, focus):
    ladder.rig.window.area.docks["orders"].close()
    cursor_on_order(ladder, focus)
    QTest.keyClick(ladder.grid, Qt.Key.Key_Delete, CTRL)
    (cancel,) = ladder.sent(CancelOrder)
    assert cancel.order_id == "t-118"


def test_quantity_gone_to_by_key_is_written_over(ladder):
    ladder.rig.window.shortcuts["ladder_quantity"].activated.emit()
    QTest.keyClicks(ladder.panel.quantity, "0.2")
    assert ladder.panel.quantity.text() == "0.2"


def test_a_stale_mark_disarms_the_ladder(ladder):
    shown = normal_desk(orders=[WORKING])
    first = shown.markets[0]
    old = type(first)(**{n: getattr(first, n) for n in first.__struct_fields__}
                      | {"mark_age_ms": 6_000, "quality": "STALE"})  # fmt: skip
    ladder.rig.settle(later(shown, markets=[old, *shown.markets[1:]]))
    assert not ladder.rig.window.arming.is_armed("ladder")
    assert not ladder.grid.armed

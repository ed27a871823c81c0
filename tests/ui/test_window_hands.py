"""The trader's hands on the real window: keys, mouse, and what leaves through the pipe."""

from decimal import Decimal as D

import pytest
from helpers.frames import (
    BTC,
    BTCC,
    ETH,
    account,
    empty_desk,
    feed,
    later,
    market,
    normal_desk,
    order,
    position,
)
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton

from desk.model.command import Quantity
from desk.model.commands import (
    CancelAll,
    CancelOrder,
    ClosePosition,
    Deposit,
    Flatten,
    Kill,
    NextFrame,
    PreviewOrder,
    Rearm,
    SubmitOrder,
)
from desk.model.orders import OrderType, Side
from ui.viewmodels.orders import order_rows
from ui.viewmodels.positions import position_key

pytestmark = pytest.mark.qt

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def sent(rig, kind, count=1):
    """Wait for commands of a kind and return them."""
    rig.until(lambda: len(rig.desk.sent(kind)) >= count)
    return rig.desk.sent(kind)


def quiet(rig, kind):
    """Let two frames pass and say that no command of a kind left."""
    rig.settle()
    return rig.desk.sent(kind) == []


# ---- ticket --------------------------------------------------------------------------------------


def test_preview_follows_every_key_and_shows_before_and_after(qtbot, rig, focus):
    rig.window.ticket.price.setText("60980")
    qtbot.keyClicks(focus(rig.window.ticket.quantity), "2.5")
    rig.until(lambda: rig.window.ticket.state.is_preview_current)
    asked = rig.desk.sent(PreviewOrder)[-1].order
    assert (asked.quantity, asked.price, asked.side) == (Quantity(D("2.5")), D(60980), Side.BUY)
    shown = rig.window.ticket.preview.accessibleName()
    assert "Utilization 63.9% to 65.3%" in shown
    assert "Liq. BTC alone 30,859.4 to 31,916.6" in shown


def test_disarmed_ticket_previews_and_sends_nothing(qtbot, rig, focus):
    rig.write()
    qtbot.mouseClick(rig.window.ticket.submit, LEFT)
    qtbot.keyClick(focus(rig.window.ticket.quantity), Qt.Key.Key_Return,
                   Qt.KeyboardModifier.ControlModifier)  # fmt: skip
    assert quiet(rig, SubmitOrder)
    assert rig.window.ticket.submit.text() == "Disarmed: preview only"


def test_armed_ticket_sends_the_draft_with_the_mouse(qtbot, rig):
    rig.write()
    rig.arm()
    qtbot.mouseClick(rig.window.ticket.submit, LEFT)
    (order,) = sent(rig, SubmitOrder)
    assert (order.instrument, order.account) == (BTC, "perp-1")
    assert (order.side, order.type, order.price) == (Side.BUY, OrderType.LIMIT, D("60980.0"))
    rig.until(lambda: rig.window.ticket.quantity.text() == "")


def test_armed_ticket_sends_the_draft_by_keys_alone(qtbot, rig, focus):
    window = rig.window
    qtbot.keyClick(focus(window.watch.grid), Qt.Key.Key_A, CTRL_SHIFT)
    qtbot.keyClick(window, Qt.Key.Key_F6)
    qtbot.keyClick(window, Qt.Key.Key_F7)
    rig.until(lambda: QApplication.focusWidget() is window.ticket.quantity)
    qtbot.keyClicks(window.ticket.quantity, "0.5")
    qtbot.keyClick(window, Qt.Key.Key_F8)
    qtbot.keyClicks(window.ticket.price, "62000")
    for key, field, text in (
        (Qt.Key.Key_F7, "take_profit", "60100"),
        (Qt.Key.Key_F8, "stop_loss", "63000"),
    ):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ShiftModifier)
        qtbot.keyClicks(QApplication.focusWidget(), text)
        assert getattr(window.ticket.terms, field).text() == text
    rig.until(lambda: window.ticket.state.is_preview_current)
    qtbot.keyClick(window.ticket.price, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    (order,) = sent(rig, SubmitOrder)
    assert (order.take_profit, order.stop_loss) == (D(60_100), D(63_000))
    assert (order.side, order.quantity, order.price) == (Side.SELL, Quantity(D("0.5")), D(62000))


def written_by_keys(qtbot, rig, focus, form, text, figure):
    """Choose a form, write a quantity, go on by F8 and type a figure there."""
    window = rig.window
    focus(window.watch.grid)
    window.ticket.type.choose(form)
    qtbot.keyClick(window, Qt.Key.Key_F7)
    rig.until(lambda: QApplication.focusWidget() is window.ticket.quantity)
    qtbot.keyClicks(window.ticket.quantity, text)
    qtbot.keyClick(window, Qt.Key.Key_F8)
    qtbot.keyClicks(QApplication.focusWidget(), figure)
    return window.ticket.fields.all


@pytest.mark.parametrize(
    ("form", "field"),
    [("LIMIT", "price"), ("STOP", "trigger"), ("STOP_LIMIT", "price"), ("LADDER", "first")],
)
def test_the_key_for_the_price_goes_to_what_takes_one_in_this_form(qtbot, rig, focus, form, field):
    fields = written_by_keys(qtbot, rig, focus, form, "100%", "60000")
    assert (fields["quantity"].text(), fields[field].text()) == ("100%", "60000")


@pytest.mark.parametrize("form", ["MARKET", "TRAILING_STOP", "TWAP"])
def test_where_a_form_has_no_price_what_is_typed_goes_nowhere(qtbot, rig, focus, form):
    fields = written_by_keys(qtbot, rig, focus, form, "0.5", "26")
    assert {name: field.text() for name, field in fields.items() if field.text()} == {
        "quantity": "0.5"
    }
    assert "Price cannot be reached now" in rig.window.footer.accessibleName()


def test_a_stop_that_a_form_cannot_carry_takes_the_focus_from_the_quantity(qtbot, rig, focus):
    window = rig.window
    window.ticket.type.choose("TRAILING_STOP")
    focus(window.ticket.quantity)
    qtbot.keyClick(window, Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    assert not isinstance(QApplication.focusWidget(), QLineEdit)
    assert "SL cannot be reached now" in window.footer.accessibleName()


def test_what_cannot_be_reached_in_a_floating_ticket_takes_nothing(qtbot, rig, focus):
    window = rig.window
    window.area.docks["ticket"].setFloating(True)
    window.ticket.type.choose("MARKET")
    focus(window.ticket.quantity)
    window.go_to(window.ticket.price)
    assert not isinstance(QApplication.focusWidget(), QLineEdit)
    focus(window.footer.command)
    window.go_to(window.ticket.price)
    rig.settle()
    assert not isinstance(QApplication.focusWidget(), QLineEdit)


def test_the_key_for_the_orders_goes_to_them_behind_another_page(rig, focus):
    window = rig.window
    window.orders.open_page(window.orders.blotter)
    focus(window.orders.blotter.filter)
    window.shortcuts["focus_orders"].activated.emit()
    rig.until(lambda: QApplication.focusWidget() is window.orders.orders)


def test_order_leaves_on_release_and_a_drag_away_aborts_it(qtbot, rig):
    rig.write()
    rig.arm()
    button = rig.window.ticket.submit
    qtbot.mousePress(button, LEFT)
    assert quiet(rig, SubmitOrder)
    qtbot.mouseRelease(button, LEFT, pos=QPoint(-50, -50))
    assert quiet(rig, SubmitOrder)


def test_arrows_step_by_tick_and_lot(qtbot, rig, focus):
    ticket = rig.window.ticket
    ticket.price.setText("60980.0")
    qtbot.keyClick(focus(ticket.price), Qt.Key.Key_Up)
    qtbot.keyClick(ticket.price, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert ticket.price.text() == "60981.1"
    ticket.quantity.setText("1")
    qtbot.keyClick(focus(ticket.quantity), Qt.Key.Key_Down)
    assert ticket.quantity.text() == "0.999"


def test_presets_add_and_percentages_replace(qtbot, rig):
    ticket = rig.window.ticket
    qtbot.mouseClick(ticket.sizes.adders[2], LEFT)
    qtbot.mouseClick(ticket.sizes.adders[0], LEFT)
    assert ticket.quantity.text() == "1.1"
    qtbot.mouseClick(ticket.sizes.percents[0], LEFT)
    assert ticket.quantity.text() == "25%"


@pytest.mark.fault("T41")
def test_denied_order_keeps_the_draft_and_says_every_reason(qtbot, rig):
    rig.write()
    rig.arm()
    rig.desk.deny = True
    qtbot.mouseClick(rig.window.ticket.submit, LEFT)
    rig.until(rig.window.ticket.denials.isVisible)
    ticket = rig.window.ticket
    assert ticket.quantity.text() == "2"
    assert ticket.denials.head() == "3 reasons this order cannot be sent"
    assert "the cap is 5.00×." in ticket.denials.accessibleName()
    assert not ticket.submit.isEnabled()
    assert "3 reasons" in ticket.submit.text()
    assert "MARGIN_AFTER_FILL" in rig.window.footer.accessibleName()


def test_ticket_grows_for_its_reasons_and_shrinks_again(rig):
    before = rig.window.ticket.height()
    rig.desk.deny = True
    rig.write()
    rig.until(rig.window.ticket.denials.isVisible)
    rig.until(lambda: rig.window.ticket.height() > before)
    rig.desk.deny = False
    rig.window.ticket.quantity.setText("1")
    rig.until(lambda: not rig.window.ticket.denials.isVisible())
    rig.until(lambda: rig.window.ticket.height() == before)


def test_lost_answer_leaves_the_order_marked_as_sent(qtbot, rig):
    rig.write()
    rig.arm()
    rig.desk.answers = False
    qtbot.mouseClick(rig.window.ticket.submit, LEFT)
    assert rig.window.ticket.submit.text() == "Sent, waiting for the desk"
    assert not rig.window.ticket.submit.isEnabled()


# ---- arming --------------------------------------------------------------------------------------


def test_window_starts_disarmed_and_no_button_has_the_focus(rig):
    assert not rig.window.arming.is_armed()
    assert not isinstance(rig.window.focusWidget(), QPushButton)


def test_lock_button_arms_and_disarms(qtbot, rig):
    qtbot.mouseClick(rig.window.status.arm, LEFT)
    assert rig.window.arming.is_armed("ticket")
    assert rig.window.status.arm.text().startswith("ARMED")
    qtbot.mouseClick(rig.window.status.arm, LEFT)
    assert rig.window.status.arm.text() == "DISARMED"


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)], ids=["full", "small"])
def test_kill_stays_where_it_is_whatever_the_desk_is_and_whoever_is_armed(rig_of, size):
    """A hand that is on its way to it must not meet the lock instead."""
    rig, places = rig_of(normal_desk(), size=size), set()

    def look():
        rig.settle()
        places.add(rig.window.status.kill.geometry().getRect())

    look()
    rig.arm()
    look()
    rig.settle(normal_desk(markets=[market(quality="STALE", mark_age_ms=5_001)]))
    rig.until(lambda: rig.window.status.arm.text().startswith("ARMED 2/5"))
    look()
    for state in ("REDUCING", "HALTED"):
        rig.settle(normal_desk(state=state, latches=["the day's loss is used up."]))
        look()
    assert len(places) == 1, places


def test_stale_instrument_disarms_the_ticket_alone(rig):
    rig.arm()
    rig.settle(normal_desk(markets=[market(quality="STALE", mark_age_ms=5_001)]))
    rig.until(lambda: not rig.window.arming.is_armed("ticket"))
    assert rig.window.arming.is_armed("positions")


def test_a_ticket_that_was_disarmed_is_told_at_the_lock_and_armed_by_its_button(qtbot, rig):
    rig.arm()
    rig.settle(normal_desk(markets=[market(quality="STALE", mark_age_ms=5_001)]))
    rig.until(lambda: not rig.window.arming.is_armed("ticket"))
    assert rig.window.status.arm.text().startswith("ARMED 2/5 0")
    rig.settle(normal_desk())
    qtbot.mouseClick(rig.window.ticket.arm, LEFT)
    assert rig.window.arming.is_armed("ticket")
    assert rig.window.arming.is_armed("positions")
    assert rig.window.status.arm.text().startswith("ARMED")
    for surface in ("ladder", "chart"):  # which went by the same mark
        rig.window.arming.toggle(surface)
    qtbot.mouseClick(rig.window.status.arm, LEFT)
    assert not rig.window.arming.is_armed()


def test_changed_profile_disarms(rig):
    rig.arm()
    rig.settle(normal_desk(profile_hash="00000000"))
    rig.until(lambda: not rig.window.arming.is_armed())


def test_five_idle_minutes_disarm(rig):
    now = [0]
    rig.window.arming._now_ns = lambda: now[0]
    rig.arm()
    now[0] = 299 * 1_000_000_000
    rig.window.arming.check()
    assert rig.window.arming.seconds_left() == 1
    assert rig.window.arming.is_armed()
    now[0] = 300 * 1_000_000_000
    rig.window.arming.check()
    assert not rig.window.arming.is_armed()
    assert "idle" in rig.window.footer.accessibleName()


def test_touching_anything_puts_the_idle_limit_off(qtbot, rig, focus):
    now = [0]
    rig.window.arming._now_ns = lambda: now[0]
    rig.arm()
    now[0] = 200 * 1_000_000_000
    qtbot.keyClick(focus(rig.window.ticket.quantity), Qt.Key.Key_1)
    assert rig.window.arming.seconds_left() == 300


# ---- panic keys ----------------------------------------------------------------------------------


def test_kill_takes_two_presses_armed_or_not(qtbot, rig, focus):
    widget = focus(rig.window.ticket.quantity)
    qtbot.keyClick(widget, Qt.Key.Key_K, CTRL_SHIFT)
    assert rig.window.strip.asking == "kill"
    assert quiet(rig, Kill)
    qtbot.keyClick(rig.window, Qt.Key.Key_K, CTRL_SHIFT)
    (kill,) = sent(rig, Kill)
    assert (kill.reason, kill.everything) == ("stopped by the trader", False)
    assert not rig.window.strip.isVisible()


def test_kill_button_then_its_strip(qtbot, rig):
    qtbot.mouseClick(rig.window.status.kill, LEFT)
    rig.window.strip.fields["reason"].setText("fat finger in ETH")
    qtbot.mouseClick(rig.window.strip.buttons["all"], LEFT)
    (kill,) = sent(rig, Kill)
    assert (kill.reason, kill.everything) == ("fat finger in ETH", True)


def test_escape_leaves_the_strip_and_the_desk_alone(qtbot, rig, focus):
    qtbot.keyClick(focus(rig.window.ticket.quantity), Qt.Key.Key_K, CTRL_SHIFT)
    qtbot.keyClick(rig.window.strip.buttons["do"], Qt.Key.Key_Escape)
    assert not rig.window.strip.isVisible()
    assert quiet(rig, Kill)


def test_cancel_all_and_flatten_work_while_disarmed(qtbot, rig, focus):
    widget = focus(rig.window.ticket.price)
    qtbot.keyClick(widget, Qt.Key.Key_X, CTRL_SHIFT)
    assert len(sent(rig, CancelAll)) == 1
    qtbot.keyClick(widget, Qt.Key.Key_F, CTRL_SHIFT)
    assert "3 orders and close 3 positions" in rig.window.strip.accessibleName()
    assert quiet(rig, Flatten)  # the key was let go at once: it has to be held
    rig.window.strip.buttons["do"].hold_ms = 50
    qtbot.keyPress(rig.window, Qt.Key.Key_F, CTRL_SHIFT)
    assert len(sent(rig, Flatten)) == 1
    qtbot.keyRelease(rig.window, Qt.Key.Key_F, CTRL_SHIFT)


def test_rearm_needs_a_name_and_ten_characters(qtbot, rig):
    rig.settle(normal_desk(state="HALTED", latches=["killed."]))
    rig.until(rig.window.banner.action.isVisible)
    qtbot.mouseClick(rig.window.banner.action, LEFT)
    strip = rig.window.strip
    strip.fields["name"].setText("Ada")
    strip.fields["reason"].setText("too short")
    assert not strip.buttons["rearm"].isEnabled()
    qtbot.keyClick(strip.buttons["rearm"], Qt.Key.Key_Return)
    strip.fields["reason"].setText("checked all positions")
    qtbot.mouseClick(strip.buttons["rearm"], LEFT)
    (rearm,) = sent(rig, Rearm)
    assert (rearm.name, rearm.reason) == ("Ada", "checked all positions")


# ---- positions and orders ------------------------------------------------------------------------


def press_close(qtbot, rig, key, percent, release_at=None):
    grid = rig.window.positions.grid
    at = grid.button_rect(key, percent).center().toPoint()
    qtbot.mousePress(grid.viewport(), LEFT, pos=at)
    qtbot.mouseRelease(grid.viewport(), LEFT, pos=release_at or at)


def test_close_buttons_need_arming_then_close_exactly_that_part(qtbot, rig):
    key = position_key("perp-1", BTC)
    press_close(qtbot, rig, key, 25)
    assert quiet(rig, ClosePosition)
    rig.arm()
    press_close(qtbot, rig, key, 25)
    (close,) = sent(rig, ClosePosition)
    assert (close.account, close.instrument, close.fraction) == ("perp-1", BTC, D("0.25"))


def test_close_is_aborted_by_a_drag_away(qtbot, rig):
    rig.arm()
    press_close(qtbot, rig, position_key("perp-2", BTCC), 100, release_at=QPoint(5, 5))
    assert quiet(rig, ClosePosition)


def test_close_by_keys_acts_on_the_selected_position(qtbot, rig, focus):
    rig.arm()
    rig.settle(normal_desk(positions=normal_desk().positions[:1]))
    rig.until(lambda: len(rig.window.positions.grid.grid.rows) == 1)
    grid = focus(rig.window.positions.grid)
    chord = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(grid, Qt.Key.Key_2, chord)
    (close,) = sent(rig, ClosePosition)
    assert position_key(close.account, close.instrument) == grid.selected_key()
    assert close.fraction == D("0.5")


def test_rows_hold_still_while_a_button_is_down(qtbot, rig):
    rig.arm()
    grid = rig.window.positions.grid
    before = [row.key for row in grid.grid.rows]
    at = grid.button_rect(before[0], 25).center().toPoint()
    qtbot.mousePress(grid.viewport(), LEFT, pos=at)
    turned = normal_desk()
    nearer = [
        position if position.instrument != ETH
        else type(position)(**{n: getattr(position, n) for n in position.__struct_fields__}
                            | {"liquidation_distance": D("0.02")})
        for position in turned.positions
    ]  # fmt: skip
    rig.settle(later(turned, positions=nearer))
    rig.window.display.pacing.hurry()
    rig.settle()
    assert [row.key for row in grid.grid.rows] == before
    qtbot.mouseRelease(grid.viewport(), LEFT, pos=at)
    (close,) = sent(rig, ClosePosition)
    assert position_key(close.account, close.instrument) == before[0]


def test_cross_cancels_that_order_while_disarmed(qtbot, rig):
    grid = rig.window.orders.orders
    rig.until(lambda: len(grid.grid.rows) > 2)
    at = grid.cross_rect("t-119").center().toPoint()
    qtbot.mouseClick(grid.viewport(), LEFT, pos=at)
    assert [cancel.order_id for cancel in sent(rig, CancelOrder)] == ["t-119"]


def test_selected_order_is_cancelled_by_key_and_an_ended_one_is_not(qtbot, rig, focus):
    grid = focus(rig.window.orders.orders)
    rig.until(lambda: len(grid.grid.rows) > 2)
    grid.select_key("t-101")
    qtbot.keyClick(grid, Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    assert quiet(rig, CancelOrder)
    grid.select_key("t-112")
    qtbot.keyClick(grid, Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    assert [cancel.order_id for cancel in sent(rig, CancelOrder)] == ["t-112"]


@pytest.mark.parametrize("page", ["fills", "blotter", "alerts", "events"])
def test_an_order_behind_another_page_is_neither_cancelled_nor_amended_by_key(rig, page):
    orders = rig.window.orders
    rig.until(lambda: len(orders.orders.grid.rows) > 2)
    rig.arm()
    orders.orders.select_key("t-112")
    orders.open_page(getattr(orders, page))
    for action in ("cancel_selected", "amend"):
        rig.window.shortcuts[action].activated.emit()
        told = rig.window.footer.accessibleName()
        assert "Orders is not on the screen: nothing was done." in told
    assert quiet(rig, CancelOrder)
    assert rig.window.order_desk.form is None
    orders.open_page(orders.orders)
    rig.window.shortcuts["cancel_selected"].activated.emit()
    assert [cancel.order_id for cancel in sent(rig, CancelOrder)] == ["t-112"]


def test_rows_are_made_for_the_orders_that_somebody_sees(rig, monkeypatch):
    grid, made = rig.window.orders.orders, []
    rig.until(lambda: len(grid.grid.rows) > 2)

    def rows_of(frame):
        made.append(frame)
        return order_rows(frame)

    monkeypatch.setattr("ui.panels.orders.order_rows", rows_of)
    rig.window.orders.open_page(rig.window.orders.events)
    rig.settle(later(rig.desk.frame, orders=[order("newest")]))
    assert made == []
    assert rig.window.orders.tabs.tabs[0].text() == "Orders 1"
    rig.window.orders.open_page(grid)
    assert [row.key for row in grid.grid.rows] == ["newest"]


def test_choosing_a_row_moves_ticket_chart_and_the_next_frame(qtbot, rig, focus):
    rig.window.ticket.quantity.setText("2")
    rig.window.watch.grid.select_key(BTC)
    qtbot.keyClick(focus(rig.window.watch.grid), Qt.Key.Key_PageDown,
                   Qt.KeyboardModifier.ControlModifier)  # fmt: skip
    chosen = rig.window.display.selected
    assert chosen != BTC
    rig.until(lambda: rig.desk.sent(NextFrame)[-1].selected == chosen)
    assert rig.desk.sent(NextFrame)[-1].charts == []  # the plot is not loaded: nothing is drawn
    assert rig.window.ticket.state.draft.instrument == chosen
    assert rig.window.ticket.quantity.text() == ""


@pytest.mark.thorough
def test_instrument_stays_chosen_when_others_go(rig):
    rig.settle(normal_desk(markets=[market(), market(BTCC)]))
    rig.settle(normal_desk(markets=[market()]))
    assert rig.window.display.selected == BTC


def test_position_row_shows_its_instrument_everywhere(qtbot, rig):
    grid = rig.window.positions.grid
    number = next(n for n, r in enumerate(grid.grid.rows) if r.key == position_key("perp-1", ETH))
    at = QPoint(30, number * grid.row_height() + 10)
    qtbot.mouseClick(grid.viewport(), LEFT, pos=at)
    assert rig.window.display.selected == ETH


# ---- first start ---------------------------------------------------------------------------------


def test_empty_desk_offers_the_deposit_and_one_click_makes_it_once(qtbot, rig_of):
    rig = rig_of(empty_desk())
    rig.until(lambda: rig.window.strip.asking == "deposit")
    qtbot.mouseClick(rig.window.strip.buttons["deposit"], LEFT)
    (deposit,) = sent(rig, Deposit)
    assert (deposit.account, deposit.asset, deposit.quantity) == ("perp-1", "USDT", D(100_000))
    rig.until(lambda: rig.window.strip.asking == "deposit")  # no money came: it is offered again
    qtbot.mouseClick(rig.window.strip.buttons["deposit"], LEFT)
    assert len({deposit.id for deposit in sent(rig, Deposit, 2)}) == 1
    rig.settle(normal_desk())
    rig.until(lambda: not rig.window.strip.isVisible())


def test_every_control_has_an_accessible_name(rig):
    from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox

    for kind in (QAbstractButton, QComboBox, QLineEdit, QAbstractItemView):
        for widget in rig.window.findChildren(kind):
            if widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
                assert widget.accessibleName() or getattr(widget, "text", str)(), widget


def test_all_text_is_plain(rig):
    from PySide6.QtWidgets import QLabel

    rig.settle(normal_desk(feeds=[feed(age_ms=9_000)], state="HALTED", latches=["<b>x</b>"]))
    rig.window.commands.rearm()
    labels = [w for w in rig.window.findChildren(QLabel) if w.isVisible()]
    assert labels
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)


def test_watched_accounts_are_no_money_of_the_desk_and_are_not_offered_to_trade(rig_of):
    empty = empty_desk()
    watched = account("fund-1", watched=True)
    held = [position(account="fund-1")]
    shown = later(empty, accounts=[*empty.accounts, watched], positions=held)
    rig = rig_of(shown)
    rig.until(lambda: rig.window.strip.asking == "deposit")
    offered = rig.window.ticket.account
    assert [offered.itemText(n) for n in range(offered.count())] == ["perp-1"]

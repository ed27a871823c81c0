"""What a hand does with a position: reverse it, set its stop, and the keys and menu for both."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.frames import BTC, BTCC, ETH, account, later, normal_desk, order, position
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desk.engine.order_snapshot import ProgramView
from desk.model.command import Quantity
from desk.model.commands import CancelAll, CancelOrder, ClosePosition, ReversePosition, SubmitOrder
from desk.model.orders import OrderType, Side
from ui.panels.positions import REVERSE, SET_STOP
from ui.policy import Confirm, Policy
from ui.pump import Link
from ui.viewmodels.cures import Cure
from ui.viewmodels.positions import position_key

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
CTRL_ALT = CTRL | Qt.KeyboardModifier.AltModifier
TWAP = ProgramView(
    id="twap-1", kind="twap", account="perp-1", instrument=BTC, side="BUY", quantity=D(1),
    sent=D("0.2"), filled=D("0.2"), average_price=None, orders=[], state="RUNNING", note="",
    started_ms=0,
)  # fmt: skip
LONG, SHORT = position_key("perp-1", BTC), position_key("perp-2", BTCC)


def click(rig, key, deed):
    grid = rig.window.positions.grid
    QTest.mouseClick(grid.viewport(), LEFT, pos=grid.button_rect(key, deed).center().toPoint())


def none_sent(rig, kind):
    rig.settle()
    return rig.desk.sent(kind) == []


def test_reverse_needs_arming_and_an_answer_and_is_sent_once(rig):
    click(rig, LONG, REVERSE)
    assert not rig.window.strip.asking
    rig.arm()
    click(rig, LONG, REVERSE)
    assert rig.window.strip.asking == "reverse"
    assert "BTCUSDT-PERP" in rig.window.strip.accessibleName()
    assert none_sent(rig, ReversePosition)
    rig.desk.answers = False
    QTest.mouseClick(rig.window.strip.buttons["do"], LEFT)
    click(rig, LONG, REVERSE)
    QTest.mouseClick(rig.window.strip.buttons["do"], LEFT)
    rig.desk.take()
    (reverse,) = rig.desk.sent(ReversePosition)
    assert (reverse.account, reverse.instrument) == ("perp-1", BTC)
    assert "on its way" in rig.window.footer.accessibleName()


@pytest.mark.parametrize("deed", [50, REVERSE])
def test_the_question_names_the_account_that_it_is_about(rig, deed):
    desk = normal_desk()
    held = position("perp-2", quantity=D(3))
    rig.settle(later(desk, positions=[*desk.positions, held]))
    rig.arm()
    rig.window.commands.confirming.policy = Policy(close=Confirm.STRIP)
    rig.window.positions.grid.do(position_key("perp-2", BTC), deed)
    assert "BTCUSDT-PERP" in rig.window.strip.accessibleName()
    assert "perp-2" in rig.window.strip.accessibleName()


@pytest.mark.thorough
@pytest.mark.parametrize("deed", [50, REVERSE])
def test_a_trade_whose_answer_was_lost_is_said_to_be_unknown(rig, deed):
    rig.arm()
    rig.window.commands.confirming.policy = Policy(reverse=Confirm.NONE)
    rig.desk.answers = False
    rig.window.positions.grid.do(LONG, deed)
    rig.until(lambda: rig.pump.link is Link.SILENT)
    unknown = "perp-1 BTCUSDT-PERP: The desk went before it could answer"
    assert unknown in rig.window.footer.accessibleName()
    rig.desk.answers = True
    rig.desk.send_frame()
    rig.until(lambda: "whether it has this order" in rig.window.banner.accessibleName())
    assert rig.pump.link is Link.LIVE


def test_a_reversal_whose_surface_was_disarmed_before_the_answer_is_not_sent(rig):
    rig.arm()
    click(rig, LONG, REVERSE)
    rig.window.arming.disarm("test", surface="positions")
    QTest.mouseClick(rig.window.strip.buttons["do"], LEFT)
    assert none_sent(rig, ReversePosition)


def test_with_stale_marks_only_closing_is_left_and_the_surfaces_say_what_they_need(rig):
    desk = normal_desk()
    old = [msgspec.structs.replace(one, mark_age_ms=5_001) for one in desk.positions]
    rig.arm()
    rig.settle(later(desk, positions=[*old[:1], desk.positions[1]]))
    docks = rig.window.area.docks
    rig.until(lambda: docks["ladder"].bar.toolTip() == "Needs mark 38 ms, book 41 ms")
    assert docks["positions"].bar.note.startswith("amounts in")
    rig.settle(later(desk, positions=[*old[:1], msgspec.structs.replace(old[1], mark_age_ms=None)]))
    rig.until(lambda: docks["positions"].bar.note == "CLOSING ONLY: every mark is stale")
    click(rig, LONG, REVERSE)
    assert "only closing is left" in rig.window.footer.accessibleName()
    assert not rig.window.strip.asking
    click(rig, LONG, 100)
    rig.until(lambda: bool(rig.desk.sent(ClosePosition)))
    assert none_sent(rig, ReversePosition)


def test_set_stop_writes_a_stop_of_the_whole_position_and_waits_for_its_trigger(rig):
    ticket = rig.window.ticket
    ticket.terms.stop_loss.setText("1")
    click(rig, SHORT, SET_STOP)
    assert rig.window.display.selected == BTCC
    rig.until(lambda: QApplication.focusWidget() is ticket.fields.all["trigger"])
    assert ticket.fields.all["trigger"].text() == ""
    assert none_sent(rig, SubmitOrder)
    rig.arm()
    QTest.keyClicks(ticket.fields.all["trigger"], "63000")
    rig.until(lambda: ticket.state.is_preview_current)
    QTest.mouseClick(ticket.submit, LEFT)
    rig.until(lambda: bool(rig.desk.sent(SubmitOrder)))
    (stop,) = rig.desk.sent(SubmitOrder)
    assert (stop.account, stop.instrument, stop.side) == ("perp-2", BTCC, Side.BUY)
    assert (stop.type, stop.trigger, stop.price) == (OrderType.STOP, D(63_000), None)
    assert (stop.quantity, stop.reduce_only, stop.stop_loss) == (Quantity(D(8)), True, None)


SOL = "SOLUSDT-PERP.BINANCE"


def stage_stop(rig):
    rig.window.positions.grid.do(position_key("perp-1", SOL), SET_STOP)


def stage_cure(rig):
    figures = dict.fromkeys(("cost", "ratio_after", "used_after"))
    cure = Cure(
        account="perp-1", kind="reduce", what=SOL, quantity="777", is_enough=True, **figures
    )
    rig.window.surfaces.prepare(cure)


@pytest.mark.parametrize("stage", [stage_stop, stage_cure])
def test_an_order_for_an_instrument_without_a_market_is_written_nowhere(rig, stage):
    desk = normal_desk()
    held = position(instrument=SOL, quantity=D(777))
    rig.settle(later(desk, positions=[*desk.positions, held]))
    rig.write()
    before = rig.window.ticket.state.draft
    stage(rig)
    assert rig.window.footer.accessibleName().endswith("SOLUSDT-PERP has no market here.")
    assert rig.window.display.selected == before.instrument == BTC
    assert rig.window.ticket.state.draft == before


def test_the_same_by_keys(rig, focus):
    grid = focus(rig.window.positions.grid)
    grid.select_key(LONG)
    QTest.keyClick(grid, Qt.Key.Key_P, CTRL_ALT)
    assert rig.window.ticket.type.choice() == "STOP"
    assert rig.window.ticket.side.choice() == "SELL"
    QTest.keyClick(rig.window, Qt.Key.Key_R, CTRL_ALT)
    assert not rig.window.strip.asking
    rig.arm()
    QTest.keyClick(rig.window, Qt.Key.Key_R, CTRL_ALT)
    assert rig.window.strip.asking == "reverse"


def test_a_side_is_cancelled_by_its_key_while_disarmed(rig, focus):
    where = focus(rig.window.ticket.price)
    QTest.keyClick(where, Qt.Key.Key_F5, CTRL)
    QTest.keyClick(where, Qt.Key.Key_F6, CTRL)
    rig.until(lambda: len(rig.desk.sent(CancelAll)) == 2)
    assert [one.side for one in rig.desk.sent(CancelAll)] == [Side.BUY, Side.SELL]


def test_the_selected_program_is_stopped_by_the_key_that_cancels(rig_of, focus):
    rig = rig_of(normal_desk(orders=[order()], programs=[TWAP]))
    grid = focus(rig.window.orders.orders)
    rig.until(lambda: grid.is_working("twap-1"))
    grid.select_key("twap-1")
    QTest.keyClick(grid, Qt.Key.Key_Delete, CTRL)
    rig.until(lambda: bool(rig.desk.sent(CancelOrder)))
    assert rig.desk.sent(CancelOrder)[0].order_id == "twap-1"


def test_right_click_beside_a_figure_offers_the_row_under_the_pointer(rig):
    grid = rig.window.positions.grid
    grid.select_key(LONG)
    number = next(n for n, row in enumerate(grid.grid.rows) if row.key == SHORT)
    at = QPoint(20, grid.rowViewportPosition(number) + 10)
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(grid.viewport(), QContextMenuEvent(reason, at, grid.mapToGlobal(at)))
    words = [action.text() for action in grid.menu.actions()]
    assert words[4:7] == [
        "Reverse BTCUSDC-PERP at market…",
        "Write a stop for BTCUSDC-PERP into the ticket…",
        "Set an alert…",
    ]
    assert [action.isEnabled() for action in grid.menu.actions()[3:6]] == [False, False, True]
    grid.menu.actions()[6].trigger()
    grid.menu.close()
    assert rig.window.alerts.form.controls["instrument"].currentText() == BTCC


def test_a_watched_position_offers_an_alert_and_no_trade(rig_of, focus):
    desk = normal_desk()
    shown = later(
        desk,
        accounts=[*desk.accounts, account("fund-1", watched=True)],
        positions=[position("fund-1", ETH)],
    )
    rig = rig_of(shown)
    rig.arm()
    grid = focus(rig.window.positions.grid)
    rig.until(lambda: len(grid.grid.rows) == 1)
    grid.select_key(position_key("fund-1", ETH))
    for key in (Qt.Key.Key_R, Qt.Key.Key_P, Qt.Key.Key_4):
        QTest.keyClick(grid, key, CTRL_ALT)
    assert not rig.window.strip.asking
    assert rig.window.ticket.type.choice() == "LIMIT"
    assert none_sent(rig, ReversePosition)

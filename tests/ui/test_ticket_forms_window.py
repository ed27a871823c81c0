"""The ticket's forms, units and reasons on the real window, by mouse and keys."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.frames import BTC, normal_desk
from PySide6.QtCore import Qt

from desk.engine.order_snapshot import ExecutionView
from desk.model.command import Quantity, QuantityUnit
from desk.model.commands import PreviewOrder, SubmitLadder, SubmitOrder
from desk.model.orders import OrderType

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton


def asked(rig):
    return rig.desk.sent(PreviewOrder)[-1].order


def test_stop_limit_is_clicked_typed_previewed_and_sent(qtbot, rig, focus):
    ticket = rig.window.ticket
    qtbot.mouseClick(ticket.type.buttons["STOP_LIMIT"], LEFT)
    for name, text in (("quantity", "1"), ("trigger", "62000"), ("price", "62100")):
        qtbot.keyClicks(focus(ticket.fields.all[name]), text)
    rig.until(lambda: ticket.state.is_preview_current)
    assert (asked(rig).type, asked(rig).trigger) == (OrderType.STOP_LIMIT, D(62000))
    rig.arm()
    qtbot.mouseClick(ticket.submit, LEFT)
    rig.until(lambda: len(rig.desk.sent(SubmitOrder)) == 1)


def test_ladder_unfolds_and_is_one_command(qtbot, rig):
    ticket = rig.window.ticket
    qtbot.mouseClick(ticket.type.more, LEFT)
    qtbot.mouseClick(ticket.type.buttons["LADDER"], LEFT)
    for name, text in (("quantity", "3"), ("first", "60900"), ("last", "60500"), ("count", "3")):
        ticket.fields.all[name].setText(text)
    rig.until(lambda: ticket.state.is_preview_current)
    rig.arm()
    qtbot.mouseClick(ticket.submit, LEFT)
    rig.until(lambda: len(rig.desk.sent(SubmitLadder)) == 1)
    qtbot.mouseClick(ticket.type.more, LEFT)
    assert ticket.type.fold.isVisible()  # what is chosen stays to be seen


def test_all_three_readings_stand_under_the_quantity_and_change_its_unit(qtbot, rig):
    ticket = rig.window.ticket
    rig.write()
    words = [button.text() for button in ticket.units.buttons.values()]
    assert words == ["2 BTC", "121,960 USD", "2 ct"]
    qtbot.mouseClick(ticket.units.buttons[QuantityUnit.NOTIONAL], LEFT)
    assert ticket.quantity.text() == "121960"
    rig.until(lambda: ticket.state.is_preview_current)
    assert asked(rig).quantity == Quantity(D(121960), QuantityUnit.NOTIONAL)


def test_size_from_stop_asks_with_risk_and_shows_the_loss(qtbot, rig):
    ticket = rig.window.ticket
    ticket.price.setText("60980")
    qtbot.mouseClick(ticket.units.risk, LEFT)
    ticket.terms.stop_loss.setText("1%")
    ticket.quantity.setText("500")
    rig.until(lambda: ticket.state.is_preview_current)
    assert asked(rig).quantity == Quantity(D(500), QuantityUnit.RISK)
    assert asked(rig).stop_loss == D("60370.2")
    assert "2,219.90" in ticket.terms.loss.accessibleName()


def test_an_order_that_will_be_held_to_reducing_is_shown_so_before_it_is_sent(rig):
    ticket = rig.window.ticket
    rig.write()
    assert not ticket.terms.held.isVisible()
    rig.desk.leaves_reduce_only = True
    rig.write("3")
    assert ticket.terms.held.isVisible()
    assert ticket.terms.held.accessibleName().startswith("Works as Reduce-only")


def test_what_would_pass_is_staged_and_not_sent(qtbot, rig):
    rig.desk.deny = True
    rig.write()
    ticket = rig.window.ticket
    assert "Would pass: BUY 1.25 BTC." in ticket.denials.accessibleName()
    qtbot.mouseClick(ticket.denials.stage, LEFT)
    assert ticket.quantity.text() == "1.25"
    assert rig.desk.sent(SubmitOrder) == []


def test_shift_takes_a_preset_away(qtbot, rig):
    ticket = rig.window.ticket
    ticket.quantity.setText("1")
    ticket._add(-D("0.1"))
    assert ticket.quantity.text() == "0.9"


def test_venue_without_stops_disables_them_with_the_reason(rig):
    can = ExecutionView(venue="BINANCE", is_paper=False, up=True, since_ms=None, note="", unknown=0,
                        types=["LIMIT", "MARKET"], tifs=["GTC"], post_only=True, reduce_only=True,
                        amend=True, cancel_on_disconnect_s=None, latency_ms=None)  # fmt: skip
    rig.settle(normal_desk(executions=[can]))
    button = rig.window.ticket.type.buttons["STOP"]
    rig.until(lambda: not button.isEnabled())
    assert button.toolTip() == "BINANCE cannot do Stop."


def test_a_venue_that_is_down_is_told_in_needs_and_by_its_lamp(rig):
    gone = ExecutionView(venue="BINANCE", is_paper=True, up=False, since_ms=None, note="it broke",
                         unknown=1, types=["LIMIT"], tifs=["GTC"], post_only=True, amend=True,
                         reduce_only=True, cancel_on_disconnect_s=None, latency_ms=50)  # fmt: skip
    rig.settle(normal_desk(executions=[gone]))
    rig.until(lambda: "venue down" in rig.window.ticket.needs.accessibleName())
    rig.until(lambda: "→ BIN down square" in rig.window.status.strip.accessibleName())
    rig.until(lambda: "1 order is UNKNOWN" in rig.window.banner.accessibleName())


def test_outcome_that_nobody_knows_is_told_in_the_ticket(qtbot, rig):
    rig.write()
    rig.arm()
    qtbot.mouseClick(rig.window.ticket.submit, LEFT)
    rig.until(lambda: len(rig.desk.sent(SubmitOrder)) == 1)
    sent = rig.desk.sent(SubmitOrder)[0]
    frame = normal_desk()
    lost = msgspec.structs.replace(frame.orders[0], id=sent.id, status="UNKNOWN")
    rig.settle(msgspec.structs.replace(frame, orders=[lost, *frame.orders]))
    rig.until(lambda: "UNKNOWN" in rig.window.ticket.unknown.text)
    assert rig.window.ticket.unknown.isVisible()


def test_price_of_the_ladder_goes_to_what_the_form_asks_for(rig):
    ticket = rig.window.ticket
    ticket.type.choose("STOP")
    ticket.set_price("61500")
    assert (ticket.fields.all["trigger"].text(), ticket.price.text()) == ("61500", "")
    assert ticket.state.draft.instrument == BTC


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)])
@pytest.mark.parametrize("text", ["100%60000", "1x" * 40])
def test_a_reason_too_long_for_the_button_stands_whole_above_it(rig_of, size, text):
    rig = rig_of(normal_desk(), size=size)
    ticket = rig.window.ticket
    rig.arm()
    ticket.quantity.setText(text)
    reason = ticket.reason
    rig.until(
        lambda: reason.isVisible() and reason.height() == reason.heightForWidth(reason.width())
    )
    assert reason.accessibleName() == ticket.state.problems[0].text
    lines = reason._lines(reason.width())
    assert max(reason._face().width(line) for line in lines) <= reason.width()
    assert "".join(lines).replace(" ", "") == reason.text.replace(" ", "")
    assert reason.geometry().bottom() < ticket.submit.geometry().top()
    assert ticket.submit.text() == "Cannot send: 1 reason above"
    ticket.quantity.clear()
    assert not reason.isVisible()
    assert ticket.submit.text() == "Enter a quantity."

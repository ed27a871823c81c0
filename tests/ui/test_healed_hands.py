"""What a hand has chosen or been told outlives what passes."""

from decimal import Decimal as D

import pytest
from helpers.frames import (
    BTC,
    BTCC,
    account,
    empty_desk,
    later,
    market,
    normal_desk,
    spot_account,
    spot_market,
)
from helpers.silences import heal, leave_unanswered, silence
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desk.model.commands import ClosePosition, Deposit, SubmitOrder
from desk.model.orders import OrderType, Side
from ui.policy import Confirm, Policy
from ui.viewmodels.banner import passed_over
from ui.viewmodels.gestures import Intent, Terms

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton


# ---- strips --------------------------------------------------------------------------------------


@pytest.mark.parametrize("surface", ["ticket", "positions"])
def test_an_answer_that_comes_after_the_lock_closed_is_told(rig, surface):
    rig.arm()
    rig.window.commands.confirming.policy = Policy(new_order=Confirm.STRIP, close=Confirm.STRIP)
    if surface == "ticket":
        rig.write()
        rig.window.ticket.submit.click()
    else:
        rig.window.commands.close_part("perp-1", BTC, 50)
    assert rig.window.strip.asking
    rig.window.arming.toggle(surface)
    QTest.mouseClick(rig.window.strip.buttons["do"], LEFT)
    rig.settle()
    assert rig.desk.sent(SubmitOrder) == rig.desk.sent(ClosePosition) == []
    assert "disarmed: nothing was sent" in rig.window.footer.accessibleName()


# ---- ladder and chart ----------------------------------------------------------------------------


def test_the_same_order_for_another_instrument_is_another_order(rig):
    rig.arm()
    leave_unanswered(rig.desk, SubmitOrder)
    hands, said = rig.window.order_hands, []
    one = Intent(Side.BUY, D(60_000), OrderType.LIMIT, Terms(D("0.5")))
    for instrument in (BTC, BTC, BTCC):
        hands.place(one, market(instrument), "ladder", said.append)
    rig.until(lambda: len(rig.desk.sent(SubmitOrder)) == 2)
    assert {order.instrument for order in rig.desk.sent(SubmitOrder)} == {BTC, BTCC}
    assert len(said) == 1


# ---- a new desk ----------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_desk_that_is_empty_again_takes_another_first_deposit(qtbot, rig_of):
    rig = rig_of(empty_desk())
    for count in (1, 2):
        rig.until(lambda: "deposit" in rig.window.strip.buttons)
        QTest.mouseClick(rig.window.strip.buttons["deposit"], LEFT)
        rig.until(lambda: len(rig.desk.sent(Deposit)) == count)  # noqa: B023
        rig.settle(normal_desk())
        rig.settle(later(empty_desk()))
    first, second = rig.desk.sent(Deposit)
    assert first.id != second.id


# ---- ticket --------------------------------------------------------------------------------------


SPOT = "BTCUSDT.BINANCE"


@pytest.mark.thorough
def test_the_account_that_was_chosen_is_chosen_again_when_its_kind_comes_back(rig_of):
    frame = normal_desk(
        markets=[market(), spot_market(SPOT)],
        accounts=[account("perp-1"), account("perp-2"), spot_account()],
    )
    rig = rig_of(frame)
    ticket, display = rig.window.ticket, rig.window.display
    display.choose(BTC)
    ticket.account.setCurrentText("perp-2")
    display.choose(SPOT)
    assert ticket.state.draft.account == "spot-1"
    display.choose(BTC)
    assert ticket.account.currentText() == "perp-2"
    assert ticket.state.draft.account == "perp-2"


# ---- banners -------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_what_was_acknowledged_stays_so_through_a_silence(rig):
    rig.window.display.keep_fault(passed_over("keys.toml is odd"))
    rig.until(rig.window.banner.isVisible)
    rig.window.banner.acknowledge.click()
    assert not rig.window.banner.isVisible()
    silence(rig)
    assert rig.window.banner.isVisible()
    heal(rig)
    rig.settle()
    assert not rig.window.banner.isVisible()

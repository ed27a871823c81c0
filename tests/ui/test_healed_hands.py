"""What a hand has chosen or been told outlives what passes."""

import pytest
from helpers.frames import BTC, account, market, normal_desk, spot_account, spot_market
from helpers.silences import heal, silence
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desk.model.commands import ClosePosition, SubmitOrder
from ui.policy import Confirm, Policy
from ui.viewmodels.banner import passed_over

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

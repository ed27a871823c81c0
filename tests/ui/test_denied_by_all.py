"""T41: a window whose desk allows every preview and denies every order: no order is shown, each
reason is, and the draft stays to be mended. That the ticket tells the reasons of a preview and
says nothing of its own is shown in test_window_hands and test_ticket_forms_window."""

import time

import pytest
from helpers.fake_desk import DENIALS, FakeDesk
from helpers.frames import normal_desk
from PySide6.QtCore import Qt

from desk.model.commands import SubmitOrder

pytestmark = pytest.mark.qt

IN_TIME_MS = 100
TIMES = 5


class NoDesk(FakeDesk):
    """Every preview is fine, and nothing is carried out."""

    def preview(self, number, command):
        self.deny = False
        try:
            return super().preview(number, command)
        finally:
            self.deny = True


def shown_orders(rig):
    model = rig.window.orders.orders.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


@pytest.mark.fault("T41")
@pytest.mark.parametrize("hand", ["mouse", "key"])
def test_a_desk_that_denies_every_order_is_never_overruled(qtbot, rig_of, figure, hand):
    rig = rig_of(normal_desk(), desk=NoDesk(normal_desk()))
    rig.settle()
    before, slowest_ms = shown_orders(rig), 0.0
    ticket = rig.window.ticket
    rig.arm()
    for count in range(1, TIMES + 1):
        rig.write(str(count), "60980.0")
        rig.until(ticket.submit.isEnabled)
        if hand == "mouse":
            qtbot.mouseClick(ticket.submit, Qt.MouseButton.LeftButton)
        else:
            modifier = Qt.KeyboardModifier.ControlModifier
            qtbot.keyClick(ticket.price, Qt.Key.Key_Return, modifier)
        assert not ticket.submit.isEnabled()
        began_ns = time.perf_counter_ns()
        rig.until(lambda: f"{len(DENIALS)} reasons" in ticket.submit.text())
        slowest_ms = max(slowest_ms, (time.perf_counter_ns() - began_ns) / 1e6)
        said = ticket.denials.accessibleName()
        assert all(denial.message in said for denial in DENIALS)
        assert ticket.quantity.text() == str(count)
        rig.settle()
        assert shown_orders(rig) == before
        assert len(rig.desk.sent(SubmitOrder)) == count
    figure(
        f"by {hand}: {TIMES} orders denied, 0 shown, all {len(DENIALS)} reasons in the ticket"
        f" after at most {slowest_ms:.0f} ms (in time: {IN_TIME_MS})"
    )

"""T41: a window whose desk allows every preview and denies every order: no order is shown, each
reason is, and the draft stays to be mended. That the ticket tells the reasons of a preview and
says nothing of its own is shown in test_window_hands and test_ticket_forms_window."""

import time

import pytest
from helpers.fake_desk import DENIALS, FakeDesk
from helpers.frames import normal_desk
from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt
from PySide6.QtWidgets import QApplication

from desk.model.commands import SubmitOrder

pytestmark = pytest.mark.qt

IN_TIME_MS = 100
"""In processor time: by the clock it is that too, unless the machine has other things to do."""
GENEROUS_MS = 1_000
TIMES = 5


class Painted(QObject):
    """Counts the paints of a widget."""

    def __init__(self, widget):
        super().__init__(widget)
        self.times = 0
        widget.installEventFilter(self)

    def eventFilter(self, widget, event):
        self.times += event.type() == QEvent.Type.Paint
        return False


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


def painted_after(rig, painted):
    """Let the desk answer; ms by the clock and of the processor until the reasons are painted."""
    rig.desk.take()
    began_ns, worked_ns, before = time.perf_counter_ns(), time.thread_time_ns(), painted.times
    while (
        painted.times == before or f"{len(DENIALS)} reasons" not in rig.window.ticket.submit.text()
    ):
        assert time.perf_counter_ns() - began_ns < 5e9
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
        rig.desk.take()
    ended = time.perf_counter_ns() - began_ns, time.thread_time_ns() - worked_ns
    return [one / 1e6 for one in ended]


@pytest.mark.thorough
@pytest.mark.fault("T41")
@pytest.mark.parametrize("hand", ["mouse", "key"])
def test_a_desk_that_denies_every_order_is_never_overruled(qtbot, rig_of, figure, hand):
    """No order is shown, every reason is painted in time, the draft stays."""
    rig = rig_of(normal_desk(), desk=NoDesk(normal_desk()))
    rig.settle()
    before, took = shown_orders(rig), []
    ticket = rig.window.ticket
    painted = Painted(ticket.denials)
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
        took.append(painted_after(rig, painted))
        said = ticket.denials.accessibleName()
        assert all(denial.message in said for denial in DENIALS)
        assert ticket.quantity.text() == str(count)
        rig.settle()
        assert shown_orders(rig) == before
        assert len(rig.desk.sent(SubmitOrder)) == count
    clock_ms, worked_ms = (max(column) for column in zip(*took, strict=True))
    figure(
        f"by {hand}: {TIMES} orders denied, 0 shown, all {len(DENIALS)} reasons painted after at"
        f" most {clock_ms:.0f} ms, {worked_ms:.0f} ms of them at work (in time: {IN_TIME_MS})"
    )
    assert worked_ms <= IN_TIME_MS
    assert clock_ms <= GENEROUS_MS


def test_a_ticket_that_grows_for_its_reasons_paints_no_chart_anew(qtbot, rig):
    """A whole window painted for three lines made them come a tenth of a second later."""
    rig.settle()
    rig.desk.frame = None  # nothing else may change
    qtbot.wait(50)
    window = rig.window
    height, chart = window.ticket.height(), Painted(window.chart)
    window.area.fit_ticket(window.ticket.needed_height() + 60)
    qtbot.waitUntil(lambda: window.ticket.height() > height)
    qtbot.wait(20)
    assert chart.times == 0

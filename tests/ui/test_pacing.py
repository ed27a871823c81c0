"""Which panel is given a frame and when, and that what stays as it is asks for nothing."""

import time

import pytest
from helpers.frames import later, normal_desk
from PySide6.QtCore import QEvent, QObject

from desk.model.events import Alerted
from ui.display import REST_MS
from ui.pacing import Pacing
from ui.panels.cure_card import CureCard
from ui.panels.orders import OrdersPanel
from ui.theme import Theme


@pytest.fixture
def paced():
    """Two panels of 100 ms on a clock of our own, and who was shown what."""
    shown, clock = [], [0]
    tasks = [(100, lambda frame: shown.append("a")), (100, lambda frame: shown.append("b"))]
    pacing = Pacing(tasks, lambda: clock[0] * 1_000_000)

    def at(ms):
        clock[0] = ms
        shown.clear()
        return shown

    return pacing, at


def test_what_decides_is_on_every_panel_with_its_frame_and_a_price_on_none(paced):
    pacing, at = paced
    frame = normal_desk()
    shown = at(0)
    assert pacing.show(frame)
    assert shown == ["a", "b"]
    shown = at(16)
    assert not pacing.show(later(frame))
    assert shown == []
    assert pacing.show(later(frame, state="REDUCING"))
    assert shown == ["a", "b"]


def test_the_rest_is_shown_one_panel_at_a_time_each_at_its_pace(paced):
    pacing, at = paced
    frame = normal_desk()
    pacing.show(frame)
    shown = at(99)
    pacing.show_next(frame)
    assert shown == []
    shown = at(100)
    for _ in range(3):
        pacing.show_next(frame)
    assert shown == ["a", "b"]


def test_in_a_hurry_nothing_old_is_shown_before_the_next_frame(paced):
    pacing, at = paced
    frame = normal_desk()
    pacing.show(frame)
    pacing.hurry()  # the engine is lost: its banner stays
    shown = at(500)
    pacing.show_next(frame)
    assert shown == []
    assert pacing.show(frame)
    assert shown == ["a", "b"]


def test_card_that_offers_the_same_again_has_nothing_laid_out(qtbot):
    card = CureCard(Theme())
    qtbot.addWidget(card)
    card.call("perp-1")
    asked = []
    card.updateGeometry = lambda: asked.append(True)
    card.call("perp-1")
    card.show_cure(None)
    assert asked == []
    card.call("", calm=True)
    assert len(asked) == 1


def test_log_is_written_into_its_table_only_while_it_is_in_front(qtbot):
    panel = OrdersPanel(Theme())
    qtbot.addWidget(panel)
    panel.show()
    for number in (1, 2):
        panel.log.add(number, 0, Alerted(severity="info", message=f"number {number}"))
        panel.show_log()
    assert panel.events.grid.rows == ()
    panel.tabs.tabs[4].setChecked(True)
    assert [row.cells[1].text for row in panel.events.grid.rows] == ["number 2", "number 1"]
    panel.log.add(3, 0, Alerted(severity="info", message="number 3"))
    panel.show_log()
    assert panel.events.grid.rows[0].cells[1].text == "number 3"


class Paints(QObject):
    """Counts the paints of a widget."""

    def __init__(self, widget):
        super().__init__(widget)
        self.times = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        self.times += event.type() == QEvent.Type.Paint
        return False


def test_event_is_on_the_screen_before_the_prices_that_came_with_it(rig):
    """A fill is painted when it is handed on, and none of the footer's controls with it."""
    rig.settle()
    footer, order = rig.window.footer, []
    words, button = Paints(footer), Paints(footer.help)
    rig.pump.told.connect(lambda: order.append(words.times))
    before = button.times
    rig.desk.tell(Alerted(severity="info", message="something"))
    rig.until(lambda: bool(order))
    assert order[0] >= 1
    assert button.times == before


def test_frames_that_follow_each_other_closely_keep_no_panel_from_its_turn(rig, qapp):
    """On a slow machine the next frame is there before the rest of the one before is shown."""
    rig.settle()
    display = rig.window.display
    display.show_frame(rig.pump.frame)
    assert display.is_showing
    time.sleep(REST_MS / 1_000)  # painting, say
    display.show_frame(rig.pump.frame)
    qapp.processEvents()
    assert not display.is_showing

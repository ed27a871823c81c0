"""The chart under the hand: sizes, switches, crosshair, pan and zoom, several linked charts."""

import msgspec
import pytest
from helpers.frames import BTC, ETH, later, normal_desk
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desk.model.commands import AmendOrder, CancelOrder, NextFrame, SubmitOrder
from ui.late_panels import MAKERS
from ui.panels.chart import ChartPanel

pytestmark = pytest.mark.qt

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def rig(rig_of):
    """A window whose chart has its candles."""
    rig = rig_of(normal_desk())
    rig.window.load_late()
    rig.until(lambda: has_candles(rig.window.chart))
    return rig


def has_candles(panel):
    """They are drawn, not only there."""
    return bool(panel.head.figures.cells)


def wanted(rig):
    return rig.desk.sent(NextFrame)[-1].charts


def wheel(plot, turned):
    at = QPointF(300, 60)
    event = QWheelEvent(at, plot.mapToGlobal(at), QPoint(), QPoint(0, turned), Qt.MouseButton(0),
                        NONE, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(plot, event)


def test_a_size_is_chosen_by_button_by_key_and_by_the_key_of_the_map(rig, focus):
    window, chart = rig.window, rig.window.chart
    chart.head.bars.buttons["1h"].click()
    rig.until(lambda: len(chart.plot.showing.candles) and chart.plot.span.bar_s == 3_600)
    assert {one.bar_s for one in wanted(rig)} == {3_600}
    QTest.keyClick(focus(chart.plot), Qt.Key.Key_1)
    assert chart.head.bars.choice() == "1s"
    window.shortcuts["chart_longer"].activated.emit()
    assert chart.head.bars.choice() == "5s"
    window.shortcuts["chart_shorter"].activated.emit()
    window.shortcuts["chart_shorter"].activated.emit()
    assert chart.head.bars.choice() == "1s"
    assert not rig.desk.sent(SubmitOrder)


def test_the_figures_say_where_candles_come_from_that_the_desk_did_not_see(rig, focus):
    plot, figures = rig.window.chart.plot, rig.window.chart.head.figures
    plot.showing.candles.source = "the venue's own candles"
    QTest.keyClick(focus(plot), Qt.Key.Key_Left)
    assert figures.toolTip() == "the venue's own candles"


def test_after_the_first_answer_only_what_is_new_is_asked_for(rig):
    rig.until(lambda: wanted(rig)[0].from_ms > 0)
    (one,) = wanted(rig)
    assert one.from_ms == int(rig.window.chart.plot.showing.candles.start[-1] * 1_000)
    assert one.heat  # for the depth beside the candles


def test_a_chart_that_nobody_sees_asks_for_nothing(rig):
    rig.window.area.docks["chart"].hide()
    rig.until(lambda: wanted(rig) == [])


def test_the_crosshair_reads_the_candle_under_it_and_is_linked_to_the_other_chart(rig, qtbot):
    window, plot = rig.window, rig.window.chart.plot
    other = window.charts.add(ChartPanel(window.theme, pinned=ETH))
    qtbot.addWidget(other)
    other.resize(500, 300)
    other.show()
    rig.until(lambda: has_candles(other))
    assert {one.instrument for one in wanted(rig)} == {BTC, ETH}
    QTest.mouseMove(plot, QPoint(200, 50))
    candles = plot.showing.candles
    place = candles.at(plot.scene.scale.time_at(200))
    assert plot.cross.time_s == candles.start[place] + candles.bar_s / 2
    cells = window.chart.head.figures.cells
    assert cells[3][1] == f"{candles.bar(place).close:,.1f}"
    assert other.plot.cross == (plot.cross.time_s, None)  # a price of BTC is none of ETH
    assert other.instrument == ETH
    window.display.choose(ETH)
    assert window.chart.instrument == ETH


def test_keys_move_the_crosshair_bar_by_bar_and_say_the_candle(rig, focus):
    plot = focus(rig.window.chart.plot)
    candles = plot.showing.candles
    QTest.keyClick(plot, Qt.Key.Key_Left)
    QTest.keyClick(plot, Qt.Key.Key_Left)
    before = candles.bar(len(candles) - 2)
    assert plot.cross.time_s == before.start_s + candles.bar_s / 2
    assert f"close {before.close:,.1f}" in plot.accessibleDescription()
    QTest.keyClick(plot, Qt.Key.Key_Home)
    for _ in range(3):
        QTest.keyClick(plot, Qt.Key.Key_Right)
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert plot.cross is None


def test_the_wheel_zooms_only_with_the_focus(rig, focus):
    plot = rig.window.chart.plot
    focus(rig.window.watch.grid)
    wheel(plot, 120)
    assert plot.span.bars is None
    focus(plot)
    wheel(plot, 120)
    assert plot.span.bars < (plot.width() / 6)
    QTest.keyClick(plot, Qt.Key.Key_Minus)
    assert plot.span.bars > 0


def test_a_drag_pans_sends_nothing_and_a_button_goes_back_to_now(rig):
    chart, plot = rig.window.chart, rig.window.chart.plot
    rig.arm()
    QTest.mousePress(plot, LEFT, NONE, QPoint(200, 6))
    QTest.mouseMove(plot, QPoint(320, 9))
    QTest.mouseRelease(plot, LEFT, NONE, QPoint(320, 9))
    assert not plot.span.is_live
    assert chart.head.live.isVisible()
    rig.settle()
    assert not any(map(rig.desk.sent, (SubmitOrder, AmendOrder, CancelOrder)))
    chart.head.live.click()
    assert plot.span.is_live
    assert not chart.head.live.isVisible()
    QTest.keyClick(plot, Qt.Key.Key_Left, SHIFT)
    assert not plot.span.is_live
    rig.window.shortcuts["chart_live"].activated.emit()
    assert plot.span.is_live


def test_what_is_switched_by_a_bare_key_is_drawn_or_not(rig, focus):
    plot, head = focus(rig.window.chart.plot), rig.window.chart.head
    QTest.keyClick(plot, Qt.Key.Key_I)
    QTest.keyClick(plot, Qt.Key.Key_V)
    assert (head.switches["index"].isChecked(), head.switches["volume"].isChecked()) == (
        True,
        False,
    )
    assert plot.scene.shown == head.shown()
    state = rig.window.chart.state()
    assert state == {"bars": "5m", "shown": "mark index profile fills", "pinned": ""}
    rig.window.chart.restore({"bars": "nonsense", "shown": "heat", "pinned": ""})
    assert rig.window.chart.state()["shown"] == "heat"
    rig.window.chart.restore(state)
    assert rig.window.chart.state() == state


def test_a_picture_is_kept_until_a_candle_is_over(rig):
    plot = rig.window.chart.plot
    plot.repaint()
    before = plot.picture.painted
    frame = rig.pump.frame
    moved = msgspec.structs.replace(frame.markets[0], mark=frame.markets[0].mark + 1)
    rig.settle(later(frame, markets=[moved, *frame.markets[1:]]))
    rig.until(lambda: "61,011.5" in plot.showing.mark_text)
    plot.repaint()
    assert plot.picture.painted == before


def test_a_desk_without_candles_teaches_and_a_lost_one_is_dim(rig_of):
    rig = rig_of(normal_desk())
    rig.desk.candles = None
    rig.window.load_late()
    plot = lambda: rig.window.chart.plot  # noqa: E731
    rig.until(lambda: plot() is not None and plot().showing is not None)
    rig.until(lambda: rig.window.late_panels.made.keys() == MAKERS.keys())  # no timer is left
    assert plot().showing.empty[0] == "Candles are being asked for"
    assert "asked for" in plot().accessibleDescription()
    rig.window.dim(True)
    assert plot().dimmed
    assert plot().showing.empty[0] == "The desk does not answer"

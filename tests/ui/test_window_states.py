"""What the window shows when something is wrong, and how it is left."""

import itertools
import re
import sys
import time
from decimal import Decimal as D

import pytest
from helpers.frames import (
    BTC,
    account,
    empty_desk,
    feed,
    frame,
    margin_call_desk,
    market,
    normal_desk,
    position,
    risky_desk,
)
from helpers.seven_venues import VENUES, seven_venues, troubled_venues
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from desk.model.commands import SubmitOrder, WindowClosing
from desk.model.events import Alerted
from ui.grid import Grid
from ui.late_panels import MAKERS
from ui.paint import Ink
from ui.palette import SCHEMES
from ui.pump import Link

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton


def all_stale():
    """Every lamp at its widest."""
    return margin_call_desk(feeds=[feed(venue, 3_599_000) for venue in VENUES])


def colors(widget):
    """Every colour in a picture of a widget."""
    image = widget.grab().toImage()
    return {
        QColor(image.pixel(x, y)).name()
        for x in range(0, image.width(), 1)
        for y in range(0, image.height(), 2)
    }


# ---- the engine ends -----------------------------------------------------------------------------


@pytest.mark.fault("T39")
def test_death_of_the_engine_greys_everything_within_a_second_and_a_half(rig, figure):
    rig.arm()
    died = time.monotonic()
    rig.desk.close()
    rig.until(rig.window.banner.isVisible)
    took_s = time.monotonic() - died
    figure(f"said {took_s * 1000:.0f} ms after the desk's end, all greyed, nothing can be sent")
    assert took_s < 1.5
    window = rig.window
    assert window.banner.accessibleName().startswith("Positions are not guarded")
    assert window.watch.grid.dimmed
    assert window.positions.grid.dimmed
    assert not window.arming.is_armed()
    assert not window.ticket.submit.isEnabled()
    assert not window.status.kill.isEnabled()
    assert window.ticket.submit.text() == "Cannot send: the desk does not answer"


@pytest.mark.thorough
@pytest.mark.fault("T39")
@pytest.mark.parametrize("hue", ["bid", "ask", "warning"])
def test_no_figure_keeps_its_colour_when_the_engine_is_gone(rig, hue):
    token = rig.window.theme.color(hue).name()
    grids = (rig.window.watch.grid, rig.window.positions.grid, rig.window.risk)
    assert hue == "warning" or any(token in colors(grid) for grid in grids[:2])
    rig.desk.close()
    rig.until(rig.window.banner.isVisible)
    assert all(token not in colors(grid) for grid in grids[:2])
    assert rig.window.theme.color("stale").name() in colors(rig.window.watch.grid)


HISTORY = {"Blotter", "Alerts raised", "Events", "Journal"}
"""Tables of what has happened: that stays as it was."""


@pytest.mark.fault("T39")
def test_every_table_of_figures_is_old_when_the_engine_is_gone(rig_of):
    rig = rig_of(risky_desk())
    rig.window.load_late()
    rig.until(lambda: len(rig.window.late_panels.made) == len(MAKERS))
    rig.desk.close()
    rig.until(lambda: rig.pump.link is Link.LOST)
    bright = {one.accessibleName() for one in rig.window.findChildren(Grid) if not one.dimmed}
    assert bright == HISTORY


def painted(monkeypatch, widget):
    """Return which colour each text of a picture of a widget has, and the kinds of its chips."""
    tokens, kinds = {}, set()
    text, chip = Ink.text, Ink.chip

    def noted_text(ink, token, face, words, *rest):
        tokens[words] = token
        return text(ink, token, face, words, *rest)

    def noted_chip(ink, kind, *rest, **more):
        kinds.add(kind)
        return chip(ink, kind, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Ink, "text", noted_text)
        patch.setattr(Ink, "chip", noted_chip)
        widget.grab()
    return tokens, kinds


@pytest.mark.fault("T39")
def test_small_cards_are_old_when_the_engine_is_gone(rig, monkeypatch):
    cards, held = rig.window.risk.cards, "8 BTC · 25 ETH"
    rig.settle()
    tokens, kinds = painted(monkeypatch, cards)
    assert (tokens[held], kinds) == ("text2", {"NORMAL"})
    rig.desk.close()
    rig.until(lambda: rig.pump.link is Link.LOST)
    tokens, kinds = painted(monkeypatch, cards)
    assert (tokens[held], kinds) == ("stale", {"UNKNOWN"})


@pytest.mark.parametrize(
    "changes",
    [{"quality": "STALE"}, {"book_state": "UNSYNCED"}],
    ids=["stale mark", "book without a proof"],
)
def test_prices_of_the_ticket_are_old_while_mark_or_book_is(rig, changes):
    sides = rig.window.ticket.side.buttons
    stale = rig.window.theme.color("stale").name()
    rig.settle()
    assert stale not in colors(sides["BUY"])
    calm = normal_desk()
    rig.settle(replace(calm, markets=[market(**changes), *calm.markets[1:]]))
    assert all(stale in colors(one) and one.is_old for one in sides.values())
    rig.settle(calm)
    assert stale not in colors(sides["BUY"])


@pytest.mark.fault("T39")
def test_prices_of_the_ticket_are_old_when_the_engine_is_gone(rig):
    rig.desk.close()
    rig.until(rig.window.banner.isVisible)
    assert all(one.is_old for one in rig.window.ticket.side.buttons.values())


@pytest.mark.fault("T39")
def test_keys_send_nothing_when_the_engine_is_gone(qtbot, rig):
    rig.write()
    rig.arm()
    rig.desk.close()
    rig.until(rig.window.banner.isVisible)
    rig.window.arming.toggle()
    assert not rig.window.arming.is_armed()
    rig.window.panic.press("kill")
    rig.window.panic.press("kill")
    assert "nothing was sent" in rig.window.footer.accessibleName()
    assert rig.desk.sent(SubmitOrder) == []


@pytest.mark.fault("T39")
def test_one_button_starts_a_new_desk_on_the_same_folder(qtbot, rig, tmp_path):
    started = tmp_path / "started"
    code = f"import os, pathlib; pathlib.Path({str(started)!r}).write_text(str(os.getsid(0)))"
    rig.desk.greet(restart_argv=[sys.executable, "-c", code])
    rig.until(lambda: rig.window.hello is not None)
    rig.desk.close()
    rig.until(rig.window.banner.isVisible)
    assert not rig.window.banner.acknowledge.isVisible()
    qtbot.mouseClick(rig.window.banner.action, LEFT)
    qtbot.waitUntil(lambda: started.exists() and started.read_text() != "", timeout=10_000)
    assert not rig.window.isVisible()


@pytest.mark.fault("T39")
def test_silent_engine_greys_and_comes_back(rig):
    now = [0]
    rig.pump._now_ns = lambda: now[0]
    rig.settle()
    rig.desk.answers = False
    rig.until(lambda: rig.pump._frame_due)

    def later():
        now[0] += 400 * 1_000_000  # a frame may still be under way when the desk falls silent
        return rig.pump.link is Link.SILENT

    rig.until(later)
    assert rig.window.watch.grid.dimmed
    assert "does not answer" in rig.window.banner.accessibleName()
    now[0] += 30_000_000_000

    def silent_s():
        said = re.search(r"No frame for (\d+)", rig.window.banner.accessibleName())
        return 0 if said is None else int(said[1])

    rig.until(lambda: silent_s() >= 30)  # it counts on
    rig.desk.answers = True
    # Such leaps of the clock look like a sleep: a frame from before would be no news.
    rig.desk.send_frame(replace(rig.desk.frame, ts_ns=now[0] + 3_600_000_000_000))
    rig.until(lambda: rig.pump.link is Link.LIVE)
    assert not rig.window.watch.grid.dimmed
    rig.until(lambda: not rig.window.banner.isVisible())


def test_missing_event_stays_on_the_screen_until_it_is_acknowledged(qtbot, rig):
    rig.desk.tell(Alerted(severity="info", message="one"))
    rig.desk.tell(Alerted(severity="info", message="three"), number=rig.desk.events + 2)
    rig.until(rig.window.banner.isVisible)
    assert "Events are missing" in rig.window.banner.accessibleName()
    qtbot.mouseClick(rig.window.banner.acknowledge, LEFT)
    rig.settle()
    assert not rig.window.banner.isVisible()


def test_the_log_is_shown_once_for_what_was_read_together(rig, monkeypatch):
    log = rig.window.orders.events
    rig.window.orders.open_page(log)
    rig.settle()
    shown = []
    monkeypatch.setattr(log, "show_rows", shown.append)
    for number in range(30):
        rig.desk.tell(Alerted(severity="info", message=f"number {number}"))
    rig.pump._read()
    (rows,) = shown
    assert rows[0].cells[1].text.endswith("number 29")


@pytest.mark.fault("T27")
def test_window_after_a_crash_says_so(rig):
    rig.desk.greet(crash_report="the window was ended by signal 9")
    rig.until(rig.window.banner.isVisible)
    assert "signal 9" in rig.window.banner.accessibleName()


# ---- what a frame says ---------------------------------------------------------------------------


@pytest.mark.thorough
def test_margin_call_is_said_in_status_banner_and_card(rig_of):
    window = rig_of(margin_call_desk()).window
    assert "short by 77,244 USDT" in window.banner.accessibleName()
    assert "perp-1 105.7% MARGIN CALL" in window.status.strip.accessibleName()
    assert "margin utilization 105.7%" in window.risk.cards.accessibleName()
    assert window.theme.color("danger_fill").name() in colors(window.risk.cards)


@pytest.mark.thorough
def test_calm_desk_has_no_risk_hue_outside_its_gauges(rig):
    window = rig.window
    for widget in (window.watch.grid, window.orders.orders, window.footer):
        shown = colors(widget)
        assert window.theme.color("danger").name() not in shown
        assert window.theme.color("warning").name() not in shown


def test_mode_is_in_the_title_and_across_the_top(rig_of):
    window = rig_of(normal_desk(mode="SIMULATED")).window
    assert window.windowTitle().startswith("SIMULATED")
    image = window.grab(QRect(0, 0, window.width(), 3)).toImage()
    violet = window.theme.color("simulated").name()
    assert {image.pixelColor(x, y).name() for x in (5, 900, 1_900) for y in (0, 2)} == {violet}


def test_unknown_is_a_dash_in_every_panel(rig_of):
    unknown = dict.fromkeys(
        ("bid", "ask", "last", "mark", "index", "basis_rate", "funding_rate", "next_funding_ms",
         "change_24h_rate", "open_interest", "spread", "mark_age_ms", "book_age_ms")
    )  # fmt: skip
    nothing = dict.fromkeys(
        ("equity", "collateral_value", "initial_margin", "order_margin", "maintenance_margin",
         "available_margin", "margin_utilization", "margin_ratio", "leverage",
         "common_move_down")
    )  # fmt: skip
    held = position(
        mark_price=None, liquidation_known=False, liquidation_price=None, unrealized_pnl=None,
        liquidation_distance=None, common_move=None, quality="UNKNOWN", initial_margin=None,
        notional=None, funding_rate=None, funding_per_day=None, level="UNKNOWN",
    )  # fmt: skip
    desk = frame(
        markets=[market(quality="UNKNOWN", book_state="UNSYNCED", **unknown)],
        accounts=[account(level="UNKNOWN", quality="UNKNOWN", close_out_marks={}, **nothing)],
        positions=[held],
        feeds=[feed(age_ms=None)],
    )
    window = rig_of(desk).window
    row = next(r for r in window.watch.grid.grid.rows if r.key == BTC)
    assert {cell.text for cell in row.cells[2:-1]} == {"—"}
    spoken = window.risk.cards.accessibleName()
    assert spoken == ("perp-1 UNKNOWN, margin utilization —, margin ratio —, close-out at —")
    assert "BIN — hollow" in window.status.strip.accessibleName()
    assert window.ticket.side.buttons["BUY"].second == "—"


def test_panels_take_a_decisive_change_with_the_very_next_frame(rig):
    rig.settle(normal_desk(state="HALTED", latches=["killed."]))
    assert rig.window.windowTitle().endswith("HALTED")
    assert rig.window.banner.isVisible()


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)], ids=["full", "small"])
@pytest.mark.parametrize("make", [normal_desk, margin_call_desk, empty_desk])
def test_docks_fill_the_window_and_overlap_nowhere(rig_of, size, make):
    rig = rig_of(make(), size=size)
    rig.settle()
    area = rig.window.area
    boxes = {key: area.docks[key].geometry() for key in area.shown()}
    for key, box in boxes.items():
        assert area.rect().contains(box), key
        for other, another in boxes.items():
            assert key == other or not box.intersects(another), (key, other)
    covered = sum(box.width() * box.height() for box in boxes.values())
    assert covered > 0.96 * area.width() * area.height()
    assert rig.window.size().toTuple() == size


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)], ids=["full", "small"])
def test_no_figure_is_cut_in_any_table(rig_of, size):
    rig = rig_of(normal_desk(), size=size)
    rig.settle()
    for grid in (rig.window.positions.grid, rig.window.watch.grid, rig.window.orders.orders):
        shown = [n for n in range(len(grid.grid.columns)) if not grid.isColumnHidden(n)]
        assert sum(grid.columnWidth(n) for n in shown) <= grid.viewport().width()
        for row in grid.grid.rows:
            for n in shown if not row.heading else ():
                cell = row.cells[n]
                room = grid.columnWidth(n) - 2 * grid.padding
                if grid.grid.columns[n].width == 0:
                    assert grid.theme.face(12, 600).width(cell.text) <= room + 1, cell


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.thorough
def test_every_scheme_reaches_every_panel(rig, scheme):
    while rig.window.theme.scheme != scheme:
        rig.window.settings.next_look()
    rig.settle()
    panel = rig.window.theme.color("panel").name()
    for widget in (rig.window.watch.grid, rig.window.risk.cards, rig.window.ticket):
        assert panel in colors(widget)
    while rig.window.theme.scheme != "dark":
        rig.window.settings.next_look()


# ---- leaving -------------------------------------------------------------------------------------


def test_leaving_an_idle_desk_asks_the_engine_and_goes(rig):
    rig.window.close()
    assert rig.window.isVisible()
    rig.until(lambda: not rig.window.isVisible())
    assert rig.desk.sent(WindowClosing) == [
        WindowClosing(choice=None),
        WindowClosing(choice="leave_positions"),
    ]


@pytest.mark.thorough
@pytest.mark.parametrize("choice", ["cancel_all", "leave_positions"])
def test_leaving_lists_what_stays_and_carries_out_the_choice(qtbot, rig, choice):
    rig.desk.orders, rig.desk.positions = ["t-118", "t-119", "T"], [BTC]
    rig.desk.unknown, rig.desk.programs = ["t-119"], ["T"]
    rig.window.close()
    rig.until(rig.window.strip.isVisible)
    said = rig.window.strip.accessibleName()
    assert "2 working orders and 1 positions (BTCUSDT-PERP)" in said
    assert "1 UNKNOWN at the venue: t-119. 1 programs end: T." in said
    qtbot.mouseClick(rig.window.strip.buttons[choice], LEFT)
    rig.until(lambda: not rig.window.isVisible())
    assert rig.desk.sent(WindowClosing)[-1] == WindowClosing(choice=choice)


@pytest.mark.thorough
def test_staying_keeps_the_window_and_it_can_be_left_later(qtbot, rig):
    rig.desk.positions = [BTC]
    rig.window.close()
    rig.until(rig.window.strip.isVisible)
    focused = QApplication.focusWidget()
    assert focused is rig.window.strip.buttons["stay"]
    qtbot.mouseClick(rig.window.strip.buttons["stay"], LEFT)
    rig.settle()
    assert rig.window.isVisible()
    assert rig.desk.sent(WindowClosing)[-1] == WindowClosing(choice="stay")
    rig.window.close()
    rig.until(rig.window.strip.isVisible)


def test_dead_engine_keeps_nobody_in(rig):
    rig.desk.close()
    rig.until(rig.window.banner.isVisible)
    rig.window.close()
    assert not rig.window.isVisible()


@pytest.mark.thorough
def test_axes_are_painted_anew_with_every_range(rig_of, monkeypatch):
    rig = rig_of(empty_desk(markets=[market(mark=None, last=None)]))
    rig.desk.candles = None
    rig.window.load_late()
    rig.until(lambda: rig.window.chart.plot is not None)
    from ui.plotting import axes

    ranges = []
    ticks = axes.price_ticks
    monkeypatch.setattr(
        axes, "price_ticks", lambda *given: (ranges.append(given), ticks(*given))[1]
    )
    rig.settle()
    assert ranges == []  # nothing is known: no axis of prices that nobody has seen
    rig.settle(empty_desk())
    rig.until(lambda: ranges != [])
    low, high, _ = ranges[-1]
    assert low < 61_010.5 < high


@pytest.mark.parametrize(
    ("low", "high", "wanted", "ticks"),
    [(0, 10, 5, [0, 2, 4, 6, 8, 10]), (61_000.2, 61_010, 4, [61_002.5, 61_005, 61_007.5, 61_010]),
     (5, 5, 4, []), (float("nan"), 5, 4, [])],
)  # fmt: skip
def test_price_axis_has_round_ticks(low, high, wanted, ticks):
    from ui.viewmodels.chart_scale import price_ticks

    assert price_ticks(low, high, wanted) == pytest.approx(ticks)


def test_time_axis_has_round_moments():
    from ui.viewmodels.chart_scale import time_ticks

    assert time_ticks(3_601, 4_500, 4) == [3_900, 4_200, 4_500]
    assert time_ticks(0, 86_400 * 40, 4) == [0, 14 * 86_400, 28 * 86_400]
    noon, midnight = 4 * 3_600, 16 * 3_600  # UTC, of Hong Kong
    assert time_ticks(0, 86_400, 2, 8) == [noon, midnight]


@pytest.mark.thorough
def test_a_stale_mark_is_no_bright_price_on_the_axis(rig):
    rig.window.load_late()
    rig.until(lambda: rig.window.chart.plot is not None)
    rig.settle(normal_desk(markets=[market(quality="STALE", mark_age_ms=2_400)]))
    rig.until(lambda: rig.window.chart.plot.showing.is_stale)
    rig.settle(normal_desk())
    rig.until(lambda: not rig.window.chart.plot.showing.is_stale)


def test_price_of_the_plot_is_where_its_line_is(rig):
    rig.window.load_late()
    rig.until(lambda: rig.window.chart.plot is not None)
    rig.window.display.pacing.hurry()
    plot = rig.window.chart.plot
    rig.until(lambda: plot.showing is not None and len(plot.showing.candles) > 0)
    rig.until(lambda: plot.lines != ())
    assert plot.shown_low < 61_010.5 < plot.shown_high
    inside = [line.key for line in plot.lines]
    below = [line.key for line in rig.window.chart.below._lines]
    assert "order t-118" in inside
    assert below == ["entry perp-1", "close-out perp-1", "liquidation perp-1 0"]
    assert [line.key for line in rig.window.chart.above._lines] == ["order t-112"]
    low, high = plot.y_of(plot.shown_low), plot.y_of(plot.shown_high)
    mark = plot.y_of(float(D("61010.5")))
    assert high < mark < low


# ---- places --------------------------------------------------------------------------------------


def test_table_with_many_rows_gets_its_height_though_a_banner_moves_everything(rig_of):
    window = rig_of(troubled_venues()).window
    assert window.banner.isVisible()
    assert window.area.docks["watch"].height() == pytest.approx(365, abs=4)


def test_border_that_the_trader_moved_stays_where_it_is(qtbot, rig):
    area = rig.window.area
    chart = area.docks["chart"]
    before = chart.height()
    start = QPoint(chart.geometry().center().x(), chart.geometry().bottom() + 2)
    qtbot.mouseMove(area, start)
    qtbot.mousePress(area, LEFT, pos=start)
    qtbot.mouseMove(area, start - QPoint(0, 60))
    qtbot.waitUntil(lambda: chart.height() < before)
    qtbot.mouseRelease(area, LEFT, pos=start - QPoint(0, 60))
    moved = area.docks["watch"].height()
    rig.settle(troubled_venues())
    rig.until(rig.window.banner.isVisible)
    assert area.docks["watch"].height() == pytest.approx(moved, abs=40)


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)], ids=["full", "small"])
@pytest.mark.parametrize("desk", [seven_venues, troubled_venues, all_stale])
def test_seven_lamps_stand_apart_and_end_before_the_client(rig_of, size, desk):
    rig = rig_of(desk(), size=size)
    strip = rig.window.status.strip
    strip.grab()
    boxes = sorted((box for box, _ in strip._tips), key=lambda box: box.left())
    assert len(boxes) >= 8, "seven lamps and the client"
    for one, next_one in itertools.pairwise(boxes):
        assert one.right() <= next_one.left()
    assert boxes[-1].right() <= strip.width()


def test_consensus_stands_in_the_bar_where_there_is_room(rig_of):
    strip = rig_of(seven_venues(), size=(2560, 1080)).window.status.strip
    strip.grab()
    assert any(tip.startswith("BTC 61,004.2 ◆ CONSENSUS 7") for _, tip in strip._tips)


def test_consensus_is_left_out_of_a_narrow_bar(rig_of):
    strip = rig_of(seven_venues(), size=(1366, 768)).window.status.strip
    strip.grab()
    assert not any("CONSENSUS" in tip for _, tip in strip._tips)
    assert "BTC 61,004.2 ◆7" in strip.accessibleName()


def test_replay_is_hatched_and_dashed(rig_of):
    window = rig_of(normal_desk(mode="REPLAY")).window
    assert window.windowTitle().startswith("REPLAY")
    violet = window.theme.color("simulated").name()
    line = window.status._line.grab().toImage()
    shown = [line.pixelColor(x, 1).name() == violet for x in range(line.width())]
    assert 0.5 < sum(shown) / len(shown) < 0.7
    tag = window.status.mode.grab().toImage()
    white = window.theme.color("on_mode").name()
    assert any(tag.pixelColor(x, y).name() != violet for x in range(10) for y in range(20))
    assert any(tag.pixelColor(x, 20).name() == white for x in range(tag.width()))


def test_rows_of_the_watch_stay_under_the_pointer(rig_of):
    rig = rig_of(seven_venues(markets=seven_venues().markets[::3]))
    grid = rig.window.watch.grid
    before = [row.key for row in grid.grid.rows]
    grid.underMouse = lambda: True
    rig.settle(seven_venues())
    assert [row.key for row in grid.grid.rows] == before
    grid.underMouse = lambda: False
    rig.settle()
    assert len(grid.grid.rows) == 31


def test_a_strip_over_the_docks_does_not_take_the_room_of_the_reasons(rig):
    """They have it at the cost of the orders."""
    orders = rig.window.area.docks["orders"]
    usual = orders.height()
    rig.desk.deny = True
    rig.write()
    rig.until(lambda: orders.height() < usual)
    rig.window.commands.rearm()
    rig.until(rig.window.strip.isVisible)
    rig.settle()
    assert orders.height() < usual

"""Feeds dock and the popover that explains a mark, by hand and by key."""

import pytest
from helpers.frames import later
from helpers.seven_venues import seven_venues, troubled_venues
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QHelpEvent
from PySide6.QtWidgets import QApplication, QMenu, QTabBar, QToolTip

from desk.model.commands import NextFrame
from ui.panels import feeds as feeds_module
from ui.panels.explain import ExplainPopover
from ui.viewmodels.feeds import FEED_COLUMNS

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton
HYPERLIQUID = "BTC-PERP.HYPERLIQUID"


@pytest.fixture
def trouble(rig_of):
    return rig_of(troubled_venues())


def tab_bar(window):
    return next(bar for bar in window.area.findChildren(QTabBar) if bar.isVisible())


def open_feeds(qtbot, rig):
    """Bring the dock up by its key; Trade has no place for it, so it stands behind the watch."""
    qtbot.keyClick(rig.window, Qt.Key.Key_F10)
    rig.until(lambda: rig.window.feeds.feeds.grid.rows != ())
    return rig.window.feeds


def click(qtbot, button):
    qtbot.mouseClick(button, LEFT, pos=button.rect().center())


def test_feeds_that_are_not_in_the_layout_or_behind_the_watch_cost_nothing(
    qtbot, monkeypatch, rig_of
):
    made = []
    for name in ("feed_rows", "stream_rows", "consensus_rows", "wrong_count"):
        monkeypatch.setattr(feeds_module, name, lambda *_, name=name, **__: made.append(name))
    rig = rig_of(troubled_venues())
    area = rig.window.area
    assert "feeds" not in area.shown()
    area.show_dock("feeds")
    area.docks["watch"].raise_()
    made.clear()
    for _ in range(3):
        rig.window.display.pacing.hurry()
        rig.settle()
    bar = tab_bar(rig.window)
    assert bar.tabText(bar.currentIndex()) == "Market watch"
    assert made == []
    assert rig.window.area.docks["feeds"].objectName() == "feeds"


def test_streams_are_asked_for_while_somebody_looks_at_them(qtbot, trouble):
    def asked():
        return trouble.desk.sent(NextFrame)[-1].streams

    assert not asked()
    open_feeds(qtbot, trouble)
    trouble.until(asked)
    bar = tab_bar(trouble.window)
    qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(0).center())
    trouble.until(lambda: not asked())


def test_feeds_show_the_venues_with_their_lamps(qtbot, trouble):
    panel = open_feeds(qtbot, trouble)
    assert [row.key for row in panel.feeds.grid.rows] == [
        feed.venue for feed in troubled_venues().feeds
    ]
    assert [tab.text() for tab in panel.tabs.tabs] == [
        "Feeds 7",
        "Streams 10 wrong",
        "Consensus ◆4 ◇2",
    ]
    assert not panel.filters.isVisible()
    shown = panel.feeds.viewport().grab().toImage()
    danger = trouble.window.theme.color("danger_fill").name()
    colors = {shown.pixelColor(x, y).name() for x in range(24) for y in range(shown.height())}
    assert danger in colors


def test_words_and_the_tick_narrow_the_streams(qtbot, trouble):
    panel = open_feeds(qtbot, trouble)
    click(qtbot, panel.tabs.tabs[1])
    rows = panel.streams.grid
    assert len(rows.rows) == 153
    click(qtbot, panel.only_wrong)
    assert len(rows.rows) == 10
    qtbot.mouseClick(panel.words, LEFT)
    qtbot.keyClicks(panel.words, "okx mark")
    assert len(rows.rows) == 5
    assert {row.cells[-1].text for row in rows.rows} == {"STALE"}
    click(qtbot, panel.only_wrong)
    qtbot.keyClicks(panel.words, "zzz")
    assert rows.rows == ()


def test_a_long_reason_does_not_drive_its_own_column_away(qtbot, rig_of):
    reason = "/v2 cannot connect: [Errno 111] Connect call failed ('127.0.0.1', 44793)"
    calm = seven_venues()
    down = [replace(feed, down=reason, note="terms " * 20) for feed in calm.feeds]
    panel = open_feeds(qtbot, rig_of(replace(calm, feeds=down)))
    shown = [c.key for n, c in enumerate(FEED_COLUMNS) if not panel.feeds.isColumnHidden(n)]
    assert "note" in shown
    assert "wrong" in shown


def test_return_on_a_venue_opens_its_streams(qtbot, trouble, focus):
    panel = open_feeds(qtbot, trouble)
    focus(panel.feeds)
    panel.feeds.select_key("KRAKEN")
    qtbot.keyClick(panel.feeds, Qt.Key.Key_Return)
    assert panel.words.text() == "kraken"
    assert panel.streams.isVisible()
    assert {row.key.partition("-")[0] for row in panel.streams.grid.rows} == {"kraken"}


def test_key_brings_the_feeds_forward_and_another_the_watch(qtbot, trouble):
    window = trouble.window
    for key, grid in ((Qt.Key.Key_F10, window.feeds.feeds), (Qt.Key.Key_F2, window.watch.grid)):
        qtbot.keyClick(window, key)
        qtbot.waitUntil(lambda grid=grid: not grid.viewport().visibleRegion().isEmpty())
        qtbot.waitUntil(lambda grid=grid: QApplication.focusWidget() is grid)


def test_tall_panel_shows_all_three_tables(qtbot, trouble):
    panel = open_feeds(qtbot, trouble)
    dock = trouble.window.area.docks["feeds"]
    dock.setFloating(True)
    dock.resize(900, 900)
    trouble.until(lambda: all(grid.isVisible() and grid.grid.rows for grid in panel.grids))
    assert panel.filters.isVisible()
    assert trouble.window.area.docks["watch"].isVisible()
    dock.setFloating(False)
    trouble.until(lambda: not panel.streams.isVisible())


def test_streams_hold_still_under_the_pointer_while_they_heal(qtbot, trouble):
    panel = open_feeds(qtbot, trouble)
    click(qtbot, panel.tabs.tabs[1])
    panel.streams.underMouse = lambda: True
    before = [row.key for row in panel.streams.grid.rows]
    turned = replace(troubled_venues(), streams=troubled_venues().streams[::-1])
    trouble.window.display.pacing.hurry()
    trouble.settle(turned)
    assert [row.key for row in panel.streams.grid.rows] == before


def test_rate_appears_after_some_seconds_of_frames(qtbot, trouble):
    panel = open_feeds(qtbot, trouble)
    click(qtbot, panel.tabs.tabs[1])
    desk = troubled_venues()
    more = [replace(one, messages=one.messages + 30) for one in desk.streams]
    panel.show_frame(later(desk, ms=3_000, streams=more))
    rates = {row.cells[6].text for row in panel.streams.grid.rows}
    assert rates == {"10.0"}


@pytest.mark.thorough
def test_feeds_are_grey_when_the_engine_is_gone(qtbot, trouble):
    panel = open_feeds(qtbot, trouble)
    trouble.desk.close()
    trouble.until(trouble.window.banner.isVisible)
    trouble.until(lambda: panel.feeds.dimmed)
    shown = panel.feeds.viewport().grab().toImage()
    colors = {
        shown.pixelColor(x, y).name() for x in range(shown.width()) for y in range(shown.height())
    }
    for token in ("danger", "danger_fill", "warning", "warn_fill"):
        assert trouble.window.theme.color(token).name() not in colors


@pytest.mark.thorough
@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)], ids=["full", "small"])
def test_tabs_and_filters_of_the_feeds_stand_apart(qtbot, rig_of, size):
    rig = rig_of(troubled_venues(), size=size)
    panel = open_feeds(qtbot, rig)
    click(qtbot, panel.tabs.tabs[1])
    rig.settle()
    assert panel.tabs.geometry().right() < panel.filters.geometry().left()
    for tab in panel.tabs.tabs:
        assert tab.width() >= tab.sizeHint().width()


# ---- where a mark comes from ---------------------------------------------------------------------


def row_center(grid, key):
    number = [row.key for row in grid.grid.rows].index(key)
    top = grid.rowViewportPosition(number)
    return QPoint(60, top + grid.row_height() // 2)


def right_click(grid, point, reason=QContextMenuEvent.Reason.Mouse):
    target = grid.viewport()
    QApplication.sendEvent(target, QContextMenuEvent(reason, point, target.mapToGlobal(point)))


def explain():
    """Choose `Where this mark comes from` from the menu that is up."""
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    first = menu.actions()[0]
    menu.close()
    first.trigger()


def popover():
    found = QApplication.activePopupWidget()
    assert isinstance(found, ExplainPopover)
    return found


def test_right_click_explains_the_row_under_the_pointer(qtbot, trouble):
    grid = trouble.window.watch.grid
    right_click(grid, row_center(grid, HYPERLIQUID))
    explain()
    shown = popover()
    assert shown.accessibleName().startswith("Mark of BTC-PERP · HYPERLIQUID")
    assert shown.grid.grid.rows[0].heading == "BLOCKED"
    visible = [n for n in range(6) if not shown.grid.isColumnHidden(n)]
    assert visible == list(range(6))
    assert shown.grid.verticalScrollBar().maximum() == 0, "all of it is in sight"
    screen = QGuiApplication.primaryScreen().availableGeometry()
    assert screen.adjusted(-4, -4, 4, 4).contains(shown.geometry())
    click(qtbot, shown.copy)
    assert "BLOCKED\tits mark is 3.42% from" in QGuiApplication.clipboard().text()
    qtbot.keyClick(shown, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)


def test_menu_key_explains_the_selected_row_and_kill_works_above_it(qtbot, trouble):
    window = trouble.window
    right_click(window.watch.grid, QPoint(0, 0), QContextMenuEvent.Reason.Keyboard)
    explain()
    shown = popover()
    assert "BTCUSDT-PERP" in shown.accessibleName()
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(shown, Qt.Key.Key_K, held)
    assert window.strip.asking == "kill"
    shown.close()
    window.strip.dismiss()


def test_heading_explains_nothing(trouble):
    grid = trouble.window.watch.grid
    right_click(grid, row_center(grid, "base BTC"))
    assert QApplication.activePopupWidget() is None


def test_pointer_on_a_row_tells_why_it_is_blocked(monkeypatch, trouble):
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda _at, text, _widget: told.append(text))
    grid = trouble.window.watch.grid
    point = row_center(grid, HYPERLIQUID)
    there = grid.viewport().mapToGlobal(point)
    QApplication.sendEvent(grid.viewport(), QHelpEvent(QHelpEvent.Type.ToolTip, point, there))
    assert "No new risk: its mark is 3.42% from the consensus" in told[0]


def test_lamp_tells_its_clock_and_its_counts_to_the_pointer(monkeypatch, trouble):
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda _at, text, _widget: told.append(text))
    strip = trouble.window.status.strip
    strip.grab()
    box = next(box for box, tip in strip._tips if tip.startswith("OKX"))
    point = box.center().toPoint()
    QApplication.sendEvent(
        strip,
        QHelpEvent(QHelpEvent.Type.ToolTip, point, strip.mapToGlobal(point)),
    )
    assert told[0].startswith("OKX: stale\nOldest needed stream: 6.4 s")
    assert "rejected 1" in told[0]


@pytest.mark.thorough
def test_calm_desk_of_seven_venues_has_no_hue_in_watch_and_status(rig_of):
    desk = replace(seven_venues(), rates=[], client="Kestrel Fund")
    window = rig_of(desk).window
    for widget in (window.watch.grid, window.status.strip):
        image = widget.grab().toImage()
        colors = {
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(0, image.height(), 2)
        }
        for token in ("warning", "danger", "warn_fill", "danger_fill"):
            assert window.theme.color(token).name() not in colors, (widget, token)


@pytest.mark.thorough
@pytest.mark.fault("T39")
@pytest.mark.parametrize("page", [feeds_module.FEEDS, feeds_module.STREAMS])
def test_no_source_is_called_live_by_a_desk_that_is_gone(qtbot, rig_of, page):
    """How a feed or a stream is doing is not known any more once the engine has ended."""
    rig = rig_of(seven_venues())
    panel = open_feeds(qtbot, rig)
    panel.tabs.tabs[page].setChecked(True)
    grid = panel.grids[page]

    def states():
        return {cell.text for row in grid.grid.rows for cell in row.cells} & {
            "live",
            "LIVE",
            "stale",
        }

    rig.until(lambda: states() != set())
    rig.desk.close()
    rig.until(rig.window.banner.isVisible)
    assert (states(), len(grid.grid.rows) > 0, grid.dimmed) == (set(), True, True)


@pytest.mark.fault("T39")
def test_sources_are_told_again_by_a_desk_that_answers_again(qtbot, rig):
    """A silence that heals gives every feed its word back."""
    panel = open_feeds(qtbot, rig)
    before = panel.feeds.grid.rows
    panel.set_dimmed(True)
    assert panel.feeds.grid.rows != before
    panel.set_dimmed(False)
    assert panel.feeds.grid.rows == before


@pytest.mark.thorough
@pytest.mark.fault("T39")
def test_positions_of_a_desk_that_is_gone_carry_their_age(rig):
    """Over the greyed positions stands how old they are, and it counts on."""
    bar = rig.window.area.docks["positions"].bar
    rig.settle()
    now_ns = [rig.pump.frame.ts_ns + 1_300_000_000]
    rig.window.last_seen._now_ns = lambda: now_ns[0]
    rig.desk.close()
    rig.until(lambda: "NOT LIVE: 1.3 s old" in bar.note)
    now_ns[0] += 60_000_000_000
    rig.until(lambda: "NOT LIVE: 1 min old" in bar.note)

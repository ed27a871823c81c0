"""The day replayed in the window: what is shown is the past, what is sent is nothing."""

from decimal import Decimal as D
from functools import cache

import msgspec
import pytest
from helpers.frames import BTC, ETH, WALL_MS, later, normal_desk
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication

from desk.model.blotter import AskBlotter
from desk.model.command import Quantity
from desk.model.commands import Kill, SubmitOrder
from desk.model.events import Denial, Filled, LevelChanged
from desk.model.film import AskFilm, AskMoments, CheckFilm, Moment
from desk.model.orders import Fill, Liquidity, OrderType, Side
from ui.words import PlainWords

pytestmark = pytest.mark.qt

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier

DENIALS = (
    Denial(code="PRICE_COLLAR", rule="ord.price_collar", message="Price 50,000 is 18 % away."),
    Denial(code="MARGIN_AFTER_FILL", rule="perp.initial_margin", message="Margin is missing."),
)
ASKED = SubmitOrder(
    id="big",
    account="perp-1",
    instrument=BTC,
    side=Side.SELL,
    quantity=Quantity(D("12.5")),
    type=OrderType.LIMIT,
    price=D("50000.0"),
)
FILL = Fill(
    id="f-1",
    order_id="o-1",
    account="perp-1",
    instrument=BTC,
    side=Side.BUY,
    quantity=D("0.5"),
    price=D(61000),
    fee=D(1),
    fee_asset="USDT",
    liquidity=Liquidity.TAKER,
    time_ms=WALL_MS,
)


def moment(seq, kind, **fields):
    text = fields.pop("text", f"{kind} of {seq}")
    return Moment(seq=seq, time_ms=WALL_MS - 600_000 + seq * 1_000, kind=kind, text=text, **fields)


MOMENTS = [
    moment(1, "money"),
    moment(2, "order"),
    moment(3, "fill"),
    moment(
        4,
        "denial",
        denials=DENIALS,
        asked=msgspec.to_builtins(ASKED),
        text="PRICE_COLLAR: Price 50,000 is 18 % away.",
    ),
    moment(7, "level"),
]


FRAME = normal_desk()


@cache
def past(seq):
    """The desk as it was: without a position at first, older, and short of margin."""
    frame = FRAME
    one = frame.accounts[0]
    worse = msgspec.structs.replace(one, margin_utilization=D("0.4"), margin_ratio=D("0.5"))
    return msgspec.structs.replace(
        frame,
        wall_ms=MOMENTS[0].time_ms - 1_000 + seq * 1_000 + 20,
        journal_seq=seq,
        accounts=[worse, *frame.accounts[1:]],
        positions=frame.positions[:1] if seq >= 3 else [],
        profile_hash="of the past",
    )


@pytest.fixture
def replay(rig):
    """A window whose journal is in front, with five moments and seven pictures."""
    rig.desk.moments, rig.desk.film = MOMENTS, [past(seq) for seq in range(1, 8)]
    rig.window.go_to(rig.window.journal.grid)
    rig.until(lambda: len(rig.window.journal.grid.grid.rows) == len(MOMENTS))
    return rig.window.journal_desk.replay


def open_row(rig, seq):
    """Choose a row of the journal and press Enter."""
    grid = rig.window.journal.grid
    grid.select_key(f"{seq}.0")
    QTest.keyClick(grid, Qt.Key.Key_Return)
    replay = rig.window.journal_desk.replay
    rig.until(lambda: replay.is_on and replay.playback.frame is not None)
    return replay.stage


def rows(grid):
    return [tuple(cell.text for cell in row.cells) for row in grid.grid.rows]


@pytest.mark.thorough
def test_a_denied_order_shows_the_screen_and_its_draft(rig, replay, qtbot):
    live = rig.window
    live_history = [*live.risk._history.points("perp-1")]
    live_draft = live.ticket.quantity.text()
    stage = open_row(rig, 4)
    panes = stage.panes
    assert panes.isVisible()
    assert not live.area.isVisible()
    assert "REPLAY" in replay.bar.accessibleName()
    assert "10:14:35 HKT" in replay.bar.accessibleName()
    assert len(panes.positions.grid.grid.rows) == 1
    assert panes.ticket.quantity.text() == "12.5"
    assert D(panes.ticket.price.text()) == 50_000
    assert panes.ticket.state.draft.side is Side.SELL
    assert panes.ticket.state.denials() == DENIALS
    assert not panes.ticket.submit.isEnabled()
    rig.until(lambda: "agrees with the journal at #7" in replay.bar.accessibleName())
    assert rig.desk.sent(CheckFilm)[0].at_ms == past(4).wall_ms
    # Nothing of it is on the live side.
    assert live.ticket.quantity.text() == live_draft
    assert D("0.5") not in [D(str(p)) for p in live.risk._history.points("perp-1")]
    assert len(live.risk._history.points("perp-1")) >= len(live_history)
    assert live.pump.frame.profile_hash != "of the past"
    assert live.arming._profile != "of the past"


@pytest.mark.thorough
def test_what_is_armed_is_disarmed_and_stays_so_until_the_desk_is_live(rig, replay):
    rig.arm()
    open_row(rig, 3)
    window = rig.window
    assert not window.arming.is_armed()
    window.arming.toggle()
    window._show_link(window.pump.link)  # the link may say that it is live
    window.arming.toggle("ticket")
    assert not window.arming.is_armed()
    assert not any(shortcut.isEnabled() for shortcut in window.shortcuts.values())
    assert window.commands.send(ASKED) is None
    window.commands.cancel("o-1")
    assert [c for c in rig.desk.sent(object) if c.id] == []
    QTest.keyClick(replay.bar.timeline, Qt.Key.Key_Escape)
    rig.until(lambda: not replay.is_on)
    assert window.area.isVisible()
    assert not replay.stage.panes.isVisible()
    assert not window.arming.is_armed()
    window.arming.toggle()
    assert window.arming.is_armed()


@pytest.mark.thorough
def test_a_panic_key_acts_on_the_live_desk_and_ends_the_replay(rig, replay):
    open_row(rig, 4)
    for _ in range(2):
        QTest.keyClick(rig.window, Qt.Key.Key_K, CTRL_SHIFT)
    assert not replay.is_on
    rig.until(lambda: bool(rig.desk.sent(Kill)))


@pytest.mark.thorough
def test_what_happens_live_comes_up_over_the_replay(rig, replay):
    open_row(rig, 4)
    for event, words in (
        (Filled(fill=FILL), "BUY 0.5"),
        (LevelChanged(account="perp-1", before="NORMAL", after="MARGIN_CALL", marks={}), "CALL"),
    ):
        rig.desk.tell(event)
        rig.until(lambda words=words: words in replay.bar.news.text)
        assert replay.bar.news.isVisible()
    replay.bar.news.live.click()
    assert not replay.is_on
    assert not replay.bar.isVisible()


@pytest.mark.thorough
def test_what_stands_live_is_seen_over_the_replay_from_its_beginning(rig, replay):
    live = rig.desk.frame
    rig.settle(msgspec.structs.replace(live, state="HALTED", latches=["HALTED: kill: enough"]))
    rig.until(rig.window.banner.isVisible)
    rig.window.banner.acknowledge.click()
    open_row(rig, 4)
    assert replay.bar.news.text == "LIVE: Desk is HALTED"
    assert replay.bar.news.isVisible()
    rig.desk.tell(Filled(fill=FILL))
    rig.until(lambda: replay.bar.news.text.startswith("LIVE: Desk is HALTED · BUY 0.5"))
    account = msgspec.structs.replace(live.accounts[0], level="MARGIN_CALL")
    rig.settle(msgspec.structs.replace(live, accounts=[account, *live.accounts[1:]]))
    rig.until(lambda: replay.bar.news.text.startswith(f"LIVE: {account.account} margin call"))
    assert not rig.window.banner.isVisible()  # it would stand among figures of the past
    rig.settle(live)
    rig.until(lambda: "margin call" not in replay.bar.news.text)
    replay.leave()
    assert not rig.window.banner.isVisible()


@pytest.mark.thorough
def test_no_picture_of_the_past_stays_when_the_desk_is_live(rig, replay):
    window = rig.window
    for key in ("feeds", "risk"):
        window.area.show_dock(key)
        window.area.docks[key].setFloating(True)
    stage = open_row(rig, 4)
    past = stage.panes.area.docks
    past["positions"].setFloating(True)
    for key in ("feeds", "risk", "positions"):
        assert past[key].isVisible()
        assert past[key].windowTitle().startswith("REPLAY · ")
        assert past[key].updatesEnabled()
    assert past["ticket"].windowTitle() == "Ticket"
    assert not window.area.docks["feeds"].isVisible()
    kept = window.workspace.layouts["trade"].now
    window.workspace.remember()  # whoever moves or closes the window meanwhile
    assert window.workspace.layouts["trade"].now is kept
    replay.bar.live.click()
    assert [key for key, dock in past.items() if dock.isVisible()] == []
    assert window.area.docks["feeds"].isVisible()


@pytest.mark.thorough
def test_no_panel_of_a_layout_is_bare_in_a_replay(rig, replay):
    window = rig.window
    window.load_late()
    window.workspace.switch("monitor")
    rig.until(lambda: {"chart_btc", "chart_eth"} <= set(window.late_panels.made))
    replay.show_moment(MOMENTS[3])
    rig.until(lambda: replay.playback.frame is not None)
    panes = replay.stage.panes
    charts = {one.instrument for one in panes.charts.panels if one.isVisible()}
    assert charts == {BTC, ETH}
    assert panes.area.docks["alerts"].isAncestorOf(panes.orders.alerts)
    replay.leave()
    window.workspace.switch("risk")
    replay.show_moment(MOMENTS[3])
    for key in ("stress", "rehearsal"):
        words = panes.area.docks[key].findChild(PlainWords)
        assert "worked out from what is now" in words.accessibleName()


@pytest.mark.thorough
def test_the_focus_comes_back_to_where_nothing_is_armed_by_space(rig, replay, focus):
    focus(rig.window.journal.grid)
    open_row(rig, 4)
    replay.bar.live.setFocus()
    replay.bar.live.click()
    rig.until(lambda: QApplication.focusWidget() is rig.window.journal.grid)
    rig.window.status.arm.setFocus()
    replay.go_to(WALL_MS)
    replay._focus = None  # it was in a dialog that is closed
    replay.leave()
    rig.until(lambda: isinstance(QApplication.focusWidget(), QAbstractItemView))


@pytest.mark.thorough
def test_it_plays_from_moment_to_moment_and_stops_at_the_end(rig, replay, qtbot):
    stage = open_row(rig, 2)
    assert rows(stage.panes.positions.grid) == []
    QTest.keyClick(replay.bar.timeline, Qt.Key.Key_Right)
    rig.until(lambda: replay.playback.frame == past(3))
    assert len(stage.panes.positions.grid.grid.rows) == 1
    QTest.keyClick(replay.bar.timeline, Qt.Key.Key_Left)
    QTest.keyClick(replay.bar.timeline, Qt.Key.Key_Home)
    rig.until(lambda: replay.playback.frame == past(1))
    replay.bar.speed_chosen.emit(60)
    QTest.keyClick(replay.bar.timeline, Qt.Key.Key_Space)
    assert replay.bar.playing.text() == "Pause"
    rig.until(lambda: replay.playback.frame == past(7) and not replay.playback.playing)
    assert replay.bar.playing.text() == "Play"


@pytest.mark.thorough
def test_a_click_on_the_timeline_goes_to_a_time_and_an_empty_one_says_so(rig, replay, qtbot):
    line = rig.window.journal.timeline
    x = int(line.x_of(MOMENTS[3].time_ms + 500))
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=line.rect().topLeft() + _at(x))
    rig.until(lambda: replay.is_on and replay.playback.frame == past(4))
    rig.desk.film = []
    replay.go_to(WALL_MS - 3_600_000)
    rig.until(lambda: "no picture of that time" in replay.bar.accessibleName())
    assert replay.playback.frame == past(4)


def _at(x):
    return QPoint(x, 10)


def test_the_panel_filters_chooses_a_day_and_shows_the_seal(rig, replay, qtbot):
    panel = rig.window.journal
    assert [row[1] for row in rows(panel.grid)] == ["#7", "#4", "#3", "#2", "#1"]
    qtbot.keyClicks(panel.filter, "collar")
    assert [row[1] for row in rows(panel.grid)] == ["#4"]
    panel.filter.clear()
    panel.kind.setCurrentIndex(2)
    assert [row[2] for row in rows(panel.grid)] == ["fill"]
    assert "Chain verified · sealed to #48,211 · 9f3c9f3c9f3c" in panel.foot.accessibleName()
    panel.kind.setCurrentIndex(0)
    panel.days.setCurrentIndex(1)
    panel.days.activated.emit(1)
    assert not panel.copy_seal.isVisible()
    rig.until(lambda: rig.desk.sent(AskMoments)[-1].day == "2026-11-18")
    rig.until(lambda: rows(panel.grid) == [])
    rig.until(lambda: "Day sealed · #1–#9 · 5ea15ea15ea1" in panel.foot.accessibleName())
    panel.copy_seal.click()
    assert QApplication.clipboard().text() == f"2026-11-18  #1-#9  {'5ea1' * 16}"


@pytest.mark.thorough
def test_new_rows_are_shown_to_the_panel_in_front_and_to_the_other_when_it_comes(rig, replay):
    def add(seq):
        rig.desk.moments = [*rig.desk.moments, moment(seq, "fill")]
        rig.settle(later(rig.desk.frame, ms=1_000, journal_seq=rig.desk.frame.journal_seq + 1))

    live = rig.window.journal.grid
    past_grid = open_row(rig, 4).panes.journal.grid
    replay.leave()
    add(8)
    rig.until(lambda: live.grid.rows[0].key == "8.0")
    assert past_grid.grid.rows[0].key == "7.0"
    rig.desk.film = [past(8)]
    open_row(rig, 8)
    assert past_grid.selected_key() == past_grid.grid.rows[0].key == "8.0"
    add(9)
    rig.until(lambda: past_grid.grid.rows[0].key == "9.0")
    assert live.grid.rows[0].key == "8.0"
    replay.leave()
    assert live.grid.rows[0].key == "9.0"


def test_nobody_asks_while_nobody_looks(rig):
    rig.settle()
    assert rig.desk.sent(AskMoments | AskFilm | AskBlotter) == []
    assert QApplication.activeModalWidget() is None

"""Alerts and blotter in the real window: shown, heard, acknowledged, filtered, paged, exported."""

import time
from decimal import Decimal as D

import msgspec
import pytest
from helpers.frames import BTC, WALL_MS, later, normal_desk
from PySide6.QtCore import QPoint, Qt

from desk.engine.alert_snapshot import AlertRuleView, AlertView
from desk.model.alert_commands import AcknowledgeAlert, AlertKind, RemoveAlert, SetAlert
from desk.model.blotter import AskBlotter, BlotterRow, ExportBlotter
from desk.model.events import Denial
from desk.model.order_commands import AmendOrder, CancelAll, CancelScope
from ui.viewmodels import blotter as blotter_rows

pytestmark = pytest.mark.qt

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def alert(number, **changes):
    fields = {
        "number": number, "severity": "danger", "code": "MARGIN_CALL",
        "message": "Margin call on perp-1: 118 minutes to cure.", "alert": None,
        "instrument": None, "account": "perp-1", "event_ms": WALL_MS - 65_000, "latency_ms": 20,
        "sound": True, "seen": False,
    }  # fmt: skip
    return AlertView(**fields | changes)


def rule(name="a-1", **changes):
    fields = {
        "id": name, "kind": "price", "instrument": BTC, "account": None, "above": D(62000),
        "below": None, "level": "", "note": "take some", "sound": True, "repeats": False,
        "state": "WATCHING", "value": D("61010.5"),
    }  # fmt: skip
    return AlertRuleView(**fields | changes)


RAISED = [
    alert(3, severity="warning", code="ALERT_BLIND", alert="a-2", message="Alert a-2 is blind: "
          "ETHUSDT-PERP.OKX has no fresh price."),
    alert(2),
    alert(1, severity="info", code="FUNDING", seen=True, sound=False,
          message="perp-1 pays 12.20 USDT of funding on BTCUSDT-PERP.BINANCE (0.0100% at 61000)."),
]  # fmt: skip
RULES = [rule(), rule("a-2", state="BLIND", value=None, note="", repeats=True)]


@pytest.fixture
def desk(rig_of):
    rig = rig_of(normal_desk(alerts=RAISED, alert_rules=RULES))
    rig.settle()
    return rig


def open_alerts(rig):
    rig.qtbot.keyClick(rig.window, Qt.Key.Key_N, CTRL_SHIFT)
    rig.until(lambda: len(rig.window.orders.alerts.raised.grid.rows) > 0)
    return rig.window.orders.alerts


def test_the_tab_counts_what_nobody_has_seen_and_the_key_opens_it(desk):
    assert desk.window.orders.tabs.tabs[3].text() == "Alerts 2"
    page = open_alerts(desk)
    assert [row.cells[0].text[0] for row in page.raised.grid.rows] == ["▲", "◆", "●"]
    assert page.raised.grid.rows[1].cells[0].second == "DANGER 1 min"
    assert [row.cells[2].text for row in page.rules.grid.rows] == ["▲ BLIND", "● watching"]
    assert page.rules.grid.rows[0].cells[1].text == "—"


def test_danger_sounds_until_it_is_acknowledged_and_mute_is_seen(desk):
    sound = desk.window.alerts.sound
    assert sound.sounded == 1
    assert sound.repeats
    page = open_alerts(desk)
    page.mute.click()
    assert page.mute.text() == "▲ MUTED"
    sound.sound()
    assert sound.sounded == 1
    page.mute.click()
    desk.settle()
    desk.qtbot.keyClick(desk.window, Qt.Key.Key_S, CTRL_SHIFT)
    desk.until(lambda: len(desk.desk.sent(AcknowledgeAlert)) > 0)
    assert desk.desk.sent(AcknowledgeAlert)[0].number == 3
    seen = [msgspec.structs.replace(one, seen=True) for one in RAISED]
    desk.settle(normal_desk(alerts=seen, alert_rules=RULES))
    assert not sound.repeats
    desk.until(lambda: desk.window.orders.tabs.tabs[3].text() == "Alerts")


def test_alerts_that_nobody_sees_are_brought_up_and_not_acknowledged(desk):
    page = desk.window.orders.alerts
    assert not page.isVisible()
    desk.qtbot.keyClick(desk.window, Qt.Key.Key_S, CTRL_SHIFT)
    desk.until(lambda: page.isVisible() and len(page.raised.grid.rows) > 0)
    assert desk.desk.sent(AcknowledgeAlert) == []
    desk.qtbot.keyClick(desk.window, Qt.Key.Key_S, CTRL_SHIFT)
    desk.until(lambda: len(desk.desk.sent(AcknowledgeAlert)) > 0)


def test_what_came_while_the_page_was_away_is_not_acknowledged_unseen(desk):
    page = open_alerts(desk)
    desk.window.orders.open_page(desk.window.orders.orders)
    desk.settle(normal_desk(alerts=[alert(4), *RAISED], alert_rules=RULES))
    page.see_all()
    desk.until(lambda: len(desk.desk.sent(AcknowledgeAlert)) > 0)
    assert desk.desk.sent(AcknowledgeAlert)[0].number == 3


def test_one_is_acknowledged_and_one_is_removed(desk):
    page = open_alerts(desk)
    page.raised.select_key("2")
    page.seen.click()
    page.rules.select_key("a-1")
    page.remove.click()
    desk.until(lambda: len(desk.desk.sent(RemoveAlert)) > 0)
    assert desk.desk.sent(AcknowledgeAlert)[0].number == 2
    assert desk.desk.sent(RemoveAlert)[0].alert == "a-1"


def test_an_alert_is_set_from_the_form(desk):
    desk.qtbot.keyClick(desk.window, Qt.Key.Key_T, CTRL_SHIFT)
    form = desk.window.alerts.form
    assert form.controls["instrument"].currentText() == BTC
    form.controls["bound"].setText("62,500.5")
    form.controls["note"].setText("take some")
    form.send.click()
    desk.until(lambda: len(desk.desk.sent(SetAlert)) > 0)
    sent = desk.desk.sent(SetAlert)[0]
    assert (sent.kind, sent.instrument, sent.above) == (AlertKind.PRICE, BTC, D("62500.5"))
    assert (sent.note, sent.sound, sent.repeats) == ("take some", True, False)


def test_a_new_alert_is_painted_soon_after_its_frame(desk):
    open_alerts(desk)
    began = time.monotonic()
    newer = alert(4, message="BTCUSDT-PERP.BINANCE is at 62,000, above 62,000.", alert="a-1")
    desk.desk.frame = normal_desk(alerts=[newer, *RAISED], alert_rules=RULES)
    grid = desk.window.orders.alerts.raised.grid
    desk.until(lambda: grid.rows[0].key == "4")
    assert time.monotonic() - began < 5  # what an alert may take from its event
    assert desk.window.alerts.sound.sounded == 2


# ---- blotter --------------------------------------------------------------------------------

TOTAL = 100_000


def journal(asked):
    """A journal of 100,000 denials, a page at a time."""
    if asked.after_seq:
        return {"rows": [], "next_seq": None, "newest_seq": TOTAL}
    end = min(asked.before_seq or TOTAL + 1, TOTAL + 1)
    start = max(1, end - asked.count)
    denials = (Denial(code="MARGIN_AFTER_FILL", rule="perp.initial_margin", message="Too much."),)
    rows = [
        BlotterRow(
            seq=seq, time_ms=WALL_MS - 1_000 * (TOTAL - seq), kind="denial", about="denial",
            order_id=f"t-{seq}", account="perp-1", instrument=BTC, side="BUY", quantity=D(2),
            price=D(61000), text="order denied. MARGIN_AFTER_FILL: Too much.", denials=denials,
            details={"mark": "61010.5", "mark_age_ms": 38, "profile_hash": "b61beb46"},
        )
        for seq in range(end - 1, start - 1, -1)
    ]  # fmt: skip
    data = {"rows": rows, "next_seq": start if start > 1 else None, "newest_seq": TOTAL}
    return msgspec.to_builtins(data)


@pytest.fixture
def blotter(rig_of):
    rig = rig_of(normal_desk())
    rig.desk.data_of["blotter"] = journal
    rig.desk.data_of["export"] = {"path": "/d/exports/blotter.csv", "rows": 12}
    rig.qtbot.keyClick(rig.window, Qt.Key.Key_B, CTRL_SHIFT)
    rig.until(lambda: len(rig.window.orders.blotter.grid.grid.rows) > 0)
    return rig


@pytest.mark.thorough
def test_nothing_is_asked_before_somebody_looks_and_then_one_page(rig_of, blotter):
    page = blotter.window.orders.blotter
    assert len(blotter.desk.sent(AskBlotter)) <= 2
    assert len(page.grid.grid.rows) <= 200
    other = rig_of(normal_desk())
    other.settle()
    assert not other.desk.sent(AskBlotter)


def test_scrolling_brings_the_next_page_and_moves_no_row(blotter):
    grid = blotter.window.orders.blotter.grid
    before = len(grid.grid.rows)
    bar = grid.verticalScrollBar()
    bar.setValue(bar.maximum())
    place, first = bar.value(), grid.grid.rows[0].key
    blotter.until(lambda: len(grid.grid.rows) > before)
    assert (bar.value(), grid.grid.rows[0].key) == (place, first)
    assert len({row.key for row in grid.grid.rows}) == len(grid.grid.rows)


@pytest.mark.thorough
def test_back_at_its_top_it_lets_older_rows_go_and_asks_for_them_again(blotter, monkeypatch):
    monkeypatch.setattr(blotter_rows, "MOST_AT_TOP", 150)
    grid = blotter.window.orders.blotter.grid
    bar = grid.verticalScrollBar()
    bar.setValue(bar.maximum())
    blotter.until(lambda: len(grid.grid.rows) > 150)
    bar.setValue(0)
    blotter.settle(later(blotter.desk.frame, journal_seq=TOTAL + 1))
    blotter.until(lambda: len(grid.grid.rows) == 150)
    bar.setValue(bar.maximum())
    blotter.until(lambda: len(grid.grid.rows) > 150)
    assert [row.key for row in grid.grid.rows] == [
        f"{TOTAL - number}.0" for number in range(len(grid.grid.rows))
    ]


@pytest.mark.thorough
def test_a_hundred_thousand_rows_are_added_a_page_at_a_time_in_no_time(blotter):
    grid = blotter.window.orders.blotter.grid
    row = grid.grid.rows[0]
    many = tuple(row._replace(key=str(n)) for n in range(TOTAL))
    grid.add_rows(many, in_front=0)
    began = time.process_time()
    grid.add_rows((*many, row), in_front=0)
    grid.repaint()
    assert time.process_time() - began < 1  # 60 ms would be 6 frames; the bound only finds O(n²)


def test_rows_that_come_in_front_leave_the_selected_ones_selected(blotter):
    grid = blotter.window.orders.blotter.grid
    rows = grid.grid.rows
    keys = tuple(row.key for row in rows[3:6])
    grid.select_keys(keys, keys[1])
    fresh = tuple(rows[0]._replace(key=f"new {number}") for number in range(2))
    grid.add_rows((*fresh, *rows), in_front=2)
    assert (grid.selected_keys(), grid.selected_key()) == (keys, keys[1])


def test_a_burst_that_drops_the_selected_row_selects_no_other(blotter):
    grid = blotter.window.orders.blotter.grid
    rows = grid.grid.rows
    grid.select_key(rows[3].key)
    grid.add_rows(tuple(row._replace(key=f"new {row.key}") for row in rows), in_front=0)
    assert grid.selected_keys() == ()
    assert grid.selected_key() == ""
    grid.select_keys([row.key for row in grid.grid.rows[2:4]])
    kept = grid.grid.rows[3].key
    grid.add_rows((rows[0], *grid.grid.rows[3:]), in_front=0)
    assert grid.selected_keys() == (kept,)


@pytest.mark.thorough
def test_the_filter_asks_once_for_what_was_typed_and_says_what_it_cannot_read(blotter):
    page = blotter.window.orders.blotter
    page.filter.setText("margin kind:denial side:buy from:09:30")
    blotter.until(lambda: blotter.desk.sent(AskBlotter)[-1].wanted.text == "margin")
    wanted = blotter.desk.sent(AskBlotter)[-1].wanted
    assert (wanted.kinds, wanted.side) == (("denial",), "BUY")
    assert wanted.from_ms is not None
    page.filter.setText("side:up")
    blotter.until(lambda: page.filter.wrong)
    assert "buy or sell" in page.filter.toolTip()


def test_a_row_opens_its_reasons_and_what_it_was_decided_on(blotter):
    page = blotter.window.orders.blotter
    page.grid.select_key(page.grid.grid.rows[0].key)
    page.open_details()
    said = [page.details.body.itemAt(n).widget() for n in range(page.details.body.count() - 1)]
    text = " ".join(words.accessibleName() for words in said)
    assert "MARGIN_AFTER_FILL · HOUSE: Too much. (perp.initial_margin)" in text
    assert "mark age ms: 38" in text
    assert "b61beb46" in text
    page.details.close()


def test_what_is_filtered_is_exported_and_the_footer_says_where(blotter):
    page = blotter.window.orders.blotter
    page.kind.setCurrentText("denial")
    page.export.click()
    blotter.until(lambda: len(blotter.desk.sent(ExportBlotter)) > 0)
    assert blotter.desk.sent(ExportBlotter)[0].wanted.kinds == ("denial",)
    footer = blotter.window.footer
    blotter.until(lambda: "12 rows written to /d/exports/blotter.csv" in footer.accessibleName())


# ---- orders ---------------------------------------------------------------------------------


def test_orders_are_cancelled_by_scope_from_a_menu(desk):
    window = desk.window
    window.order_desk.open_menu(window.orders.orders.mapToGlobal(QPoint(5, 30)))
    words = [action.text() for action in window.order_desk.menu.actions() if action.text()]
    assert words[:4] == ["Cancel all buys", "Cancel all sells", "Cancel all that could add risk",
                         "Cancel all that protects"]  # fmt: skip
    window.order_desk.menu.actions()[2].trigger()
    window.order_desk.menu.close()
    desk.until(lambda: len(desk.desk.sent(CancelAll)) > 0)
    assert desk.desk.sent(CancelAll)[0].scope is CancelScope.ENTRIES


def test_an_order_is_amended_by_key_while_armed_and_no_row_moves(desk):
    window, grid = desk.window, desk.window.orders.orders
    grid.select_key("t-118")
    desk.qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert window.order_desk.form is None  # disarmed
    desk.arm()
    before = [row.key for row in grid.grid.rows]
    desk.qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    form = window.order_desk.form
    form.controls["price"].setText("60800")
    form.send.click()
    desk.until(lambda: len(desk.desk.sent(AmendOrder)) > 0)
    sent = desk.desk.sent(AmendOrder)[0]
    assert (sent.order_id, sent.price, sent.quantity) == ("t-118", D(60800), None)
    assert [row.key for row in grid.grid.rows] == before


def test_a_form_of_an_order_that_fills_meanwhile_says_what_is_filled_now(desk):
    window, grid = desk.window, desk.window.orders.orders
    grid.select_key("t-118")
    desk.arm()
    desk.qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    form = window.order_desk.form
    form.controls["price"].setText("60800")
    assert ", 0 filled" in form.about.text
    orders = [msgspec.structs.replace(one, filled=D("1.5")) for one in desk.desk.frame.orders]
    desk.settle(msgspec.structs.replace(desk.desk.frame, orders=orders))
    assert ", 1.5 filled" in form.about.text
    assert form.about.accessibleName() == form.about.text
    assert form.values()["price"] == "60800"

"""Panels and dialogs of risk by hand and by key: what is shown, and which command leaves."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.fake_desk import DENIALS, FakeDesk
from helpers.frames import (
    BTC,
    ETH,
    WALL_MS,
    close_out,
    later,
    loan,
    margin_call_desk,
    risky_desk,
    step,
)
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu

from desk.model.commands import (
    AcknowledgeDisclosure,
    Ask,
    Draw,
    OverrideRule,
    Pledge,
    PledgeSecurities,
    Repay,
    SetClient,
    SetCloseOutOrder,
    SetCreditLimit,
    SetDailyLoss,
    SubmitOrder,
)
from desk.model.events import Denial
from ui.layouts import TAB_BAR
from ui.panels.explain import FigurePopover
from ui.pump import Link

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier

SHEET = {
    "name": f"{BTC}@1", "instrument": BTC, "acknowledged": False, "profile": "hk_sfc_2026",
    "profile_hash": "b61beb4637b9",
    "sections": [{"title": "Maximum loss", "text": "The margin that was posted, all of it."}],
}  # fmt: skip
RECORD = {"client": {"name": "SAMPLE", "disclosures": [f"{BTC}@1"]}, "said": "", "gates": []}
CURE = {
    "account": "perp-1", "kind": "reduce", "asset_or_instrument": BTC, "quantity": "18.236",
    "cost": "746.12", "margin_ratio_after": "0.031", "utilization_after": "0.9",
    "sufficient": True,
}  # fmt: skip
RATIO = {
    "formula": "initial_margin / collateral_value", "filled": "47645.58 / 1351240.99",
    "inputs": {"maintenance_margin": "47645.58", "mark age ms": "38"},
}  # fmt: skip


@pytest.fixture
def desk(rig_of):
    """A window on a desk with a loan, plans, a client and rules."""
    rig = rig_of(risky_desk())
    rig.desk.data_of = {
        "client": RECORD,
        "disclosure": SHEET,
        "cure": {"actions": [CURE], "notes": []},
        "explain": {"explain": {"perp-1.margin_utilization": RATIO}, "notes": []},
    }
    return rig


def sent(rig, kind):
    """Wait for a command of a kind and return the newest."""
    rig.until(lambda: rig.desk.sent(kind) != [])
    return rig.desk.sent(kind)[-1]


def asked(rig, about):
    """Wait for a question and return what the newest of its kind was about."""
    rig.until(lambda: [one for one in rig.desk.sent(Ask) if one.about == about] != [])
    return [one for one in rig.desk.sent(Ask) if one.about == about][-1].of


def dialog(rig, key):
    """Wait for a dialog and return it."""
    rig.until(lambda: key in rig.window.surfaces.open)
    return rig.window.surfaces.open[key]


def fill(qtbot, form, **values):
    """Write into a form's fields."""
    for key, value in values.items():
        form.controls[key].clear()
        qtbot.keyClicks(form.controls[key], value)


def click(qtbot, button):
    qtbot.mouseClick(button, LEFT)


# ---- client and disclosures ----------------------------------------------------------------------


def test_client_chip_opens_the_gates_and_the_record_is_edited(qtbot, desk):
    strip = desk.window.status.strip
    strip.grab()
    qtbot.mouseClick(strip, LEFT, pos=strip._chip.center().toPoint())
    client = dialog(desk, "client")
    assert client.gates.grid.rows[2].cells[0].text == "✕ CLOSED"
    assert "made up" in client.who.accessibleName()
    click(qtbot, client.edit)
    form = dialog(desk, "form")
    fill(qtbot, form, name="Ada Wong")
    click(qtbot, form.controls["margin"])
    click(qtbot, form.send)
    record = sent(desk, SetClient).record
    assert record["name"] == "Ada Wong"
    assert record["securities_margin_client"] is True
    assert record["disclosures"] == [f"{BTC}@1"]
    desk.until(lambda: "form" not in desk.window.surfaces.open)


def test_clearing_the_client_asks_once(qtbot, desk):
    qtbot.keyClick(desk.window, Qt.Key.Key_C, CTRL_SHIFT)
    client = dialog(desk, "client")
    click(qtbot, client.clear)
    desk.settle()
    assert desk.desk.sent(SetClient) == []
    click(qtbot, client.clear)
    assert sent(desk, SetClient).record is None
    qtbot.keyClick(client, Qt.Key.Key_Escape)
    assert "client" not in desk.window.surfaces.open


def test_ticket_denied_for_a_sheet_offers_it_and_it_is_acknowledged(qtbot, desk, monkeypatch):
    unread = Denial(code="DISCLOSURE", rule="disc.kfs", message="The sheet is not acknowledged")
    monkeypatch.setattr("helpers.fake_desk.DENIALS", [*DENIALS, unread])
    ticket = desk.window.ticket
    assert not ticket.sheet.isVisible()
    desk.desk.deny = True
    desk.write()
    desk.until(ticket.sheet.isVisible)
    desk.desk.deny = False
    click(qtbot, ticket.sheet)
    sheet = dialog(desk, "sheet")
    assert asked(desk, "disclosure") == BTC
    click(qtbot, sheet.read)
    assert sent(desk, AcknowledgeDisclosure).disclosure == f"{BTC}@1"
    desk.until(lambda: "sheet" not in desk.window.surfaces.open)


def test_sheet_is_offered_by_the_menu_of_a_watch_row(desk):
    grid = desk.window.watch.grid
    grid.select_key(ETH)
    key = QContextMenuEvent.Reason.Keyboard
    at = QPoint(5, 5)
    QApplication.sendEvent(grid.viewport(), QContextMenuEvent(key, at, grid.mapToGlobal(at)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    second = menu.actions()[1]
    menu.close()
    second.trigger()
    assert asked(desk, "disclosure") == ETH


# ---- financing -----------------------------------------------------------------------------------


@pytest.mark.thorough
def test_financing_panel_shows_the_loan_and_its_forms_send(qtbot, desk):
    window = desk.window
    qtbot.keyClick(window, Qt.Key.Key_L, CTRL_SHIFT)
    desk.until(lambda: "loan-1" in window.financing.sections)
    section = window.financing.sections["loan-1"]
    assert "utilization 101.1%" in section.card.accessibleName()
    assert "To margin call already there" in section.card.accessibleName()
    assert len(section.collateral.grid.rows) == 3
    for key, kind, values in (
        ("pledge", Pledge, {"quantity": "2"}),
        ("securities", PledgeSecurities, {"description": "HK blue chips", "value": "100"}),
        ("draw", Draw, {"quantity": "1000"}),
        ("repay", Repay, {"quantity": "703000"}),
        ("credit_limit", SetCreditLimit, {"quantity": "9000000"}),
    ):
        click(qtbot, section.buttons[key])
        form = dialog(desk, "form")
        fill(qtbot, form, **values)
        click(qtbot, form.send)
        assert sent(desk, kind).account == "loan-1"
        desk.until(lambda: "form" not in window.surfaces.open)


def test_cures_of_a_call_are_chosen_from_copied_and_fill_in_the_form(qtbot, rig_of):
    fake = FakeDesk(risky_desk())
    repay = CURE | {
        "account": "loan-1", "kind": "repay", "asset_or_instrument": "HKD", "cost": "0",
        "quantity": "703000", "utilization_after": "0.95",
    }  # fmt: skip
    pledge = repay | {"kind": "pledge", "asset_or_instrument": "BTC", "quantity": "7.0122"}
    fake.data_of = {"cure": {"actions": [repay, pledge], "notes": []}}
    rig = rig_of(fake.frame, desk=fake)
    window = rig.window
    qtbot.keyClick(window, Qt.Key.Key_L, CTRL_SHIFT)
    rig.until(lambda: "loan-1" in window.financing.sections)
    cures = window.financing.sections["loan-1"].cures
    rig.until(lambda: cures.options[1].isVisibleTo(cures))
    assert not cures.options[2].isVisibleTo(cures)
    assert cures.options[1].accessibleName() == "Pledge 7.0122 BTC, no cost, → 95.0%"
    cures.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert copied == "loan-1: Repay 703,000 HKD (no cost), → 95.0%"
    cures.options[1].click()
    fake.data_of = {"cure": {"actions": [pledge | {"quantity": "7.0123"}, repay], "notes": []}}
    rig.settle(later(rig.desk.frame, ms=6_000))
    rig.until(lambda: cures.options[0].accessibleName().startswith("Pledge 7.0123"))
    cures.prepare.click()
    assert dialog(rig, "form").values()["quantity"] == "7.0123"
    assert rig.desk.sent(Pledge) == []
    calm = risky_desk(loans=[loan(level="NORMAL")], journal_seq=48_300)
    rig.settle(calm)
    rig.until(lambda: not cures.isVisibleTo(window.financing))


def test_denied_form_stays_with_every_reason_and_sends_again_under_a_new_id(qtbot, desk):
    desk.window.surfaces.loan("repay", "loan-1")
    form = dialog(desk, "form")
    assert not form.send.isEnabled()
    assert form.problem.text == "Amount: expected a number"
    fill(qtbot, form, quantity="5")
    desk.desk.deny = True
    click(qtbot, form.send)
    desk.until(form.denials.isVisible)
    assert "3 reasons the desk does not do this" in form.denials.accessibleName()
    desk.desk.deny = False
    click(qtbot, form.send)
    desk.until(lambda: len(desk.desk.sent(Repay)) == 2)
    first, second = desk.desk.sent(Repay)
    assert first.id != second.id
    assert msgspec.structs.replace(first, id=second.id) == second


def test_double_click_sends_one_command_and_a_dead_desk_none(qtbot, desk):
    desk.window.surfaces.loan("repay", "loan-1")
    form = dialog(desk, "form")
    fill(qtbot, form, quantity="5")
    desk.desk.answers = False
    click(qtbot, form.send)
    qtbot.mouseDClick(form.send, LEFT)
    desk.until(lambda: desk.desk.sent(Repay) != [])
    assert len(desk.desk.sent(Repay)) == 1
    desk.desk.close()
    desk.until(lambda: desk.pump.link is Link.LOST)
    assert form.problem.text == "The desk has gone before it answered."
    click(qtbot, form.send)
    assert form.problem.text == "The desk cannot be reached: nothing was sent."
    form.close()


# ---- close-out -----------------------------------------------------------------------------------


def test_order_of_preference_is_set_by_keys(qtbot, desk, focus):
    window = desk.window
    qtbot.keyClick(window, Qt.Key.Key_P, CTRL_SHIFT)
    desk.until(lambda: len(window.close_out.steps.grid.rows) == 3)
    click(qtbot, window.close_out.prefer)
    order = dialog(desk, "preference")
    qtbot.keyClick(focus(order.grid), Qt.Key.Key_Down)
    qtbot.keyClick(focus(order.earlier), Qt.Key.Key_Space)
    qtbot.keyClick(focus(order.save), Qt.Key.Key_Space)
    command = sent(desk, SetCloseOutOrder)
    assert (command.account, command.instruments) == ("perp-1", (ETH, BTC))
    desk.until(lambda: "preference" not in window.surfaces.open)


def test_close_out_that_runs_is_in_the_banner_and_cannot_be_acknowledged_away(qtbot, rig_of):
    steps = [step(status="done"), step(status="working")]
    running = close_out(phase="running", triggered_ms=WALL_MS, steps=steps, reason="It is due.")
    rig = rig_of(risky_desk(close_outs=[running]))
    window = rig.window
    rig.until(window.banner.isVisible)
    assert window.banner.accessibleName().startswith("perp-1 is being closed out")
    assert not window.banner.acknowledge.isVisible()
    click(qtbot, window.banner.action)
    rig.until(lambda: len(window.close_out.steps.grid.rows) == 2)
    assert window.close_out.phase.accessibleName() == "Close-out: CLOSING OUT"
    assert QApplication.focusWidget() is window.close_out.steps


# ---- cures and explanations ----------------------------------------------------------------------


def test_smallest_cure_is_listed_and_staged_but_never_sent(qtbot, rig_of):
    rig = rig_of(margin_call_desk())
    rig.desk.data_of = {"cure": {"actions": [CURE], "notes": []}}
    window = rig.window
    rig.until(window.risk.cure.isVisible)
    click(qtbot, window.risk.cure)
    cures = dialog(rig, "cures")
    assert asked(rig, "cure") == "perp-1"
    assert cures.grid.grid.rows[0].cells[0].text == "Reduce BTCUSDT-PERP by 18.236"
    click(qtbot, cures.prepare)
    ticket = window.ticket
    draft = ticket.state.draft
    assert (draft.instrument, draft.side.value, draft.quantity) == (BTC, "SELL", "18.236")
    assert draft.reduce_only
    rig.settle()
    assert rig.desk.sent(SubmitOrder) == []


@pytest.mark.thorough
def test_smallest_cure_stands_in_the_risk_panel_and_is_staged_from_there(qtbot, rig_of):
    fake = FakeDesk(margin_call_desk())
    fake.data_of = {"cure": {"actions": [CURE], "notes": []}}
    rig = rig_of(fake.frame, desk=fake)
    card = rig.window.risk.cure_card
    rig.until(card.stage.isEnabled)
    assert card.accessibleName() == (
        "Smallest cure of perp-1 → 90.0%: Reduce BTCUSDT-PERP by 18.236, cost 746"
    )
    click(qtbot, card.stage)
    draft = rig.window.ticket.state.draft
    assert (draft.instrument, draft.side.value, draft.quantity) == (BTC, "SELL", "18.236")
    assert rig.desk.sent(SubmitOrder) == []
    # A cure that the desk does not stand by any more is not at hand.
    rig.window.dim(True)
    assert not card.stage.isEnabled()
    assert card.accessibleName() == ""
    rig.window.dim(False)
    rig.settle(later(fake.frame, ms=20))
    rig.until(card.stage.isEnabled)
    fake.deny, fake.data_of = True, {}
    rig.settle(later(fake.frame, ms=9_000))
    rig.until(lambda: not card.stage.isEnabled())


def test_cure_of_a_loan_fills_in_its_form(qtbot, desk):
    repay = CURE | {
        "account": "loan-1", "kind": "repay", "asset_or_instrument": "HKD", "quantity": "703000",
    }  # fmt: skip
    desk.desk.data_of["cure"] = {"actions": [repay], "notes": []}
    qtbot.keyClick(desk.window, Qt.Key.Key_M, CTRL_SHIFT)
    click(qtbot, dialog(desk, "cures").prepare)
    form = dialog(desk, "form")
    assert form.command() is not None
    assert form.values() == {"asset": "HKD", "quantity": "703000", "spot": "spot-1"}


def ask_for(widget, spot):
    """Right-click a painted figure."""
    at = spot.box.center().toPoint()
    mouse = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(widget, QContextMenuEvent(mouse, at, widget.mapToGlobal(at)))


def test_right_click_on_a_figure_explains_it_in_the_engine_s_words(desk, monkeypatch):
    shown = []
    # A popup without a window manager closes by itself as soon as the loop runs.
    monkeypatch.setattr(FigurePopover, "show_at", lambda said, at: shown.append((said, at)))
    cards, figure = desk.window.risk.cards, "perp-1.margin_utilization"
    desk.until(lambda: any(spot.figure == figure for spot in cards.spots))
    ask_for(cards, next(spot for spot in cards.spots if spot.figure == figure))
    desk.until(lambda: shown != [])
    ((said, _),) = shown
    assert asked(desk, "explain") == figure
    assert said.accessibleName() == "perp-1 · Utilization  63.9%, 10:24:31 HKT"
    assert said.filled.accessibleName() == "= 47645.58 / 1351240.99"
    said.copy.click()
    assert "mark age ms\t38" in QGuiApplication.clipboard().text()


def test_every_figure_of_a_card_is_offered_by_the_menu_key(desk, monkeypatch):
    offered = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _: offered.append(menu))
    cards = desk.window.risk.cards
    desk.until(lambda: len(cards.spots) > 3)
    at, key = QPoint(5, 5), QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(cards, QContextMenuEvent(key, at, cards.mapToGlobal(at)))
    words = [action.text() for action in offered[0].actions()]
    assert "perp-1: Utilization 63.9%" in words
    offered[0].actions()[words.index("perp-1: Utilization 63.9%")].trigger()
    assert asked(desk, "explain") == "perp-1.margin_utilization"


def test_figure_that_the_desk_does_not_know_is_said_in_the_footer(desk):
    desk.desk.data_of["explain"] = {"explain": {}, "notes": []}
    desk.window.surfaces.explain("perp-1.odd", "Odd", "1", QPoint(0, 0))
    desk.until(lambda: "does not explain" in desk.window.footer.accessibleName())


def test_figure_of_a_position_is_explained_from_its_cell(desk):
    grid = desk.window.positions.grid
    column = next(n for n, c in enumerate(grid.grid.columns) if c.key == "liquidation")
    at = QPoint(grid.columnViewportPosition(column) + 5, 10)
    mouse = QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(mouse, at, grid.viewport().mapToGlobal(at))
    QApplication.sendEvent(grid.viewport(), event)
    account, _, instrument = grid.grid.rows[0].key.partition("|")
    assert asked(desk, "explain") == f"{account}.{instrument}.liquidation_price"


def test_distance_is_wider_only_where_sigma_is_said(rig_of):
    sure = [
        msgspec.structs.replace(one, distance_sigma=D("27.4"), distance_minutes=D(16_020))
        for one in risky_desk().positions
    ]
    rig = rig_of(risky_desk())
    grid = rig.window.positions.grid
    column = next(c for c in grid.grid.columns if c.key == "distance")
    rig.until(lambda: len(grid.grid.rows) == 3)
    assert grid.drawn_width(column) == column.width
    rig.settle(risky_desk(positions=sure, journal_seq=48_212))
    rig.until(lambda: grid.drawn_width(column) > column.width)


# ---- rules ---------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_rule_is_set_aside_by_two_people_and_taken_back(qtbot, desk):
    window = desk.window
    qtbot.keyClick(window, Qt.Key.Key_U, CTRL_SHIFT)
    desk.until(lambda: len(window.rules.grid.grid.rows) == 6)
    desk.until(window.rules.take_back.isEnabled)  # the key has selected the first row
    click(qtbot, window.rules.override)
    form = dialog(desk, "form")
    who = {"reason": "capital is being raised", "first": "Ada Wong"}
    fill(qtbot, form, value="6", **who, second="ada wong")
    assert not form.send.isEnabled()
    fill(qtbot, form, second="Ben Lee")
    click(qtbot, form.send)
    assert sent(desk, OverrideRule).value == 6
    desk.until(lambda: "form" not in window.surfaces.open)
    click(qtbot, window.rules.take_back)
    form = dialog(desk, "form")
    fill(qtbot, form, **who, second="Ben Lee")
    click(qtbot, form.send)
    desk.until(lambda: desk.desk.sent(OverrideRule)[-1].value is None)


def test_daily_loss_limit_is_set_from_the_rules(qtbot, desk):
    desk.window.go_to(desk.window.rules.grid)
    desk.until(desk.window.rules.daily_loss.isVisible)
    click(qtbot, desk.window.rules.daily_loss)
    form = dialog(desk, "form")
    fill(qtbot, form, limit="50000", reason="the book is thin", first="Ada Wong")
    click(qtbot, form.send)
    assert sent(desk, SetDailyLoss).limit == 50_000


@pytest.mark.thorough
@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)])
def test_panels_behind_the_watch_leave_the_trade_layout_usable(qtbot, rig_of, size):
    rig = rig_of(risky_desk(loans=[loan(), loan("loan-2")]), size=size)
    window = rig.window
    usual = window.watch.height()
    for widget in (window.financing, window.close_out.steps, window.rules.grid):
        window.go_to(widget)
        rig.until(lambda widget=widget: widget.isVisible() and widget.height() > 60)
        assert window.chart.height() >= 150
        assert window.positions.height() >= 80
    window.go_to(window.watch.grid)
    rig.until(lambda: window.watch.height() >= usual - TAB_BAR)

"""The stress map and the rehearsal by pointer and by key; the desk is asked as seldom as it can."""

from decimal import Decimal as D

import pytest
from helpers.frames import WALL_MS, account, later, loan_account, normal_desk
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtWidgets import QWidget

from desk.model.events import Answered, Denial, Denied
from ui.dock import Dock
from ui.panels.explain import FigurePopover
from ui.panels.rehearsal import RehearsalPanel
from ui.panels.stress import StressPanel
from ui.panels.stress_paint import Places
from ui.viewmodels.figure_explained import figure_explained

pytestmark = pytest.mark.qt

AXIS = [step / 20 for step in range(-8, 5)]


def columns(count, level="NORMAL", used=0.5):
    some = [1.0] * count
    return {
        "equity_change": some, "value": some, "required": some,
        "utilization": [used] * count, "margin_ratio": [0.02] * count, "level": [level] * count,
    }  # fmt: skip


def stress(asked, **changes):
    fields = {
        "account": asked.of, "kind": "perpetual", "currency": "USDT", "as_of_ms": WALL_MS,
        "by_ratio": False, "axis": AXIS, "now": columns(1), "cells": columns(169),
        "marks": {coin: {"instrument": None, "mark": "100"} for coin in ("BTC", "ETH")},
        "sigma_day": {"BTC": 0.03, "ETH": 0.05}, "correlation": 0.9,
        "call_line": [[[-0.2, 0.2], [0.1, -0.4]]], "close_out_line": [[[-0.4, 0.1], [-0.1, -0.4]]],
        "basis": columns(1) | {"shock": [-0.1]},
        "depeg": columns(1) | {"shock": [-0.1], "asset": ["USDT"]}, "notes": [],
    }  # fmt: skip
    return fields | changes


def rehearsal(asked):
    step = {
        "account": "perp-1", "instrument": "BTCUSDT-PERP.BINANCE", "side": "SELL",
        "quantity": "16", "expected_price": "47702.6", "fee": "381.6",
        "margin_ratio_after": "0.7", "cost": "534", "left": "48",
    }  # fmt: skip
    margin = {
        "account": "perp-1", "currency": "USDT", "ratio_at_shock": "2.168", "ratio_after": "0.7",
        "value_after": "11464", "target": "0.70",
    }  # fmt: skip
    return {"steps": [step], "margins": [margin], "notes": []}


class Desk:
    """Answers at once, or when it is let."""

    def __init__(self, answer):
        self.answer, self.asked, self.waiting, self.holds = answer, [], [], False

    def send(self, command, answered):
        self.asked.append(command)
        self.waiting.append((command, answered))
        if not self.holds:
            self.let()
        return True

    def let(self):
        waiting, self.waiting = self.waiting, []
        for command, answered in waiting:
            found = self.answer(command)
            known = isinstance(found, dict)
            answered(Answered(command=1, about="x", data=found) if known else found)


def shown(qtbot, panel, desk, size=(804, 612)):
    panel.connect_to(desk)
    qtbot.addWidget(panel)
    panel.resize(*size)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def desk():
    return Desk(stress)


@pytest.fixture
def panel(qtbot, theme, desk):
    made = shown(qtbot, StressPanel(theme), desk)
    made.show_frame(normal_desk())
    return made


def test_the_desk_is_asked_at_most_once_a_second_and_not_while_it_owes_an_answer(panel, desk):
    frame = normal_desk()
    for ms in (10, 500, 990):
        panel.show_frame(later(frame, ms=ms))
    assert len(desk.asked) == 1
    desk.holds = True
    panel.show_frame(later(frame, ms=1_000))
    panel.show_frame(later(frame, ms=9_000))
    assert [asked.of for asked in desk.asked] == ["perp-1"] * 2
    desk.let()
    panel.show_frame(later(frame, ms=9_016))
    assert len(desk.asked) == 3


def test_an_answer_that_no_other_has_replaced_looks_old(panel, desk):
    frame = normal_desk()
    desk.holds = True
    panel.show_frame(later(frame, ms=4_900))
    assert not panel.map._dimmed
    panel.show_frame(later(frame, ms=5_100))
    assert panel.map._dimmed
    assert panel.basis.dimmed
    desk.let()
    panel.show_frame(later(frame, ms=5_350))
    assert not panel.map._dimmed
    panel.set_dimmed(True)
    panel.show_frame(later(frame, ms=5_400))
    assert panel.map._dimmed


def test_a_panel_that_nobody_sees_asks_nothing_but_follows_the_path(qtbot, theme, desk):
    panel = StressPanel(theme)
    panel.connect_to(desk)
    qtbot.addWidget(panel)
    panel.show_frame(normal_desk())
    assert desk.asked == []
    assert len(panel._path.moves()) == 2


def test_arrows_walk_over_the_cells_and_home_is_now(qtbot, panel):
    map_ = panel.map
    assert map_.chosen() == (8, 8)
    map_.setFocus()
    qtbot.keyClick(map_, Qt.Key.Key_Left)
    qtbot.keyClick(map_, Qt.Key.Key_Down)
    assert map_.accessibleName().startswith("BTC −5%   ETH −5%: NORMAL, BTC mark 95")
    for _ in range(20):
        qtbot.keyClick(map_, Qt.Key.Key_Up)
    assert map_.cell.title == "BTC −5%   ETH +20%"
    qtbot.keyClick(map_, Qt.Key.Key_Home)
    assert map_.cell.title == "BTC 0%   ETH 0%"


@pytest.mark.parametrize("size", [(804, 612), (596, 408)])
def test_the_cell_under_the_pointer_is_explained(qtbot, theme, desk, size):
    panel = shown(qtbot, StressPanel(theme), desk, size)
    panel.show_frame(normal_desk())
    map_ = panel.map
    box = map_._map_box()
    qtbot.mouseMove(map_, QPoint(int(box.left()) + 3, int(box.bottom()) - 3))
    narrow = size[0] < 700
    assert map_.cell.title == ("BTC −35%   ETH −35%" if narrow else "BTC −40%   ETH −40%")
    assert not map_.grab().isNull()
    qtbot.mouseMove(map_, QPoint(3, 3))
    assert map_.cell.title.startswith("BTC −")


def test_another_account_is_asked_at_once_and_an_answer_about_the_last_one_is_passed_over(
    panel, desk
):
    desk.holds = True
    panel.show_frame(later(normal_desk(accounts=[account(), loan_account()]), ms=1_000))
    panel.choose("loan-1")
    assert panel.map.view is None
    panel.show_frame(later(normal_desk(accounts=[account(), loan_account()]), ms=16))
    desk.let()
    assert panel.map.view is None
    panel.show_frame(later(normal_desk(accounts=[account(), loan_account()]), ms=32))
    assert desk.asked[-1].of == "loan-1"
    desk.let()
    assert panel._answer.account == "loan-1"


def test_a_denial_is_a_sentence_and_tabs_show_their_tables(qtbot, theme, panel, desk):
    qtbot.mouseClick(panel.tabs.tabs[1], Qt.MouseButton.LeftButton)
    assert panel.basis.isVisible()
    assert len(panel.basis.grid.rows) == 2
    qtbot.mouseClick(panel.tabs.tabs[2], Qt.MouseButton.LeftButton)
    assert panel.depeg.isVisible()
    why = Denial(code="NO_MARGIN", rule="x", message="Nothing is margined in spot-1")
    desk.answer = lambda asked: Denied(command=1, about="ask", id="", denials=[why])
    panel.show_frame(later(normal_desk(), ms=2_000))
    assert "Nothing is margined in spot-1" in panel.words.accessibleName()
    assert panel.basis.grid.rows == ()
    desk.answer = lambda asked: {"cells": 1}
    panel.show_frame(later(normal_desk(), ms=4_000))
    assert panel.words.accessibleName().startswith("The desk's answer cannot be read")
    panel.set_dimmed(True)
    assert panel.basis.dimmed


def test_its_dock_has_tabs_account_and_when_it_was_computed(qtbot, theme, desk):
    panel = StressPanel(theme)
    panel.connect_to(desk)
    dock = Dock(theme, "stress", "Stress", panel)
    panel.put_in(dock)
    qtbot.addWidget(dock)
    dock.resize(804, 640)
    dock.show()
    qtbot.waitExposed(dock)
    panel.show_frame(normal_desk())
    panel.show_frame(later(normal_desk(), ms=400))
    assert dock.bar.note == "computed 0.4 s ago · 169 cells"
    assert panel.account.currentText() == "perp-1"


# ---- the rehearsal -------------------------------------------------------------------------------


@pytest.fixture
def rehearsing(qtbot, theme):
    desk = Desk(rehearsal)
    panel = shown(qtbot, RehearsalPanel(theme), desk, (804, 324))
    panel.show_frame(normal_desk(orders=[]))
    return panel, desk


def test_a_shock_is_typed_and_rehearsed(qtbot, rehearsing):
    panel, desk = rehearsing
    assert desk.asked[0].shocks == {"BTC": D("-0.2"), "ETH": D("-0.25")}
    assert panel.steps.grid.rows[0].cells[1].text == "SELL BTCUSDT-PERP"
    assert panel.summary.accessibleName() == "margin ratio at shock 216.8% → after plan 70.0%"
    field = panel.fields["BTC"]
    field.clear()
    assert field.wrong
    assert panel.steps.grid.rows == ()
    assert panel.problem.accessibleName().startswith("A move is a percentage")
    qtbot.keyClicks(field, "-33")
    assert desk.asked[-1].shocks["BTC"] == D("-0.33")
    assert not field.wrong
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert field.text() == "−32.0%"
    assert desk.asked[-1].shocks["BTC"] == D("-0.32")
    assert not panel.grab().isNull()


def test_an_answer_about_an_older_shock_is_passed_over(qtbot, rehearsing):
    panel, desk = rehearsing
    desk.holds = True
    panel.fields["BTC"].setText("-21")
    panel.fields["ETH"].setText("-50")
    assert desk.asked[-1].shocks["ETH"] == D("-0.25")
    desk.let()
    assert panel.steps.grid.rows == ()
    panel.look_again()
    assert desk.asked[-1].shocks["ETH"] == D("-0.5")
    desk.let()
    assert panel.steps.grid.rows != ()


def test_steps_of_another_shock_never_stand_under_the_one_that_is_written(qtbot, rehearsing):
    panel, desk = rehearsing
    assert panel.steps.grid.rows != ()
    desk.holds = True
    panel.fields["BTC"].setText("−20")  # the same, written otherwise
    assert panel.steps.grid.rows != ()
    panel.fields["BTC"].setText("-60")
    assert panel.steps.grid.rows == ()
    assert panel.summary.accessibleName() == ""
    assert panel.problem.accessibleName() == "Waiting for the desk."


# ---- how a figure came about ---------------------------------------------------------------------


def test_a_popover_points_at_its_figure_and_stays_when_it_is_pinned(qtbot, theme):
    told = {"explain": {"a.b": {"formula": "x / y", "filled": "1 / 2", "inputs": {"x": "1"}}}}
    said = figure_explained("a.b", ("B", "0.5"), told, (WALL_MS, "4f1c9ae2", 7))
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(800, 600)
    parent.show()
    popover = FigurePopover(theme, said, parent)
    popover.show_at(QPoint(300, 200))
    assert popover._outline().containsPoint(QPoint(28, 2), Qt.FillRule.OddEvenFill)
    assert popover.width() == 456
    qtbot.mouseClick(popover.pin, Qt.MouseButton.LeftButton)
    assert popover.windowType() is Qt.WindowType.Tool
    assert popover.isVisible()
    assert not popover._outline().containsPoint(QPoint(28, 2), Qt.FillRule.OddEvenFill)
    qtbot.keyClick(popover, Qt.Key.Key_Escape)
    assert not popover.isVisible()


def test_a_path_that_leaps_in_a_minute_crosses_every_cell_between(panel):
    view = panel.map.view
    places = Places(view, QRectF(0, 0, 1300, 1300))
    row, column = places.now()
    crossed = places.crossed(((view.moves[-1], 0.0), (0.0, 0.0)))
    assert {(row, place) for place in range(column, len(view.moves) - 1)} <= crossed

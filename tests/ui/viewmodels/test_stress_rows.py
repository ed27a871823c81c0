"""The stress of an account in words: figures of the worked story's picture 3, made by the desk."""

import math
from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import Trader
from helpers.frames import BTC, ETH, WALL_MS, account, eth_market, frame, loan_account, market
from helpers.portfolios import SHIPPED
from helpers.story import FOLDER

from desk.margin.account import account_figures
from desk.model.commands import Ask
from desk.risk.rehearse import rehearse_report
from desk.risk.situation import read_situation
from desk.risk.stress_map import stress_map
from desk.risk.stress_subject import perpetual_subject
from ui.viewmodels.funding_forecast import funding_forecast
from ui.viewmodels.rehearsal import read_move, rehearsal_view
from ui.viewmodels.stress import computed_words, heat_view, move_words, read_stress, whole_percent
from ui.viewmodels.stress_cell import cell_view
from ui.viewmodels.stress_path import StressPath
from ui.viewmodels.stress_tables import basis_rows, depeg_rows
from ui.viewmodels.tone import Tone


@pytest.fixture(scope="module")
def situation():
    return read_situation((FOLDER / "at_1341.json").read_bytes(), "story", SHIPPED)


@pytest.fixture(scope="module")
def data(situation):
    given = situation.accounts["perp-1"]
    found = stress_map(perpetual_subject(given, account_figures(given).order_margin))
    marks = {
        "BTC": {"instrument": BTC, "mark": "59640.2"},
        "ETH": {"instrument": ETH, "mark": "2521.06"},
    }
    return {
        "account": "perp-1", "kind": "perpetual", "as_of_ms": WALL_MS - 400, "marks": marks,
        "sigma_day": {"BTC": 0.03, "ETH": 0.05}, "correlation": 0.86, **found, "notes": [],
    }  # fmt: skip


@pytest.fixture(scope="module")
def answer(data):
    return read_stress(msgspec.msgpack.decode(msgspec.msgpack.encode(data)))


def story_frame(**changes):
    called = account(common_move_down=D("-0.21777"), order_margin=D(0))
    return frame(**{"accounts": [called, loan_account()]} | changes)


def shown(answer, **options):
    return heat_view(answer, story_frame(), (), **{"compact": False} | options)


# ---- the map -------------------------------------------------------------------------------------


def test_cells_read_as_in_the_picture(answer):
    view = shown(answer)
    assert [len(row) for row in view.rows] == [13] * 13
    top, bottom = view.rows[0], view.rows[-1]
    assert [cell.text for cell in top] == [
        "249%", "175%", "137%", "114%", "98%", "87%", "78%", "72%", "67%", "62%", "59%", "56%",
        "53%",
    ]  # fmt: skip
    assert [cell.kind for cell in top] == ["call"] * 4 + ["warn"] * 2 + ["calm"] * 7
    assert [cell.kind for cell in bottom] == ["out"] * 7 + ["call"] * 5 + ["warn"]
    assert [cell.text for cell in bottom[7:]] == ["477%", "253%", "176%", "137%", "114%", "98%"]
    assert {cell.text for cell in bottom[:7]} == {""}
    assert view.x_title == "BTC move from 59,640.2"
    assert view.y_title == "ETH move from 2,521.06"
    assert view.span == "both −40% … +20%, step 5%"
    assert ("common", "common move −21.7%") in view.legend
    assert view.common == (-0.21777, -0.21777)


def test_an_isolated_account_shows_its_ratio_to_a_tenth(answer):
    view = shown(msgspec.structs.replace(answer, by_ratio=True))
    # 41,875.96 / 1,542,887.30 is 2.714 %.
    assert view.rows[4][8].text == "2.7%"
    assert view.title == "Cells: margin ratio after the move"
    assert not any(sign == "call" for sign, _ in view.legend)
    assert ("warn", "50 – 80% warning") in view.legend


def test_a_narrow_map_leaves_out_the_outermost_moves(answer):
    view = shown(answer, compact=True)
    assert [len(row) for row in view.rows] == [11] * 11
    assert (view.labels[0], view.labels[-1], view.first) == ("−35%", "+15%", 1)
    assert view.rows[0][0].text == "218%"


def test_ellipse_is_one_sigma_of_a_day_and_absent_without_history(answer):
    points = shown(answer).ellipse
    assert max(btc for btc, _ in points) == pytest.approx(0.03)
    assert max(eth for _, eth in points) == pytest.approx(0.05, rel=1e-3)
    right = max(points)
    assert right[1] == pytest.approx(0.05 * 0.86)
    young = msgspec.structs.replace(answer, correlation=None)
    assert shown(young).ellipse == ()
    assert not any(sign == "ellipse" for sign, _ in shown(young).legend)


def test_the_cell_under_the_pointer_has_every_row_of_the_picture(answer):
    axis = answer.axis
    cell = cell_view(answer, story_frame(), axis.index(-0.15), axis.index(-0.2))
    assert cell.title == "BTC −15%   ETH −20%"
    assert [(row.label, row.value) for row in cell.rows] == [
        ("BTC mark", "50,694.2"),
        ("ETH mark", "2,016.85"),
        ("Equity change", "−1,185,889"),
        ("Collateral value", "361,194"),
        ("Initial margin", "1,072,423"),
        ("Utilization", "296.9%"),
        ("Margin ratio", "9.06%"),
    ]
    assert (cell.level, cell.level_word) == ("MARGIN_CALL", "MARGIN CALL")
    assert cell.rows[5].tone is Tone.DANGER
    assert "Utilization 296.9%" in cell.spoken()


def test_a_closed_out_cell_says_so_and_orders_are_named_where_they_hold_margin(answer):
    cell = cell_view(answer, story_frame(accounts=[account()]), 0, 0)
    assert [row.value for row in cell.rows[5:]] == ["> 999%", "> 999%"]
    assert cell.level == "CLOSE_OUT"
    assert cell.rows[4].label == "Initial + orders"
    alone = msgspec.structs.replace(answer, by_ratio=True)
    cell = cell_view(alone, story_frame(accounts=[account()]), 0, 0)
    assert cell.rows[4].label == "Initial margin", "orders hold nothing of an isolated wallet"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.7996, "79%"), (0.8, "80%"), (0.9951, "99%"), (2.969, "297%"), (10.5, ">999%"),
     (None, "—"), (math.nan, "—"), (math.inf, "—"), (0.004, "0%")],
)  # fmt: skip
def test_whole_percents_never_show_a_threshold_that_is_not_reached(value, words):
    assert whole_percent(value) == words


def test_moves_are_signed_but_nothing_is_plain():
    assert [move_words(m) for m in (-0.15, 0.0, 0.05)] == ["−15%", "0%", "+5%"]


def test_age_of_the_answer_is_said(answer):
    assert computed_words(answer, WALL_MS) == "computed 0.4 s ago · 169 cells"


def test_answers_that_are_not_whole_are_none(data):
    assert read_stress({}) is None
    short = data["cells"] | {"level": data["cells"]["level"][:-1]}
    assert read_stress(data | {"cells": short}) is None
    assert read_stress(data | {"marks": {}}) is None


def test_an_unheard_of_level_is_never_calm(answer):
    odd = msgspec.structs.replace(answer.cells, level=["ODD"] * 169)
    view = shown(msgspec.structs.replace(answer, cells=odd))
    assert {cell.kind for row in view.rows for cell in row} == {"unknown"}


def test_tables_say_what_a_basis_and_a_depeg_would_do(answer):
    head, *rows = basis_rows(answer)
    assert head.heading.startswith("Perpetuals move against their index")
    assert [row.cells[0].text for row in rows[:2]] == ["−10%", "−5%"]
    # 64 × 59,640.2 + 1,050 × 2,521.06, a tenth of it
    assert rows[0].cells[1].text == "−646,409"
    assert rows[0].cells[-1].text == "◆ MARGIN CALL"
    assert [row.heading.split()[0] for row in depeg_rows(answer) if row.heading] == ["USDT"]


def test_what_the_engine_answers_is_read_whole():
    trader = Trader()
    trader.market()
    trader.deposit()
    trader.buy("5")
    trader.run(200)

    def told(**asked):
        data = trader.give(Ask(**asked))[-1].data
        return msgspec.msgpack.decode(msgspec.msgpack.encode(data))

    for name in ("perp-1", "loan-1"):
        found = read_stress(told(about="stress", of=name))
        assert found is not None
        assert heat_view(found, story_frame(), (), compact=False).title.startswith("Cells: ")
        assert cell_view(found, story_frame(), 6, 6).rows
        assert basis_rows(found)
    assert told(about="stress", of="perp-1")["cells"]["level"].count("CLOSE_OUT") > 0
    shocks = {"BTC": D("-0.333"), "ETH": D("-0.25")}
    rehearsed = rehearsal_view(told(about="rehearse", shocks=shocks), "perp-1", story_frame(), 0)
    assert rehearsed.rows
    assert rehearsed.target == "target 70.0%"
    forecast = funding_forecast(told(about="carry", of="perp-1"), "perp-1", trader.wall_ms)
    # 5 BTC at 60,000 pay 0.01 % three times a day.
    assert forecast.amounts[1][:2] == ("next 3", "−90 USDT")


# ---- today's path --------------------------------------------------------------------------------


def moved(btc="61010.5", eth="2602.18", ms=0, **changes):
    return frame(
        wall_ms=WALL_MS + ms,
        markets=[market(mark=D(btc), **changes), eth_market(mark=D(eth))],
    )


def test_path_is_kept_by_the_minute_and_ends_now():
    path = StressPath()
    path.take(moved("60000", "2500"))
    path.take(moved("61000", "2500", ms=1_000))
    path.take(moved("62000", "2600", ms=60_000))
    path.take(moved("60000", "2600", ms=61_000))
    points = path.moves()
    assert points[0] == (0.0, pytest.approx(2500 / 2600 - 1))
    assert points[1] == (pytest.approx(62000 / 60000 - 1), 0.0)
    assert points[-1] == (0.0, 0.0)


def test_a_new_day_in_hong_kong_begins_a_new_path_and_old_marks_are_none():
    path = StressPath()
    path.take(moved())
    path.take(moved("1", ms=60_000, quality="STALE"))
    assert len(path.moves()) == 2
    path.take(moved(ms=14 * 3_600_000))
    assert len(path.moves()) == 2
    assert StressPath().moves() == ()


def test_path_is_bounded_by_the_minutes_of_a_day():
    path, midnight = StressPath(), WALL_MS - WALL_MS % 86_400_000 + 16 * 3_600_000
    for minute in range(1_500):
        path.take(moved(ms=midnight - WALL_MS + minute * 60_000))
        assert len(path.moves()) <= 1_441


# ---- the rehearsal -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rehearsed(situation):
    shocks = {"BTC": D("-0.20"), "ETH": D("-0.25")}
    return rehearse_report(situation, shocks)


def test_rehearsal_tells_ratio_steps_costs_and_what_is_left(rehearsed):
    view = rehearsal_view(rehearsed, "perp-1", story_frame(orders=[]), WALL_MS)
    assert (view.at_shock.text, view.at_shock.tone) == ("216.8%", Tone.DANGER)
    assert (view.after.text, view.target) == ("70.0%", "target 70.0%")
    first, second = (tuple(cell.text for cell in row.cells) for row in view.rows[:2])
    assert first[:3] == ("1", "SELL BTCUSDT-PERP", "16.000")
    assert first[6:] == ("48.000", "186.7%")
    # a fee of 5 bp and 2 bp of slippage on 16 × 47,712.16, twice
    assert (first[5], second[5]) == ("534", "1,069")
    assert view.prices == "Expected prices from the book of 10:24:31, shifted by the shock"
    assert view.preference == "first reduced: by most margin relief per cost"
    assert view.left.endswith(" USDT")


def test_working_orders_are_cancelled_first(rehearsed):
    from helpers.frames import order

    orders = [order(), order("t-2"), order("t-3", status="CANCELLED"), order("t-4", account="x")]
    view = rehearsal_view(rehearsed, "perp-1", story_frame(orders=orders), WALL_MS)
    assert view.rows[0].cells[1].text == "Cancel 2 working orders"
    assert view.rows[0].cells[-1].text == "216.8%"
    assert view.rows[1].cells[0].text == "2"


def test_without_steps_it_says_why(rehearsed):
    calm = rehearsal_view(rehearsed, "perp-2", story_frame(), WALL_MS)
    assert (calm.rows, calm.sentence) == ((), "This account is not closed out at these prices.")
    dark = rehearsal_view(rehearsed, "perp-9", story_frame(), WALL_MS)
    assert dark.sentence.startswith("Nothing can be rehearsed")
    assert rehearsal_view({}, "perp-1", story_frame(), WALL_MS) is None


@pytest.mark.parametrize(
    ("text", "move"),
    [("−20.0%", "-0.2"), ("-20", "-0.2"), ("+5 %", "0.05"), ("5", "0.05"), ("0", "0"),
     ("-100", None), ("1001", None), ("", None), ("nan", None), ("1e3", None), ("−", None),
     ("2,0", None), ("1,000", "10")],
)  # fmt: skip
def test_moves_are_read_as_a_person_writes_them(text, move):
    assert read_move(text) == (None if move is None else D(move))

"""The map of one account: the worked story's figures, and frontiers that lie on the threshold."""

import math
from decimal import Decimal as D
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from helpers.portfolios import SHIPPED
from helpers.story import FOLDER

from desk.margin.account import account_figures
from desk.risk.contour import contour
from desk.risk.loan_row import loan_input
from desk.risk.shock import Shock, shocked_account
from desk.risk.situation import read_situation
from desk.risk.stress_map import stress_map
from desk.risk.stress_subject import loan_subject, perpetual_subject


def at(time):
    return read_situation((FOLDER / f"at_{time}.json").read_bytes(), "story", SHIPPED)


def perpetual(time, name):
    account = at(time).accounts[name]
    return account, stress_map(perpetual_subject(account, account_figures(account).order_margin))


def cell(found, btc, eth):
    axis = found["axis"]
    place = axis.index(btc) * len(axis) + axis.index(eth)
    return {name: values[place] for name, values in found["cells"].items()}


@pytest.fixture(scope="module")
def story():
    return perpetual("1341", "perp-1")


def test_the_cell_under_the_pointer_of_picture_3(story):
    found = cell(story[1], -0.15, -0.20)
    assert round(found["equity_change"]) == -1_185_889
    assert round(found["value"]) == 361_194
    assert round(found["required"]) == 1_072_423
    assert round(found["utilization"], 3) == 2.969
    assert round(found["margin_ratio"], 4) == 0.0906
    assert found["level"] == "MARGIN_CALL"


@pytest.mark.parametrize(
    ("btc", "eth", "percent"),
    [(0.2, 0.2, 53), (0.0, 0.0, 84), (-0.35, 0.05, 462), (0.2, -0.4, 98), (-0.15, -0.1, 176)],
)
def test_cells_of_picture_3(story, btc, eth, percent):
    assert round(100 * cell(story[1], btc, eth)["utilization"]) == percent


def test_the_middle_is_the_account_as_it_stands_and_orders_stay():
    account, found = perpetual("1024", "perp-1")
    figures = account_figures(account)
    assert figures.order_margin == D("79776.00")
    now = {name: values[0] for name, values in found["now"].items()}
    assert now == cell(found, 0.0, 0.0)
    assert now["utilization"] == pytest.approx(float(figures.margin_utilization), rel=1e-12)
    assert now["utilization"] == pytest.approx(0.6387, abs=5e-5)
    assert now["equity_change"] == 0


def test_frontiers_lie_on_their_thresholds(story):
    account, found = story
    known = {p.instrument.id: p.instrument for p in account.positions}
    (out,), (call,) = found["close_out_line"], found["call_line"]
    for line, ratio in (
        (out, lambda f: f.maintenance_margin / f.collateral_value),
        (call, lambda f: f.initial_margin / f.collateral_value),
    ):
        for btc, eth in line[:: len(line) // 6]:
            moves = {"BTC": D(repr(btc)), "ETH": D(repr(eth))}
            after = account_figures(shocked_account(account, Shock(moves=moves), known))
            assert abs(float(ratio(after)) - 1) < 2e-3
    # The common move of the page, -21.777 %, is where the diagonal meets the frontier.
    (one, other) = next(
        (a, b) for a, b in pairwise(out) if (a[0] - a[1] <= 0) != (b[0] - b[1] <= 0)
    )
    assert min(one[0], other[0]) - 0.03 < -0.21777 < max(one[0], other[0]) + 0.03


def test_closed_out_has_nothing_to_divide_by(story):
    found = cell(story[1], -0.4, -0.4)
    assert (found["level"], found["utilization"], found["margin_ratio"]) == (
        "CLOSE_OUT",
        None,
        None,
    )
    assert found["value"] < 0


def test_an_isolated_account_goes_by_its_positions_ratio():
    account, found = perpetual("1024", "perp-2")
    assert found["by_ratio"] is True
    assert found["call_line"] == []
    # 2.395 % is the page's ratio at 10:24, 73,075.90 its liquidation price.
    assert found["now"]["margin_ratio"][0] == pytest.approx(0.02395, abs=5e-6)
    (line,) = found["close_out_line"]
    mark = float(account.positions[0].mark)
    assert {round(mark * (1 + btc) / 10) for btc, _ in line} == {7308}
    up = next(row for row in zip(*found["basis"].values(), strict=True) if row[0] == 0.1)
    assert found["basis"]["equity_change"][-1] == pytest.approx(-0.1 * mark * 8)
    assert up[-1] == found["basis"]["level"][-1]


def test_of_several_isolated_positions_the_figures_are_those_of_the_worst_ratio():
    account, _ = perpetual("1024", "perp-2")
    changed = msgspec.structs.replace
    (short,) = account.positions
    other = changed(short.instrument, id="OTHER")
    long = changed(short, instrument=other, quantity=-short.quantity)

    def cells(*positions):
        return stress_map(perpetual_subject(changed(account, positions=positions), D(0)))["cells"]

    alone = [cells(short), cells(long)]
    shown = ("margin_ratio", "value", "required", "utilization")
    for both in (cells(short, long), cells(long, short)):
        for place in range(len(both["value"])):
            worst = max(alone, key=lambda one: one["margin_ratio"][place] or math.inf)
            assert [both[name][place] for name in shown] == [worst[name][place] for name in shown]
        assert both["value"][0] == alone[1]["value"][0] != alone[0]["value"][0]
        assert both["value"][-1] == alone[0]["value"][-1] != alone[1]["value"][-1]


def test_a_loan_is_mapped_by_what_is_owed_over_what_counts():
    situation = at("1341")
    loan = next(one for one in situation.portfolio.accounts if one.id == "loan-1")
    subject = loan_subject(
        loan_input(loan, situation.portfolio, situation.profile), situation.portfolio.currency
    )
    found = stress_map(subject)
    now = cell(found, 0.0, 0.0)
    assert now["utilization"] == pytest.approx(1.01119, abs=5e-6)
    assert (now["level"], now["margin_ratio"]) == ("MARGIN_CALL", None)
    # 38.81 % is the page's fall of all virtual assets to close-out.
    assert cell(found, -0.35, -0.35)["level"] == "MARGIN_CALL"
    assert cell(found, -0.4, -0.4)["level"] == "CLOSE_OUT"
    assert len(found["close_out_line"]) == 1


def test_what_is_unknown_has_no_figure_no_line_and_no_calm_level():
    account = at("1341").accounts["perp-1"]
    prices = {name: price for name, price in account.prices.items() if name != "BTC"}
    unpriced = msgspec.structs.replace(account, prices=prices)
    found = stress_map(perpetual_subject(unpriced, D(0)))
    assert set(found["cells"]["level"]) == {"UNKNOWN"}
    assert set(found["cells"]["utilization"]) == {None}
    assert (found["call_line"], found["close_out_line"]) == ([], [])


def test_a_depeg_has_a_row_for_every_fall_of_every_stablecoin_it_hangs_on(story):
    depeg = story[1]["depeg"]
    assert set(depeg["asset"]) == {"USDT"}
    assert depeg["shock"] == [-0.01, -0.02, -0.05, -0.1, -0.2]
    assert {len(values) for values in depeg.values()} == {5}


# ---- lines ---------------------------------------------------------------------------------------


def test_a_straight_border_is_found_exactly_and_in_one_piece():
    axis = [-1.0, -0.5, 0.0, 0.5, 1.0]
    x, y = np.meshgrid(axis, axis, indexing="ij")
    (line,) = contour(2 * x + y - 0.3, axis)
    assert all(abs(2 * a + b - 0.3) < 1e-12 for a, b in line)
    assert sorted(b for _, b in line) in ([b for _, b in line], [b for _, b in line[::-1]])
    assert {abs(line[0][1]), abs(line[-1][1])} == {1.0}


def test_a_ring_closes_and_a_saddle_is_two_lines():
    axis = [float(v) for v in np.linspace(-1, 1, 21)]
    x, y = np.meshgrid(axis, axis, indexing="ij")
    (ring,) = contour(0.5 - x * x - y * y, axis)
    assert ring[0] == ring[-1]
    assert all(math.hypot(a, b) == pytest.approx(math.sqrt(0.5), abs=0.01) for a, b in ring)
    assert len(contour(x * y - 0.0012, axis)) == 2
    assert len(contour(np.array([[1.0, -1.0], [-1.0, 1.0]]), [0.0, 1.0])) == 2
    assert len(contour(np.array([[1.0, -1.5], [-1.0, 1.0]]), [0.0, 1.0])) == 2


def test_beside_the_unknown_there_is_no_line():
    values = np.array([[1.0, -1.0, -1.0], [1.0, -1.0, math.nan], [1.0, -1.0, -1.0]])
    (line,) = contour(values, [0.0, 1.0, 2.0])
    assert line == [(0.0, 0.5), (1.0, 0.5), (2.0, 0.5)]
    assert contour(np.full((3, 3), math.nan), [0.0, 1.0, 2.0]) == []

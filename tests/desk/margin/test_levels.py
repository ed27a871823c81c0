"""From figures to a level."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.margin_cases import BTC, figures, isolated, order, position

from desk.margin.levels import pool_level, ratio_level, worst
from desk.margin.rounding import ratio_up


@pytest.mark.parametrize(
    ("initial", "maintenance", "level"),
    [
        ("79.99", "0", "NORMAL"),
        ("80", "0", "WARNING"),
        ("0", "49.99", "NORMAL"),
        ("0", "50", "WARNING"),
        ("99.99", "0", "WARNING"),
        ("100", "0", "MARGIN_CALL"),
        ("0", "80", "MARGIN_CALL"),
        ("500", "99.99", "MARGIN_CALL"),
        ("0", "100", "CLOSE_OUT"),
    ],
)
def test_pool_thresholds(initial, maintenance, level):
    assert pool_level(D(initial), D(maintenance), D(100)) == level


@pytest.mark.parametrize(
    ("maintenance", "level"),
    [("49", "NORMAL"), ("50", "WARNING"), ("80", "MARGIN_CALL"), ("100", "CLOSE_OUT")],
)
def test_isolated_thresholds(maintenance, level):
    assert ratio_level(D(maintenance), D(100)) == level


@pytest.mark.parametrize("collateral", ["0", "-1"])
def test_without_collateral_it_is_close_out_if_anything_must_be_maintained(collateral):
    assert pool_level(D(1), D(1), D(collateral)) == "CLOSE_OUT"
    assert pool_level(D(0), D(0), D(collateral)) == "NORMAL"
    assert figures(balances={"USDT": collateral}).margin_ratio is None


@pytest.mark.parametrize(
    ("initial", "maintenance", "collateral", "level"),
    [
        (None, None, None, "UNKNOWN"), ("1", None, "100", "UNKNOWN"), ("1", "1", None, "UNKNOWN"),
        ("1", None, "-1", "UNKNOWN"), (None, "79", "100", "UNKNOWN"), (None, "0", "100", "UNKNOWN"),
        (None, "80", "100", "MARGIN_CALL"), (None, "100", "100", "CLOSE_OUT"),
        (None, "1", "0", "CLOSE_OUT"), (None, "0", "0", "NORMAL"), ("1", "0", "-1", "NORMAL"),
        ("0.1", "0.01", "0.9", "NORMAL"), ("0.9", "0.01", "0.9", "MARGIN_CALL"),
        ("0", "0.01", "0", "CLOSE_OUT"),
    ],
)  # fmt: skip
def test_the_level_of_a_pool_by_what_is_known_of_it(initial, maintenance, collateral, level):
    given = [None if one is None else D(one) for one in (initial, maintenance, collateral)]
    assert pool_level(*given) == level


@pytest.mark.parametrize(
    ("maintenance", "collateral", "level"),
    [
        (None, None, "UNKNOWN"), (None, "1", "UNKNOWN"), ("1", None, "UNKNOWN"),
        ("0.01", "0.9", "NORMAL"), ("0.5", "0", "CLOSE_OUT"), ("0", "0", "NORMAL"),
        ("0", "-1", "NORMAL"), ("0.5", "-1", "CLOSE_OUT"),
    ],
)  # fmt: skip
def test_the_level_of_an_isolated_position_by_what_is_known(maintenance, collateral, level):
    given = [None if one is None else D(one) for one in (maintenance, collateral)]
    assert ratio_level(*given) == level


def test_the_account_is_as_bad_as_its_worst_part():
    calm = position(BTC, "0.1", "60000")
    other = msgspec.structs.replace(BTC, id="BTCUSDT-2.BINANCE")
    gone = isolated(other, 1, "60000", "54000", leverage=10)
    alone = figures(calm, balances={"USDT": "100000"})
    beside = figures(calm, gone, balances={"USDT": "100000"})
    assert alone.level == "NORMAL"
    assert beside.level == "CLOSE_OUT"
    assert [one.level for one in beside.positions] == ["NORMAL", "CLOSE_OUT"]


def test_unknown_is_worse_than_a_call_and_better_than_close_out():
    assert worst(["NORMAL", "UNKNOWN", "MARGIN_CALL"]) == "UNKNOWN"
    assert worst(["UNKNOWN", "CLOSE_OUT"]) == "CLOSE_OUT"
    assert worst([]) == "NORMAL"


def test_orders_do_not_count():
    found = figures(
        position(BTC, "0.1", "60000"),
        orders=[order(BTC, "BUY", "100", "59000")],
        balances={"USDT": "10000"},
    )
    assert found.margin_utilization > 1
    assert found.level == "NORMAL"


@pytest.mark.parametrize(("requirement", "collateral"), [("0", "87774.05910935"), ("0.00", "1")])
def test_a_ratio_of_nothing_is_written_as_0_without_an_exponent(requirement, collateral):
    assert str(ratio_up(D(requirement), D(collateral))) == "0"
    assert ratio_up(D(requirement), D(0)) is None

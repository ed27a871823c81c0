"""Margin levels with memory: entered at once, left after ten seconds of being 0.05 better."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.margin_cases import BTC, account, flat_terms, isolated, position

from desk.margin.account import account_figures
from desk.risk.monitor import LevelMemory, memory_of, next_level

S = 1_000_000_000
NOW = 5_000 * S


def pool(ratio, initial="0.1"):
    """A pool of 1,000 with a margin ratio, and initial margin as a share of it."""
    held = position(
        BTC, "1", "60000", terms=flat_terms(str(D(ratio) / 60)), leverage=str(60 / D(initial))
    )
    figures = account_figures(account(held, balances={"USDT": "1000"}))
    return msgspec.structs.replace(
        figures, initial_margin=D(initial) * 1000, maintenance_margin=D(ratio) * 1000
    )


def alone(ratio):
    """An isolated position at a margin ratio, beside an idle pool."""
    held = isolated(BTC, "1", "60000", terms=flat_terms("0.01"), isolated_margin="1000")
    figures = account_figures(account(held, balances={"USDT": "1000"}))
    (one,) = figures.isolated
    changed = one._replace(margin_ratio=None if ratio is None else D(ratio))
    return msgspec.structs.replace(figures, isolated=(changed,))


def level(figures, before="NORMAL", since=None):
    return next_level(LevelMemory(before, since), figures, NOW)


@pytest.mark.parametrize(
    ("ratio", "initial", "expected"),
    [
        ("0.4999", "0.7999", "NORMAL"),
        ("0.50", "0.1", "WARNING"),
        ("0.1", "0.80", "WARNING"),
        ("0.7999", "0.9999", "WARNING"),
        ("0.80", "0.1", "MARGIN_CALL"),
        ("0.1", "1.00", "MARGIN_CALL"),
        ("0.9999", "5", "MARGIN_CALL"),
        ("1.00", "0.1", "CLOSE_OUT"),
    ],
)
def test_a_level_is_entered_at_once(ratio, initial, expected):
    assert level(pool(ratio, initial)) == LevelMemory(expected)


@pytest.mark.parametrize(
    ("before", "ratio", "initial", "left"),
    [
        ("WARNING", "0.4501", "0.1", None),
        ("WARNING", "0.4499", "0.1", "NORMAL"),
        ("WARNING", "0.1", "0.7501", None),
        ("WARNING", "0.1", "0.7499", "NORMAL"),
        ("MARGIN_CALL", "0.7501", "0.1", None),
        ("MARGIN_CALL", "0.7499", "0.1", "WARNING"),
        ("MARGIN_CALL", "0.1", "0.9501", None),
        ("MARGIN_CALL", "0.1", "0.9499", "WARNING"),
        ("MARGIN_CALL", "0.2", "0.2", "NORMAL"),
        ("CLOSE_OUT", "0.9501", "0.1", None),
        ("CLOSE_OUT", "0.9499", "0.1", "MARGIN_CALL"),
    ],
)
def test_a_level_is_left_when_its_figure_has_been_005_below_for_ten_seconds(
    before, ratio, initial, left
):
    figures = pool(ratio, initial)
    if left is None:
        assert level(figures, before, NOW - 100 * S) == LevelMemory(before)
        return
    assert level(figures, before) == LevelMemory(before, NOW)
    assert level(figures, before, NOW - 10 * S + 1) == LevelMemory(before, NOW - 10 * S + 1)
    assert level(figures, before, NOW - 10 * S) == LevelMemory(left)


def test_a_moment_that_is_not_better_begins_the_ten_seconds_anew():
    held = level(pool("0.4499"), "WARNING")
    assert held.better_since_ns == NOW
    assert level(pool("0.46"), "WARNING", NOW - 9 * S) == LevelMemory("WARNING")


def test_unknown_figures_neither_raise_a_level_nor_end_one():
    unknown = msgspec.structs.replace(pool("2"), known=False)
    assert level(unknown) == LevelMemory("NORMAL")
    assert level(unknown, "MARGIN_CALL", NOW - 100 * S) == LevelMemory("MARGIN_CALL")


def test_a_pool_without_collateral_is_closed_out_if_it_must_maintain_anything():
    broke = msgspec.structs.replace(pool("0.1"), collateral_value=D(0))
    assert level(broke) == LevelMemory("CLOSE_OUT")
    flat = account_figures(account(balances={"USDT": "0"}))
    assert level(flat, "CLOSE_OUT", NOW - 10 * S) == LevelMemory("NORMAL")


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        ("0.4999", "NORMAL"),
        ("0.50", "WARNING"),
        ("0.80", "MARGIN_CALL"),
        ("1.00", "CLOSE_OUT"),
    ],
)
def test_an_isolated_position_counts_by_its_own_ratio(ratio, expected):
    assert level(alone(ratio)) == LevelMemory(expected)


def test_an_isolated_position_leaves_its_level_as_a_pool_does():
    assert level(alone("0.4501"), "WARNING", NOW - 100 * S) == LevelMemory("WARNING")
    assert level(alone("0.4499"), "WARNING", NOW - 10 * S) == LevelMemory("NORMAL")


def test_an_isolated_position_without_a_ratio_has_the_level_it_has():
    figures = alone(None)
    worse = tuple(one._replace(level="CLOSE_OUT") for one in figures.isolated)
    assert level(msgspec.structs.replace(figures, isolated=worse)) == LevelMemory("CLOSE_OUT")


def test_what_is_remembered_holds_for_as_long_as_the_level_is_held():
    known = {"fund-1": LevelMemory("WARNING", NOW)}
    assert memory_of(known, "fund-1", "WARNING") is known["fund-1"]
    assert memory_of(known, "fund-1", "NORMAL") == LevelMemory("NORMAL")
    assert memory_of(known, "fund-2", "WARNING") == LevelMemory("WARNING")

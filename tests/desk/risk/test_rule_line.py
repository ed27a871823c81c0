"""Lines of the rule report: how a figure is judged, both sides of each limit, every word."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.order_contexts import HONG_KONG

from desk.risk.rule_line import (
    Finding,
    RuleLine,
    at_least,
    at_most,
    fine,
    limit_of,
    number,
    rule_limit,
    unknown,
    worst,
)

LEVERAGE = HONG_KONG.get("perp.max_leverage")
GATE = HONG_KONG.get("pi.gate")


def finding(status, message, value=None, limit=None, strain="0"):
    return Finding(status=status, message=message, value=value, limit=limit, strain=D(strain))


@pytest.mark.parametrize(
    ("value", "limit", "found"),
    [
        ("5", "5", finding("OK", "It: within the limit.", "5", "5", "1")),
        ("5.10", "5", finding("BREACH", "It: over the limit.", "5.1", "5", "1.02")),
        ("0", "5", finding("OK", "It: within the limit.", "0", "5", "0")),
        ("3", "0", finding("BREACH", "It: over the limit.", "3", "0", "3")),
        (None, "5", finding("UNKNOWN", "It: unknown.", None, "5")),
    ],
)
def test_a_figure_may_come_to_its_limit_and_not_beyond(value, limit, found):
    assert at_most(None if value is None else D(value), D(limit), "It") == found


@pytest.mark.parametrize(
    ("value", "limit", "found"),
    [
        ("0.5", "0.50", finding("OK", "It: not below the limit.", "0.5", "0.5", "-1")),
        ("0.4", "0.5", finding("BREACH", "It: below the limit.", "0.4", "0.5", "-0.8")),
        ("1", "0.5", finding("OK", "It: not below the limit.", "1", "0.5", "-2")),
        ("-7", "0", finding("BREACH", "It: below the limit.", "-7", "0", "7")),
        ("0", "0", finding("OK", "It: not below the limit.", "0", "0", "0")),
        (None, "0.5", finding("UNKNOWN", "It: unknown.", None, "0.5")),
    ],
)
def test_a_figure_may_fall_to_its_limit_and_not_below(value, limit, found):
    assert at_least(None if value is None else D(value), D(limit), "It") == found


def test_what_is_unknown_shows_the_number_of_its_rule_if_it_has_one():
    assert unknown("Why.") == finding("UNKNOWN", "Why.")
    assert unknown("Why.", LEVERAGE) == finding("UNKNOWN", "Why.", limit="5")
    assert unknown("Why.", GATE) == finding("UNKNOWN", "Why.")
    assert fine("Good.") == finding("OK", "Good.")


def test_a_rule_that_is_no_number_limits_to_zero_and_shows_none():
    assert (limit_of(LEVERAGE), rule_limit(LEVERAGE)) == (5, "5")
    assert (limit_of(GATE), rule_limit(GATE)) == (0, None)
    exact = msgspec.structs.replace(LEVERAGE, value=D("2.50"))
    assert (limit_of(exact), rule_limit(exact)) == (D("2.5"), "2.5")


def test_a_figure_in_a_line_is_plain():
    assert number(D("1.500")) == "1.5"
    assert number(D("1E+3")) == "1000"
    assert number(D("-0.0")) == "0"


def test_a_known_breach_is_the_worst_then_a_warning_then_the_unknown():
    cases = [finding(status, status) for status in ("OK", "UNKNOWN", "WARN", "BREACH")]
    for index in range(4):
        assert worst(cases[: index + 1], "none") is cases[index]
        assert worst(reversed(cases[: index + 1]), "none") is cases[index]


def test_of_equal_cases_the_most_strained_is_shown_and_of_none_the_other_word():
    mild, hard = at_most(D(6), D(5), "mild"), at_most(D(9), D(5), "hard")
    assert worst([mild, hard], "none") is hard
    assert worst([hard, mild], "none") is hard
    near, far = at_least(D(4), D(5), "near"), at_least(D(1), D(5), "far")
    assert worst([near, far], "none") is far
    assert worst([], "There is none.") == finding("OK", "There is none.")


def test_a_line_is_a_row_of_the_report():
    line = RuleLine(rule="r", status="OK", value=None, limit="1", origin="HOUSE", message="m")
    assert line.row() == {
        "rule": "r",
        "status": "OK",
        "value": None,
        "limit": "1",
        "origin": "HOUSE",
        "message": "m",
    }

"""T31: every rule of every shipped profile, a step below its limit, at it, a step above, missing.

A rule with a number has its judge in tests/helpers/boundaries.py. The rest is listed here: yes or
no, words, what other tests hold at its edges, what is a constant of the program. A new rule that
is in none of the lists fails.
"""

import ast
from decimal import Decimal as D
from functools import cache
from pathlib import Path

import msgspec
import pytest
from helpers.boundaries import EDGES, at
from helpers.order_contexts import HONG_KONG, order, own

from desk.cli.shipped import shipped_profile
from desk.engine.window_watch import HEARTBEAT_LOST_NS
from desk.margin.levels import RATIO_STEPS
from desk.model.orders import Side
from desk.risk import eligibility, order_checks
from desk.risk.close_out_step import STEP_SHARE, TARGET_RATIO
from desk.risk.context import FRESH_MS
from desk.risk.gates import client_gates
from desk.risk.limit_checks import limits_present
from desk.risk.loan_limits import loan_limits
from desk.risk.profile import Profile

TESTS = Path(__file__).parents[2]
NAMES = [path.stem for path in (TESTS.parent / "resources/profiles").glob("*.toml")]

CONSTANTS = {
    "price.mark_sources.stale_ms": D(FRESH_MS),
    "perp.closeout_sequence.step_share": STEP_SHARE,
    "perp.closeout_sequence.target_margin_ratio": TARGET_RATIO,
    "perp.maintenance_margin.close_out": RATIO_STEPS[0][0],
    "kill.on_disconnect": D(HEARTBEAT_LOST_NS) / 10**9,
    "kill.on_disconnect.cancel_resting": True,
}
"""The program has the value itself, and every profile says the same one."""

ELSEWHERE = {
    "price.anomaly": "desk/engine/test_surroundings.py::a_runaway_price_is_recorded_once",
    "price.anomaly.window_s": "desk/market/test_mark_window.py::the_span_is_of_the_seconds",
    "ord.price_collar.window_s": "desk/market/test_mark_window.py::the_span_is_of_the_seconds",
    "ord.repeat_throttle": "desk/engine/test_engine.py::the_tenth_identical_order",
    "ord.repeat_throttle.window_s": "desk/engine/test_engine.py::the_tenth_identical_order",
    "ord.repeat_throttle.ask_within_s": "desk/engine/test_engine.py::the_same_order_within_a",
    "ord.intraday_position": "desk/risk/test_order_rules.py::perpetual_accounts_are_held",
    "risk.max_daily_loss": "desk/engine/test_day.py::reached_the_desk_only_reduces",
    "vaf.stop_advances": "desk/engine/test_lending.py::an_open_call_anywhere_stops_advances",
    "vaf.loans_to_capital.warn": "desk/engine/test_loan_levels.py::loans_warn_from_four_and",
    "vaf.credit_limit": "desk/risk/test_advance.py::a_credit_limit_is_met_and_not_passed",
    "kill.switch": "faults/test_kill_switch.py::a_kill_in_any_of_some_histories",
    "kill.switch.two_persons": "desk/engine/test_engine.py::where_the_profile_asks_for_two",
    "perp.margin_first": "desk/risk/test_pipeline.py::margin_is_there_before_the_order",
    "perp.closeout_sequence": "desk/engine/test_closing_out.py::a_whole_close_out_ends",
    "vaf.stress": "desk/risk/test_loan_limits.py::every_number_comes_from",
    "vaf.stress.gap": "desk/risk/test_loan_limits.py::every_number_comes_from",
    "vaf.frr_capital_view": "desk/risk/test_report.py::total_equity_adds_all_accounts_and_the_cap",
    "rec.retention": "desk/engine/test_restart_property.py::after_a_failed_sync",
}
"""What has a time, an engine or a report in it: the test that holds it at its edge."""

SWITCHES = {
    "perp.loss_limited_to_margin": "its parameter is the number",
    "perp.position_limit": "its parameters are the numbers",
    "ord.no_limit_no_trade": "below: what is missing",
    "pi.gate": "below",
    "client.derivatives_knowledge": "below",
    "client.smf_client": "below",
    "disc.kfs": "below",
    "ord.self_match": "below",
    "kill.switch.allow_reduce": "below",
    "ord.permission": "below",
    "perp.ref_eligible": "below",
    "vaf.eligible_collateral": "below",
    "vaf.credit_limit.annual_rate": "a price, no limit",
}


def active():
    """Every rule and parameter that some shipped profile says is in force, with the profiles."""
    found = {}
    for name in NAMES:
        for rule in shipped_profile(name).rules():
            if rule.status == "active":
                found.setdefault(rule.rule, []).append(name)
    return found


def without(profile, rule):
    kept = {one.rule: one for one in profile.rules() if one.rule != rule}
    return Profile("short", profile.regime, "short", kept)


@pytest.mark.fault("T31")
def test_no_rule_of_any_shipped_profile_is_left_out(figure):
    lists = [{*EDGES}, {*CONSTANTS}, {*ELSEWHERE}, {*SWITCHES}]
    assert set().union(*lists) == set(active())
    assert sum(map(len, lists)) == len(active()), "a rule is in one list"
    figure(
        f"{len(active())} rules and parameters in {len(NAMES)} profiles: {len(EDGES)} numbers at"
        f" their edges, {len(SWITCHES)} yes or no or words, {len(CONSTANTS)} constants of the"
        f" program, {len(ELSEWHERE)} in tests of their own"
    )


@pytest.mark.fault("T31")
@pytest.mark.parametrize("rule", EDGES)
def test_each_number_refuses_from_its_very_edge_and_when_it_is_missing(rule):
    edge = EDGES[rule]
    for name in active()[rule]:
        profile = shipped_profile(name)
        limit = profile.number(rule)
        values = (limit - edge.step, limit, limit + edge.step)
        assert tuple(edge.judge(profile, value) for value in values) == edge.refused, name
        short = without(profile, rule)
        least = limit if edge.refused[0] else D(edge.step)
        assert (edge.judge(short, least) or not limits_given(short)) == edge.missing, name


def limits_given(profile):
    return limits_present(at(profile)) is None


@pytest.mark.fault("T31")
@pytest.mark.parametrize("rule", CONSTANTS)
def test_a_value_that_the_program_has_itself_is_the_profiles(rule):
    assert {shipped_profile(name).get(rule).value for name in NAMES} == {CONSTANTS[rule]}


@pytest.mark.fault("T31")
@pytest.mark.parametrize("rule", ELSEWHERE)
def test_the_test_that_holds_another_rule_is_there(rule):
    file, _, name = ELSEWHERE[rule].partition("::")
    assert any(test.startswith(f"test_{name}") for test in names_in(TESTS / file))


@cache
def names_in(path):
    tree = ast.parse(path.read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("rule", "gate"),
    [("pi.gate", 0), ("client.derivatives_knowledge", 1), ("client.smf_client", 2)],
)
def test_a_gate_is_closed_unless_the_profile_itself_says_no(rule, gate):
    assert not client_gates(None, HONG_KONG, at(HONG_KONG).today)[gate].met
    assert not client_gates(None, without(HONG_KONG, rule), at(HONG_KONG).today)[gate].met


@pytest.mark.fault("T31")
def test_a_list_that_is_missing_lets_nothing_in():
    assert eligibility.permission(at(HONG_KONG)) is None
    assert eligibility.permission(at(without(HONG_KONG, "ord.permission"))) is not None
    assert eligibility.reference(at(HONG_KONG)) is None
    assert eligibility.reference(at(without(HONG_KONG, "perp.ref_eligible"))) is not None
    assert loan_limits(without(HONG_KONG, "vaf.eligible_collateral")).eligible == ()
    assert any(
        denial.code == "DISCLOSURE"
        for denial in eligibility.client(at(without(HONG_KONG, "disc.kfs"), client=nobody_read()))
    )


def nobody_read():
    """The sample client, who has acknowledged no sheet."""
    return msgspec.structs.replace(at(HONG_KONG).client, disclosures=())


@pytest.mark.fault("T31")
def test_switches_that_are_missing_are_the_careful_way_round():
    """No own order is met, and a HALTED desk leaves no way but cancelling."""
    crossing = at(without(HONG_KONG, "ord.self_match"), order(Side.BUY), working=(own(Side.SELL),))
    assert order_checks.self_match(crossing) is not None
    closing = {"state": "HALTED", "closing": True}
    assert order_checks.desk_state(at(HONG_KONG, **closing)) is None
    short = without(HONG_KONG, "kill.switch.allow_reduce")
    assert order_checks.desk_state(at(short, **closing)) is not None

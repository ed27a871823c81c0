"""Who may set which rule aside, for how long, and with what words it is refused."""

from decimal import Decimal as D

import msgspec
import pytest

from desk.cli.shipped import shipped_profile
from desk.model.commands import OverrideRule
from desk.risk.override import HOUR_MS, objections
from desk.risk.profile import Profile

PROFILE = shipped_profile("hk_sfc_2026")
NOW = 1_795_000_000_000


def wish(**changes):
    asked = {
        "id": "o",
        "rule": "vaf.loans_to_capital",
        "value": D("5.5"),
        "reason": "ten letter",
        "first_name": "Ada",
        "second_name": "Ben",
        "expires_ms": NOW + HOUR_MS,
    }
    return OverrideRule(**{**asked, **changes})


def said(in_force=False, profile=PROFILE, **changes):
    found = objections(wish(**changes), profile, NOW, in_force=in_force)
    return [(denial.code, denial.message) for denial in found]


def test_two_people_with_a_reason_and_an_end_set_a_benchmark_aside():
    assert said() == []
    assert said(rule="vaf.loans_to_capital.warn") == []
    assert said(rule="vaf.client_concentration", value=D("0.5")) == []


@pytest.mark.parametrize(
    ("rule", "origin"),
    [
        ("vaf.haircut", "SFC"),
        ("vaf.frr_capital_view", "SFC"),
        ("pi.gate", "LAW"),
        ("rec.retention", "LAW"),
        ("alert.latency", "FOREIGN"),
        ("ord.price_collar", "HOUSE"),
        ("vaf.stress", "HOUSE"),
    ],
)
def test_only_a_benchmark_is_set_aside(rule, origin):
    (found,) = objections(wish(rule=rule), PROFILE, NOW, in_force=False)
    assert (found.code, found.rule) == ("OVERRIDE_ORIGIN", rule)
    assert found.message == f"{rule} is of origin {origin}: only a BENCHMARK is set aside."


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"rule": "no.such"}, "OVERRIDE_RULE", "hk_sfc_2026 has no rule no.such."),
        ({"first_name": " "}, "NAME", "Two people stand behind this: name both."),
        ({"second_name": ""}, "NAME", "Two people stand behind this: name both."),
        (
            {"first_name": "Ada  Wong", "second_name": " ada wong "},
            "SECOND_NAME",
            "Two different people stand behind this; Ada Wong is named twice.",
        ),
        ({"reason": "nine char"}, "REASON", "A reason of at least 10 characters is needed."),
        ({"reason": "a        b"}, "REASON", "A reason of at least 10 characters is needed."),
        ({"value": D(0)}, "OVERRIDE_VALUE", "What holds instead is a number above 0."),
        ({"value": D(-1)}, "OVERRIDE_VALUE", "What holds instead is a number above 0."),
        ({"value": D("NaN")}, "OVERRIDE_VALUE", "What holds instead is a number above 0."),
        ({"value": D("Infinity")}, "OVERRIDE_VALUE", "What holds instead is a number above 0."),
        ({"expires_ms": NOW}, "EXPIRY", "An override ends later than now."),
        ({"expires_ms": 0}, "EXPIRY", "An override ends later than now."),
        (
            {"expires_ms": NOW + 25 * HOUR_MS},
            "EXPIRY",
            "An override lasts 24 h at most; this one would last 25.00 h.",
        ),
    ],
)
def test_what_an_override_is_refused_for(changes, code, message):
    assert said(**changes) == [(code, message)]
    assert objections(wish(**changes), PROFILE, NOW, in_force=True)[0].rule == "rule.override"


def test_an_override_may_last_as_long_as_the_profile_says_and_no_moment_longer():
    assert said(expires_ms=NOW + 24 * HOUR_MS) == []
    (found,) = objections(wish(expires_ms=NOW + 24 * HOUR_MS + 1), PROFILE, NOW, in_force=False)
    assert (found.code, found.limit) == ("EXPIRY", "24")
    assert D(found.actual) > 24
    assert said(expires_ms=NOW + 1) == []


def test_a_stricter_house_wants_less_time_and_more_words():
    strict = shipped_profile("house_strict")
    assert [code for code, _ in said(profile=strict, expires_ms=NOW + 5 * HOUR_MS)] == [
        "REASON",
        "EXPIRY",
    ]


def test_all_reasons_come_at_once():
    found = said(rule="vaf.haircut", value=D(0), reason="", second_name="", expires_ms=0)
    codes = [code for code, _ in found]
    assert codes == ["OVERRIDE_ORIGIN", "NAME", "REASON", "OVERRIDE_VALUE", "EXPIRY"]


def test_taking_back_needs_the_same_people_and_something_to_take_back():
    assert said(value=None, expires_ms=0, in_force=True) == []
    assert said(value=None, expires_ms=0) == [
        ("NOT_OVERRIDDEN", "No override of vaf.loans_to_capital is in force.")
    ]
    bad = said(value=None, in_force=True, reason="no", second_name="Ada")
    assert [code for code, _ in bad] == ["SECOND_NAME", "REASON"]


def test_a_benchmark_that_is_no_number_has_none_in_its_place():
    rule = PROFILE.get("vaf.loans_to_capital")
    listed = msgspec.structs.replace(rule, value=("BTC",))
    rules = {one.rule: one for one in PROFILE.rules()} | {rule.rule: listed}
    profile = Profile("house", "HK", "", rules)
    (found,) = objections(wish(), profile, NOW, in_force=False)
    assert (found.code, found.rule, found.message) == (
        "OVERRIDE_RULE",
        "vaf.loans_to_capital",
        "vaf.loans_to_capital is no number that another could stand for.",
    )

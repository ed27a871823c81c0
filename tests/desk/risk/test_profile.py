"""Rule profiles: what ships, what is refused, and what a missing number means."""

import hashlib
import json
import re
from datetime import date
from decimal import Decimal as D

import msgspec
import pytest
from helpers.shared import shared

from desk.io.resources import resource
from desk.model.errors import InputError
from desk.risk.json_place import FieldError
from desk.risk.profile import Limit, Rule
from desk.risk.profile_file import ProfileRefused, load_profile

replace = msgspec.structs.replace

SHIPPED = resource("profiles/hk_sfc_2026.toml")

SMALL = """\
name = "house"
regime = "NONE"
title = "A house"
[rules."ord.price_collar"]
value = "0.03"
unit = "fraction"
origin = "HOUSE"
source = "us"
as_of = 2026-11-01
ceiling = "0.10"
floor = "0.01"
action = "REFUSE"
[rules."ord.price_collar".parameters]
window_s = { value = "60", unit = "s" }
[rules."pi.gate"]
value = true
unit = "yes/no"
origin = "LAW"
source = "Cap. 571D"
as_of = 2026-11-01
action = "REFUSE"
"""


def load(text=SMALL):
    return load_profile(text.encode(), "house.toml")


def changed(found, instead, text=SMALL):
    assert text.count(found) >= 1
    return text.replace(found, instead, 1)


@pytest.fixture(scope="module")
def hong_kong():
    return load_profile(SHIPPED, "hk_sfc_2026.toml")


@pytest.mark.parametrize(
    ("rule", "parameter", "number"),
    [
        # The decided values (design: risk model, section 7).
        ("ord.price_collar", None, "0.03"),
        ("ord.max_value", None, "20000000"),
        ("ord.max_messages", None, "20"),
        ("ord.max_messages", "burst", "50"),
        ("ord.repeat_throttle", None, "10"),
        ("ord.repeat_throttle", "window_s", "60"),
        ("perp.max_leverage", None, "5"),
        ("perp.position_limit", "instrument", "50000000"),
        ("perp.position_limit", "account", "100000000"),
        ("perp.maintenance_margin", "buffer", "1.25"),
        ("price.mark_sources", None, "3"),
        ("price.mark_sources", "divergence", "0.03"),
        ("price.mark_sources", "stale_ms", "2000"),
        ("vaf.haircut", None, "0.60"),
        ("vaf.margin_call", "cure_minutes", "120"),
    ],
)
def test_decided_values_of_hong_kong(hong_kong, rule, parameter, number):
    assert hong_kong.number(rule, parameter) == D(number)


def test_every_rule_of_the_reference_table_is_there(hong_kong):
    """Section 6 of the reference names 44 rules, three of them several at once."""
    table = shared("reference/regulation.md").read_text().partition("## 6. RULE TABLE")[2]
    ids = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert len(ids) == 44
    several = {
        "vaf.margin_warn/call/closeout": [
            "vaf.margin_warn",
            "vaf.margin_call",
            "vaf.margin_closeout",
        ],
        "ord.max_value / max_qty": [
            "ord.max_value",
            "ord.max_value.max_btc",
            "ord.max_value.max_eth",
        ],
        "stmt.daily/monthly": ["stmt.daily", "stmt.monthly"],
    }
    for rule_id in ids:
        for one in several.get(rule_id, [rule_id]):
            assert hong_kong.get(one) is not None, one


def test_no_house_number_is_given_to_a_regulator(hong_kong):
    """The SFC named a haircut of 60 %, a capital haircut of 100 % and a day for convergence; every
    other number is the house's, a benchmark's or a law's."""
    numbers = {
        rule.rule
        for rule in hong_kong.rules()
        if rule.origin == "SFC" and isinstance(rule.value, D)
    }
    assert numbers == {"vaf.haircut", "vaf.frr_capital_view", "perp.convergence"}


def test_a_haircut_below_sixty_percent_is_refused():
    low = changed(
        'value = "0.60"\nunit = "fraction"\nfloor',
        'value = "0.59"\nunit = "fraction"\nfloor',
        SHIPPED.decode(),
    )
    with pytest.raises(ProfileRefused) as refused:
        load(low)
    assert "vaf.haircut.value: expected at least 0.6" in str(refused.value)


@pytest.mark.parametrize("floor", ['floor = "0.50"\n', ""], ids=["lowered", "gone"])
def test_a_file_cannot_lower_the_floor_of_its_regime(floor):
    text = changed('floor = "0.60"\n', floor, SHIPPED.decode())
    said = "vaf.haircut.floor: expected a floor of at least 0.6 under HK_SFC, found "
    with pytest.raises(ProfileRefused) as refused:
        load(text)
    assert str(refused.value) == f"house.toml: {said}{'0.5' if floor else 'none'}"


def test_a_hong_kong_profile_without_a_haircut_is_refused():
    with pytest.raises(ProfileRefused, match=r"vaf\.haircut: expected .* found no rule"):
        load(changed('regime = "NONE"', 'regime = "HK_SFC"'))


COLLAR = "ord.price_collar"
NO_TEXT = "expected a number as text, found"
NO_PROFILE = "expected a rule profile, found"
NOT_OVERRIDDEN = "and only BENCHMARK is overridden, found true"


@pytest.mark.parametrize(
    ("found", "instead", "said"),
    [
        ('value = "0.03"', 'value = "0.30"',
         f"{COLLAR}.value: expected at most 0.1 (HOUSE, us), found 0.3"),
        ('value = "0.03"', 'value = "0.003"',
         f"{COLLAR}.value: expected at least 0.01 (HOUSE, us), found 0.003"),
        ('value = "0.03"', 'value = "-1"', f"{COLLAR}.value: expected 0 or more, found -1"),
        ('value = "0.03"', 'value = "3 %"', f"{COLLAR}.value: {NO_TEXT} '3 %'"),
        ('value = "0.03"', 'value = "NaN"', f"{COLLAR}.value: {NO_TEXT} 'NaN'"),
        ('floor = "0.01"', 'floor = "low"', f"{COLLAR}.floor: {NO_TEXT} 'low'"),
        ('ceiling = "0.10"', 'ceiling = "1e9"', f"{COLLAR}.ceiling: {NO_TEXT} '1e9'"),
        ('value = "0.03"', "value = 0.03",
         f"rules[...].value: {NO_PROFILE} Expected `bool | str | array`, got `float`"),
        ('value = "0.03"', "value = true", f"{COLLAR}.value: expected text, found True"),
        ('value = "0.03"', 'value = ["0.03"]', f"{COLLAR}.value: expected text, found ['0.03']"),
        ("value = true", 'value = "true"', "pi.gate.value: expected true or false, found 'true'"),
        ('unit = "fraction"', 'unit = "percent"',
         f"{COLLAR}.unit: expected fraction, found percent"),
        ('"pi.gate"', '"pi.gates"', "pi.gates: expected a rule the desk knows, found pi.gates"),
        ("window_s", "window",
         f"{COLLAR}.window: expected a rule the desk knows, found {COLLAR}.window"),
        ('value = "60"', 'value = "inf"', f"{COLLAR}.window_s.value: {NO_TEXT} 'inf'"),
        ('value = "60"', 'value = ["60"]', f"{COLLAR}.window_s.value: expected text, found ['60']"),
        ('floor = "0.01"', 'flor = "0.01"',
         f"rules[...]: {NO_PROFILE} Object contains unknown field `flor`"),
        ('title = "A house"', 'title = "A house"\nextra = 1',
         f"{NO_PROFILE} Object contains unknown field `extra`"),
        ('title = "A house"', "title = 5", f"title: {NO_PROFILE} Expected `str`, got `int`"),
        ('origin = "HOUSE"', 'origin = "SEC"',
         f"rules[...].origin: {NO_PROFILE} Invalid enum value 'SEC'"),
        ('action = "REFUSE"', 'action = "IGNORE"',
         f"rules[...].action: {NO_PROFILE} Invalid enum value 'IGNORE'"),
        ('origin = "LAW"', 'origin = "LAW"\noverridable = true',
         f"pi.gate.overridable: expected false: origin LAW, {NOT_OVERRIDDEN}"),
        ('origin = "HOUSE"', 'origin = "HOUSE"\noverridable = true',
         f"{COLLAR}.overridable: expected false: origin HOUSE, {NOT_OVERRIDDEN}"),
        ('title = "A house"', 'title = "A house"\nbase = "b"',
         "base: expected a shipped profile that stands on no other, found b"),
        ('source = "us"\n', "",
         f"rules[...]: {NO_PROFILE} Object missing required field `source`"),
        ("as_of = 2026-11-01", 'as_of = "once"',
         f"rules[...].as_of: {NO_PROFILE} Invalid RFC3339 encoded date"),
        ('value = true\nunit = "yes/no"', 'value = "*"\nunit = "list"',
         "pi.gate.unit: expected yes/no, found list"),
    ],
)  # fmt: skip
def test_what_is_not_a_profile_is_refused(found, instead, said):
    with pytest.raises(ProfileRefused) as refused:
        load(changed(found, instead))
    assert str(refused.value) == f"house.toml: {said}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name = ", "Invalid value (at end of document)"),
        ("\x00", "Invalid statement (at line 1, column 1)"),
        ("[rules", "Expected ']' at the end of a table declaration (at end of document)"),
    ],
)
def test_what_is_no_toml_is_bad_input(text, found):
    with pytest.raises(InputError) as refused:
        load(text)
    assert type(refused.value) is InputError
    assert str(refused.value) == f"house.toml: expected TOML, found {found}"


LISTED = """\
[rules."ord.permission"]
value = ["*"]
unit = "list"
origin = "HOUSE"
source = "us"
as_of = 2026-11-01
action = "LOG"
status = "later"
[rules."vaf.loans_to_capital"]
value = "5.0"
unit = "multiple"
origin = "BENCHMARK"
source = "a peer"
as_of = 2026-11-02
action = "REFUSE"
ceiling = "5"
overridable = true
[rules."vaf.loans_to_capital".parameters]
warn = { value = "4.5", unit = "multiple", origin = "HOUSE", floor = "1", status = "off" }
"""


def test_a_rule_is_read_whole_and_a_parameter_takes_what_it_does_not_say_from_its_rule():
    profile = load(SMALL + LISTED)
    assert (profile.name, profile.regime, profile.title) == ("house", "NONE", "A house")
    assert profile.get("vaf.loans_to_capital") == Rule(
        rule="vaf.loans_to_capital", value=D(5), unit="multiple", origin="BENCHMARK",
        source="a peer", as_of=date(2026, 11, 2), floor=None, ceiling=D(5), overridable=True,
        action="REFUSE", status="active",
    )  # fmt: skip
    assert profile.get("vaf.loans_to_capital", "warn") == Rule(
        rule="vaf.loans_to_capital.warn", value=D("4.5"), unit="multiple", origin="HOUSE",
        source="a peer", as_of=date(2026, 11, 2), floor=D(1), ceiling=None, overridable=False,
        action="REFUSE", status="off",
    )  # fmt: skip
    assert profile.get("ord.permission").status == "later"
    assert profile.words("ord.permission") == ("*",)
    assert profile.get("ord.price_collar", "window_s").status == "active"
    benchmark = profile.get("vaf.loans_to_capital")
    plain_one = load(SMALL + LISTED.replace("overridable = true\n", ""))
    assert plain_one.get("vaf.loans_to_capital") == replace(benchmark, overridable=False)


def test_a_list_is_a_list():
    with pytest.raises(ProfileRefused) as refused:
        load(SMALL + LISTED.replace('["*"]', '"*"'))
    assert str(refused.value) == (
        "house.toml: ord.permission.value: expected a list of words, found '*'"
    )


def test_a_missing_limit_is_zero_and_refuses_everything():
    profile = load()
    assert profile.number("ord.max_value") == 0
    assert profile.number("ord.price_collar", "nothing") == 0
    assert profile.number("pi.gate") == 0
    assert profile.usd("ord.price_collar") == 0
    assert profile.flag("kill.switch", "allow_reduce") is False
    assert profile.words("vaf.eligible_collateral") == ()
    assert profile.get("ord.max_value") is None


def test_a_rule_that_is_off_is_zero(hong_kong):
    assert hong_kong.get("risk.max_daily_loss").status == "off"
    assert hong_kong.number("risk.max_daily_loss") == 0


def test_hkd_limits_are_smallest_in_usd_at_the_weak_edge_of_the_band(hong_kong):
    assert hong_kong.usd("ord.max_value") == D(20_000_000) / D("7.85")
    assert hong_kong.usd("perp.position_limit", "instrument") == 50_000_000


# --- a profile that stands on another -------------------------------------------------------------


def on_small(text, base=SMALL):
    return load_profile(text.encode(), "top.toml", {"small": base.encode()}.get)


TOP = """\
name = "top"
regime = "NONE"
title = "On top"
base = "small"
[rules."ord.price_collar"]
value = "0.02"
unit = "fraction"
origin = "HOUSE"
source = "us"
as_of = 2026-11-02
action = "REFUSE"
"""


def test_a_profile_replaces_the_rules_of_its_base_whole_and_keeps_the_others():
    profile = on_small(TOP)
    assert profile.name == "top"
    assert profile.number("ord.price_collar") == D("0.02")
    assert profile.get("ord.price_collar").ceiling is None
    assert profile.get("ord.price_collar", "window_s") is None
    assert profile.flag("pi.gate") is True
    assert profile.hash != load().hash


@pytest.mark.parametrize("base", ["other", "top"])
def test_a_base_is_a_profile_that_ships_and_stands_on_no_other(base):
    known = {"top": TOP.encode()}
    with pytest.raises(ProfileRefused) as refused:
        load_profile(TOP.replace('"small"', f'"{base}"').encode(), "t.toml", known.get)
    said = "t.toml: base: expected a shipped profile that stands on no other, found "
    assert str(refused.value) == said + base


def test_a_base_does_not_loosen_the_regime_of_what_stands_on_it():
    with pytest.raises(ProfileRefused, match=r"vaf\.haircut: .* under HK_SFC, found no rule"):
        on_small(TOP.replace('"NONE"', '"HK_SFC"'))


EUROPE = (
    SMALL.replace('"NONE"', '"EU_RETAIL"')
    + """\
[rules."perp.max_leverage"]
value = "2"
unit = "multiple"
ceiling = "2"
origin = "FOREIGN"
source = "ESMA"
as_of = 2026-11-01
action = "REFUSE"
"""
)


@pytest.mark.parametrize(
    ("found", "instead", "said"),
    [
        ('ceiling = "2"\n', "",
         "perp.max_leverage.ceiling: expected a ceiling of at most 2 under EU_RETAIL, found none"),
        ('ceiling = "2"', 'ceiling = "2.1"', "under EU_RETAIL, found 2.1"),
        ('"perp.max_leverage"', '"rec.retention"', "rec.retention.unit: expected years"),
        ('value = "2"', 'value = "2.1"', "at most 2 (FOREIGN, ESMA), found 2.1"),
    ],
)  # fmt: skip
def test_a_european_profile_cannot_raise_the_leverage_of_its_regime(found, instead, said):
    assert load(EUROPE).number("perp.max_leverage") == 2
    with pytest.raises(ProfileRefused) as refused:
        load(EUROPE.replace(found, instead))
    assert said in str(refused.value)


def test_a_european_profile_without_a_leverage_is_refused():
    with pytest.raises(ProfileRefused) as refused:
        load(SMALL.replace('"NONE"', '"EU_RETAIL"'))
    assert str(refused.value) == (
        "house.toml: perp.max_leverage: expected a ceiling of at most 2 under EU_RETAIL, "
        "found no rule"
    )


def test_a_rule_is_waived_only_by_a_no_that_is_there():
    assert load(changed("value = true", "value = false")).waived("pi.gate") is True
    assert load().waived("pi.gate") is False
    assert load().waived("disc.kfs") is False
    assert load().waived("ord.price_collar") is False


# --- hash ----------------------------------------------------------------------------------------


def test_the_hash_is_of_the_content_not_of_the_text(hong_kong):
    plain = SMALL.replace('"0.03"', '"0.030"').replace("\n[rules", "\n\n# a comment\n[rules")
    assert load(plain).hash == load().hash
    assert re.fullmatch(r"[0-9a-f]{64}", hong_kong.hash)


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ('"0.03"', '"0.04"'),
        ('"60"', '"61"'),
        ('ceiling = "0.10"', 'ceiling = "0.2"'),
        ("value = true", "value = false"),
        ('name = "house"', 'name = "other"'),
        ('action = "REFUSE"', 'action = "WARN"'),
        ('origin = "HOUSE"', 'origin = "FOREIGN"'),
    ],
)
def test_whatever_decides_changes_the_hash(found, instead):
    assert load(changed(found, instead)).hash != load().hash


# --- a document's own limits ---------------------------------------------------------------------


def limit(value, unit):
    return Limit(value=D(value), unit=unit)


def test_a_document_may_replace_house_numbers(hong_kong):
    tighter = hong_kong.with_limits(
        {"ord.max_value": limit("5000000", "USD"), "perp.position_limit.account": limit("1", "USD")}
    )
    assert tighter.usd("ord.max_value") == 5_000_000
    assert tighter.number("perp.position_limit", "account") == 1
    assert tighter.hash != hong_kong.hash
    assert hong_kong.number("ord.max_value") == 20_000_000


def test_setting_an_off_rule_turns_it_on(hong_kong):
    assert (
        hong_kong.with_limits({"risk.max_daily_loss": limit("9", "USD")}).number(
            "risk.max_daily_loss"
        )
        == 9
    )


@pytest.mark.parametrize(
    ("rule", "value", "unit", "place"),
    [
        ("vaf.haircut", "0.7", "fraction", ("limits", "vaf.haircut")),
        ("no.such", "1", "USD", ("limits", "no.such")),
        ("pi.gate", "0", "yes/no", ("limits", "pi.gate")),
        ("ord.max_value", "1", "BTC", ("limits", "ord.max_value", "unit")),
        ("ord.price_collar", "2", "fraction", ("limits", "ord.price_collar", "value")),
        ("ord.price_collar", "-1", "fraction", ("limits", "ord.price_collar", "value")),
        ("ord.max_value", "NaN", "USD", ("limits", "ord.max_value", "value")),
    ],
)
def test_other_limits_of_a_document_are_refused(hong_kong, rule, value, unit, place):
    with pytest.raises(FieldError) as refused:
        hong_kong.with_limits({rule: limit(value, unit)})
    assert refused.value.path == place


def test_the_hash_is_of_name_regime_and_every_field_of_every_rule():
    """As the README describes it, by another encoder."""
    profile = load()
    rules = {}
    for rule in profile.rules():
        fields = msgspec.to_builtins(msgspec.structs.asdict(rule))
        for name in ("value", "floor", "ceiling"):
            number = getattr(rule, name)
            if isinstance(number, D):
                fields[name] = f"{number.normalize():f}"
        rules[rule.rule] = fields
    document = {"name": profile.name, "regime": profile.regime, "rules": rules}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert profile.hash == hashlib.sha256(text.encode()).hexdigest()

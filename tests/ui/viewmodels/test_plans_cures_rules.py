"""Close-out plans, cures, rules and explanations in words."""

from decimal import Decimal as D

import pytest
from helpers.frames import (
    BTC,
    ETH,
    WALL_MS,
    account,
    close_out,
    margin_call_desk,
    normal_desk,
    override,
    position,
    risky_desk,
    rule,
    step,
)

from desk.model.commands import OverrideRule, SetCloseOutOrder, SetDailyLoss
from ui.language import speak_language
from ui.viewmodels.banner import banners
from ui.viewmodels.close_out import Preference, plans
from ui.viewmodels.cures import cure_lines, cure_rows, cures_of, smallest_cure
from ui.viewmodels.figure_explained import figure_explained
from ui.viewmodels.forms import read_form
from ui.viewmodels.positions import position_key, position_rows, position_tip
from ui.viewmodels.risk import risk_view
from ui.viewmodels.rules import (
    daily_loss_form,
    daily_loss_words,
    override_form,
    rule_rows,
    take_back_form,
)
from ui.viewmodels.status import status_view
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import CHINESE, ENGLISH


def running(**changes):
    steps = [step(status="done"), step(quantity=D("18.5"), status="working"), step(ETH)]
    fields = {
        "phase": "running", "triggered_ms": WALL_MS, "steps": steps, "reason": "The ratio is 1.02.",
    }  # fmt: skip
    return close_out(**fields | changes)


# ---- close-out -----------------------------------------------------------------------------------


def test_standing_plan_says_why_and_every_step():
    (plan,) = plans(risky_desk())
    assert (plan.word, plan.can_prefer) == ("STANDING", True)
    assert plan.preference == "by most margin relief per cost"
    assert [cell.text for cell in plan.rows[0].cells] == [
        "1", "SELL BTCUSDT-PERP", "16", "47,678.8", "381.43", "91.0%", "planned",
    ]  # fmt: skip


def test_plan_that_runs_stands_first_and_marks_its_step():
    desk = risky_desk(close_outs=[close_out("perp-2"), running()])
    first, second = plans(desk)
    assert (first.account, first.word, first.tone) == ("perp-1", "CLOSING OUT", Tone.DANGER)
    assert first.sentence == "Since 10:24:31 HKT. The ratio is 1.02."
    assert [row.cells[-1].text for row in first.rows] == ["✓ done", "▸ WORKING", "planned"]
    assert second.account == "perp-2"


def test_phase_nobody_has_heard_of_is_dressed_as_the_worst():
    (plan,) = plans(risky_desk(close_outs=[close_out(phase="odd")]))
    assert (plan.chip, plan.word) == ("CLOSE_OUT", "ODD")


def test_close_out_that_runs_is_one_banner_above_all_margin_calls():
    desk = margin_call_desk(close_outs=[running()])
    found = banners(desk)
    assert found[0].subject == "perp-1 is being closed out"
    assert "1 of 3 steps done" in found[0].text
    assert [banner.of for banner in found].count("perp-1") == 1
    confirming = banners(normal_desk(close_outs=[close_out(phase="confirming")]))
    assert confirming[0].subject == "perp-1 close-out is confirming"


def test_margin_call_banner_offers_its_cures_unless_another_broker_holds_it():
    (call,) = banners(margin_call_desk())
    assert (call.action, call.of) == ("cures", "perp-1")
    watched = account(level="MARGIN_CALL", watched=True)
    assert banners(normal_desk(accounts=[watched]))[0].action == ""


def test_preference_is_moved_forgotten_and_sent():
    preference = Preference("perp-1", risky_desk())
    assert preference.instruments == [BTC, ETH]
    preference.move(ETH, -1)
    preference.move(ETH, -1)
    assert preference.command("w-1") == SetCloseOutOrder(
        id="w-1", account="perp-1", instruments=(ETH, BTC)
    )
    preference.forget()
    assert preference.command("w-2").instruments == ()


# ---- risk card -----------------------------------------------------------------------------------


def test_nearest_close_out_says_sigma_and_time():
    sure = account(common_sigma=D("26.97"), common_minutes=D(16_020))
    shown = risk_view(normal_desk(accounts=[sure])).cards[0].close_out
    assert shown.likely == "26.9 σ · 11 d"
    assert shown.of == "perp-1.common_move_to_close_out"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(119, "119 min"), (120, "2 h"), (2_879, "47 h"), (2_880, "2 d"), (43_200, "> 30 d")],
)
def test_time_to_close_out_is_coarse(minutes, said):
    sure = account(common_sigma=D(3), common_minutes=D(minutes))
    shown = risk_view(normal_desk(accounts=[sure])).cards[0].close_out
    assert shown.likely == f"3.0 σ · {said}"


def test_position_says_sigma_time_and_why_it_is_uncertain():
    held = position(
        distance_sigma=D("44.1"), distance_minutes=D(100), uncertainty_causes=["index 2 bp off"]
    )
    desk = normal_desk(positions=[held])
    cells = position_rows(desk)[0].cells
    assert cells[5].second == "49.4% alone · 44.1 σ · 100 min"
    assert position_rows(desk, short=True)[0].cells[5].second == "49.4% alone"
    tip = position_tip(desk, position_key("perp-1", BTC))
    assert "uncertain: index 2 bp off" in tip
    assert "44.1 σ · 100 min" in tip
    assert position_tip(desk, "perp-9|X") == ""


def test_watched_position_has_no_close_buttons():
    desk = normal_desk(accounts=[account(watched=True)], positions=[position()])
    cells = position_rows(desk)[0].cells
    assert (cells[0].second, cells[-1].text) == ("perp-1 · WATCHED", "watched")
    assert "WATCHED" in risk_view(desk).cards[0].subtitle


def test_level_that_is_not_normal_says_since_when():
    cards = risk_view(margin_call_desk()).cards
    assert cards[0].since == "MARGIN CALL since 15:01:12 HKT"
    assert risk_view(normal_desk()).cards[0].since == ""


def test_day_is_shown_with_its_parts_or_as_unknown():
    import msgspec

    totals = msgspec.structs.replace(
        normal_desk().totals, day_realized=D(12034), day_fees=D(-1204), day_funding=D(0)
    )
    view = status_view(normal_desk(totals=totals))
    assert (view.day_pnl, view.day_tone) == ("+31,208", Tone.BID)
    assert view.day_parts == (
        ("realized", "+12,034"), ("unrealized", "—"), ("fees", "−1,204"), ("funding", "0"),
    )  # fmt: skip
    unknown = status_view(normal_desk(totals=None))
    assert unknown.day_pnl == "—"
    assert "unknown" in unknown.day_tip


# ---- cures ---------------------------------------------------------------------------------------


def test_cures_are_sentences_and_one_that_is_not_enough_says_so():
    action = {
        "account": "perp-1", "kind": "reduce", "asset_or_instrument": BTC, "quantity": "18.236",
        "cost": "746.12", "margin_ratio_after": "0.031", "utilization_after": "0.9",
        "sufficient": True,
    }  # fmt: skip
    poor = action | {
        "kind": "pledge", "asset_or_instrument": "BTC", "quantity": "1234", "cost": None,
        "sufficient": False,
    }  # fmt: skip
    rows = cure_rows(cures_of({"actions": [action, poor]}))
    assert [cell.text for cell in rows[0].cells] == [
        "Reduce BTCUSDT-PERP by 18.236", "746.12", "3.10%", "90.0%", "cures it",
    ]  # fmt: skip
    assert [cell.text for cell in rows[1].cells][::4] == ["Pledge 1,234 BTC", "not enough alone"]
    assert rows[1].cells[1].text == "—"
    assert cures_of({}) == ()


# ---- rules ---------------------------------------------------------------------------------------


def test_rules_stand_under_overrides_worst_first_with_a_sign_each():
    rows = rule_rows(risky_desk())
    assert [row.heading or row.cells[0].text for row in rows] == [
        "Overrides in force", "▲ SET ASIDE", "Rules now", "■ BREACH", "▲ WARN", "✓ OK",
    ]  # fmt: skip
    said = rows[1].cells[-1].text
    assert said == (
        "Ada Wong and Ben Lee, until 2026-11-19 14:24 HKT (4:00 left): "
        "capital is being raised this week"
    )
    assert "none" in rule_rows(risky_desk(overrides=[]))[0].cells[0].text


def test_daily_loss_limit_is_shown_or_said_to_be_off():
    assert daily_loss_words(risky_desk()) == "Daily loss limit: off"
    limited = rule("risk.max_daily_loss", value="1200", limit="50000")
    assert daily_loss_words(risky_desk(rules=[limited])) == "Daily loss limit: 50,000 USD"


FILLED = {
    "rule": "vaf.loans_to_capital", "value": "6", "hours": "2.5",
    "reason": "capital is being raised", "first": "Ada Wong", "second": "Ben Lee",
}  # fmt: skip


def test_override_is_signed_by_two_and_ends_by_the_desk_s_own_clock():
    form = override_form(risky_desk(), "perp.max_leverage")
    assert form.entries[0].value == "vaf.loans_to_capital", "the one benchmark that is shown"
    command, _ = read_form(form, FILLED, "w-1")
    assert command == OverrideRule(
        id="w-1", rule="vaf.loans_to_capital", value=D(6), reason="capital is being raised",
        first_name="Ada Wong", second_name="Ben Lee", expires_ms=WALL_MS + 9_000_000,
    )  # fmt: skip
    taken, _ = read_form(take_back_form(override()), FILLED, "w-2")
    assert taken.value is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"second": "ada  wong"}, "Two different people stand behind this"),
        ({"second": ""}, "Second name is missing"),
        ({"reason": "because"}, "Reason needs 10 characters or more"),
        ({"hours": "99999999"}, "For: expected at most a year"),
    ],
)
def test_override_without_two_people_reason_and_end_is_none(changes, said):
    command, wrong = read_form(override_form(risky_desk(), ""), FILLED | changes, "w-1")
    assert command is None
    assert wrong.text == said


# ---- explanations --------------------------------------------------------------------------------

TOLD = {
    "explain": {
        "perp-1.margin_ratio": {
            "formula": "maintenance_margin / collateral_value",
            "filled": "29860.02 / 1699287.92",
            "inputs": {"maintenance_margin": "29860.02", "price of BTC": None},
        }
    },
    "notes": ["USD/HKD is 3 h old."],
}
STAND = (WALL_MS, "4f1c9ae2aa", 48_211)


def test_explanation_is_the_engine_s_with_what_is_missing_marked():
    said = figure_explained("perp-1.margin_ratio", ("Margin ratio", "1.76%"), TOLD, STAND)
    assert said.title == "perp-1 · Margin ratio"
    assert [cell.text for cell in said.rows[0].cells] == [
        "maintenance_margin", "29,860.02", "", "",
    ]  # fmt: skip
    assert [cell.text for cell in said.rows[1].cells][:2] == ["price of BTC", "— missing"]
    assert said.text().splitlines() == [
        "perp-1 · Margin ratio 1.76%, 10:24:31 HKT",
        "maintenance_margin / collateral_value",
        "= 29860.02 / 1699287.92",
        "maintenance_margin\t29860.02",
        "price of BTC\t— missing",
        "USD/HKD is 3 h old.",
        "profile 4f1c9ae2 · journal 48,211",
    ]


def test_source_and_age_stand_beside_their_input_and_old_ones_are_amber():
    inputs = {
        "mark_price": "59640.2", "mark age ms": "6400", "mark source": "BINANCE, its own mark",
        "tiers": "rules of BINANCE", "tiers as of": "2026-08-01", "index age ms": None,
    }  # fmt: skip
    told = {"explain": {"x.y": {"formula": "", "filled": "", "inputs": inputs}}}
    said = figure_explained("x.y", ("Y", "1"), told, STAND)
    mark, tiers, index = said.rows
    assert [cell.text for cell in mark.cells] == [
        "mark_price", "59,640.2", "BINANCE, its own mark", "6.4 s",
    ]  # fmt: skip
    assert mark.cells[3].tone is Tone.WARNING
    # From 1 August to 19 November 2026 in Hong Kong
    assert (tiers.cells[3].text, tiers.cells[3].tone) == ("110 d", Tone.WARNING)
    assert (index.cells[0].text, index.cells[3].text) == ("index age", "—")
    young = told["explain"]["x.y"] | {"inputs": {"mark_price": "5", "mark age ms": "38"}}
    (row,) = figure_explained("x.y", ("Y", "1"), {"explain": {"x.y": young}}, STAND).rows
    assert (row.cells[3].text, row.cells[3].tone) == ("38", Tone.MUTED)
    assert "mark source\tBINANCE, its own mark" in said.text()


def test_the_limit_of_a_rule_is_no_limit_price_in_chinese():
    told = {"explain": {"r.x": {"formula": "", "filled": "", "inputs": {"limit": "5"}}}}
    speak_language(CHINESE)
    try:
        (row,) = figure_explained("r.x", ("X", "1"), told, STAND).rows
    finally:
        speak_language(ENGLISH)
    assert row.cells[0].text == "限值"


def test_answer_about_something_else_explains_nothing():
    shown = ("Equity", "5")
    assert figure_explained("perp-1.equity", shown, TOLD, STAND) is None
    assert figure_explained("perp-1.equity", shown, {"explain": 5}, STAND) is None


@pytest.mark.parametrize(
    ("limit", "second", "most"), [("50,000", "", D(50_000)), ("", "Ben Lee", None)]
)
def test_daily_loss_limit_is_set_or_taken_away(limit, second, most):
    values = {"limit": limit, "reason": "the book is thin", "first": "Ada Wong", "second": second}
    command, _ = read_form(daily_loss_form(risky_desk()), values, "w-1")
    assert command == SetDailyLoss(
        id="w-1", limit=most, first_name="Ada Wong", second_name=second, reason="the book is thin"
    )


@pytest.mark.parametrize("limit", ["much", "-5", "0", "NaN"])
def test_daily_loss_limit_that_is_no_amount_is_not_sent(limit):
    values = {"limit": limit, "reason": "the book is thin", "first": "Ada Wong", "second": ""}
    command, wrong = read_form(daily_loss_form(risky_desk()), values, "w-1")
    assert command is None
    assert wrong.field == "limit"


def test_smallest_cure_is_the_first_that_is_enough_and_says_what_it_costs():
    one = {
        "account": "loan-1", "kind": "pledge", "asset_or_instrument": "BTC", "quantity": "3",
        "cost": "0", "margin_ratio_after": None, "utilization_after": "0.9958",
        "sufficient": False,
    }  # fmt: skip
    # Picture 3: 702,708.28 HKD repaid bring loan-1 to 95 %.
    two = one | {
        "kind": "repay", "asset_or_instrument": "HKD", "quantity": "702708.28",
        "utilization_after": "0.95", "sufficient": True,
    }  # fmt: skip
    shown = smallest_cure(cures_of({"actions": [one, two]}), "loan-1")
    assert shown.head == "Smallest cure of loan-1 → 95.0%"
    assert (shown.what, shown.cost) == ("Repay 702,708.28 HKD", "no cost")
    unknown = cures_of({"actions": [two | {"cost": None}]})
    assert smallest_cure(unknown, "loan-1").cost == cure_lines(unknown)[0].second == "cost —"
    assert (shown.options, shown.cure.kind) == ("2 options", "repay")
    poor = smallest_cure(cures_of({"actions": [one]}), "loan-1")
    assert poor.what == "Pledge 3 BTC · not enough alone"
    none = smallest_cure((), "loan-1")
    assert (none.what, none.cure) == ("none is known", None)

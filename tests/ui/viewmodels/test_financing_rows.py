"""Margin loans in words: figures, falls, collateral against its caps, stress, forms."""

from decimal import Decimal as D

import pytest
from helpers.frames import WALL_MS, loan, loan_account, normal_desk, risky_desk

from desk.engine.risk_snapshot import LoanCollateralView
from desk.model.commands import (
    Deposit,
    Draw,
    Pledge,
    PledgeSecurities,
    Repay,
    SetCreditLimit,
    SetExchangeRate,
    SetFirmCapital,
)
from ui.viewmodels import loan_forms
from ui.viewmodels.financing import financing
from ui.viewmodels.forms import read_form
from ui.viewmodels.loan_figures import loan_figures
from ui.viewmodels.risk import risk_view
from ui.viewmodels.tone import Tone

FALLS = ("To margin call", "To close-out", "To shortfall")


def shown(**changes):
    (view,) = financing(risky_desk(loans=[loan(**changes)]))
    return view


def figures(**changes):
    return {figure.label: figure for figure in loan_figures(loan(**changes))}


def test_card_says_level_since_countdown_and_three_marks():
    card = shown().card
    assert (card.utilization, card.level_word) == ("101.1%", "MARGIN CALL")
    assert card.cure_within == "1:38:12"
    assert card.cure_by == "by 12:02:43 HKT"
    assert card.since == "MARGIN CALL since 10:02:43 HKT"
    assert card.gauge.is_loan
    assert card.subtitle == "broker · paper · HKD"


def test_fall_is_already_there_ahead_or_nowhere():
    found = figures()
    words = [found[label].value for label in FALLS]
    assert words == ["already there", "−38.8%", "no fall reaches it"]
    assert found["To margin call"].tone is Tone.DANGER


def test_unknown_figure_is_a_dash_that_says_why():
    found = figures(falls_known=False, loan_to_value=None, notes=["USD/HKD is not set."])
    for label in (*FALLS, "LTV"):
        assert found[label].value == "—"
        assert "USD/HKD is not set." in found[label].tip


def test_figures_carry_the_names_by_which_the_engine_explains_them():
    found = figures()
    assert found["LTV"].of == "loan-1.loan_to_value"
    assert found["To close-out"].of == "loan-1.price_fall_to_close_out"
    assert found["Firm's capital view"].value == "5,831,000"


def test_loan_without_a_limit_says_that_nothing_may_be_drawn():
    limit = figures(credit_limit=None)["Credit limit"]
    assert (limit.value, limit.tone) == ("not set", Tone.WARNING)
    assert "nothing may be drawn" in limit.tip


def test_collateral_beyond_its_cap_is_marked_by_more_than_colour():
    btc, eth, stocks = (row.cells for row in shown().collateral)
    assert [cell.text for cell in btc] == [
        "22 BTC", "10,210,054", "60.0%", "", "4,084,022", "41.1% / 40.0% ▲",
    ]  # fmt: skip
    assert btc[-1].tone is Tone.DANGER
    assert (eth[-1].text, eth[-1].unit) == ("13.7% / 40.0%", "0.4")
    assert (stocks[0].text, stocks[-1].text, stocks[-1].unit) == ("HK blue chips", "50.8%", "")


def test_bars_are_as_long_as_values_and_solid_where_they_count():
    btc, eth, stocks = (row.cells[3] for row in shown().collateral)
    assert (btc.value, btc.unit[:5]) == (1.0, "0.400")
    assert eth.value == pytest.approx(3_923_268 / 10_210_054)
    assert D(stocks.unit) == D("0.7")


def test_shares_stand_against_their_limits():
    btc, eth, group, rest = shown().shares
    assert (btc.label, btc.value, btc.limit) == ("BTC share", "41.1% ▲", "max 40.0%")
    assert (btc.tone, btc.tick) == (Tone.WARNING, 0.4)
    assert (eth.value, eth.tone) == ("13.7%", Tone.TEXT2)
    assert (group.label, group.value, group.limit) == ("BTC + ETH share", "49.2%", "max 50.0%")
    # The page: securities are 50.8 %, and must be half at least.
    assert (rest.label, rest.value, rest.limit) == ("Securities share", "50.8%", "min 50.0%")
    below = shown(securities_share=D("0.4"), group_share=None).shares
    assert below[-1].value == "40.0% ▲"
    assert (below[-2].value, below[-2].fill) == ("—", None)
    assert shown(group_cap=None, collateral=[]).shares == ()


def test_collateral_of_unknown_worth_and_ineligible_is_said():
    piece = LoanCollateralView(
        asset="DOGE", description="DOGE", quantity=D(5), market_value=None, haircut=D(1),
        margin_value=None, share=None, cap=D("0.4"), eligible=False,
    )  # fmt: skip
    cells = shown(collateral=[piece]).collateral[0].cells
    assert [cell.text for cell in cells] == ["5 DOGE · not eligible", "—", "100.0%", "", "—", "—"]


def test_stress_rows_say_fall_utilization_and_level():
    rows = [[cell.text for cell in row.cells] for row in shown().stress]
    assert rows[0] == ["−10%", "106.3%", "◆ MARGIN CALL"]
    assert rows[-1] == ["−50%", "134.8%", "■ CLOSING OUT"]
    assert shown(loans=[]).stress == ()


def test_stop_of_advances_tells_since_when():
    assert shown().advances == "No advances since 10:02:43 HKT: a margin call is open"
    assert shown(advances_stopped_since_ms=None).advances == ""


def test_loan_in_the_risk_panel_has_its_own_figures():
    card = next(c for c in risk_view(risky_desk()).cards if c.account == "loan-1")
    assert [figure.label for figure in card.figures[:3]] == ["LTV", "Margin value", "Excess"]


def test_watched_loan_is_marked_and_asks_for_no_cure():
    accounts = [*normal_desk().accounts, loan_account(watched=True)]
    desk = risky_desk(accounts=accounts, loans=[loan(watched=True)])
    (view,) = financing(desk)
    assert view.is_watched
    assert "WATCHED" in view.card.subtitle
    assert risk_view(desk).called == ""
    assert risk_view(risky_desk()).called == "loan-1"


# ---- forms ---------------------------------------------------------------------------------------


def made(form, **values):
    filled = {entry.key: entry.value or (entry.choices or ("",))[0] for entry in form.entries}
    return read_form(form, filled | values, "w-1")


def test_forms_make_the_commands_of_a_loan():
    one, desk = loan(), risky_desk()
    asked = [
        made(loan_forms.pledge_form(one, desk), asset="eth", quantity="−2.5"),
        made(loan_forms.securities_form(one), description="HK  blue chips", value="8,330,000"),
        made(loan_forms.draw_form(one, desk), quantity="100000", rate="8.5"),
        made(loan_forms.draw_form(one, desk), quantity="100000"),
        made(loan_forms.repay_form(one, desk), quantity="703000"),
        made(loan_forms.credit_limit_form(one), quantity="0"),
        made(loan_forms.firm_capital_form("HKD"), quantity="5,000,000"),
        made(loan_forms.exchange_rate_form("HKD"), rate="7.78"),
        made(loan_forms.deposit_form("perp-1", "USDT", "77243.81")),
    ]
    assert [command for command, _ in asked] == [
        Pledge(id="w-1", account="loan-1", asset="ETH", quantity=D("-2.5"), source="spot-1"),
        PledgeSecurities(
            id="w-1", account="loan-1", description="HK blue chips", market_value=D(8330000),
            currency="HKD", haircut=D("0.3"),
        ),
        Draw(id="w-1", account="loan-1", asset="HKD", quantity=D(100000), target="spot-1",
             annual_rate=D("0.085")),
        Draw(id="w-1", account="loan-1", asset="HKD", quantity=D(100000), target="spot-1"),
        Repay(id="w-1", account="loan-1", asset="HKD", quantity=D(703000), source="spot-1"),
        SetCreditLimit(id="w-1", account="loan-1", asset="HKD", quantity=D(0)),
        SetFirmCapital(id="w-1", asset="HKD", quantity=D("5e6")),
        SetExchangeRate(id="w-1", asset="HKD", per_usd=D("7.78")),
        Deposit(id="w-1", account="perp-1", asset="USDT", quantity=D("77243.81")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"quantity": ""}, "Amount: expected a number"),
        ({"quantity": "NaN"}, "Amount: expected a number"),
        ({"quantity": "1e999999"}, "Amount: expected a number"),
        ({"quantity": "-5"}, "Amount: expected 0 or more"),
        ({"quantity": "0"}, "Amount: 0 moves nothing"),
        ({"quantity": "5", "rate": "250"}, "Rate a year: expected at most 100 %"),
        ({"quantity": "5", "asset": "  "}, "Asset is missing"),
    ],
)
def test_what_is_no_amount_makes_no_command(values, said):
    command, wrong = made(loan_forms.draw_form(loan(), risky_desk()), **values)
    assert command is None
    assert wrong is not None
    assert wrong.text == said


def test_countdown_that_has_run_out_stands_at_nothing():
    assert shown(cure_deadline_ms=WALL_MS - 1).card.cure_within == "0:00:00"

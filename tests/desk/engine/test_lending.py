"""Margin loans on the real engine: collateral, borrowing, paying back, and every refusal."""

from decimal import Decimal as D

import pytest
from helpers.loans import GIVEN, Lender

from desk.model.commands import (
    Deposit,
    Draw,
    Pledge,
    PledgeSecurities,
    Repay,
    SetCreditLimit,
    SetExchangeRate,
    SetFirmCapital,
    Transfer,
    Withdraw,
)
from desk.model.events import Acknowledged


@pytest.fixture
def lender():
    return Lender().ready()


def codes(events):
    """Why it was denied; nothing for what was done."""
    return [denial.code for denial in getattr(events[-1], "denials", ())]


def only(events):
    (denial,) = events[-1].denials
    return denial


def balances(lender, account):
    return dict(lender.state.ledger.balances(account))


def test_a_pledge_moves_coins_to_the_lender(lender):
    assert balances(lender, "loan-1") == {"BTC": D(2)}
    assert balances(lender, "spot-1")["BTC"] == D(3)
    assert lender.rows[-1].entry.type == "exchange_rate"
    (row,) = [row for row in lender.rows if row.entry.type == "pledge"]
    assert row.entry.account == "loan-1"
    assert row.entry.data["what"]["quantity"] == "2"


def test_a_draw_arrives_in_the_spot_account_and_is_owed(lender):
    assert isinstance(lender.draw("1000000")[-1], Acknowledged)
    assert balances(lender, "spot-1")["HKD"] == D(1_000_000)
    assert balances(lender, "loan-1/principal") == {"HKD": D(-1_000_000)}
    what = lender.rows[-1].entry.data["what"]
    assert what["annual_rate"] == "0.08"
    # 2 BTC × 60,000 × 7.8 = 936,000 HKD × 0.4 = 374,400, and 5,000,000 × 0.7 = 3,500,000.
    assert what["utilization_after"] == "0.2581044806937848441"
    assert what["level_after"] == "NORMAL"
    assert what["values"] == {"BTC": "936000", "HK blue chips": "5000000"}


def test_the_ledger_sums_to_zero_after_everything(lender):
    lender.draw("1000000")
    lender.repay("250000")
    lender.release("1", "BTC")
    book = lender.state.ledger.document()
    for asset in ("BTC", "HKD", "USDT"):
        assert sum(D(held.get(asset, "0")) for held in book.values()) == 0


def test_repaying_takes_interest_first(lender):
    lender.draw("1000000")
    lender.accrue(days=10)
    # 1,000,000 × 0.08 / 365 = 219.17808219 a day.
    lender.repay("1191.7808219")
    what = lender.rows[-1].entry.data["what"]
    assert (what["interest"], what["principal"]) == ("1191.7808219", "0")
    lender.repay("2000")
    what = lender.rows[-1].entry.data["what"]
    assert (what["interest"], what["principal"]) == ("1000", "1000")
    assert what["owed_after"] == "999000"
    assert balances(lender, "loan-1/principal") == {"HKD": D(-999_000)}
    assert balances(lender, "loan-1/interest") == {}


def test_never_more_is_repaid_than_is_owed(lender):
    lender.draw("1000000")
    lender.fund("10", "HKD")
    denial = only(lender.repay("1000000.00000001"))
    assert denial.code == "MORE_THAN_OWED"
    assert denial.message == "loan-1 owes 1000000 HKD; 1000000.00000001 is more."
    assert codes(lender.repay("1000000")) == []
    denial = only(lender.repay("1"))
    assert (denial.code, denial.message) == ("NOTHING_OWED", "loan-1 owes no HKD.")
    assert lender.loan().figures.loan == 0


def test_repaying_needs_the_money(lender):
    lender.draw("1000")
    lender.give(Withdraw(id="w", account="spot-1", asset="HKD", quantity=D(1)))
    denial = only(lender.repay("1000"))
    assert denial.code == "INSUFFICIENT_BALANCE"
    assert denial.message == "spot-1 has 999 HKD free; 1000 was asked for."


def test_repaying_and_pledging_pass_on_a_halted_desk(lender):
    lender.draw("1000000")
    lender.kill()
    assert codes(lender.repay("1")) == []
    assert codes(lender.pledge("1", "BTC")) == []
    assert codes(lender.release("1", "BTC")) == ["STATE_HALTED"]
    denial = only(lender.draw("1"))
    assert denial.code == "STATE_HALTED"
    assert denial.rule == "kill.switch"
    assert denial.origin == "FOREIGN"
    assert denial.message == "Money is drawn only while the desk is ACTIVE."


def test_a_bare_desk_is_denied_for_every_reason_at_once():
    lender = Lender(sample_client=False)
    said = lender.draw("1000000")
    found = [(d.code, d.rule, d.origin) for d in said[-1].denials]
    assert found == [
        ("SMF_GATE", "client.smf_client", "SFC"),
        ("NO_CREDIT_LIMIT", "vaf.credit_limit", "SFC"),
        ("NO_COLLATERAL", "vaf.eligible_collateral", "SFC"),
        ("NO_FIRM_CAPITAL", "vaf.loans_to_capital", "BENCHMARK"),
    ]
    assert lender.rows[-1].entry.type == "denial"
    assert lender.state.ledger.document() == {}


def test_a_simulated_desk_lends_on_the_sample_s_limit_and_capital_and_says_so():
    lender = Lender()
    lender.market()
    lender.fund("5", "BTC")
    lender.securities("5000000")
    lender.pledge("2", "BTC")
    lender.exchange_rate("7.8")
    assert codes(lender.draw("3000000.01")) == ["CREDIT_LIMIT"]
    assert codes(lender.draw("1000000")) == []
    said = [
        "SAMPLE credit limit of 3,000,000 HKD.",
        "SAMPLE capital of the firm: 50,000,000 HKD.",
    ]
    assert lender.rows[-1].entry.data["what"]["sample"] == said
    lender.credit_limit("500000")
    assert codes(lender.draw("1")) == ["CREDIT_LIMIT"]
    lender.capital("1000000")
    assert codes(lender.draw("1")) == ["CREDIT_LIMIT", "CLIENT_CONCENTRATION"]
    assert lender.rows[-1].entry.type == "denial"


def test_a_stale_price_leaves_the_level_unknown_and_stops_advances(lender):
    lender.draw("1000")
    lender.tick(2_001)
    found = {d.code: d for d in lender.draw("1000", command_id="again")[-1].denials}
    assert set(found) == {"LEVEL_UNKNOWN", "COLLATERAL_UNKNOWN"}
    assert found["LEVEL_UNKNOWN"].message == "The level of loan-1 cannot be known now."
    assert (
        found["COLLATERAL_UNKNOWN"].message
        == "What the collateral of loan-1 is worth cannot be known now."
    )
    assert codes(lender.repay("1")) == []


def test_the_credit_limit_holds_to_the_cent(lender):
    lender.credit_limit("1000000")
    assert codes(lender.draw("1000000")) == []
    denial = only(lender.draw("0.01", command_id="more"))
    assert (denial.code, denial.limit, denial.actual) == ("CREDIT_LIMIT", "1000000", "1000000.01")
    assert denial.message == (
        "loan-1 would owe 1,000,000.01 HKD; its credit limit is 1,000,000.00 HKD."
    )


def test_a_credit_limit_in_dollars_counts_at_the_rate_that_was_set(lender):
    lender.credit_limit("100000", "USD")
    assert codes(lender.draw("780000")) == []
    assert codes(lender.draw("0.01", command_id="more")) == ["CREDIT_LIMIT"]


def test_interest_counts_towards_the_credit_limit(lender):
    lender.credit_limit("1000000")
    lender.draw("999900")
    lender.accrue(days=1)
    assert codes(lender.draw("0.01", command_id="more")) == ["CREDIT_LIMIT"]


def test_too_much_of_one_coin_denies_a_draw():
    lender = Lender().agreed()
    lender.securities("5000000")
    # 5,000,000 × 0.7 = 3,500,000 HKD; 40 % of the total is 2,333,333.33: 12.46 BTC.
    lender.pledge("13", "BTC", command_id="p")
    denial = only(lender.draw("1000"))
    assert denial.code == "CONCENTRATION"
    assert (denial.rule, denial.origin) == ("vaf.collateral_concentration", "HOUSE")
    assert denial.message == (
        "loan-1: one virtual asset would be 40.86% of the margin value; at most 40.00% counts."
    )
    assert denial.limit == "0.4"


def test_too_much_of_both_coins_denies_a_draw():
    lender = Lender().agreed()
    lender.securities("5000000")
    lender.pledge("10", "BTC", command_id="p1")
    lender.pledge("300", "ETH", command_id="p2")
    found = lender.draw("1000")[-1].denials
    assert [d.code for d in found] == ["GROUP_CONCENTRATION", "SECURITIES_SHARE"]
    assert found[0].message == (
        "loan-1: all virtual assets would be 54.46% of the margin value; at most 50.00% counts."
    )


def test_coins_alone_secure_no_loan():
    lender = Lender().agreed()
    lender.pledge("2", "BTC")
    found = {d.code: d for d in lender.draw("1000")[-1].denials}
    assert set(found) == {"CONCENTRATION", "GROUP_CONCENTRATION", "SECURITIES_SHARE"}
    assert found["SECURITIES_SHARE"].message == (
        "loan-1: securities and cash would be 0.00% of the margin value; "
        "at least 50.00% is asked for."
    )


def test_a_draw_that_would_be_called_is_denied(lender):
    lender.credit_limit("9000000")
    # 374,400 + 3,500,000 of margin value.
    denial = only(lender.draw("3874400"))
    assert (denial.code, denial.limit, denial.actual) == ("CALL_AFTER_DRAW", "1", "1")
    assert denial.message == (
        "Utilization of loan-1 would be 100.00%; a margin call begins at 100.00%."
    )
    assert codes(lender.draw("3874399.99", command_id="less")) == []


def test_one_client_owes_at_most_two_fifths_of_the_capital(lender):
    lender.capital("2500000")
    assert codes(lender.draw("1000000")) == []
    denial = only(lender.draw("0.01", command_id="more"))
    assert (denial.code, denial.rule) == ("CLIENT_CONCENTRATION", "vaf.client_concentration")
    assert (denial.origin, denial.limit) == ("BENCHMARK", "0.4")
    assert (
        denial.message == "The client would owe 40.00% of the firm's capital; 40.00% is the most."
    )


def test_loans_are_held_to_five_times_the_capital(lender):
    lender.capital("200000")
    assert codes(lender.draw("1000000")) == ["CLIENT_CONCENTRATION"]
    found = lender.draw("1000000.01")[-1].denials
    assert [d.code for d in found] == ["LOANS_TO_CAPITAL", "CLIENT_CONCENTRATION"]
    assert (found[0].origin, found[0].limit, found[0].actual) == (
        "BENCHMARK",
        "5",
        "5.00000005",
    )
    assert found[0].message == ("Loans would be 5.00 times the firm's capital; 5.00 is the most.")


def test_two_people_set_a_benchmark_of_loans_aside_for_a_time(lender):
    lender.capital("200000")
    for rule, value in (("vaf.client_concentration", "6"), ("vaf.loans_to_capital", "6")):
        lender.set_aside(rule, value, minutes=10)
    assert codes(lender.draw("1000000")) == []
    assert lender.rows[-1].entry.data["what"]["overrides"] == {
        "vaf.client_concentration": "6",
        "vaf.loans_to_capital": "6",
    }
    assert codes(lender.draw("200000", command_id="all")) == []
    found = codes(lender.draw("0.01", command_id="more"))
    assert found == ["LOANS_TO_CAPITAL", "CLIENT_CONCENTRATION"]
    lender.repay("1000000")
    lender = lender.restarted(wall_ms=lender.wall_ms + 600_000)
    assert codes(lender.draw("1", command_id="late")) == ["CLIENT_CONCENTRATION"]


def test_loans_of_a_firm_in_dollars_are_converted(lender):
    lender.capital("320512", "USD")
    assert codes(lender.draw("1000000")) == ["CLIENT_CONCENTRATION"]
    lender.capital("320513", "USD")
    assert codes(lender.draw("1000000")) == []


def test_an_open_call_anywhere_stops_advances(lender):
    lender.deposit("20000")
    lender.mark()
    lender.book()
    lender.buy("1", price=None)
    lender.run(100)
    lender.mark(price="50000")
    lender.tick()
    lender.market()
    lender.mark(price="50000")
    denial = only(lender.draw("1000"))
    assert (denial.code, denial.rule, denial.origin) == (
        "ADVANCES_STOPPED",
        "vaf.stop_advances",
        "SFC",
    )
    assert denial.message == "Advances are stopped: perp-1 in call or close-out."


def test_collateral_comes_back_while_the_loan_stays_below_a_call(lender):
    lender.draw("3500000")
    assert codes(lender.release("1", "BTC")) == []
    # 1 BTC is left: 187,200 + 3,500,000; without it utilization is exactly 1.
    denial = only(lender.release("1", "BTC", command_id="more"))
    assert denial.code == "CALL_AFTER_RELEASE"
    assert denial.message == (
        "Utilization of loan-1 would be 100.00%; a margin call begins at 100.00%."
    )


def test_without_a_loan_all_collateral_comes_back(lender):
    lender.tick(5_000)
    assert codes(lender.release("2", "BTC")) == []
    assert balances(lender, "loan-1") == {}
    denial = only(lender.release("1", "BTC", command_id="more"))
    assert denial.code == "MORE_THAN_PLEDGED"
    assert denial.message == "loan-1 holds 0 BTC; 1 was asked back."


def test_a_release_may_not_leave_coins_beyond_their_cap():
    lender = Lender().agreed()
    lender.securities("100000")
    lender.fund("5000000", "HKD")
    lender.pledge("5000000", "HKD", command_id="cash")
    lender.pledge("10", "BTC", command_id="coins")
    lender.draw("1000")
    found = {d.code: d for d in lender.release("3000000", "HKD")[-1].denials}
    # 10 BTC: 60,000 × 7.75 × 0.4 = 1,860,000 of that and 70,000 + 2,000,000 that would be left.
    assert set(found) == {"CONCENTRATION"}
    assert found["CONCENTRATION"].actual.startswith("0.47328244274809160")
    assert codes(lender.release("1", "BTC")) == []


def test_collateral_stays_while_a_call_is_open(lender):
    lender.draw("1000")
    lender.desk.levels["loan-1"] = "MARGIN_CALL"
    denial = only(lender.release("1", "BTC"))
    assert (denial.code, denial.rule) == ("CALL_OPEN", "vaf.margin_call")
    assert denial.message == "loan-1 is at MARGIN_CALL: no collateral comes back."


def test_collateral_stays_while_its_worth_is_unknown(lender):
    lender.draw("1000")
    lender.tick(2_001)
    assert codes(lender.release("1", "BTC")) == ["COLLATERAL_UNKNOWN"]


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (Pledge(account="perp-1", asset="BTC", quantity=D(1)), "ACCOUNT",
         "There is no financing account perp-1; there are loan-1."),
        (Pledge(account="loan-1", asset="BTC", quantity=D(1), source="perp-1"), "ACCOUNT",
         "perp-1 is no spot account of this desk."),
        (Pledge(account="loan-1", asset="USDT", quantity=D(1)), "INELIGIBLE_COLLATERAL",
         "USDT is no collateral here; BTC, ETH, HKD, USD are."),
        (Pledge(account="loan-1", asset="BTC", quantity=D(0)), "AMOUNT",
         "An amount is positive and has at most 8 decimals."),
        (Pledge(account="loan-1", asset="BTC", quantity=D(100)), "INSUFFICIENT_BALANCE",
         "spot-1 has 3 BTC free; 100 was asked for."),
        (Draw(account="loan-1", asset="BTC", quantity=D(1)), "ASSET",
         "BTC is not taken here; HKD, USD, USDT, USDC are."),
        (Draw(account="loan-1", asset="HKD", quantity=D("0.000000001")), "AMOUNT",
         "An amount is positive and has at most 8 decimals."),
        (Draw(account="loan-1", asset="HKD", quantity=D("1e23")), "AMOUNT",
         "An amount is positive and has at most 8 decimals."),
        (Draw(account="loan-1", asset="HKD", quantity=D("NaN")), "NUMBER",
         "NaN is no number to count with."),
        (Draw(account="loan-1", asset="HKD", quantity=D(1), annual_rate=D("1.01")), "ANNUAL_RATE",
         "A loan has an annual rate between 0% and 100%."),
        (Draw(account="loan-1", asset="HKD", quantity=D(1), target="loan-1"), "ACCOUNT",
         "loan-1 is no spot account of this desk."),
        (Repay(account="loan-1", asset="HKD", quantity=D(1)), "NOTHING_OWED",
         "loan-1 owes no HKD."),
        (SetCreditLimit(account="loan-1", asset="BTC", quantity=D(1)), "ASSET",
         "BTC is not taken here; HKD, USD are."),
        (SetCreditLimit(account="loan-1", asset="HKD", quantity=D(-1)), "AMOUNT",
         "An amount is positive and has at most 8 decimals."),
        (SetFirmCapital(asset="HKD", quantity=D(-1)), "AMOUNT",
         "An amount is positive and has at most 8 decimals."),
        (SetExchangeRate(asset="HKD", per_usd=D("7.7499")), "OUTSIDE_PEG",
         "A US dollar costs between 7.75 and 7.85 HKD; 7.7499 was entered."),
        (SetExchangeRate(asset="HKD", per_usd=D("7.8501")), "OUTSIDE_PEG",
         "A US dollar costs between 7.75 and 7.85 HKD; 7.8501 was entered."),
        (SetExchangeRate(asset="USDT", per_usd=D(1)), "ASSET",
         "USDT is not taken here; HKD are."),
        (PledgeSecurities(account="loan-1", description=" ", market_value=D(1), currency="HKD",
                          haircut=D("0.3")), "DESCRIPTION",
         "A line is described in 1 to 100 characters."),
        (PledgeSecurities(account="loan-1", description="x", market_value=D(1), currency="HKD",
                          haircut=D("1.01")), "HAIRCUT",
         "A haircut is between 0% and 100%."),
        (PledgeSecurities(account="loan-1", description="x", market_value=D(-1), currency="HKD",
                          haircut=D(1)), "AMOUNT",
         "An amount is positive and has at most 8 decimals."),
        (PledgeSecurities(account="loan-1", description="x", market_value=D(1), currency="EUR",
                          haircut=D(1)), "ASSET", "EUR is not taken here; HKD, USD are."),
        (Deposit(account="loan-1", asset="BTC", quantity=D(1)), "FINANCING",
         "What loan-1 holds moves by pledge and release alone."),
        (Withdraw(account="loan-1", asset="BTC", quantity=D(1)), "FINANCING",
         "What loan-1 holds moves by pledge and release alone."),
        (Transfer(source="loan-1", target="spot-1", asset="BTC", quantity=D(1)), "FINANCING",
         "What loan-1 holds moves by pledge and release alone."),
        (Transfer(source="spot-1", target="loan-1", asset="BTC", quantity=D(1)), "FINANCING",
         "What loan-1 holds moves by pledge and release alone."),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_sentence(lender, command, code, message):
    before = lender.state.document()
    said = lender.named(command)
    denial = only(said)
    assert (denial.code, denial.message) == (code, message)
    assert lender.state.document() == before


def test_a_line_is_replaced_by_its_description_and_taken_away_by_zero(lender):
    assert lender.loan().figures.margin_value == D(3874400)
    lender.securities("4000000", command_id="s2")
    assert lender.loan().figures.margin_value == D(3174400)
    lender.securities("1000000", haircut="0.5", description="Bonds", command_id="s3")
    assert lender.loan().figures.margin_value == D(3674400)
    lender.draw("100000")
    # What a line does to a loan is told with it.
    lender.securities("0", command_id="s4")
    told = lender.rows[-1].entry.data["what"]
    assert told["level_after"] == "NORMAL"
    assert D(told["utilization_after"]) == round(lender.loan().figures.utilization, 20)
    lender.securities("1000", haircut="0.5", description="Dollars", currency="USD")
    assert lender.rows[-1].entry.data["what"]["currency"] == "USD"
    lender.securities("0", description="Dollars", currency="USD")
    assert [line.description for line in lender.state.lending.securities("loan-1")] == ["Bonds"]


def test_a_running_loan_keeps_its_rate_until_a_draw_names_another(lender):
    lender.draw("1000", rate="0.05")
    assert lender.state.lending.term("loan-1", "HKD").annual_rate == D("0.05")
    lender.draw("1000", command_id="second")
    assert lender.state.lending.term("loan-1", "HKD").annual_rate == D("0.05")
    lender.draw("1000", rate="0", command_id="third")
    assert lender.state.lending.term("loan-1", "HKD").annual_rate == 0
    lender.repay("3000")
    lender.draw("1000", command_id="fourth")
    assert lender.state.lending.term("loan-1", "HKD").annual_rate == D("0.08")


def test_a_restart_brings_back_all_of_it(lender):
    lender.draw("1000000")
    lender.repay("1000")
    again = lender.restarted()
    assert again.state.hash() == lender.state.hash()
    again.market()
    assert again.loan().figures == lender.loan().figures


def test_the_same_id_again_does_nothing_more(lender):
    lender.draw("1000", command_id="one")
    said = lender.draw("1000", command_id="one")
    assert said[-1].data == {"repeated": True}
    assert lender.loan().figures.loan == D(1000)


def test_paying_back_may_use_the_reserve_of_a_full_disk(lender):
    lender.draw("1000")
    lender.fill_disk()
    assert codes(lender.repay("1")) == []
    assert codes(lender.draw("1", command_id="no")) == ["DISK_FULL"]


def test_without_a_rate_the_stricter_edge_of_the_band_is_used():
    lender = Lender().agreed()
    lender.securities("5000000")
    lender.pledge("2", "BTC")
    # Held: 120,000 USD × 7.75; without the setting nothing is known better.
    assert lender.loan().figures.market_value == D(5930000)
    lender.exchange_rate("7.85")
    assert lender.loan().figures.market_value == D(5942000)
    assert GIVEN == "7.8"


def test_a_loan_in_dollars_is_owed_at_the_dearer_edge():
    lender = Lender().agreed()
    lender.securities("5000000")
    lender.pledge("2", "BTC")
    lender.draw("1000", "USD")
    assert lender.loan().figures.loan == D(7850)

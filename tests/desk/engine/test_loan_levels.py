"""A loan's level as prices and time pass: call, countdown, close-out, and what is shown of it."""

from decimal import Decimal as D

import pytest
from helpers.engines import BTC, decided
from helpers.loans import Lender

from desk.cli.shipped import shipped
from desk.engine.frame import build_frame
from desk.engine.questions import answer
from desk.model.catalogue import Catalogue
from desk.model.commands import NextFrame
from desk.model.events import Alerted, LevelChanged

MINUTE_MS = 60_000
VENUES = ("binance-spot", "binance-usdm", "okx", "bybit-linear")
VOTERS = (BTC, "BTC-USDT-SWAP.OKX", "BTCUSDT-PERP.BYBIT")


@pytest.fixture
def lender():
    """Margin value 374,400 (2 BTC at 60,000 × 7.8 × 0.4) + 3,500,000; loan 3,800,000: 0.9808."""
    lender = Lender().ready()
    lender.draw("3800000")
    lender.tick(20)
    return lender


def levels(lender):
    return [
        (row.entry.data["what"]["before"], row.entry.data["what"]["after"])
        for row in lender.rows
        if row.entry.type == "level"
    ]


def frame(lender):
    return build_frame(lender.desk, NextFrame(), number=1, engine_ms=0, notes={})


def view(lender):
    (found,) = frame(lender).loans
    return found


def at(lender, btc):
    lender.market(btc=btc)
    lender.tick(20)


def hold(lender, btc, seconds):
    """Keep the price for so long."""
    for _ in range(seconds):
        lender.tick(1_000)
        lender.market(btc=btc)


def test_a_warning_begins_at_four_fifths(lender):
    assert levels(lender) == [("NORMAL", "WARNING")]


def test_a_call_begins_at_full_utilization_with_the_prices_that_made_it(lender):
    # 2 × p × 7.8 × 0.4 = 300,000 at 48,076.92.
    at(lender, "48077")
    assert levels(lender)[1:] == []
    at(lender, "48076")
    assert levels(lender)[1:] == [("WARNING", "MARGIN_CALL")]
    row = decided(lender.rows)[-1].entry
    assert row.account == "loan-1"
    assert row.data["what"]["marks"] == {"BTC": "374992.8"}
    assert row.data["what"]["currency"] == "HKD"
    assert row.data["what"]["utilization"].startswith("1.00000")
    (changed,) = [
        e for e in lender.events if isinstance(e, LevelChanged) and e.after == "MARGIN_CALL"
    ]
    assert changed.marks == {"BTC": "374992.8"}
    (said,) = [e for e in lender.events if isinstance(e, Alerted)]
    assert said.code == "LOAN_MARGIN_CALL"
    # 3,800,000 − 0.95 × 3,799,994.24
    assert said.message == (
        "Margin call on loan-1: repay 190,005.47 HKD or pledge more by 21:06 HKT."
    )


def test_a_call_is_left_when_it_has_been_better_for_ten_seconds(lender):
    at(lender, "48000")
    # 0.95 of the call: margin value 4,000,000 = 3,500,000 + 2 × 80,128.2 × 3.12.
    hold(lender, "80100", 20)
    assert levels(lender)[-1] == ("WARNING", "MARGIN_CALL")
    hold(lender, "80200", 9)
    assert levels(lender)[-1] == ("WARNING", "MARGIN_CALL")
    hold(lender, "80200", 3)
    assert levels(lender)[-1] == ("MARGIN_CALL", "WARNING")
    assert view(lender).cure_deadline_ms is None
    assert view(lender).advances_stopped_since_ms is None


def test_a_call_that_is_not_cured_in_two_hours_is_a_close_out(lender):
    at(lender, "48000")
    called_ms, deadline = view(lender).advances_stopped_since_ms, view(lender).cure_deadline_ms
    assert deadline == called_ms + 120 * MINUTE_MS
    lender = lender.restarted(wall_ms=deadline - 1_000, btc="48000")
    lender.tick(deadline - 10 - lender.wall_ms)
    assert levels(lender)[-1] == ("WARNING", "MARGIN_CALL")
    lender.tick(10)
    assert levels(lender)[-1] == ("MARGIN_CALL", "CLOSE_OUT")
    assert lender.rows[-1].entry.time_ms == deadline
    (said,) = [e for e in lender.events if isinstance(e, Alerted) and e.code == "LOAN_CLOSE_OUT"]
    assert said.message == (
        "loan-1 is due for close-out: utilization 100.01%, and its call was not met in time."
    )


def test_an_overdue_call_of_a_real_lender_stays_a_close_out_and_nothing_is_sold(lender):
    lender.lend_for_real()
    at(lender, "48000")
    lender.tick(120 * MINUTE_MS)
    for _ in range(10):
        lender.market(btc="48000")
    assert levels(lender)[-1] == ("MARGIN_CALL", "CLOSE_OUT")
    (said,) = [e for e in lender.events if isinstance(e, Alerted) and e.code == "LOAN_CLOSE_OUT"]
    assert said.message.endswith("in time. The desk sells nothing there: the lender does.")
    hold(lender, "79000", 15)
    assert levels(lender)[-1] == ("MARGIN_CALL", "CLOSE_OUT")
    assert lender.state.ledger.balance("loan-1", "BTC") == 2
    lender.repay("200000")
    hold(lender, "79000", 12)
    assert levels(lender)[-1] == ("CLOSE_OUT", "WARNING")


def test_a_countdown_goes_on_over_a_restart_and_ends_while_the_desk_is_down(lender):
    at(lender, "48000")
    deadline = view(lender).cure_deadline_ms
    again = lender.reborn()
    assert view(again).level == "UNKNOWN"
    again.market(btc="48000")
    assert view(again).level == "MARGIN_CALL"
    assert view(again).cure_deadline_ms == deadline
    late = lender.reborn(wall_ms=deadline)
    # Without a price nothing is decided.
    assert levels(late)[-1] == ("WARNING", "MARGIN_CALL")
    assert view(late).level == "UNKNOWN"
    late.market(btc="48000")
    late.tick(20)
    assert levels(late)[-1] == ("MARGIN_CALL", "CLOSE_OUT")


def test_a_close_out_comes_at_once_at_five_quarters_of_the_margin_value(lender):
    # 3,800,000 / 1.25 = 3,040,000; securities of 3,808,000 × 0.7 = 2,665,600 and 374,400.
    lender.securities("3808000.01", command_id="s2")
    lender.tick(20)
    assert levels(lender)[-1] == ("WARNING", "MARGIN_CALL")
    lender.securities("3808000", command_id="s3")
    lender.tick(20)
    assert levels(lender)[-1] == ("MARGIN_CALL", "CLOSE_OUT")


def test_a_stale_price_leaves_the_level_unknown_and_the_journal_as_it_is(lender):
    rows = len(lender.rows)
    lender.tick(2_001)
    loan = view(lender)
    assert (loan.level, loan.utilization, loan.market_value) == ("UNKNOWN", None, None)
    assert loan.loan == D(3_800_000)
    assert loan.falls_known is False
    (account,) = [a for a in frame(lender).accounts if a.account == "loan-1"]
    assert (account.level, account.quality, account.equity) == ("UNKNOWN", "UNKNOWN", None)
    assert frame(lender).totals.equity is None
    assert len(lender.rows) == rows


def test_all_figures_of_a_loan_are_in_the_frame(lender):
    loan = view(lender)
    assert (loan.account, loan.lender, loan.execution, loan.currency) == (
        "loan-1",
        "broker",
        "paper",
        "HKD",
    )
    assert loan.level == "WARNING"
    assert loan.market_value == D(5_936_000)
    assert loan.margin_value == D(3874400)
    assert loan.capital_value == D(3_500_000)
    assert loan.loan == D(3_800_000)
    assert loan.accrued_interest == 0
    assert loan.excess == D(74_400)
    assert round(loan.utilization, 6) == D("0.980797")
    assert round(loan.loan_to_value, 6) == D("0.640162")
    # 74,400 of 374,400 may be lost; 3,040,000 is left without a coin.
    assert round(loan.price_fall_to_margin_call, 6) == D("0.198718")
    assert loan.price_fall_to_close_out is None
    assert loan.price_fall_to_shortfall is None
    assert loan.falls_known is True
    assert loan.credit_limit == D(5_000_000)
    assert round(loan.securities_share, 6) == D("0.903366")
    assert round(loan.group_share, 6) == D("0.096634")
    assert loan.group_cap == D("0.5")
    assert (loan.cure_deadline_ms, loan.advances_stopped_since_ms) == (None, None)
    coins, shares = loan.collateral
    assert (coins.asset, coins.quantity, coins.market_value) == ("BTC", D(2), D(936_000))
    assert (coins.haircut, coins.margin_value, coins.cap) == (D("0.6"), D(374_400), D("0.4"))
    assert coins.share == loan.group_share
    assert (shares.asset, shares.description, shares.cap) == (None, "HK blue chips", None)
    assert (shares.haircut, shares.margin_value, shares.eligible) == (D("0.3"), D(3_500_000), True)
    (line,) = loan.loans
    assert (line.asset, line.principal, line.annual_rate) == ("HKD", D(3_800_000), D("0.08"))
    assert round(line.interest_per_day, 2) == D("832.88")
    assert loan.notes == []


def test_stress_says_who_is_called_at_each_fall(lender):
    found = [(fall, level, round(used, 4)) for fall, level, used in view(lender).stress]
    # loan / (3,500,000 + 374,400 × (1 − fall)), the gap of 25 % among them.
    assert found == [
        (D("0.10"), "WARNING", D("0.9904")),
        (D("0.20"), "MARGIN_CALL", D("1.0001")),
        (D("0.25"), "MARGIN_CALL", D("1.0051")),
        (D("0.30"), "MARGIN_CALL", D("1.0101")),
        (D("0.50"), "MARGIN_CALL", D("1.0306")),
    ]


def test_totals_count_collateral_and_loan(lender):
    totals = frame(lender).totals
    # spot-1: 3 BTC and 3,800,000 HKD; loan-1: 5,936,000 − 3,800,000 HKD.
    assert round(totals.equity, 2) == round(
        3 * D(60_000) + D(3_800_000) / D("7.8") + D(2_136_000) / D("7.8"), 2
    )
    assert totals.btc_delta == 5
    assert totals.eth_delta == 0
    assert round(totals.firm_capital, 2) == round(D(3_500_000) / D("7.8"), 2)


def test_without_a_rate_totals_are_unknown_and_the_loan_is_not():
    lender = Lender().agreed()
    lender.securities("5000000")
    lender.pledge("2", "BTC")
    found = frame(lender)
    assert found.totals.equity is None
    assert found.totals.firm_capital is None
    assert found.loans[0].level == "NORMAL"
    assert found.loans[0].notes == [
        "HKD/USD is not set: the stricter edge of 7.75–7.85 is used, and totals are unknown"
    ]


def test_coins_alone_need_no_rate_in_the_totals():
    lender = Lender().agreed()
    lender.pledge("2", "BTC")
    totals = frame(lender).totals
    assert totals.equity == 100 * D(60_000) + 1000 * D(2_500)
    assert totals.firm_capital == 0
    lender.fund("780", "HKD")
    assert frame(lender).totals.equity is None
    lender.exchange_rate("7.8")
    assert round(frame(lender).totals.equity, 6) == 8_500_100
    lender.pledge("780", "HKD")
    totals = frame(lender).totals
    assert (round(totals.equity, 6), round(totals.firm_capital, 6)) == (8_500_100, 100)


def test_a_rate_older_than_a_week_is_flagged_and_used():
    lender = Lender().ready()
    week_ms = lender.state.lending.rates["HKD"].as_of_ms + 7 * 86_400_000
    again = lender.restarted(wall_ms=week_ms - 1_000)
    again.tick(week_ms - again.wall_ms)
    assert view(again).notes == []
    again.tick(1)
    assert view(again).notes == ["HKD/USD was entered 7 days ago"]
    assert view(again).market_value == D(5_936_000)


def test_an_empty_desk_has_an_empty_loan_and_knows_its_totals():
    lender = Lender()
    loan = view(lender)
    assert (loan.level, loan.loan, loan.market_value, loan.utilization) == ("NORMAL", 0, 0, None)
    assert (loan.collateral, loan.loans, loan.notes) == ([], [], [])
    totals = frame(lender).totals
    assert (totals.equity, totals.firm_capital) == (0, 0)


def test_status_and_risk_show_the_loan(lender):
    status = answer(lender.desk, "status")
    (account,) = [a for a in status["accounts"] if a["id"] == "loan-1"]
    assert account["level"] == "WARNING"
    assert account["balances"] == [{"asset": "BTC", "quantity": "2"}]
    assert status["level"] == "WARNING"
    risk = answer(lender.desk, "risk")
    assert risk["loans"][0]["loan"] == "3800000"
    assert risk["accounts"][2]["margin_utilization"] == risk["loans"][0]["utilization"]
    lender.tick(2_001)
    status = answer(lender.desk, "status")
    assert (status["level"], status["quality"]) == ("UNKNOWN", "UNKNOWN")


def test_a_rate_that_was_entered_is_among_the_rates(lender):
    (rate,) = [rate for rate in frame(lender).rates if rate.asset == "HKD"]
    assert round(rate.usd, 6) == D("0.128205")
    assert rate.assumed is False


def test_the_consensus_prices_collateral_where_three_venues_vote():
    """The coins of a loan live at no venue."""
    catalogue = Catalogue([i for i in shipped().catalogue.all() if i.connection in VENUES])
    lender = Lender(catalogue=catalogue).ready()
    assert view(lender).market_value == D(5_936_000)
    for instrument in VOTERS:
        lender.mark(instrument, "61000")
    lender.tick(100)
    index = lender.desk.reference.indices["BTC"]
    assert (index.state, index.value) == ("CONSENSUS", D(61_000))
    assert view(lender).market_value == 2 * D(61_000) * D("7.8") + 5_000_000
    lender.tick(2_000)
    for instrument in VOTERS[1:]:
        lender.mark(instrument, "61000")
    lender.tick(100)
    # Two fresh votes are not enough, and the book that would do instead is stale.
    assert view(lender).market_value is None


def rules(lender):
    return [(r.rule, r.status, r.origin, r.message) for r in frame(lender).rules]


def test_the_rules_of_a_loan_stand_beside_it_with_their_origin(lender):
    assert rules(lender) == [
        ("vaf.margin_call", "WARN", "HOUSE", "loan-1 utilization: 98.08% of 100.00%"),
        ("vaf.credit_limit", "OK", "SFC", "loan-1 loan: 3,800,000.00 of 5,000,000.00"),
        ("vaf.collateral_concentration", "OK", "HOUSE",
         "loan-1 largest virtual asset: 9.66% of 40.00%"),
        ("vaf.collateral_concentration.correlated_group", "OK", "HOUSE",
         "loan-1 all virtual assets: 9.66% of 50.00%"),
        ("vaf.securities_collateral_present", "OK", "HOUSE",
         "loan-1 securities and cash: 90.34%, at least 50.00%"),
        ("vaf.loans_to_capital", "OK", "BENCHMARK",
         "All loans in multiples of the firm's capital: 0.04× of 5.00×"),
        ("vaf.client_concentration", "OK", "BENCHMARK",
         "The client's share of the firm's capital: 3.80% of 40.00%"),
        ("vaf.stop_advances", "OK", "SFC", "Advances: open"),
    ]  # fmt: skip


@pytest.mark.parametrize(("capital", "status"), [("844444", "WARN"), ("844445", "OK")])
def test_loans_warn_from_four_and_a_half_times_the_capital(lender, capital, status):
    lender.capital(capital)  # of 3,800,000 lent
    assert dict(r[:2] for r in rules(lender))["vaf.loans_to_capital"] == status


def test_rules_show_breach_warning_and_what_is_unknown(lender):
    lender.capital("800000")
    lender.credit_limit("3799999")
    lender.market(btc="400000")
    lender.tick(20)
    shown = {rule: status for rule, status, *_ in rules(lender)}
    assert shown["vaf.credit_limit"] == "BREACH"
    assert shown["vaf.loans_to_capital"] == "WARN"
    assert shown["vaf.client_concentration"] == "BREACH"
    assert shown["vaf.collateral_concentration"] == "BREACH"
    lender.capital("700000")
    assert dict(r[:2] for r in rules(lender))["vaf.loans_to_capital"] == "BREACH"
    lender.tick(2_001)
    assert {status for rule, status, *_ in rules(lender) if "collateral" in rule} == {"UNKNOWN"}
    at(lender, "40000")
    found = {rule: (status, message) for rule, status, _, message in rules(lender)}
    assert found["vaf.margin_call"][0] == "BREACH"
    assert found["vaf.stop_advances"] == ("WARN", "Advances: stopped by loan-1")


def test_a_desk_that_owes_nothing_shows_no_rule_of_loans():
    assert rules(Lender().ready()) == []


def test_a_line_that_brings_a_call_is_asked_about_first(lender):
    found = lender.securities("3808000", command_id="s2", confirmed=False)[-1]
    assert [one.code for one in found.denials] == ["LINE_BRINGS_CALL"]
    assert found.denials[0].message == (
        "With this line loan-1 would be in close out: say so again with confirm, if it is what "
        "the broker states."
    )
    lender.tick(20)
    assert view(lender).level != "CLOSE_OUT"
    lender.securities("3808000", command_id="s3")
    lender.tick(20)
    assert view(lender).level == "CLOSE_OUT"
    # What makes it no worse is not asked about.
    better = lender.securities("3808001", command_id="s4", confirmed=False)[-1]
    assert better.about == "pledge_securities"

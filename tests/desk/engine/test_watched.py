"""Accounts that were imported: live figures, levels with memory, and nothing is ever traded."""

import json
from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, decided, full, order
from helpers.portfolios import SHIPPED
from helpers.watchers import BROKER, COIN, COLD, ELSEWHERE, FUND, Watcher, portfolio

from desk.engine.watched_situation import watched_situation
from desk.model.commands import (
    AddMargin,
    ClosePosition,
    Deposit,
    Draw,
    Flatten,
    Kill,
    Pledge,
    PledgeSecurities,
    Repay,
    SetCloseOutOrder,
    SetCreditLimit,
    SetLeverage,
    SetMarginMode,
    Transfer,
    Withdraw,
)
from desk.model.events import Acknowledged, Alerted, Answered, Denied
from desk.model.orders import MarginMode, Side
from desk.risk.evaluation import evaluate, quality
from desk.risk.report import risk_report
from desk.risk.report_rows import text
from desk.risk.situation import read_situation


@pytest.fixture
def watcher():
    """A market at 60,000; nothing is imported yet."""
    watcher = Watcher()
    watcher.market()
    watcher.mark(BTC, "60000")
    watcher.mark(ETH, "2500")
    return watcher


def sentences(watcher, code):
    return [e.message for e in watcher.events if isinstance(e, Alerted) and e.code == code]


# --- importing -----------------------------------------------------------------------------------


def test_an_import_is_one_row_and_is_answered_with_what_it_changed(watcher):
    rows = len(watcher.rows)
    said = watcher.take(FUND, COLD, command_id="imp-1")
    assert isinstance(said, Acknowledged)
    assert (said.about, said.id, said.durable) == ("import", "imp-1", True)
    assert said.data["added"] == ["fund-1", "cold"]
    assert said.data["same"] is False
    assert [(row.entry.type, row.entry.id) for row in watcher.rows[rows:]] == [("import", "imp-1")]
    assert list(watcher.state.accounts) == ["perp-1", "spot-1", "loan-1", "fund-1", "cold"]
    assert [a.id for a in watcher.state.accounts.values() if a.watched] == ["fund-1", "cold"]


def test_the_same_document_again_changes_nothing_and_says_so(watcher):
    watcher.take(FUND, COLD)
    rows, before = len(watcher.rows), watcher.state.hash()
    said = watcher.take(FUND, COLD)
    assert isinstance(said, Acknowledged)
    assert said.data["same"] is True
    assert said.data["unchanged"] == ["fund-1", "cold"]
    assert (said.data["added"], said.data["changed"], said.data["removed"]) == ([], [], [])
    assert (len(watcher.rows), watcher.state.hash()) == (rows, before)


def test_a_document_replaces_the_one_before_and_only_it(watcher):
    watcher.fund("1", "BTC")
    watcher.take(FUND, COLD)
    richer = {**FUND, "balances": [{"asset": "USDT", "quantity": "250000"}]}
    said = watcher.take(richer, BROKER)
    assert said.data["added"] == ["fund-loan"]
    assert said.data["removed"] == ["cold"]
    assert said.data["changed"] == [
        {
            "id": "fund-1",
            "balances": [
                {
                    "of": "USDT",
                    "before": {"asset": "USDT", "quantity": "200000"},
                    "after": {"asset": "USDT", "quantity": "250000"},
                }
            ],
        }
    ]
    assert list(watcher.state.accounts) == ["perp-1", "spot-1", "loan-1", "fund-1", "fund-loan"]
    assert watcher.account().equity == D(250000)
    assert watcher.state.ledger.balance("spot-1", "BTC") == D(1)


def test_no_accounts_ends_the_watch(watcher):
    watcher.take(FUND)
    assert watcher.take().data["removed"] == ["fund-1"]
    assert list(watcher.state.accounts) == ["perp-1", "spot-1", "loan-1"]
    assert [view.account for view in watcher.frame().accounts] == ["perp-1", "spot-1", "loan-1"]
    assert "watched" not in watcher.ask("stress").data


@pytest.mark.parametrize("name", ["perp-1", "spot-1", "loan-1"])
def test_an_account_named_like_one_of_the_desk_is_watched_under_another_name(watcher, name):
    said = watcher.take({**FUND, "id": name})
    assert said.data["renamed"] == {name: f"watched-{name}"}
    accounts = watcher.state.accounts
    assert accounts[f"watched-{name}"].watched
    assert not accounts[name].watched
    assert watcher.take({**FUND, "id": name}).data["same"] is True


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "desk.portfolio/2"}, 'schema: expected "desk.portfolio/1", found '),
        ({"prices": {"BTC": "NaN"}}, "prices.BTC: expected a number, found NaN."),
        ({"marks": {BTC: "0"}}, f"marks.{BTC}: expected a number above 0, found 0."),
        ({"as_of": "2026-11-01T00:00:00"}, "as_of: expected a time with its zone, found 2026"),
        (
            {"nonsense": 1},
            "nonsense: expected a field of desk.portfolio/1, found an unknown field.",
        ),
        ({"instruments": {}}, "accounts[0].positions[0].instrument: expected an instrument of the"),
    ],
)
def test_a_bad_document_is_denied_with_its_field_and_leaves_what_was(watcher, changes, message):
    watcher.take(COLD)
    before = watcher.state.hash()
    held = {"instrument": ELSEWHERE, "quantity": "1", "entry_price": "150"}
    said = watcher.take({**FUND, "positions": [held]}, **changes)
    assert isinstance(said, Denied)
    assert [denial.code for denial in said.denials] == ["DOCUMENT"]
    assert said.denials[0].message.startswith(f"the document: {message}")
    assert watcher.state.hash() == before


def test_client_limits_profile_and_ticket_are_the_documents_own_affair(watcher):
    given = portfolio(
        FUND,
        profile="house_strict",
        limits={"ord.max_value": {"value": "1", "unit": "USD"}},
        client={"securities_margin_client": True},
        ticket={"account": "fund-1", "instrument": BTC, "side": "BUY", "quantity": "1"},
    )
    assert isinstance(watcher.take_document(given), Acknowledged)
    kept = watcher.state.imported
    assert (kept.profile, kept.limits, kept.client, kept.ticket) == ("hk_sfc_2026", {}, None, None)
    assert isinstance(watcher.take(FUND), Acknowledged)
    assert watcher.take(FUND).data["same"] is True


def test_an_import_that_cannot_be_written_is_not_done(watcher):
    watcher.refuse = full()
    said = watcher.take(FUND)
    assert isinstance(said, Denied)
    assert [denial.code for denial in said.denials] == ["DISK_FULL"]
    assert "fund-1" not in watcher.state.accounts


# --- figures at live marks -----------------------------------------------------------------------


def test_a_pool_is_worth_what_the_live_mark_says(watcher):
    watcher.take(FUND)
    view = watcher.account()
    assert (view.watched, view.kind, view.currency, view.quality) == (
        True,
        "perpetual",
        "USDT",
        "LIVE",
    )
    # Tier 300,000-800,000: 600,000 × 0.005 − 300.
    assert (view.equity, view.initial_margin, view.maintenance_margin) == (
        D(200000),
        D(120000),
        D(2700),
    )
    watcher.mark(BTC, "61000")
    view, position = watcher.account(), watcher.position()
    assert (view.equity, view.initial_margin) == (D(210000), D(122000))
    assert (position.mark_price, position.unrealized_pnl) == (D(61000), D(10000))
    assert (position.quality, position.realized_pnl) == ("LIVE", None)
    # 200,000 + 10 (p − 60,000) = 0.05 p − 300 at 399,700 / 9.95.
    assert round(position.liquidation_price, 6) == D("40170.854271")


def test_before_the_first_mark_the_figures_are_unknown_whatever_the_document_says():
    watcher = Watcher()
    watcher.take(FUND)
    view, position = watcher.account(), watcher.position()
    assert (view.level, view.quality, view.equity) == ("UNKNOWN", "UNKNOWN", None)
    assert (position.mark_price, position.quality, position.mark_age_ms) == (None, "UNKNOWN", None)
    assert not position.liquidation_known


def test_a_mark_is_stale_after_two_seconds(watcher):
    watcher.take(FUND)
    watcher.mark(BTC, "60000")
    watcher.tick(2_000)
    assert (watcher.account().quality, watcher.position().mark_age_ms) == ("LIVE", 2_000)
    watcher.tick(1)
    assert (watcher.account().quality, watcher.position().quality) == ("STALE", "STALE")
    assert watcher.position().uncertainty_causes == ["the mark is 2001 ms old"]


def test_an_instrument_given_in_full_keeps_its_terms_and_the_documents_mark(watcher):
    held = {"instrument": ELSEWHERE, "quantity": "-100", "entry_price": "160", "leverage": "10"}
    watcher.take({**FUND, "positions": [held]})
    position = watcher.position(ELSEWHERE)
    assert (position.mark_price, position.quality) == (D(150), "STALE")
    # 2026-11-01 to the desk's clock.
    assert position.mark_age_ms == watcher.wall_ms - 1_793_491_200_000
    assert (position.notional, position.unrealized_pnl) == (D(15000), D(1000))
    assert (position.maintenance_margin, position.initial_margin) == (D(150), D(1500))
    assert position.uncertainty_causes == [
        "the mark is the document's, of 2026-11-01T00:00:00Z",
    ]
    assert (watcher.account().quality, watcher.account().equity) == ("STALE", D(201000))


def test_an_instrument_that_nobody_streams_here_keeps_the_documents_mark(watcher):
    held = {"instrument": COIN, "quantity": "100", "entry_price": "90000", "leverage": "5"}
    coins = [{"asset": "BTC", "quantity": "1"}]
    watcher.take({**FUND, "balances": coins, "positions": [held]})
    assert (watcher.position(COIN).mark_price, watcher.position(COIN).quality) == (
        D(90000),
        "STALE",
    )
    watcher.take({**FUND, "balances": coins, "positions": [held]}, marks={})
    assert (watcher.position(COIN).mark_price, watcher.position(COIN).quality) == (None, "UNKNOWN")
    assert watcher.position(COIN).mark_age_ms is None
    assert (watcher.account().level, watcher.account().quality) == ("UNKNOWN", "UNKNOWN")


def test_coins_of_a_pool_move_with_the_price_of_now(watcher):
    pool = {
        **FUND,
        "balances": [*FUND["balances"], {"asset": "BTC", "quantity": "1.5"}],
        "haircuts": {"BTC": "0.05"},
    }
    watcher.take(pool)
    # 200,000 + 1.5 × 60,000 × 0.95
    assert watcher.account().collateral_value == D(285500)
    watcher.market(btc="61000")
    watcher.mark(BTC, "60000")
    assert watcher.account().collateral_value == D(286925)
    watcher.tick(2_001)  # the spot book is stale: what a coin is worth is unknown
    watcher.mark(BTC, "60000")
    assert (watcher.account().collateral_value, watcher.account().quality) == (None, "UNKNOWN")


def test_holdings_are_priced_here_where_they_can_be_else_by_the_document(watcher):
    watcher.take(COLD)
    view = watcher.account("cold")
    assert (view.equity, view.currency, view.quality) == (D(121000), "USD", "LIVE")
    sol = {**COLD, "balances": [*COLD["balances"], {"asset": "SOL", "quantity": "10"}]}
    watcher.take(sol)
    assert (watcher.account("cold").equity, watcher.account("cold").quality) == (
        D(122500),
        "STALE",
    )
    watcher.take({**COLD, "balances": [{"asset": "XRP", "quantity": "10"}]})
    assert (watcher.account("cold").equity, watcher.account("cold").quality) == (None, "UNKNOWN")
    watcher.take({**COLD, "balances": [{"asset": "XRP", "quantity": "0"}]})
    assert watcher.account("cold").quality == "LIVE"


def test_a_loan_is_valued_by_this_desks_rules_in_the_documents_currency(watcher):
    watcher.exchange_rate("7.8")
    watcher.take(BROKER)
    loan = watcher.loan()
    assert (loan.watched, loan.lender, loan.currency) == (True, "bank", "USD")
    # 3,800,000 ÷ (2 × 60,000 × 0.4 × 7.8 + 3,500,000)
    assert round(loan.utilization, 10) == round(D(3800000) / D(3874400), 10)
    assert loan.credit_limit == D(1000000)
    assert [(line.asset, line.annual_rate, line.interest_per_day) for line in loan.loans] == [
        ("HKD", None, None)
    ]
    assert round(loan.accrued_interest, 8) == round(D(1000) / D("7.8"), 8)
    assert loan.advances_stopped_since_ms is None
    assert loan.notes == [
        "As imported of 2026-11-01T00:00:00Z: interest since is not in it",
    ]
    view = watcher.account("fund-loan")
    assert (view.watched, view.quality) == (True, "LIVE")
    assert round(view.equity * D("7.8"), 6) == D(2136000)
    watcher.take({**BROKER, "collateral": [{"asset": "SOL", "quantity": "5"}]})
    assert watcher.account("fund-loan").quality == "STALE"
    assert [(row.eligible, row.haircut) for row in watcher.loan().collateral] == [(False, D("0.6"))]


def test_the_desks_totals_level_and_quality_are_those_of_its_own_money(watcher):
    before, status = watcher.frame().totals, watcher.status()
    sol = {"instrument": ELSEWHERE, "quantity": "-100", "entry_price": "160", "leverage": "10"}
    other = {**FUND, "id": "fund-2", "positions": [sol]}
    assert isinstance(watcher.take(FUND, other, COLD, BROKER), Acknowledged)
    assert watcher.frame().totals == before
    after = watcher.status()
    assert (after["level"], after["quality"]) == (status["level"], status["quality"])
    rows = {row["id"]: row for row in after["accounts"]}
    assert rows["fund-1"]["watched"] is True
    assert (rows["fund-1"]["quality"], rows["fund-2"]["quality"]) == ("LIVE", "STALE")
    assert rows["fund-1"]["balances"] == [{"asset": "USDT", "quantity": "200000"}]
    assert [p["instrument"] for p in rows["fund-1"]["positions"]] == [BTC]
    assert [p["instrument"] for p in rows["fund-2"]["positions"]] == [ELSEWHERE]
    assert rows["fund-loan"]["balances"] == [{"asset": "BTC", "quantity": "2"}]
    assert "watched" not in rows["perp-1"]
    assert {row.rule for row in watcher.frame().rules if "fund" in row.message} == set()


# --- levels --------------------------------------------------------------------------------------


def test_levels_are_recorded_with_the_marks_that_made_them(watcher):
    watcher.take(FUND)
    watcher.mark(BTC, "50000.1")
    watcher.tick(20)
    assert watcher.levels() == [("NORMAL", "WARNING")]
    watcher.mark(BTC, "50000")  # 2 p = 10 p − 400,000
    watcher.tick(20)
    assert watcher.levels()[1:] == [("WARNING", "MARGIN_CALL")]
    row = watcher.rows[-1].entry
    assert row.data["what"]["marks"] == {BTC: "50000"}
    assert sentences(watcher, "MARGIN_CALL") == [
        "Margin call on fund-1: it is watched. Deposit or reduce there by 21:06 HKT."
    ]
    assert watcher.account().cure_deadline_ms == row.time_ms + 120 * 60_000


def test_a_level_is_left_when_it_has_been_better_for_ten_seconds(watcher):
    watcher.take(FUND)
    watcher.mark(BTC, "50000")
    watcher.hold("55000", 10)
    assert watcher.account().level == "MARGIN_CALL"
    watcher.hold("55000", 2)
    assert watcher.levels()[-1] == ("MARGIN_CALL", "NORMAL")


def test_a_close_out_is_planned_and_announced_and_never_carried_out(watcher):
    watcher.take(FUND)
    (plan,) = [view for view in watcher.frame().close_outs if view.account == "fund-1"]
    assert (plan.phase, plan.steps[0].instrument, plan.steps[0].side) == ("standing", BTC, "SELL")
    watcher.mark(BTC, "40171")
    watcher.tick(20)
    assert watcher.account().level == "MARGIN_CALL"
    rows = len(watcher.rows)
    for _ in range(5):
        watcher.market(btc="40170")
        watcher.mark(BTC, "40170")
        watcher.tick(1_000)
    assert {row.entry.type for row in decided(watcher.rows[rows:])} <= {"level", "surveillance"}
    assert watcher.levels()[-1] == ("MARGIN_CALL", "CLOSE_OUT")
    assert sentences(watcher, "CLOSE_OUT_WATCHED") == [
        "Close-out of fund-1 is due: it is watched, and the desk trades nothing there."
    ]
    assert watcher.state.orders == {}
    (plan,) = [view for view in watcher.frame().close_outs if view.account == "fund-1"]
    assert plan.phase == "standing"
    assert plan.steps


def test_a_close_out_of_what_nobody_streams_is_planned_at_the_documents_mark(watcher):
    held = {"instrument": ELSEWHERE, "quantity": "-100", "entry_price": "100", "leverage": "10"}
    thin = [{"asset": "USDT", "quantity": "5100"}]
    watcher.take({**FUND, "balances": thin, "positions": [held]})
    (plan,) = watcher.frame().close_outs
    assert plan.steps[0].expected_price == D(150)
    watcher.tick(20)
    # 5,100 − 5,000 of 150 to maintain.
    assert watcher.levels() == [("NORMAL", "CLOSE_OUT")]


def test_a_watched_loan_is_called_where_one_of_the_desk_would_be(watcher):
    watcher.exchange_rate("7.8")
    watcher.take(BROKER)
    watcher.market(btc="48077")
    watcher.tick(20)
    assert watcher.levels("fund-loan") == [("NORMAL", "WARNING")]
    watcher.market(btc="48076")
    watcher.tick(20)
    assert watcher.levels("fund-loan")[1:] == [("WARNING", "MARGIN_CALL")]
    assert watcher.account("fund-loan").level == "MARGIN_CALL"
    watcher.tick(120 * 60_000)
    for _ in range(10):
        watcher.market(btc="48076")
    assert watcher.levels("fund-loan")[2:] == [("MARGIN_CALL", "CLOSE_OUT")]
    assert sentences(watcher, "LOAN_CLOSE_OUT") == [
        (
            "fund-loan is due for close-out: utilization 100.00%, and its call was not met "
            "in time. The desk sells nothing there: the lender does."
        )
    ]
    assert watcher.state.orders == {}


def test_the_sales_of_a_watched_loan_are_planned_for_its_lender(watcher):
    watcher.exchange_rate("7.8")
    watcher.take(BROKER)
    (plan,) = [view for view in watcher.frame().close_outs if view.account == "fund-loan"]
    assert plan.phase == "standing"
    assert plan.reason.endswith("The desk sells nothing there: the lender does.")
    assert {(step.instrument, step.side) for step in plan.steps} == {("BTCUSDT.BINANCE", "SELL")}
    assert plan.steps[0].expected_price < D(60000)


def test_a_call_on_what_is_watched_stops_no_advance_of_this_desk():
    watcher = Watcher().ready()
    watcher.take({**BROKER, "loans": [{"asset": "HKD", "principal": "3900000"}]})
    watcher.tick(20)
    assert watcher.levels("fund-loan") == [("NORMAL", "MARGIN_CALL")]
    assert isinstance(watcher.draw("1000000")[-1], Acknowledged)
    own = watcher.loan("loan-1")
    assert own.advances_stopped_since_ms is None
    said = [row.message for row in watcher.frame().rules if row.rule == "vaf.stop_advances"]
    assert said == ["Advances: open"]


def test_an_account_that_comes_back_begins_anew_and_one_that_stays_keeps_its_level(watcher):
    watcher.take(FUND)
    watcher.mark(BTC, "50000")
    watcher.tick(20)
    watcher.take(FUND, COLD)
    assert watcher.account().level == "MARGIN_CALL"
    watcher.take(COLD)
    assert "fund-1" not in watcher.state.levels
    assert "fund-1" not in watcher.state.called_since_ms
    assert "fund-1" not in watcher.desk.levels
    watcher.mark(BTC, "60000")
    watcher.take(FUND)
    watcher.tick(20)
    assert watcher.account().level == "NORMAL"
    assert watcher.levels() == [("NORMAL", "MARGIN_CALL")]


def test_an_account_of_another_kind_under_the_same_name_begins_anew(watcher):
    watcher.take(FUND)
    watcher.mark(BTC, "50000")
    watcher.tick(20)
    watcher.take({**COLD, "id": "fund-1"})
    assert watcher.account().level == "NORMAL"
    assert watcher.account().cure_deadline_ms is None


def test_a_restart_gives_the_same(watcher):
    watcher.exchange_rate("7.8")
    watcher.take(FUND, COLD)
    watcher.take(FUND, BROKER)
    watcher.mark(BTC, "50000")
    watcher.tick(20)
    again = watcher.again()
    assert again.state.hash() == watcher.state.hash()
    assert list(again.state.accounts) == list(watcher.state.accounts)
    assert again.desk.levels["fund-1"] == "MARGIN_CALL"
    again.market(btc="50000")
    again.mark(BTC, "50000")
    watcher.market(btc="50000")
    watcher.mark(BTC, "50000")
    assert again.account() == watcher.account()
    assert again.loan() == watcher.loan()
    assert again.levels() == watcher.levels()
    assert again.levels("fund-loan") == watcher.levels("fund-loan")


# --- never traded --------------------------------------------------------------------------------

COMMANDS = [
    order(Side.BUY, account="fund-1"),
    order(Side.SELL, account="fund-1", reduce_only=True),
    order(Side.SELL, "1", None, account="fund-1"),
    ClosePosition(instrument=BTC, fraction=D(1), account="fund-1"),
    SetLeverage(instrument=BTC, leverage=D(2), account="fund-1"),
    SetMarginMode(instrument=BTC, mode=MarginMode.ISOLATED, account="fund-1"),
    AddMargin(instrument=BTC, amount=D(1), account="fund-1"),
    SetCloseOutOrder(account="fund-1", instruments=(BTC,)),
    Deposit(account="fund-1", asset="USDT", quantity=D(1)),
    Withdraw(account="fund-1", asset="USDT", quantity=D(1)),
    Transfer(source="fund-1", target="perp-1", asset="USDT", quantity=D(1)),
    Transfer(source="perp-1", target="fund-1", asset="USDT", quantity=D(1)),
    Pledge(account="fund-loan", asset="BTC", quantity=D(1)),
    Pledge(account="loan-1", asset="BTC", quantity=D(1), source="cold"),
    Pledge(account="fund-loan", asset="BTC", quantity=D(-1)),
    PledgeSecurities(
        account="fund-loan",
        description="HK blue chips",
        market_value=D(0),
        currency="HKD",
        haircut=D("0.3"),
    ),
    Draw(account="fund-loan", asset="HKD", quantity=D(1)),
    Draw(account="loan-1", asset="HKD", quantity=D(1), target="cold"),
    Repay(account="fund-loan", asset="HKD", quantity=D(1)),
    Repay(account="loan-1", asset="HKD", quantity=D(1), source="cold"),
    SetCreditLimit(account="fund-loan", asset="HKD", quantity=D(1)),
]


@pytest.mark.thorough
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_whatever_would_trade_or_move_what_is_watched_is_denied(watcher, command):
    watcher.fund("5", "BTC")
    watcher.take(FUND, COLD, BROKER)
    before = watcher.state.hash()
    said = watcher.named(command)[-1]
    assert isinstance(said, Denied), said
    assert watcher.state.hash() == before
    assert any(denial.code in {"WATCHED", "ACCOUNT"} for denial in said.denials)


def test_flatten_and_kill_leave_what_is_watched_alone(watcher):
    watcher.take(FUND)
    before = watcher.account()
    watcher.named(Flatten())
    watcher.named(Kill(reason="drill", everything=True))
    assert watcher.state.orders == {}
    assert watcher.account() == before


# --- looking ahead -------------------------------------------------------------------------------


def test_stress_and_rehearsal_stand_apart_from_the_desks_own(watcher):
    own = watcher.ask("stress").data
    assert "watched" not in own
    watcher.take(FUND)
    found = watcher.ask("stress").data
    watched = found.pop("watched")
    assert found == own
    middle = watched["axes"]["BTC"].index("0")
    assert watched["cells"][middle][middle]["equity"] == "200000"
    rehearsed = watcher.ask("rehearse", shocks={"BTC": D("-0.34")}).data
    assert rehearsed["steps"] == []
    assert [step["instrument"] for step in rehearsed["watched"]["steps"]][:1] == [BTC]


def test_cures_and_explanations_name_watched_accounts(watcher):
    watcher.take(FUND)
    watcher.mark(BTC, "49000")
    watcher.tick(20)
    cures = watcher.ask("cure", of="fund-1").data["actions"]
    assert {action["sufficient"] for action in cures} >= {True}
    assert watcher.ask("cure", of="perp-1").data["actions"] == []
    explained = watcher.ask("explain", of="fund-1.margin_ratio").data["explain"]
    assert "fund-1.margin_ratio" in explained
    whole = watcher.ask("explain").data["explain"]
    assert {figure.split(".")[0] for figure in whole} >= {"fund-1", "perp-1"}


def test_notes_speak_of_the_hong_kong_dollar_when_only_a_watched_loan_has_to_do_with_it(watcher):
    assert watcher.ask("cure").data["notes"] == []
    watcher.take(COLD, prices={"BTC": "90000"})
    assert watcher.ask("cure").data["notes"] == []
    watcher.take(BROKER)
    assert watcher.ask("cure").data["notes"] == [
        "HKD/USD is not set: the stricter edge of 7.75–7.85 is used, and totals are unknown"
    ]


def test_what_nobody_streams_has_the_figures_of_the_documents_own_report(watcher):
    held = {"instrument": ELSEWHERE, "quantity": "-100", "entry_price": "160", "leverage": "10"}
    given = portfolio({**FUND, "positions": [held]})
    watcher.take_document(given)
    (row,) = risk_report(read_situation(json.dumps(given).encode(), "doc", SHIPPED))["accounts"]
    shown, position = watcher.account(), watcher.position(ELSEWHERE)
    for name in ("equity", "collateral_value", "initial_margin", "maintenance_margin"):
        assert getattr(shown, name) == D(row[name]), name
    for name in ("notional", "unrealized_pnl", "liquidation_price", "liquidation_distance"):
        assert text(getattr(position, name)) == row["positions"][0][name], name
    seen = evaluate(watched_situation(watcher.desk))
    assert quality(seen) == "STALE"


def test_a_document_that_gives_other_terms_of_a_streamed_instrument_keeps_them(watcher):
    watcher.take(FUND, instruments={BTC: {"contract_size": "0.1"}})
    assert watcher.position().mark_price == D(60000)
    assert watcher.position().notional == D(60000)


@pytest.mark.parametrize(
    "account",
    [
        {**FUND, "id": ""},
        {**FUND, "id": "world"},
        {**FUND, "id": "totals"},
        {**FUND, "balances": [], "positions": []},
        {**FUND, "balances": [{"asset": "USDT", "quantity": "-5"}]},
        {**FUND, "positions": [{**FUND["positions"][0], "quantity": "0"}]},
        {**FUND, "positions": [{**FUND["positions"][0], "margin_mode": "isolated"}]},
        {**FUND, "positions": [{**FUND["positions"][0], "leverage": None}]},
        {**FUND, "orders": [{"instrument": ETH, "side": "BUY", "quantity": "3", "type": "MARKET"}]},
        {**BROKER, "collateral": [], "loans": []},
        {**BROKER, "collateral": []},
        {**BROKER, "loans": [{"asset": "GBP", "principal": "1"}]},
        {**COLD, "balances": [{"asset": "USDC", "quantity": "-5"}]},
    ],
)
def test_odd_accounts_are_shown_and_asked_about_like_any_other(watcher, account):
    said = watcher.take(account, currency="XYZ", prices={"BTC": "90000"})
    assert isinstance(said, Acknowledged)
    for price in ("60000", "30000"):
        watcher.mark(BTC, price)
        watcher.tick(20)
        assert watcher.frame().accounts[-1].account == account["id"]
        assert watcher.status()["accounts"][-1]["watched"] is True
    for about in ("stress", "cure", "explain"):
        assert isinstance(watcher.ask(about), Answered)
    assert watcher.again().state.hash() == watcher.state.hash()

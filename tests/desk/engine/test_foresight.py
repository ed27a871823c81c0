"""Looking ahead from the live desk: the figures of the document that it would be."""

import json
import math
from decimal import Decimal as D

import pytest
from helpers.engines import BTC, ETH, RULES, START_MS, Trader
from helpers.portfolios import SHIPPED

from desk.cli.grammar import LineError, parse
from desk.engine.live_situation import live_situation
from desk.engine.uncertainty import pool_sigma, sigma
from desk.engine.views import account_views, position_views
from desk.model.commands import AddMargin, Ask, SetCloseOutOrder, SetMarginMode
from desk.model.orders import MarginMode
from desk.risk.rehearse import rehearse_report
from desk.risk.report import risk_report
from desk.risk.situation import read_situation
from desk.risk.stress import stress_report


@pytest.fixture
def trader():
    """Long 5 BTC at 60,000 and short 20 ETH at 2,500 on 100,000 USDT."""
    desk = Trader()
    desk.market()
    desk.book(ETH, bids=(("2500.00", "500"),), asks=(("2500.01", "500"),))
    desk.deposit()
    desk.buy("5")
    desk.sell("20", "2500", instrument=ETH)
    desk.run(200)
    assert len(desk.state.positions) == 2
    return desk


def ask(trader, line):
    asked = parse(line, "x")
    assert isinstance(asked, Ask)
    return trader.give(asked)[-1].data


def denied(event):
    (denial,) = event.denials
    return denial.code, denial.message


def fall(trader, price):
    """The mark falls, book and all."""
    trader.mark(BTC, price)
    bid, ask_ = str(D(price) - D("0.1")), price
    trader.book(BTC, bids=((bid, "10"),), asks=((ask_, "10"),))


def document(trader):
    """The desk written as a document by hand, from what a person would see of it."""
    tiers = trader.desk.terms[BTC].tiers
    margin = {
        "model": "binance",
        "tiers": [
            {
                "notional_floor": str(t.notional_floor),
                "notional_cap": None if t.notional_cap is None else str(t.notional_cap),
                "maintenance_rate": str(t.maintenance_rate),
                "maintenance_amount": str(t.maintenance_amount),
                "max_leverage": str(t.max_leverage),
            }
            for t in tiers
        ],
    }
    positions = [
        {
            "instrument": name,
            "quantity": str(held.quantity),
            "entry_price": str(held.entry_price(trader.desk.catalogue.get(name))),
            "leverage": "5",
        }
        for (_, name), held in trader.state.positions.items()
    ]
    given = {
        "schema": "desk.portfolio/1",
        "as_of": "2026-11-18T00:00:00Z",
        "currency": "USDT",
        "prices": {"BTC": "60000", "ETH": "2500"},
        "marks": {name: str(trader.desk.mark(name)) for name in (BTC, ETH)},
        "instruments": {name: {"margin": margin} for name in (BTC, ETH)},
        "accounts": [
            {
                "id": "perp-1",
                "kind": "perpetual",
                "venue": "BINANCE",
                "balances": [
                    {
                        "asset": "USDT",
                        "quantity": str(trader.state.ledger.balance("perp-1", "USDT")),
                    }
                ],
                "positions": positions,
            },
            {"id": "spot-1", "kind": "spot", "balances": []},
            {"id": "loan-1", "kind": "financing", "collateral": [], "loans": []},
        ],
    }
    return read_situation(json.dumps(given).encode(), "desk.json", SHIPPED)


def test_the_live_desk_is_the_document_that_it_would_be(trader):
    mine, written = risk_report(live_situation(trader.desk)), risk_report(document(trader))
    assert mine["accounts"] == written["accounts"]
    assert mine["totals"] == written["totals"]
    assert (mine["quality"], mine["state"], mine["currency"]) == ("LIVE", "ACTIVE", "USDT")
    assert mine["profile"]["hash"] == RULES.profile.hash


def test_stress_of_the_desk_is_that_of_the_document(trader):
    found, written = ask(trader, "stress"), stress_report(document(trader))
    assert found.pop("currency") == "USDT"
    counted = "Equity is counted in USDT, also where USDT itself falls to less."
    assert found.pop("notes") == [counted]
    assert found == written
    assert found["cells"][10][10]["equity"] == str(
        round(sum(view.equity for view in account_views(trader.desk)), 4).normalize()
    )


def test_a_mark_that_grew_old_is_said_to_be(trader):
    trader.tick(2_001)
    assert risk_report(live_situation(trader.desk))["quality"] != "LIVE"


def test_a_rehearsal_walks_the_book_as_far_from_the_shocked_mark_as_it_is_from_the_mark(trader):
    trader.book(BTC, bids=(("59940", "1"), ("59880", "100")), asks=(("60000", "10"),))
    found = ask(trader, "rehearse BTC=-0.33")
    assert found["notes"] == []
    first = next(step for step in found["steps"] if step["instrument"] == BTC)
    assert (first["side"], first["quantity"]) == ("SELL", "1.25")
    # 1 at 59,940 and 0.25 at 59,880 are 59,928 on average, a third lower.
    assert D(first["expected_price"]) == 59928 * D("0.67")
    plain = rehearse_report(document(trader), {"BTC": D("-0.33")})
    assert found["residual_equity"] != plain["residual_equity"]
    assert [one["account"] for one in found["accounts"]] == ["perp-1", "spot-1", "loan-1"]


def test_a_rehearsal_that_closes_nothing_says_so(trader):
    found = ask(trader, "rehearse BTC=-0.01")
    assert (found["steps"], found["notes"]) == (
        [],
        ["The desk would close out nothing at these prices."],
    )


def test_a_mark_that_is_not_of_now_is_named_beside_what_is_foreseen_from_it(trader):
    trader.tick(2_001)
    trader.mark(ETH, "2500")
    for question in ("cure", "stress", "rehearse BTC=-0.01", "carry", "explain perp-1.equity"):
        said = ask(trader, question)["notes"]
        assert f"The mark of {BTC} is STALE: figures that stand on it are not of now." in said
        assert not any(ETH in note for note in said)


def test_a_position_without_a_liquidation_price_is_explained_too(trader):
    trader.deposit("900000", command_id="more")
    name = f"perp-1.{BTC}.liquidation_price"
    told = ask(trader, f"explain {name}")["explain"][name]
    assert told["formula"].startswith("there is none: at no price above 0")
    assert told["filled"] is None
    assert told["inputs"]["value per notional"] == "1"


def test_without_a_book_a_rehearsal_assumes_what_a_document_does(trader):
    trader.book(BTC, bids=(), asks=(("60000", "10"),))
    found = ask(trader, "rehearse btc=-0.33")
    first = next(step for step in found["steps"] if step["instrument"] == BTC)
    assert D(first["expected_price"]) == 40200 * D("0.9998")


def test_a_rehearsal_follows_the_traders_own_order(trader):
    trader.give(SetCloseOutOrder(id="p", account="perp-1", instruments=(ETH,)))
    assert ask(trader, "rehearse BTC=-0.33")["steps"][0]["instrument"] == ETH
    trader.give(SetCloseOutOrder(id="q", account="perp-1", instruments=(BTC,)))
    assert ask(trader, "rehearse BTC=-0.33")["steps"][0]["instrument"] == BTC


@pytest.mark.parametrize("move", ["-1", "-2", "10.1", "NaN", "Infinity", "-Infinity"])
def test_a_move_that_is_none_is_answered_with_a_sentence(trader, move):
    said = trader.give(Ask(about="rehearse", shocks={"BTC": D(move)}))[-1]
    sentence = f"BTC cannot move by {D(move)}: a move is above -1 and at most 10."
    assert denied(said) == ("NO_MOVE", sentence)


def test_cures_of_the_desk_pay_what_its_book_would_take(trader):
    assert ask(trader, "cure")["actions"] == []
    fall(trader, "50000")
    found = ask(trader, "cure perp-1")["actions"]
    assert [one["kind"] for one in found] == ["add_cash", "reduce", "reduce"]
    (sell,) = [one for one in found if one["asset_or_instrument"] == BTC]
    coins = D(sell["quantity"])
    assert D(sell["cost"]) == coins * D("0.1") + coins * D("49999.9") * D("0.0005")
    assert ask(trader, "cure loan-1")["actions"] == []
    for line in ("cure perp-7", "carry perp-7"):
        said = trader.give(parse(line, "x"))[-1]
        assert denied(said) == ("ACCOUNT", "There is no account perp-7.")


def test_a_figure_is_explained_and_an_unknown_one_named(trader):
    found = ask(trader, "explain perp-1.margin_ratio")
    assert list(found["explain"]) == ["perp-1.margin_ratio"]
    assert found["explain"]["perp-1.margin_ratio"]["formula"] == (
        "maintenance_margin / collateral_value"
    )
    said = trader.give(parse("explain perp-1.luck", "x"))[-1]
    code, sentence = denied(said)
    assert code == "UNKNOWN_FIGURE"
    assert sentence.startswith("There is no figure perp-1.luck; there are perp-1.")
    assert f"perp-1.{BTC}.liquidation_price," in sentence
    _, sentence = denied(trader.give(parse("explain luck", "x"))[-1])
    assert sentence == "There is no figure luck; there are loan-1, perp-1, rules, spot-1, totals."
    everything = trader.give(Ask(about="explain"))[-1].data["explain"]
    assert len(everything) > 10


def test_asking_changes_nothing(trader):
    before, rows = trader.state.hash(), len(trader.rows)
    for line in (
        "stress",
        "rehearse BTC=-0.3,ETH=0.1",
        "cure",
        "carry",
        "explain perp-1.margin_ratio",
    ):
        ask(trader, line)
    assert (trader.state.hash(), len(trader.rows)) == (before, rows)


# --- funding carry -------------------------------------------------------------------------------


def test_carry_sums_the_payments_to_come_and_moves_liquidation_prices(trader):
    (account,) = ask(trader, "carry")["accounts"]
    btc, eth = account["positions"]
    assert (account["account"], account["currency"]) == ("perp-1", "USDT")
    assert (btc["instrument"], btc["interval_h"]) == (BTC, 8)
    assert btc["next_funding_ms"] == trader.desk.market.get(BTC).next_funding_ms
    # 300,000 and 50,000 of notional at 0.01 % every 8 hours; the long pays, the short receives.
    assert btc["receives"] == {"next": "-30", "day": "-90", "week": "-630"}
    assert eth["receives"] == {"next": "5", "day": "15", "week": "105"}
    assert account["receives"] == {"next": "-25", "day": "-75", "week": "-525"}
    # Less collateral is nearer to close-out: what is left is paid out of the room there was.
    (view,) = [v for v in account_views(trader.desk) if v.account == "perp-1"]
    before, later = D(account["common_move"]), D(account["common_move_after"]["week"])
    assert abs(before - view.common_move_down) < D("1e-15")
    # 300,000 long less 50,000 short move with it, and 0.4 % of both as maintenance.
    assert abs(later - before - D(525) / (250_000 - 1_400)) < D("1e-9")
    assert abs(view.venue_ratio - view.maintenance_margin / view.equity) < D("1e-12")
    now, after = D(btc["liquidation_price"]), btc["liquidation_price_after"]
    coins = 5 * (1 - D("0.004"))
    for horizon, paid in (("next", 25), ("day", 75), ("week", 525)):
        assert abs(D(after[horizon]) - now - paid / coins) < D("1e-9")


def test_carry_takes_from_an_isolated_wallet_what_the_balance_cannot_pay():
    desk = Trader()
    desk.market()
    desk.deposit("61000")
    desk.give(SetMarginMode(id="m", instrument=BTC, mode=MarginMode.ISOLATED))
    desk.buy("5")
    desk.run(200)
    free = desk.state.ledger.balance("perp-1", "USDT")
    (held,) = desk.desk.figures("perp-1").positions
    desk.give(AddMargin(id="a", instrument=BTC, amount=free - 20))
    row = ask(desk, "carry perp-1")["accounts"][0]["positions"][0]
    now, after = D(row["liquidation_price"]), row["liquidation_price_after"]
    coins = 5 * (1 - D("0.004"))
    # 20 USDT are free: 10 of the next 30 come out of the wallet, 610 of a week's 630.
    assert abs(D(after["next"]) - now - 10 / coins) < D("1e-9")
    assert abs(D(after["week"]) - now - 610 / coins) < D("1e-9")
    assert held.margin_mode is MarginMode.ISOLATED


def test_carry_without_a_rate_is_unknown(trader):
    trader.hear(
        type(trader.desk.market.get(ETH).mark)(
            instrument=ETH, mark=D(2500), index=D(2500), funding_rate=None, next_funding_ms=None,
            ts_recv_ns=trader.now_ns, ts_venue_ms=trader.wall_ms, funding_interval_h=None,
        )
    )  # fmt: skip
    (account,) = ask(trader, "carry")["accounts"]
    btc, eth = account["positions"]
    assert eth["receives"] == {"next": None, "day": None, "week": None}
    assert btc["receives"]["day"] == "-90"
    assert account["receives"]["day"] is None
    assert btc["liquidation_price_after"] == {"next": None, "day": None, "week": None}
    assert ask(trader, "carry spot-1")["accounts"] == []


# --- σ, minutes, uncertainty ---------------------------------------------------------------------


def history(trader, instrument, step):
    """40 minutes in which the mark goes up and down by a step, a minute each."""
    price = trader.desk.mark(instrument)
    for minute in range(41):
        factor = 1 + D(step) * (minute % 2)
        trader.tick(60_000)
        trader.mark(instrument, str(price * factor))
    trader.mark(instrument, str(price))


def test_distance_is_given_in_sigmas_and_minutes_once_there_is_history(trader):
    assert {view.distance_sigma for view in position_views(trader.desk)} == {None}
    history(trader, BTC, "0.001")
    usual = float(sigma(trader.desk, BTC))
    assert usual == pytest.approx(math.log(1.001) * math.sqrt(60), rel=0.02)
    btc, eth = position_views(trader.desk)
    room = float(btc.liquidation_distance)
    assert float(btc.distance_sigma) == pytest.approx(room / usual, rel=1e-9)
    assert float(btc.distance_minutes) == pytest.approx(60 * (room / usual) ** 2, rel=1e-9)
    assert (eth.distance_sigma, eth.distance_minutes) == (None, None)
    perp = account_views(trader.desk)[0]
    assert (perp.common_sigma, perp.common_minutes) == (None, None)


def test_a_common_move_is_measured_by_the_largest_sigma(trader):
    history(trader, BTC, "0.001")
    history(trader, ETH, "0.004")
    largest = sigma(trader.desk, ETH)
    assert largest > sigma(trader.desk, BTC)
    assert pool_sigma(trader.desk, trader.desk.figures("perp-1")) == largest
    perp = account_views(trader.desk)[0]
    near = min(abs(m) for m in (perp.common_move_down, perp.common_move_up) if m is not None)
    assert float(perp.common_sigma) == pytest.approx(float(near / largest), rel=1e-9)
    assert float(perp.common_minutes) == pytest.approx(60 * float(near / largest) ** 2, rel=1e-9)


def test_sigma_needs_thirty_minutes_and_a_market(trader):
    assert sigma(trader.desk, "XYZ-PERP.BINANCE") is None
    assert sigma(trader.desk, BTC) is None
    assert START_MS % 60_000 is not None


def test_uncertainty_spans_mark_and_index_with_its_cause(trader):
    trader.mark(BTC, "60000", index="59900")
    btc, eth = position_views(trader.desk)
    assert btc.uncertainty_low <= btc.liquidation_price <= btc.uncertainty_high
    # Where the pool breaks by BTC does not hang on the mark of BTC, but by ETH it does.
    assert (btc.uncertainty_low, btc.uncertainty_causes) == (btc.uncertainty_high, [])
    assert eth.uncertainty_causes == [f"{BTC}: mark 60000 against index 59900"]
    coins = 20 * (1 + D("0.004"))
    spread = eth.uncertainty_high - eth.uncertainty_low
    assert abs(spread - 500 / coins) < 1
    trader.mark(ETH, "2500", index="2510")
    btc, eth = position_views(trader.desk)
    assert btc.uncertainty_causes == [
        "mark 60000 against index 59900", f"{ETH}: mark 2500 against index 2510",
    ]  # fmt: skip
    assert btc.uncertainty_low <= btc.liquidation_price <= btc.uncertainty_high


def test_an_old_mark_and_a_missing_index_are_causes(trader):
    trader.tick(2_500)
    for view in position_views(trader.desk):
        assert view.uncertainty_causes == [f"the mark is {view.mark_age_ms} ms old"]
        assert view.mark_age_ms >= 2_500
        assert view.uncertainty_low == view.uncertainty_high == view.liquidation_price


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("stress", Ask(about="stress")),
        ("cure", Ask(about="cure")),
        ("cure loan-1", Ask(about="cure", of="loan-1")),
        ("carry", Ask(about="carry")),
        ("carry perp-1", Ask(about="carry", of="perp-1")),
        ("explain perp-1.equity", Ask(about="explain", of="perp-1.equity")),
        ("rehearse BTC=-0.25", Ask(about="rehearse", shocks={"BTC": D("-0.25")})),
        ("rehearse btc=-0.25 ETH=0.1",
         Ask(about="rehearse", shocks={"BTC": D("-0.25"), "ETH": D("0.1")})),
    ],
)  # fmt: skip
def test_questions_are_read(line, asked):
    assert parse(line, "x") == asked


@pytest.mark.parametrize(
    "line",
    ["stress now", "cure a b", "carry a b", "explain", "rehearse", "rehearse BTC", "rehearse x=-2"],
)
def test_questions_that_are_none_are_refused(line):
    with pytest.raises(LineError):
        parse(line, "x")


# --- one account, as the window asks -------------------------------------------------------------


def map_of(trader, name):
    return trader.give(Ask(about="stress", of=name))[-1]


def test_stress_of_one_account_is_a_map_around_its_mark_of_now(trader):
    found = map_of(trader, "perp-1").data
    assert (found["account"], found["kind"], found["currency"]) == ("perp-1", "perpetual", "USDT")
    assert found["marks"]["BTC"] == {"instrument": BTC, "mark": "60000"}
    assert found["marks"]["ETH"] == {"instrument": ETH, "mark": "2500"}
    assert found["as_of_ms"] == trader.wall_ms
    assert len(found["cells"]["level"]) == 13 * 13
    (view,) = [v for v in account_views(trader.desk) if v.account == "perp-1"]
    assert found["now"]["utilization"][0] == pytest.approx(float(view.margin_utilization))
    assert (found["sigma_day"], found["correlation"]) == ({"BTC": None, "ETH": None}, None)


def test_a_days_sigma_is_that_of_an_hour_times_the_root_of_24(trader):
    for minute in range(41):
        trader.tick(60_000)
        trader.mark(BTC, "60060" if minute % 2 else "60000")
        trader.mark(ETH, "2495" if minute % 2 else "2500")
    found = map_of(trader, "perp-1").data
    hour = float(sigma(trader.desk, BTC))
    assert found["sigma_day"]["BTC"] == pytest.approx(hour * math.sqrt(24), rel=1e-9)
    assert found["correlation"] == pytest.approx(-1)


def test_a_loan_has_a_map_too_and_what_holds_no_margin_has_none(trader):
    loan = map_of(trader, "loan-1").data
    assert (loan["kind"], loan["currency"]) == ("financing", "HKD")
    assert loan["marks"]["BTC"]["instrument"] is None
    assert set(loan["cells"]["level"]) == {"NORMAL"}
    code, said = denied(map_of(trader, "spot-1"))
    assert (code, said) == (
        "NO_MARGIN", "Nothing is margined in spot-1: no move closes it out.",
    )  # fmt: skip
    assert denied(map_of(trader, "perp-7")) == ("ACCOUNT", "There is no account perp-7.")

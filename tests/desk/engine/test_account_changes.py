"""Leverage, mode, isolated margin, withdrawals, transfers: judged, told, previewed, recorded."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, ETH, RULES, SPOT, Trader

from desk.engine.account_changes import propose
from desk.model.commands import (
    AddMargin,
    ClosePosition,
    Kill,
    PreviewChange,
    SetLeverage,
    SetMarginMode,
    Transfer,
    Withdraw,
)
from desk.model.events import Acknowledged, Denied, Previewed
from desk.model.orders import MarginMode

LIMITS = msgspec.structs.replace(RULES.limits, max_leverage=D(20))


def started(balance="100000", **fields):
    trader = Trader(rules=msgspec.structs.replace(RULES, **fields))
    trader.deposit(balance)
    trader.market()
    return trader


def holding(balance="100000", quantity="1", mode=MarginMode.CROSS, **fields):
    trader = started(balance, **fields)
    trader.give(SetMarginMode(id="mode", instrument=BTC, mode=mode))
    trader.buy(quantity, "60000", id="open")
    trader.run(60)
    assert trader.state.position("perp-1", BTC).quantity == D(quantity)
    trader.market()
    return trader


def said(events):
    """Code, rule, origin and message of every denial."""
    return [
        (d.code, d.rule, d.origin, d.message)
        for event in events
        if isinstance(event, Denied | Previewed)
        for d in event.denials
    ]


def codes(events):
    return [row[0] for row in said(events)]


def lever(value, instrument=BTC):
    return SetLeverage(id=f"lev-{value}", instrument=instrument, leverage=D(value))


def withdraw(quantity, account="perp-1", asset="USDT"):
    return Withdraw(id=f"out-{quantity}", account=account, asset=asset, quantity=D(quantity))


def margin(amount, instrument=BTC):
    return AddMargin(id=f"m-{amount}", instrument=instrument, amount=D(amount))


# --- before and after ----------------------------------------------------------------------------


def test_an_acknowledgement_tells_the_account_before_and_after():
    trader = holding()
    (answer,) = [e for e in trader.give(lever("2")) if isinstance(e, Acknowledged)]
    before, after = answer.data["before"], answer.data["after"]
    assert (D(before["initial_margin"]), D(after["initial_margin"])) == (12000, 30000)
    assert (D(before["available_margin"]), D(after["available_margin"])) == (87970, 69970)
    assert after["id"] == "perp-1"
    # The rows are told, not journaled: a restart works them out.
    assert trader.rows[-1].entry.data["what"] == {"instrument": BTC, "before": "5", "after": "2"}


def test_a_denial_tells_it_too():
    trader = holding("13000")
    (answer,) = trader.give(withdraw("971"))
    assert isinstance(answer, Denied)
    assert D(answer.data["before"]["available_margin"]) == 970
    assert D(answer.data["after"]["available_margin"]) == -1
    assert said([answer]) == [
        (
            "MARGIN_AFTER_WITHDRAWAL",
            "perp.margin_first",
            "SFC",
            "1.00 USDT of margin would be missing.",
        )
    ]
    assert codes(trader.give(withdraw("970"))) == []


def test_a_spot_account_is_told_by_its_balances():
    trader = started()
    command = Transfer(id="t", source="perp-1", target="spot-1", asset="USDT", quantity=D(500))
    trader.give(command)
    (answer,) = trader.give(withdraw("200", account="spot-1"))
    assert answer.data["before"] == {
        "id": "spot-1",
        "kind": "spot",
        "balances": [{"asset": "USDT", "quantity": "500"}],
    }
    assert answer.data["after"]["balances"] == [{"asset": "USDT", "quantity": "300"}]
    assert answer.data["quantity"] == "200"


@pytest.mark.parametrize(
    "change",
    [
        lever("2"),
        SetMarginMode(id="mo", instrument=ETH, mode=MarginMode.ISOLATED),
        withdraw("100"),
        Transfer(id="t", source="perp-1", target="spot-1", asset="USDT", quantity=D(5)),
    ],
    ids=["leverage", "mode", "withdraw", "transfer"],
)
def test_a_preview_says_what_the_change_would_say_and_records_nothing(change):
    trader = holding()
    rows, state = len(trader.rows), trader.state.hash()
    (shown,) = trader.give(PreviewChange(id="p", change=change), 9)
    assert isinstance(shown, Previewed)
    assert (shown.command, shown.id, shown.accepted, shown.denials) == (9, "p", True, [])
    assert (len(trader.rows), trader.state.hash()) == (rows, state)
    (answer,) = trader.give(change)
    assert (shown.before, shown.after) == (answer.data["before"], answer.data["after"])


def test_a_preview_of_what_would_be_denied_says_why():
    trader = holding()
    (shown,) = trader.give(PreviewChange(id="p", change=lever("6")))
    assert shown.accepted is False
    assert said([shown]) == [
        (
            "LEVERAGE_SETTING",
            "perp.max_leverage",
            "HOUSE",
            "Leverage is between 1× and 5×; 6× was asked for.",
        )
    ]
    (shown,) = trader.give(PreviewChange(id="p", change=lever("2", "NOPE")))
    assert (codes([shown]), shown.before, shown.after) == (["UNKNOWN_INSTRUMENT"], None, None)


def test_isolated_margin_moves_between_pool_and_position_in_the_rows():
    trader = holding(mode=MarginMode.ISOLATED)
    (answer,) = trader.give(margin("500"))
    rows = [answer.data[when]["positions"][0] for when in ("before", "after")]
    assert [D(row["isolated_wallet"]) for row in rows] == [12000, 12500]
    assert D(answer.data["before"]["collateral_value"]) - D(
        answer.data["after"]["collateral_value"]
    ) == 500  # fmt: skip
    assert codes(trader.give(margin("-500"))) == []
    assert trader.state.ledger.balance(f"perp-1/{BTC}", "USDT") == 12000


# --- every reason --------------------------------------------------------------------------------


def test_all_reasons_come_at_once_in_their_order():
    trader = holding("13000")
    trader.give(Kill(id="k", reason="a drill"))
    trader.tick(2001)
    answer = trader.give(withdraw("20000"))
    assert codes(answer) == [
        "INSUFFICIENT_BALANCE",
        "STATE_HALTED",
        "STALE_MARK",
        "MARGIN_AFTER_WITHDRAWAL",
        "MAINTENANCE_BUFFER",
    ]
    assert said(answer)[1][3] == (
        "Desk is HALTED (kill: a drill): margin is set free and money leaves an account only "
        "while it is ACTIVE."
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            Withdraw(account="no", asset="XRP", quantity=D(-1)),
            [
                "There is no account no; there are perp-1, spot-1, loan-1.",
                "XRP is not held here; USDT, USDC, USD, HKD, BTC, ETH are.",
                "An amount is positive and has at most 8 decimals.",
            ],
        ),
        (
            Withdraw(account="perp-1", asset="BTC", quantity=D(1)),
            ["perp-1 is one margin pool in USDT; BTC is held elsewhere."],
        ),
        (
            Transfer(source="perp-1", target="perp-1", asset="USDT", quantity=D(1)),
            ["A transfer needs two different accounts."],
        ),
        (
            Transfer(source="perp-1", target="no", asset="USDT", quantity=D("0.000000001")),
            [
                "There is no account no; there are perp-1, spot-1, loan-1.",
                "An amount is positive and has at most 8 decimals.",
            ],
        ),
        (AddMargin(instrument=BTC, amount=D(1)), [f"{BTC} has no isolated position in perp-1."]),
        (
            SetLeverage(instrument=SPOT, leverage=D(2), account="spot-1"),
            [f"{SPOT} is spot and has no margin."],
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(change, expected):
    trader = started()
    asked = msgspec.structs.replace(change, id="x")
    assert [row[3] for row in said(trader.give(asked))] == expected


def test_the_mode_changes_only_when_flat_and_without_orders():
    trader = holding()
    trader.buy("1", "59000", id="rest")
    trader.run(60)
    answer = trader.give(SetMarginMode(id="mm", instrument=BTC, mode=MarginMode.ISOLATED))
    assert [row[::3] for row in said(answer)] == [
        ("NOT_FLAT", f"The margin mode of {BTC} changes only when flat."),
        ("WORKING_ORDERS", f"Cancel the working orders in {BTC} first."),
    ]
    assert answer[-1].data["before"]["id"] == "perp-1"


@pytest.mark.parametrize("amount", ["0", "0.000000001"])
def test_margin_to_move_is_an_amount(amount):
    trader = holding(mode=MarginMode.ISOLATED)
    assert [row[::3] for row in said(trader.give(margin(amount)))] == [
        ("AMOUNT", "The margin to move is not zero and has at most 8 decimals.")
    ]


def test_leverage_is_between_one_and_the_cap():
    trader = started()
    assert codes(trader.give(lever("1"))) == []
    assert codes(trader.give(lever("5"))) == []
    assert codes(trader.give(lever("0.99"))) == ["LEVERAGE_SETTING"]
    assert codes(trader.give(lever("5.01"))) == ["LEVERAGE_SETTING"]


def test_a_lower_leverage_needs_the_margin_and_nothing_else():
    trader = holding("20000")
    trader.tick(5000)
    # 19,970 stand behind 60,000: enough for 4×, and for 3.004…×, not for 3×.
    assert codes(trader.give(lever("4"))) == []
    assert said(trader.give(lever("3"))) == [
        (
            "MARGIN_AFTER_CHANGE",
            "perp.margin_first",
            "SFC",
            "30.00 USDT of margin would be missing.",
        )
    ]


def test_an_isolated_position_takes_a_lower_leverage_with_the_margin_for_it_in_its_wallet():
    trader = holding(mode=MarginMode.ISOLATED)
    # At 5× 12,000 were put up; 4× asks for 15,000.
    assert said(trader.give(lever("4"))) == [
        (
            "MARGIN_AFTER_CHANGE",
            "perp.margin_first",
            "SFC",
            f"12,000.00 USDT stand behind {BTC}; 4× asks for 15,000.00. Add margin first.",
        )
    ]
    assert codes(trader.give(margin("3000"))) == []
    assert codes(trader.give(lever("4"))) == []
    assert codes(trader.give(lever("5"))) == []


def test_a_higher_leverage_waits_for_active_fresh_marks_and_no_call():
    trader = holding(limits=LIMITS)
    assert codes(trader.give(lever("6"))) == []
    trader.desk.levels["perp-1"] = "MARGIN_CALL"
    (denial,) = propose(trader.desk, lever("7")).denials
    assert (denial.code, denial.rule, denial.origin) == (
        "LEVEL_MARGIN_CALL",
        "vaf.stop_advances",
        "SFC",
    )
    assert denial.message == "perp-1 is in margin call: no margin is set free until it is cured."
    assert propose(trader.desk, lever("2")).denials == []
    trader.desk.levels["perp-1"] = "NORMAL"
    trader.tick(2001)
    assert codes(trader.give(lever("8"))) == ["STALE_MARK"]
    trader.give(Kill(id="k", reason="a drill"))
    trader.mark(BTC)
    assert codes(trader.give(lever("9"))) == ["STATE_HALTED"]


def test_a_flat_account_needs_no_mark_to_set_its_leverage_or_to_pay_out():
    trader = Trader()
    trader.deposit()
    assert codes(trader.give(lever("2"))) == []
    assert codes(trader.give(lever("5"))) == []
    assert codes(trader.give(withdraw("100000"))) == []


def test_what_leaves_keeps_the_house_s_buffer():
    # 10× asks for 6,000 of initial margin, the house for 1.25 × 10 % of 60,000 = 7,500.
    trader = holding("10000", limits=LIMITS, default_leverage=D(10))
    assert said(trader.give(withdraw("2470.01"))) == [
        (
            "MAINTENANCE_BUFFER",
            "perp.maintenance_margin",
            "HOUSE",
            (
                "7,499.99 would stand behind perp-1; 1.25 times the house's maintenance margin "
                "(10% of notional) is 7,500.00."
            ),
        )
    ]
    assert codes(trader.give(withdraw("2470"))) == []


def test_an_isolated_position_that_margin_is_taken_from_keeps_its_initial_margin():
    trader = holding(mode=MarginMode.ISOLATED)
    assert codes(trader.give(margin("100"))) == []
    assert said(trader.give(margin("-100.01"))) == [
        (
            "MARGIN_AFTER_WITHDRAWAL",
            "perp.margin_first",
            "SFC",
            f"{BTC} would keep 11,999.99 USDT; its initial margin is 12,000.00.",
        )
    ]
    assert codes(trader.give(margin("-100"))) == []


def test_working_orders_do_not_keep_the_money_of_a_pool_beyond_their_margin():
    trader = started("100000")
    trader.buy("2", "59000", id="rest")
    trader.run(60)
    trader.market()
    # 118,000 at 5× reserves 23,600.
    assert codes(trader.give(withdraw("76400.01"))) == ["MARGIN_AFTER_WITHDRAWAL"]
    assert codes(trader.give(withdraw("76400"))) == []


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity", "1e999", "1e-99"])
@pytest.mark.parametrize(
    "command",
    [
        lambda n: SetLeverage(id="x", instrument=BTC, leverage=n),
        lambda n: AddMargin(id="x", instrument=BTC, amount=n),
        lambda n: Withdraw(id="x", account="perp-1", asset="USDT", quantity=n),
        lambda n: Transfer(id="x", source="perp-1", target="spot-1", asset="USDT", quantity=n),
        lambda n: ClosePosition(id="x", instrument=BTC, fraction=n),
        lambda n: PreviewChange(id="x", change=SetLeverage(instrument=BTC, leverage=n)),
    ],
)
def test_a_number_that_is_none_is_refused_and_ends_nothing(command, number):
    trader = holding()
    rows = trader.state.hash()
    asked = D(number)
    assert [row[::3] for row in said(trader.give(command(asked)))] == [
        ("NUMBER", f"{asked} is no number to count with.")
    ]
    assert trader.state.hash() == rows


# --- margin for an isolated position in call -----------------------------------------------------


def in_call(balance="100000"):
    """One isolated BTC, fallen until it is in call."""
    trader = holding(balance, mode=MarginMode.ISOLATED)
    trader.book(BTC, bids=(("48199.9", "10"),), asks=(("48200", "10"),))
    trader.mark(BTC, "48230")
    trader.mark(ETH, "2500")
    trader.run(200)
    assert trader.desk.levels["perp-1"] == "MARGIN_CALL"
    return trader


def test_the_cure_of_an_isolated_position_in_call_can_be_carried_out():
    trader = in_call()
    assert codes(trader.give(margin("5000"))) == []
    assert trader.state.ledger.balance(f"perp-1/{BTC}", "USDT") == 17000


def test_more_margin_passes_also_where_it_is_not_a_whole_cure():
    assert codes(in_call().give(margin("10"))) == []


def test_margin_does_not_leave_an_isolated_position_in_call():
    found = codes(in_call().give(margin("-1")))
    assert found == ["LEVEL_MARGIN_CALL", "MARGIN_AFTER_WITHDRAWAL", "MAINTENANCE_BUFFER"]


def test_margin_for_an_isolated_position_is_not_taken_from_what_the_rest_needs():
    trader = holding("27000", mode=MarginMode.ISOLATED)
    trader.buy("20", "2500", id="eth", instrument=ETH)
    trader.run(60)
    trader.market()
    trader.desk.levels["perp-1"] = "MARGIN_CALL"
    assert codes(trader.give(margin("10000"))) == [
        "MARGIN_AFTER_WITHDRAWAL",
        "MAINTENANCE_BUFFER",
    ]


def test_a_gain_that_is_not_realized_is_not_taken_out_of_a_wallet():
    trader = holding(mode=MarginMode.ISOLATED)
    trader.book(BTC, bids=(("79999.9", "10"),), asks=(("80000", "10"),))
    trader.mark(BTC, "80000")
    assert said(trader.give(margin("-12000.5"))) == [
        (
            "MARGIN_AFTER_WITHDRAWAL",
            "perp.margin_first",
            "SFC",
            f"{BTC} holds 12,000.00 USDT of margin; a gain is taken out only once it is realized.",
        )
    ]
    assert codes(trader.give(margin("-12000"))) == []
    assert trader.state.ledger.balance(f"perp-1/{BTC}", "USDT") == 0

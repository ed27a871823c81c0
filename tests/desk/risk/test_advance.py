"""May money be lent, may collateral come back: the rules alone, at their edges."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.loans import LOANS

from desk.margin.financing import Pledge, loan_figures
from desk.risk.advance import Advance, Release, advance_denials, release_denials

SHARES = Pledge(market_value=D(1_000), haircut=D(0), is_virtual=False)
COINS = Pledge(market_value=D(1_000), haircut=D("0.6"), is_virtual=True)


def figures(loan="700", *pledges):
    """1,000 of securities and 400 of coins, unless told otherwise."""
    pledges = pledges or (SHARES, COINS)
    return loan_figures(pledges, None if loan is None else D(loan), LOANS.terms)


def advance(**fields):
    given = {
        "account": "loan-1",
        "currency": "HKD",
        "state": "ACTIVE",
        "smf_client": True,
        "called": (),
        "doubtful": (),
        "after": figures(),
        "eligible_value": D(1_400),
        "credit_limit": D(700),
        "all_loans": D(700),
        "capital": D(1_750),
        "limits": LOANS,
    }
    return advance_denials(Advance(**{**given, **fields}))


def release(**fields):
    given = {
        "account": "loan-1",
        "state": "ACTIVE",
        "level": "NORMAL",
        "before": figures(),
        "after": figures(),
        "limits": LOANS,
    }
    return release_denials(Release(**{**given, **fields}))


def one(found):
    (denial,) = found
    return denial.code, denial.rule, denial.origin, denial.message, denial.limit, denial.actual


def test_a_loan_within_every_limit_is_lent():
    assert advance() == []


@pytest.mark.parametrize("state", ["REDUCING", "HALTED"])
def test_money_is_lent_and_collateral_given_back_only_while_active(state):
    assert one(advance(state=state)) == (
        f"STATE_{state}", "kill.switch", "FOREIGN",
        "Money is drawn only while the desk is ACTIVE.", None, None,
    )  # fmt: skip
    assert one(release(state=state)) == (
        f"STATE_{state}", "kill.switch", "FOREIGN",
        "Collateral comes back only while the desk is ACTIVE.", None, None,
    )  # fmt: skip


def test_only_a_securities_margin_client_borrows():
    assert one(advance(smf_client=False)) == (
        "SMF_GATE", "client.smf_client", "SFC",
        "The client is not known as a securities margin client.", None, None,
    )  # fmt: skip


def test_open_calls_and_unknown_levels_are_named():
    assert one(advance(called=("perp-1", "loan-1"))) == (
        "ADVANCES_STOPPED", "vaf.stop_advances", "SFC",
        "Advances are stopped: perp-1, loan-1 in call or close-out.", None, None,
    )  # fmt: skip
    assert one(advance(doubtful=("perp-1", "loan-1"))) == (
        "LEVEL_UNKNOWN", "vaf.stop_advances", "SFC",
        "The level of perp-1, loan-1 cannot be known now.", None, None,
    )  # fmt: skip


@pytest.mark.fault("T31")
def test_a_credit_limit_is_met_and_not_passed():
    assert advance(credit_limit=D(700)) == []
    assert one(advance(credit_limit=D("699.99"))) == (
        "CREDIT_LIMIT", "vaf.credit_limit", "SFC",
        "loan-1 would owe 700.00 HKD; its credit limit is 699.99 HKD.", "699.99", "700",
    )  # fmt: skip
    assert one(advance(credit_limit=None)) == (
        "NO_CREDIT_LIMIT", "vaf.credit_limit", "SFC", "loan-1 has no credit limit.", None, None,
    )  # fmt: skip


def test_a_loan_that_cannot_be_converted_is_not_lent():
    found = advance(after=figures(None))
    assert [denial.code for denial in found] == ["LOAN_UNKNOWN", "COLLATERAL_UNKNOWN"]
    assert (found[0].rule, found[0].message, found[0].limit) == (
        "vaf.credit_limit", "The loan of loan-1 cannot be converted.", "700",
    )  # fmt: skip
    assert (found[1].rule, found[1].origin, found[1].message) == (
        "vaf.haircut", "SFC", "What the collateral of loan-1 is worth cannot be known now.",
    )  # fmt: skip


@pytest.mark.parametrize("value", [None, D(0)])
def test_without_collateral_that_counts_nothing_is_lent(value):
    assert one(advance(eligible_value=value)) == (
        "NO_COLLATERAL", "vaf.eligible_collateral", "SFC",
        "loan-1 has no collateral that counts.", None, None,
    )  # fmt: skip


def coins(value):
    return Pledge(market_value=D(value), haircut=D(0), is_virtual=True)


@pytest.mark.fault("T31")
def test_one_asset_may_be_two_fifths_of_the_margin_value():
    cash = msgspec.structs.replace(SHARES, market_value=D(600))
    assert advance(after=figures("500", cash, coins(400))) == []
    assert one(advance(after=figures("500", cash, coins("400.01")))) == (
        "CONCENTRATION", "vaf.collateral_concentration", "HOUSE",
        "loan-1: one virtual asset would be 40.00% of the margin value; at most 40.00% counts.",
        "0.4", "0.40000599994000059999",
    )  # fmt: skip


def test_all_assets_may_be_half_of_it():
    halves = figures("500", SHARES, coins(500), coins(500))
    assert advance(after=halves) == []
    more = advance(after=figures("500", SHARES, coins(500), coins("500.01")))
    # What is cut leaves securities half of what counts, less a hair.
    assert [denial.code for denial in more] == ["GROUP_CONCENTRATION", "SECURITIES_SHARE"]
    assert (more[0].rule, more[0].origin, more[0].limit) == (
        "vaf.collateral_concentration", "HOUSE", "0.5",
    )  # fmt: skip
    assert more[0].message == (
        "loan-1: all virtual assets would be 50.00% of the margin value; at most 50.00% counts."
    )


def test_securities_are_half_of_it_at_least():
    limits = msgspec.structs.replace(LOANS, securities_share=D("0.714285714285714285"))
    assert advance(limits=limits) == []
    limits = msgspec.structs.replace(LOANS, securities_share=D("0.72"))
    assert one(advance(limits=limits)) == (
        "SECURITIES_SHARE", "vaf.securities_collateral_present", "HOUSE",
        (
            "loan-1: securities and cash would be 71.43% of the margin value; "
            "at least 72.00% is asked for."
        ),
        "0.72", "0.71428571428571428571",
    )  # fmt: skip


def test_a_loan_without_margin_value_has_no_share_and_no_utilization():
    nothing = figures("700", msgspec.structs.replace(COINS, eligible=False))
    found = advance(after=nothing)
    assert [denial.code for denial in found] == ["SECURITIES_SHARE", "CALL_AFTER_DRAW"]
    assert found[0].message == (
        "loan-1: securities and cash would be nothing of the margin value; at least 50.00% is "
        "asked for."
    )
    assert found[1].message == "loan-1 would have no margin value for its loan."
    assert (found[1].limit, found[1].actual) == ("1", None)


def test_utilization_stays_below_the_call():
    def wide(loan):
        return {"credit_limit": D(9_999), "capital": D(99_999), "after": figures(loan)}

    assert advance(**wide("1399.99")) == []
    assert one(advance(**wide("1400"))) == (
        "CALL_AFTER_DRAW", "vaf.margin_call", "HOUSE",
        "Utilization of loan-1 would be 100.00%; a margin call begins at 100.00%.", "1", "1",
    )  # fmt: skip


@pytest.mark.parametrize("capital", [None, D(0)])
def test_a_firm_without_known_capital_lends_nothing(capital):
    assert one(advance(capital=capital)) == (
        "NO_FIRM_CAPITAL", "vaf.loans_to_capital", "BENCHMARK",
        "The firm's capital is not known: it is entered with `capital`.", None, None,
    )  # fmt: skip


def test_loans_that_cannot_be_converted_are_not_measured_by_the_capital():
    assert one(advance(all_loans=None)) == (
        "LOANS_UNKNOWN", "vaf.loans_to_capital", "BENCHMARK",
        "The loans of the firm cannot be converted.", "5", None,
    )  # fmt: skip


def test_the_client_owes_two_fifths_and_all_owe_five_times_the_capital():
    assert advance(capital=D(1_750)) == []
    assert one(advance(capital=D("1749.99"))) == (
        "CLIENT_CONCENTRATION", "vaf.client_concentration", "BENCHMARK",
        "The client would owe 40.00% of the firm's capital; 40.00% is the most.",
        "0.4", "0.40000228572734701341",
    )  # fmt: skip
    assert [d.code for d in advance(capital=D(140))] == ["CLIENT_CONCENTRATION"]
    all_of_it = advance(capital=D("139.99"))
    assert [d.code for d in all_of_it] == ["LOANS_TO_CAPITAL", "CLIENT_CONCENTRATION"]
    assert all_of_it[0].message == (
        "Loans would be 5.00 times the firm's capital; 5.00 is the most."
    )
    assert (all_of_it[0].limit, all_of_it[0].actual) == ("5", "5.0003571683691692264")


# --- coming back ----------------------------------------------------------------------------------


def test_collateral_comes_back_while_all_is_well():
    assert release() == []
    assert release(level="WARNING") == []


@pytest.mark.parametrize("level", ["MARGIN_CALL", "CLOSE_OUT"])
def test_no_collateral_comes_back_from_a_call(level):
    assert one(release(level=level)) == (
        "CALL_OPEN", "vaf.margin_call", "HOUSE",
        f"loan-1 is at {level}: no collateral comes back.", None, None,
    )  # fmt: skip


def test_without_a_loan_everything_comes_back_from_anywhere():
    bare = figures("0", COINS)
    assert release(after=bare, level="CLOSE_OUT") == []
    unpriced = msgspec.structs.replace(COINS, market_value=None)
    assert release(after=figures("0", unpriced)) == []


def test_collateral_of_unknown_worth_stays():
    unpriced = msgspec.structs.replace(COINS, market_value=None)
    found = release(after=figures("700", unpriced, SHARES), level="MARGIN_CALL")
    assert [denial.code for denial in found] == ["CALL_OPEN", "COLLATERAL_UNKNOWN"]


def test_a_share_beyond_its_cap_stops_only_what_makes_it_larger():
    cash = msgspec.structs.replace(SHARES, market_value=D(600))
    high, higher = figures("300", cash, coins("410")), figures("300", cash, coins("420"))
    assert [d.code for d in release(before=high, after=higher)] == ["CONCENTRATION"]
    assert release(before=higher, after=high) == []
    assert release(before=high, after=high) == []
    unknown = figures("300", cash, msgspec.structs.replace(coins(1), market_value=None))
    assert [d.code for d in release(before=unknown, after=high)] == ["CONCENTRATION"]


def test_the_share_of_all_assets_is_judged_in_the_same_way():
    limits = msgspec.structs.replace(LOANS, securities_share=D(0))
    high = figures("300", SHARES, coins(510), coins(510))
    higher = figures("300", SHARES, coins(520), coins(520))
    found = release(before=high, after=higher, limits=limits)
    assert [d.code for d in found] == ["GROUP_CONCENTRATION"]
    assert release(before=higher, after=high, limits=limits) == []


def test_securities_and_utilization_hold_for_what_is_left():
    less = msgspec.structs.replace(SHARES, market_value=D(390))
    found = {d.code: d for d in release(after=figures("710", less, COINS))}
    assert set(found) == {
        "CONCENTRATION",
        "GROUP_CONCENTRATION",
        "CALL_AFTER_RELEASE",
    }
    assert found["CALL_AFTER_RELEASE"].rule == "vaf.margin_call"
    only_coins = release(after=figures("100", COINS))
    assert "SECURITIES_SHARE" in [d.code for d in only_coins]

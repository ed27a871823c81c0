"""Changes of an account's terms: each look at both sides of its boundary, and all that is said.

One BTC bought at 60,000 and marked there, at 5×: 12,000 of initial margin; the house asks for
1.25 × 10 % of 60,000 = 7,500 behind it.
"""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import TIERS
from helpers.order_contexts import BTC, CATALOGUE, HONG_KONG

from desk.margin.account import account_figures
from desk.margin.inputs import AccountInput, MarginTerms, OrderInput, PositionInput
from desk.model.orders import MarginMode, Side
from desk.risk.account_change import AccountChange, judge
from desk.risk.denial import deny

HOUSE = "the house's maintenance margin (10% of notional)"
replace = msgspec.structs.replace
TERMS = MarginTerms(model="binance", tiers=TIERS)
DOUBT = deny("STALE_MARK", "price.mark_sources", "The mark is stale.")

HELD = PositionInput(
    instrument=CATALOGUE.get(BTC),
    terms=TERMS,
    quantity=D(1),
    entry_price=D(60000),
    mark=D(60000),
    leverage=D(5),
)


def account(cash="100000", *held, orders=()):
    return AccountInput(
        id="perp-1",
        settle="USDT",
        balances={"USDT": D(cash)},
        haircuts={},
        prices={},
        positions=held,
        orders=orders,
        marks={BTC: D(60000)},
        terms={BTC: TERMS},
        leverages={BTC: D(5)},
    )


def isolated(margin, **changes):
    fields = {"margin_mode": MarginMode.ISOLATED, "isolated_margin": D(margin), **changes}
    return replace(HELD, **fields)


def change(after, before=None, **fields):
    known = AccountChange(
        before=before or after,
        after=after,
        frees=True,
        code="MARGIN_TO_LEAVE",
        state="ACTIVE",
        state_reason="a test",
        level="NORMAL",
        doubts=(),
        profile=HONG_KONG,
    )
    return replace(known, **fields)


def said(asked):
    return [(d.code, d.rule, d.origin, d.message, d.limit, d.actual) for d in judge(asked).denials]


def test_figures_before_and_after_come_with_the_answer():
    before, after = account("100000", HELD), account("50000", HELD)
    found = judge(change(after, before))
    assert found.denials == ()
    assert found.before == account_figures(before)
    assert found.after == account_figures(after)


@pytest.mark.parametrize("state", ["HALTED", "REDUCING"])
def test_margin_is_set_free_only_while_the_desk_is_active(state):
    found = said(change(account(), state=state))
    message = (
        f"Desk is {state} (a test): margin is set free and money leaves an account only while it "
        "is ACTIVE."
    )
    assert found == [(f"STATE_{state}", "kill.switch", "FOREIGN", message, None, None)]
    assert said(change(account(), state=state, frees=False)) == []


def test_margin_is_not_set_free_on_marks_in_doubt_where_anything_is_held_or_works():
    order = OrderInput(
        instrument=CATALOGUE.get(BTC), side=Side.BUY, quantity=D("0.1"), price=D(60000)
    )
    stale = [("STALE_MARK", "price.mark_sources", "HOUSE", "The mark is stale.", None, None)]
    assert said(change(account("100000", HELD), doubts=(DOUBT,))) == stale
    assert said(change(account(orders=(order,)), doubts=(DOUBT,))) == stale
    assert said(change(account(), doubts=(DOUBT,))) == []
    assert said(change(account("100000", HELD), doubts=(DOUBT,), frees=False)) == []


@pytest.mark.parametrize(
    ("level", "what"),
    [("NORMAL", None), ("WARNING", None), ("MARGIN_CALL", "margin call"),
     ("CLOSE_OUT", "close out")],
)  # fmt: skip
def test_an_account_that_was_called_frees_nothing(level, what):
    message = f"perp-1 is in {what}: no margin is set free until it is cured."
    denied = [(f"LEVEL_{level}", "vaf.stop_advances", "SFC", message, None, None)]
    assert said(change(account("100000", HELD), level=level)) == ([] if what is None else denied)
    assert said(change(account("100000", HELD), level=level, frees=False)) == []
    assert said(change(account(), level=level)) == []


@pytest.mark.parametrize("frees", [True, False])
def test_the_margin_that_is_needed_is_there_after_the_change(frees):
    assert said(change(account("12000", HELD), frees=frees)) == []
    assert said(change(account("11999.999", HELD), frees=frees)) == [
        (
            "MARGIN_TO_LEAVE",
            "perp.margin_first",
            "SFC",
            "0.01 USDT of margin would be missing.",
            "0",
            "-0.001",
        )
    ]
    assert said(change(account("-5"), frees=frees)) == []


def test_margin_that_cannot_be_known_denies():
    blind = account("100000", replace(HELD, mark=None))
    (found,) = said(change(blind, frees=False))
    assert found == (
        "MARGIN_UNKNOWN",
        "perp.margin_first",
        "SFC",
        f"Margin cannot be known: {'; '.join(account_figures(blind).unknown)}.",
        None,
        None,
    )
    assert f"{BTC} has no mark price." in found[3]


def test_an_isolated_position_that_margin_is_taken_from_keeps_its_initial_margin():
    before = account("100000", isolated("20000"))
    assert said(change(account("108000", isolated("12000")), before)) == []
    found = said(change(account("108000.01", isolated("11999.999")), before))
    assert found == [
        (
            "MARGIN_TO_LEAVE",
            "perp.margin_first",
            "SFC",
            f"{BTC} would keep 11,999.99 USDT; its initial margin is 12,000.00.",
            "12000",
            "11999.999",
        )
    ]
    # What it has earned stands behind it too: 10,900 and 1,000, of 12,200 at 61,000.
    risen = isolated("10900", mark=D(61000))
    (lacking,) = said(change(account("100000", risen), before))
    assert lacking[3:] == (
        f"{BTC} would keep 11,900.00 USDT; its initial margin is 12,200.00.",
        "12200",
        "11900",
    )
    assert said(change(account("100000", isolated("11200", mark=D(61000))), before)) == []


def test_a_wallet_that_nothing_is_taken_from_is_not_held_to_its_initial_margin():
    # 8,000 are above the 7,500 of the house's buffer and below the 12,000 of a new position.
    kept = account("90000", isolated("8000"))
    assert said(change(kept, account("100000", isolated("8000")))) == []
    assert said(change(kept, account("100000", isolated("9000")), frees=False)) == []
    codes = [one[0] for one in said(change(kept, account("100000", isolated("9000"))))]
    assert codes == ["MARGIN_TO_LEAVE"]
    assert [one[0] for one in said(change(kept, account("98000", HELD)))] == ["MARGIN_TO_LEAVE"]


def test_an_unknown_isolated_position_denies_though_the_pool_is_known():
    blind = account("100000", isolated("12000", mark=None))
    assert account_figures(blind).available_margin == D(100000)
    (found,) = said(change(blind, frees=False))
    message = f"Margin cannot be known: {'; '.join(account_figures(blind).unknown)}."
    assert found == ("MARGIN_UNKNOWN", "perp.margin_first", "SFC", message, None, None)


def test_margin_of_an_isolated_position_without_a_mark_cannot_be_known():
    blind = account("100000", isolated("12000", mark=None))
    found = said(change(blind, account("100000", isolated("20000"))))
    assert (
        "MARGIN_UNKNOWN",
        "perp.margin_first",
        "SFC",
        f"Margin of {BTC} cannot be known.",
        None,
        None,
    ) in found


def test_a_cross_position_beside_hides_no_isolated_one_that_margin_is_taken_from():
    eth = CATALOGUE.get("ETHUSDT-PERP.BINANCE")
    other = replace(HELD, instrument=eth, quantity=D(1), entry_price=D(3000), mark=D(3000))
    short = account("100000", other, isolated("11000"))
    found = said(change(short, account("100000", other, isolated("20000"))))
    assert [one[0] for one in found] == ["MARGIN_TO_LEAVE"]


def lowered(margin, leverage="3", before="5", **changes):
    """An isolated position whose leverage is set lower, and how it was; at 3×: 20,000."""
    was = isolated(margin, leverage=None if before is None else D(before), **changes)
    after = isolated(margin, leverage=D(leverage), **changes)
    return account("100000", after), account("100000", was)


def test_an_isolated_position_takes_a_lower_leverage_with_the_margin_for_it_alone():
    fields = {"frees": False, "code": "LEVERAGE_MARGIN"}
    assert said(change(*lowered("20000"), **fields)) == []
    assert said(change(*lowered("19999.99"), **fields)) == [
        (
            "LEVERAGE_MARGIN",
            "perp.margin_first",
            "SFC",
            f"19,999.99 USDT stand behind {BTC}; 3× asks for 20,000.00. Add margin first.",
            "20000",
            "19999.99",
        )
    ]
    # 19,000 and what was won since 60,000, of 61,000 / 3.
    assert said(change(*lowered("19000", mark=D(61000)), **fields))[0][4:] == (
        "20333.33333333333333333333333333333333334",
        "20000",
    )
    assert said(change(*lowered("8000", leverage="5"), **fields)) == []
    assert said(change(*lowered("8000", leverage="6"), **fields)) == []
    assert said(change(*lowered("8000", before=None), **fields)) == []


def test_what_is_not_isolated_or_is_gone_hides_no_isolated_one_whose_leverage_is_lowered():
    after, before = lowered("19999.99")
    eth = CATALOGUE.get("ETHUSDT-PERP.BINANCE")
    other = replace(HELD, instrument=eth, entry_price=D(3000), mark=D(3000))
    gone = replace(isolated("900"), instrument=eth, entry_price=D(3000), mark=D(3000))
    fewer = replace(other, leverage=D(4))
    beside = replace(before, positions=(other, *before.positions))
    codes = [one[0] for one in said(change(replace(after, positions=(fewer, *after.positions)),
                                           beside, frees=False))]  # fmt: skip
    assert codes == ["MARGIN_TO_LEAVE"]
    closed = replace(before, positions=(gone, *before.positions))
    assert [one[0] for one in said(change(after, closed, frees=False))] == ["MARGIN_TO_LEAVE"]


def test_leverage_is_not_lowered_where_the_margin_behind_it_cannot_be_known():
    found = said(change(*lowered("30000", mark=None), frees=False))
    unknown = ("MARGIN_UNKNOWN", "perp.margin_first", "SFC", f"Margin of {BTC} cannot be known.")
    assert (*unknown, None, None) in found


def test_equity_keeps_the_buffer_behind_what_is_held():
    # At 10× initial margin is 6,000, the buffer 7,500.
    tenfold = replace(HELD, leverage=D(10))
    assert said(change(account("7500", tenfold))) == []
    assert said(change(account("7499.999", tenfold))) == [
        (
            "MAINTENANCE_BUFFER",
            "perp.maintenance_margin",
            "HOUSE",
            f"7,499.99 would stand behind perp-1; 1.25 times {HOUSE} is 7,500.00.",
            "7500",
            "7499.999",
        )
    ]
    assert said(change(account("7499.999", tenfold), frees=False)) == []


def test_an_isolated_position_that_keeps_its_leverage_hides_none_whose_is_lowered():
    after, before = lowered("19999.99")
    eth = CATALOGUE.get("ETHUSDT-PERP.BINANCE")
    kept = replace(isolated("900"), instrument=eth, entry_price=D(3000), mark=D(3000))
    found = said(
        change(
            replace(after, positions=(kept, *after.positions)),
            replace(before, positions=(kept, *before.positions)),
            frees=False,
        )
    )
    assert [one[0] for one in found] == ["MARGIN_TO_LEAVE"]

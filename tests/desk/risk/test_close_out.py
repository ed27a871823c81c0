"""The close-out plan: what is reduced, in which order, by how much; and that it always ends."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.margin_cases import (
    BTC,
    BTC_COIN,
    BTC_USDC,
    ETH,
    account,
    flat_terms,
    isolated,
    position,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.margin.account import account_figures
from desk.margin.inputs import ContractTier, MarginTerms
from desk.margin.whatif import after_fill
from desk.model.orders import Side
from desk.risk.close_out import (
    MOST_STEPS,
    close_out_plan,
    held_at,
    is_due,
    next_step,
    rehearsed,
    units,
)
from desk.risk.close_out_step import TARGET_RATIO, Margin, Planner, margin_of

FREE = {"taker_fee_rate": D(0)}


def at_mark(given):
    """Everything trades at its mark."""
    marks = {p.instrument.id: p.mark for p in given.positions}
    return lambda instrument, side, quantity, taken: marks[instrument.id]


def slipping(given, per_unit):
    """Each unit of quantity, of this step and of those before, moves the price by a fraction."""
    marks = {p.instrument.id: p.mark for p in given.positions}

    def price(instrument, side, quantity, taken):
        moved = (taken + quantity / 2) * per_unit
        return marks[instrument.id] * (1 + side.sign * moved)

    return price


def free(instrument):
    return msgspec.structs.replace(instrument, taker_fee_rate=D(0))


def ratio(given):
    return account_figures(given).margin_ratio


def filled(given, step, fee_rate=None):
    (held,) = (p for p in given.positions if p.instrument.id == step.instrument)
    rate = held.instrument.taker_fee_rate if fee_rate is None else fee_rate
    return after_fill(given, held.instrument, step.side, step.quantity, step.expected_price, rate)


def long_one(wallet="400", quantity="1", rate="0.01", **more):
    """A long of 60,000 whose maintenance is 600: ratio 1.5 on 400."""
    return account(
        position(BTC, quantity, "60000", terms=flat_terms(rate), **more), balances={"USDT": wallet}
    )


def test_nothing_is_planned_at_the_target_or_below():
    # maintenance 600; 600 / 0.7 = 857.142857…
    assert close_out_plan(long_one("857.15"), at_mark(long_one())) == ()
    assert len(close_out_plan(long_one("857.14"), at_mark(long_one()))) == 1


def test_a_step_is_a_quarter_of_the_position_at_the_trigger_until_the_last_which_is_sized():
    given = long_one("500")
    steps = close_out_plan(given, at_mark(given))
    assert [step.quantity for step in steps[:-1]] == [D("0.25")] * (len(steps) - 1)
    assert 0 < steps[-1].quantity < D("0.25")
    # Without slippage: x (0.01 − 0.7 × 0.0005) 60000 = 600 − 0.7 × 500 = 250; x = 0.43177…
    assert sum(step.quantity for step in steps) == D("0.432")
    assert [step.side for step in steps] == [Side.SELL] * 2
    assert steps[0].fee == steps[0].cost == D("0.25") * 60000 * D("0.0005")
    assert steps[0].expected_price == 60000
    assert round(steps[0].margin_ratio_after, 12) == round(D(450) / D("492.5"), 12)


def test_the_ratio_after_each_step_is_that_of_the_account_after_it():
    given = long_one("500")
    for step in close_out_plan(given, at_mark(given)):
        given = filled(given, step)
        assert step.margin_ratio_after == ratio(given)
    assert ratio(given) <= TARGET_RATIO


def test_one_lot_less_would_not_be_enough():
    given = long_one("700")
    (step,) = close_out_plan(given, at_mark(given))
    less = msgspec.structs.replace(step, quantity=step.quantity - BTC.lot_size)
    assert ratio(filled(given, step)) <= TARGET_RATIO < ratio(filled(given, less))


def test_sizing_is_exact_across_tiers():
    # 13.5 BTC are 810,000, in the third tier of Binance's table, which begins at 800,000.
    given = account(position(BTC, "13.5", "60000"), balances={"USDT": "4950"})
    (step,) = close_out_plan(given, at_mark(given))
    less = msgspec.structs.replace(step, quantity=step.quantity - BTC.lot_size)
    assert D(1) < step.quantity < D("1.2")
    assert ratio(filled(given, step)) <= TARGET_RATIO < ratio(filled(given, less))


def test_a_short_is_bought_back():
    given = account(
        position(BTC, "-1", "60000", terms=flat_terms("0.01")), balances={"USDT": "700"}
    )
    (step,) = close_out_plan(given, slipping(given, D("0.0001")))
    assert step.side is Side.BUY
    assert step.expected_price > 60000
    assert step.cost > step.fee
    assert ratio(filled(given, step)) <= TARGET_RATIO


def test_a_coin_margined_position_is_sized_in_contracts():
    given = account(position(BTC_COIN, "1000", "60000"), settle="BTC", balances={"BTC": "0.008"})
    steps = close_out_plan(given, at_mark(given))
    for step in steps:
        given = filled(given, step)
    assert steps
    assert all(step.quantity == int(step.quantity) for step in steps)
    assert ratio(given) <= TARGET_RATIO


def two(balance="900"):
    """Both 60,000 of notional; ETH requires twice as much."""
    return account(
        position(BTC, "1", "60000", terms=flat_terms("0.01")),
        position(ETH, "24", "2500", terms=flat_terms("0.02")),
        balances={"USDT": balance},
    )


def test_what_relieves_most_per_cost_goes_first():
    steps = close_out_plan(two(), at_mark(two()))
    assert steps[0].instrument == ETH.id
    assert steps[0].quantity == 6


def test_a_dear_market_is_left_for_later():
    given = two()
    dear = lambda instrument, side, quantity, taken: (  # noqa: E731
        D(2492) if instrument.id == ETH.id else D(60000)
    )
    # ETH relieves 300 a step for 55.44, which is 5.4 a dollar; BTC 150 for 7.5, which is 20.
    assert close_out_plan(given, dear)[0].instrument == BTC.id


def test_small_costs_count_like_large_ones():
    given = account(
        position(BTC, "0.012", "60000", terms=flat_terms("0.01")),
        position(ETH, "0.28", "2500", terms=flat_terms("0.02")),
        balances={"USDT": "9"},
    )
    # ETH relieves 3.5 for 0.65, BTC 1.8 for 0.09: neither costs as much as a dollar.
    steps = close_out_plan(
        given,
        lambda instrument, side, quantity, taken: D(2492 if instrument.id == ETH.id else 60000),
    )
    assert steps[0].instrument == BTC.id


def test_a_step_that_relieves_as_it_costs_cannot_help():
    given = account(
        position(free(BTC), "1", "60000", terms=flat_terms("0.01")), balances={"USDT": "600"}
    )
    # Ratio 1; a coin relieves 600 and costs 60,000 − 59,400.
    (step,) = close_out_plan(given, lambda *_: D(59400))
    assert step.quantity == 1
    (first, *_) = close_out_plan(given, lambda *_: D(59401))
    assert first.quantity == D("0.25")


def test_a_position_that_settles_in_another_asset_than_its_account_is_converted():
    given = account(
        position(BTC, "1", "60000", terms=flat_terms("0.01")),
        settle="USD",
        balances={"USD": "350"},
        prices={"USDT": "0.5"},
    )
    # 600 USDT of maintenance are 300 USD; 300 / 0.7 = 428.57.
    (step,) = close_out_plan(given, at_mark(given))
    less = msgspec.structs.replace(step, quantity=step.quantity - BTC.lot_size)
    assert ratio(filled(given, step)) <= TARGET_RATIO < ratio(filled(given, less))


def test_without_a_leverage_a_close_out_is_planned_all_the_same():
    given = account(
        position(
            BTC,
            "1",
            "60000",
            terms=MarginTerms(model="binance"),
            leverage=None,
            maintenance_rate="0.01",
        ),
        balances={"USDT": "700"},
    )
    assert not account_figures(given).known, "initial margin needs a leverage"
    assert margin_of(given) == Margin(D(600), D(700))
    assert len(close_out_plan(given, at_mark(given))) == 1


def test_the_traders_own_order_goes_before_cost():
    steps = close_out_plan(two(), at_mark(two()), preference=(BTC.id,))
    assert [step.instrument for step in steps][:4] == [BTC.id] * 4
    assert {step.instrument for step in steps[4:]} <= {ETH.id}
    assert close_out_plan(two(), at_mark(two()), preference=("XRP", ETH.id))[0].instrument == ETH.id


def test_of_two_alike_the_first_by_name_goes_first():
    alike = account(
        position(ETH, "24", "2500", terms=flat_terms("0.01")),
        position(BTC, "1", "60000", terms=flat_terms("0.01")),
        balances={"USDT": "700"},
    )
    assert close_out_plan(alike, at_mark(alike))[0].instrument == BTC.id


def test_free_relief_goes_first():
    given = account(
        position(BTC, "1", "60000", terms=flat_terms("0.01")),
        position(free(ETH), "24", "2500", terms=flat_terms("0.005")),
        balances={"USDT": "500"},
    )
    assert close_out_plan(given, at_mark(given))[0].instrument == ETH.id


def test_the_fee_of_the_terms_wins_over_the_instruments():
    given = account(
        position(BTC, "1", "60000", terms=msgspec.structs.replace(flat_terms("0.01"), **FREE)),
        balances={"USDT": "700"},
    )
    assert close_out_plan(given, at_mark(given))[0].fee == 0


def test_where_a_step_cannot_help_the_position_is_closed_whole():
    given = long_one("500")
    # 2 % of slippage costs 1,200 a coin and relieves 600.
    steep = lambda instrument, side, quantity, taken: D(58800)  # noqa: E731
    (step,) = close_out_plan(given, steep)
    assert step.quantity == 1
    assert step.margin_ratio_after is None


def test_an_account_without_value_is_closed_whole_in_the_traders_order():
    given = msgspec.structs.replace(two(), balances={"USDT": D(0)})
    steps = close_out_plan(given, at_mark(given), preference=(BTC.id,))
    assert [(step.instrument, step.quantity) for step in steps] == [(BTC.id, 1), (ETH.id, 24)]


def test_a_step_is_rounded_up_to_the_lot_and_never_passes_flat():
    given = long_one("0.5", quantity="0.003")
    steps = close_out_plan(given, at_mark(given))
    assert [step.quantity for step in steps] == [D("0.001")] * 3
    assert ratio(given) > 1


def test_no_step_is_smaller_than_the_venue_takes():
    rough = msgspec.structs.replace(BTC, min_quantity=D("0.4"))
    given = account(
        position(rough, "1", "60000", terms=flat_terms("0.01")), balances={"USDT": "800"}
    )
    assert [step.quantity for step in close_out_plan(given, at_mark(given))] == [D("0.4")]
    tiny = account(
        position(rough, "0.3", "60000", terms=flat_terms("0.01")), balances={"USDT": "20"}
    )
    assert close_out_plan(tiny, at_mark(tiny))[0].quantity == D("0.3")


def test_less_than_a_lot_cannot_be_closed():
    given = long_one("0.001", quantity="0.0005")
    assert is_due(margin_of(given))
    assert close_out_plan(given, at_mark(given)) == ()


def test_what_has_no_price_is_left_alone():
    given = two("100")
    only_btc = lambda instrument, side, quantity, taken: (  # noqa: E731
        D(60000) if instrument.id == BTC.id else None
    )
    steps = close_out_plan(given, only_btc)
    assert {step.instrument for step in steps} == {BTC.id}
    assert sum(step.quantity for step in steps) == 1
    assert close_out_plan(given, lambda *_: D(1)), "a price, if a bad one"
    for bad in (None, D(0), D(-1), D("NaN"), D("Infinity")):
        assert close_out_plan(given, lambda *_, bad=bad: bad) == ()


def test_nothing_is_planned_on_unknown_figures():
    unmarked = msgspec.structs.replace(long_one().positions[0], mark=None)
    given = account(unmarked, balances={"USDT": "1"})
    assert margin_of(given) is None
    assert next_step(given, lambda *_: D(60000)) is None
    assert rehearsed(given, lambda *_: D(60000)) == ()


def test_a_thin_book_makes_earlier_steps_dearer_for_later_ones():
    given = long_one("300")
    steps = close_out_plan(given, slipping(given, D("0.001")))
    prices = [step.expected_price for step in steps]
    assert prices == sorted(prices, reverse=True)
    assert len(set(prices)) == len(prices)


def test_a_pool_and_each_isolated_position_are_closed_out_on_their_own():
    given = account(
        position(BTC, "1", "60000", terms=flat_terms("0.01")),
        isolated(ETH, "24", "2500", terms=flat_terms("0.02"), isolated_margin="1000"),
        balances={"USDT": "100000"},
    )
    found = units(given)
    assert list(found) == [None, ETH.id]
    assert margin_of(found[None]) == Margin(D(600), D(100000))
    assert margin_of(found[ETH.id]) == Margin(D(1200), D(1000))
    steps = rehearsed(given, at_mark(given))
    assert {step.instrument for step in steps} == {ETH.id}
    assert steps[-1].margin_ratio_after <= TARGET_RATIO
    assert (
        rehearsed(msgspec.structs.replace(given, balances={"USDT": D(500)}), at_mark(given))[
            0
        ].instrument
        == BTC.id
    )


@pytest.mark.parametrize(
    ("maintenance", "value", "due"),
    [
        ("100", "100", True),
        ("99.99", "100", False),
        ("1", "0", True),
        ("0.5", "1", False),
        ("0", "0", False),
    ],
)
def test_a_close_out_is_due_at_a_ratio_of_one(maintenance, value, due):
    assert is_due(Margin(D(maintenance), D(value))) is due


def test_the_target_is_met_at_seventy_percent_and_never_without_value():
    assert Margin(D(70), D(100)).within(D("0.70"))
    assert not Margin(D("70.01"), D(100)).within(D("0.70"))
    assert Margin(D("0.3"), D("0.5")).within(D("0.70"))
    assert not Margin(D(1), D(0)).within(D("0.70"))
    assert Margin(D(0), D(0)).within(D("0.70"))


units_of_quantity = st.decimals("-40", "40", places=3).filter(bool)


@st.composite
def accounts(draw):
    held = [
        position(instrument, draw(units_of_quantity) * scale, entry, mark)
        for instrument, scale, entry, mark in (
            (BTC, 1, "60000", str(draw(st.integers(40000, 90000)))),
            (ETH, 20, "2500", str(draw(st.integers(1500, 4000)))),
        )
        if draw(st.booleans()) or instrument is BTC
    ]
    return account(*held, balances={"USDT": str(draw(st.integers(-10_000, 2_000_000)))})


@settings(max_examples=150)
@given(accounts(), st.sampled_from([D(0), D("0.00001"), D("0.0005"), D("0.01")]), st.booleans())
def test_every_plan_ends_at_the_target_or_flat_within_its_bounds(given, slip, prefer):
    price = slipping(given, slip)
    sizes = held_at(given)
    preference = (ETH.id,) if prefer else ()
    steps = close_out_plan(given, price, preference)
    assert len(steps) <= MOST_STEPS * len(given.positions)
    after = given
    for step in steps:
        (held,) = (p for p in after.positions if p.instrument.id == step.instrument)
        assert step.quantity % held.instrument.lot_size == 0
        assert 0 < step.quantity <= abs(held.quantity)
        assert held.quantity * step.side.sign < 0
        quarter = sizes[step.instrument] / 4 + held.instrument.lot_size
        whole = step.quantity == abs(held.quantity)
        assert step.quantity <= quarter or whole
        after = filled(after, step)
    reached = margin_of(after)
    broke = any(price(p.instrument, Side.SELL, abs(p.quantity), D(0)) <= 0 for p in after.positions)
    assert reached.within(TARGET_RATIO) or not after.positions or broke


MODELS = {
    "bybit-2025": msgspec.structs.replace(flat_terms("0.005"), model="bybit-2025"),
    "bybit-2026": msgspec.structs.replace(flat_terms("0.005"), model="bybit-2026"),
    "deribit": MarginTerms(
        model="deribit", base_rate=D("0.01"), slope=D("0.00005"), max_leverage=D(50)
    ),
    "okx": MarginTerms(
        model="okx",
        contract_tiers=tuple(
            ContractTier(
                quantity_floor=D(floor),
                quantity_cap=D(cap),
                maintenance_rate=D(rate),
                max_leverage=D(50),
            )
            for floor, cap, rate in (("0", "2", "0.005"), ("2.001", "100", "0.01"))
        ),
    ),
    "hyperliquid": msgspec.structs.replace(flat_terms("0.0125", "40"), model="hyperliquid"),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("quantity", ["1", "-1", "3.7", "-3.7"])
@pytest.mark.parametrize("share", ["0.6", "0.9", "1.2"])
def test_every_model_is_brought_to_the_target_in_lots(model, quantity, share):
    held = position(BTC, quantity, "60000", terms=MODELS[model], leverage="10")
    maintenance = margin_of(account(held, balances={"USDT": "0"})).maintenance
    given = account(held, balances={"USDT": str(maintenance * D(share))})
    steps = close_out_plan(given, slipping(given, D("0.00001")))
    assert 0 < len(steps) <= MOST_STEPS
    for step in steps:
        before, given = given, filled(given, step)
        assert step.quantity % BTC.lot_size == 0
    assert ratio(given) <= TARGET_RATIO
    if model != "okx":  # whose lower tier a step may reach unasked
        less = msgspec.structs.replace(step, quantity=step.quantity - BTC.lot_size)
        assert ratio(filled(before, less)) > TARGET_RATIO


def test_relief_and_cost_of_another_settle_asset_are_counted_in_the_pools():
    usdc = flat_terms("0.01")
    held = position(BTC_USDC, "1", "60000", terms=usdc)
    half = account(held, balances={"USDT": "400"}, prices={"USDC": D("0.5")})
    found = Planner(half, margin_of(half), at_mark(half), {}).whole(held)
    # Maintenance of 600 USDC, and a taker's 0.05 % of 60,000 USDC, at half a USDT each.
    assert (found.relief, found.cost) == (D(300), D("0.0005") * 60000 / 2)


def test_without_a_tier_table_there_is_no_margin_to_plan_by():
    bare = account(position(BTC, "1", "60000", terms=MarginTerms(model="binance")))
    assert account_figures(bare).collateral_value is not None
    assert margin_of(bare) is None

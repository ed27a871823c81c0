"""The close-out of a loan as a plan: how much of which coin, until utilization is 0.95."""

from decimal import Decimal as D

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.margin.financing import LoanTerms, Pledge
from desk.risk.loan_sale import (
    Sale,
    Secured,
    Sellable,
    after_sale,
    is_cured,
    next_sale,
    sale_plan,
)

TERMS = LoanTerms(
    single_cap=D("0.4"), group_cap=D("0.5"), warn=D("0.8"), call=D(1), close_out=D("1.25")
)
replaced = msgspec.structs.replace
SPOT, OTHER = "BTCUSDT.BINANCE", "ETHUSDT.BINANCE"


def coins(value, **fields):
    return Pledge(market_value=D(value), haircut=D("0.6"), is_virtual=True, **fields)


def shares(value):
    return Pledge(market_value=D(value), haircut=D("0.3"), is_virtual=False)


def secured(loan, *pledges):
    return Secured(pledges=pledges, loan=D(loan), terms=TERMS)


def sellable(quantity="10", price="1000", net="990", **fields):
    given_fields = {
        "pledge": 0,
        "instrument": SPOT,
        "quantity": D(quantity),
        "at_trigger": D(quantity),
        "price": D(price),
        "net": D(net),
        "lot_size": D("0.001"),
    }
    return Sellable(**{**given_fields, **fields})


def test_a_sale_is_sized_to_a_utilization_of_95_percent():
    # 10,000 × 0.4 + 20,000 × 0.7 = 18,000; 17,400 − 0.95 × 18,000 = 300;
    # a coin brings 990 and costs 0.95 × 400 = 380: 300 / 610 = 0.4918.
    loan = secured("17400", coins(10_000), shares(20_000))
    step = next_sale(loan, [sellable()])
    assert step.quantity == D("0.492")
    assert D("0.9499") < step.utilization_after <= D("0.95")


def test_a_step_takes_a_quarter_of_what_there_was_at_the_trigger():
    loan = secured("22500", coins(10_000), shares(20_000))
    assert next_sale(loan, [sellable()]).quantity == D("2.5")
    assert next_sale(loan, [sellable(at_trigger=D(4))]).quantity == D(1)
    # A quarter is rounded up to the lot, what is held down to it.
    assert next_sale(loan, [sellable(at_trigger=D("4.0001"))]).quantity == D("1.001")
    assert next_sale(loan, [sellable(quantity="0.0019", at_trigger=D(8))]).quantity == D("0.001")


def test_a_plan_ends_when_the_loan_is_cured():
    loan = secured("20000", coins(10_000), shares(20_000))
    steps = sale_plan(loan, [sellable()])
    # (20,000 − 17,100) / 610 = 4.7541 coins.
    assert [step.quantity for step in steps] == [D("2.5"), D("2.255")]
    assert round(steps[0].utilization_after, 6) == round(D(17_525) / D(17_000), 6)
    assert steps[-1].utilization_after <= D("0.95")
    assert all(step.utilization_after > D("0.95") for step in steps[:-1])


def test_a_plan_that_cannot_cure_sells_everything_down_to_the_lot():
    loan = secured("40000", coins(10_000), shares(20_000))
    steps = sale_plan(loan, [sellable(quantity="10.0005")])
    assert sum(step.quantity for step in steps) == D(10)
    assert len(steps) == 4
    assert steps[-1].utilization_after > 1


def test_a_sale_of_every_coin_leaves_no_dust_to_divide_by():
    # 0.30962 coins of a price that has no end: value ÷ quantity × quantity is not the value again.
    held, value = D("0.30962"), D("14470.0131")
    loan = secured("40000", coins(str(value)))
    price = value / held
    sold = sellable(str(held), price=str(price), net=str(price), lot_size=D("0.00001"))
    steps = sale_plan(loan, [sold])
    assert sum(step.quantity for step in steps) == held
    assert steps[-1].utilization_after is None


@pytest.mark.parametrize(("loan", "cured"), [("17100", True), ("17100.01", False), ("0", True)])
def test_cured_is_95_percent_and_less(loan, cured):
    found = secured(loan, coins(10_000), shares(20_000))
    assert is_cured(found.figures) is cured
    assert (next_sale(found, [sellable()]) is None) is cured


def test_a_loan_without_margin_value_is_not_cured_and_sells_what_counts_nothing():
    found = secured("100", coins(10_000, eligible=False))
    assert not is_cured(found.figures)
    # Nothing counts, so nothing but the loan itself is needed: 100 / 990 up to the lot.
    step = next_sale(found, [sellable()])
    assert step == Sale(pledge=0, instrument=SPOT, quantity=D("0.102"), utilization_after=None)


def test_nothing_is_sold_of_what_is_not_known():
    unknown = Pledge(market_value=None, haircut=D("0.6"), is_virtual=True)
    found = secured("20000", unknown, shares(20_000))
    assert not is_cured(found.figures)
    assert next_sale(found, [sellable()]) is None
    assert sale_plan(found, [sellable()]) == []


def test_less_than_a_lot_and_coins_that_bring_nothing_stay():
    loan = secured("20000", coins(10_000), shares(20_000))
    assert next_sale(loan, []) is None
    assert next_sale(loan, [sellable(quantity="0.0009")]) is None
    assert next_sale(loan, [sellable(quantity="0.001", at_trigger=D(1))]).quantity == D("0.001")
    assert next_sale(loan, [sellable(net="0")]) is None


def test_a_sale_that_costs_more_than_it_brings_sells_what_a_step_may():
    loan = secured("20000", coins(10_000), shares(20_000))
    # 380 brought, 380 of utilization taken: no size of it cures.
    assert next_sale(loan, [sellable(net="380")]).quantity == D("2.5")
    assert next_sale(loan, [sellable(net="380.01")]).quantity == D("2.5")


def two(loan="28000"):
    """Coins of which the second count nothing: they go first."""
    pledges = (coins(20_000), coins(3_000, eligible=False), shares(20_000))
    first = sellable(quantity="20")
    second = sellable(
        quantity="100", price="30", net="29.7", pledge=1, instrument=OTHER, at_trigger=D(100)
    )
    return secured(loan, *pledges), [first, second]


def test_what_relieves_most_per_value_goes_first_and_a_preference_before_that():
    loan, held = two()
    assert next_sale(loan, held).instrument == OTHER
    assert next_sale(loan, held[::-1]).instrument == OTHER
    assert next_sale(loan, held, (SPOT,)).instrument == SPOT
    assert next_sale(loan, held, (SPOT, OTHER)).instrument == SPOT
    assert next_sale(loan, held, (OTHER, SPOT)).instrument == OTHER


def test_of_two_alike_the_larger_goes_first():
    loan = secured("30000", coins(10_000), coins(12_000), shares(20_000))
    held = [
        sellable(),
        sellable(quantity="12", pledge=1, instrument=OTHER),
    ]
    assert next_sale(loan, held).instrument == OTHER


def test_larger_is_what_is_worth_more_and_not_what_is_more():
    loan = secured("30000", coins(10_000), coins(3_000), shares(20_000))
    many = sellable(
        quantity="100", price="30", net="29.7", pledge=1, instrument=OTHER, at_trigger=D(100)
    )
    assert next_sale(loan, [sellable(), many]).instrument == SPOT
    assert next_sale(loan, [many, sellable()]).instrument == SPOT


def test_a_coin_that_brings_less_than_one_is_sold():
    loan = secured("20000", coins(1_000), shares(20_000))
    cheap = sellable(quantity="1000", price="1", net="0.99", lot_size=D(1))
    assert next_sale(loan, [cheap]).quantity == D(250)


def test_a_loan_of_one_is_a_loan():
    assert not is_cured(secured("1", coins(100, eligible=False)).figures)


def test_a_plan_goes_on_with_the_other_coin():
    loan, held = two("60000")
    steps = sale_plan(loan, held)
    assert [step.instrument for step in steps] == [OTHER] * 4 + [SPOT] * 4
    assert sum(step.quantity for step in steps if step.instrument == SPOT) == D(20)


@pytest.mark.parametrize("pieces", [(1, 9), (9, 1), (5, 5), (2, 3, 5)])
@pytest.mark.parametrize("loan", ["20000", "40000"])
def test_each_piece_of_a_coin_is_sold_out_of_itself(loan, pieces):
    pledges = [coins(1_000 * piece, asset="BTC") for piece in pieces]
    held = [sellable(str(piece), pledge=place) for place, piece in enumerate(pieces)]
    steps = sale_plan(secured(loan, *pledges, shares(20_000)), held)
    sold = {place: D(0) for place in range(len(pieces))}
    now = secured(loan, *pledges, shares(20_000))
    for step in steps:
        left = held[step.pledge].quantity - sold[step.pledge]
        assert step.quantity <= left
        now = after_sale(now, replaced(held[step.pledge], quantity=left), step.quantity)
        assert step.utilization_after == now.figures.utilization
        sold[step.pledge] += step.quantity
    if loan == "20000":  # 2,900 / 610, as of one piece
        assert is_cured(now.figures)
        assert sum(sold.values()) == D("4.755")
    else:
        assert sold == dict(enumerate(pieces))


@given(
    loan=st.decimals(min_value=1, max_value=100_000, places=2),
    value=st.integers(min_value=1, max_value=50_000),
    fixed=st.integers(min_value=0, max_value=50_000),
    cost=st.decimals(min_value=0, max_value=D("0.1"), places=4),
)
def test_a_plan_cures_or_sells_all_and_no_step_passes_what_there_is(loan, value, fixed, cost):
    price = D(100)
    quantity = D(value) / price
    coin = sellable(quantity=str(quantity), price="100", net=str(price * (1 - cost)))
    found = secured(str(loan), coins(value), shares(fixed))
    steps = sale_plan(found, [coin])
    sold = sum((step.quantity for step in steps), D(0))
    assert sold <= quantity
    assert all(0 < step.quantity <= quantity / 4 + coin.lot_size for step in steps)
    if steps:
        last = steps[-1].utilization_after
        nothing_left = quantity - sold < coin.lot_size
        paid = sold * coin.net >= loan
        assert paid or nothing_left or (last is not None and last <= D("0.95"))
    else:
        assert is_cured(found.figures) or quantity < coin.lot_size
    again = replaced(coin, quantity=quantity)
    assert sale_plan(found, [again]) == steps

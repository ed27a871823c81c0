from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.io.resources import resource
from desk.ledger.position import Position, signed_value
from desk.model.catalogue import load_catalogue

CATALOGUE = load_catalogue(resource("instruments.toml"))
LINEAR = CATALOGUE.get("BTCUSDT-PERP.BINANCE")
INVERSE = CATALOGUE.get("BTCUSD-PERP.BINANCE")

quantities = st.decimals("-5", "5", places=3).filter(bool)
contracts = st.integers(-500, 500).filter(bool).map(D)
prices = st.decimals("1000", "90000", places=1)


def folded(instrument, fills):
    position = Position()
    for quantity, price in fills:
        position = position.filled(instrument, quantity, price)
    return position


@pytest.mark.fault("T28")
@given(st.lists(st.tuples(quantities, prices), max_size=30), prices)
def test_linear_pnl_is_cash_flow_plus_value_exactly(fills, mark):
    position = folded(LINEAR, fills)
    cash = sum((-quantity * price for quantity, price in fills), D(0))
    assert position.realized_pnl + position.unrealized_pnl(LINEAR, mark) == (
        cash + position.quantity * mark
    )
    assert position.quantity or not position.cost


@given(st.lists(st.tuples(contracts, prices), max_size=30), prices)
def test_inverse_pnl_is_cash_flow_plus_value_within_one_posting_a_fill(fills, mark):
    position = folded(INVERSE, fills)
    size = Fraction(INVERSE.contract_size)
    exact = sum((Fraction(q) * size / Fraction(p) for q, p in fills), Fraction(0))
    exact -= Fraction(position.quantity) * size / Fraction(mark)
    total = position.realized_pnl + position.unrealized_pnl(INVERSE, mark)
    assert abs(Fraction(total) - exact) <= Fraction(2 * len(fills) + 1, 10**8)
    assert position.quantity or not position.cost


@pytest.mark.fault("T28")
@given(st.lists(st.tuples(quantities, prices), min_size=2, max_size=8), st.randoms(), prices)
def test_order_of_fills_does_not_change_total_pnl(fills, random, mark):
    shuffled = list(fills)
    random.shuffle(shuffled)
    totals = {
        position.realized_pnl + position.unrealized_pnl(LINEAR, mark)
        for position in (folded(LINEAR, fills), folded(LINEAR, shuffled))
    }
    assert len(totals) == 1


@pytest.mark.parametrize(
    ("fills", "entry", "realized"),
    [
        # Average of 1 @ 50,000 and 1 @ 60,000; one sold at 58,000 earns 3,000.
        ([("1", "50000"), ("1", "60000"), ("-1", "58000")], "55000", "3000"),
        # Through flat: 1 long @ 50,000 closed at 49,000, then 2 short @ 49,000.
        ([("1", "50000"), ("-3", "49000")], "49000", "-1000"),
        ([("-2", "61000"), ("2", "60000")], None, "2000"),
        # 0.5 @ 50,000 and 0.5 @ 51,000; 0.25 sold at 52,500 earn 2,000 each.
        ([("0.5", "50000"), ("0.5", "51000"), ("-0.25", "52500")], "50500", "500"),
        ([("0.3", "50000"), ("0", "99000")], "50000", "0"),
        ([("0", "99000")], None, "0"),
    ],
    ids=["average", "through-flat", "short-closed", "parts-of-one", "nothing-filled", "nothing"],
)
def test_worked_examples(fills, entry, realized):
    position = folded(LINEAR, [(D(q), D(p)) for q, p in fills])
    assert position.entry_price(LINEAR) == (None if entry is None else D(entry))
    assert position.realized_pnl == D(realized)


def test_inverse_average_entry_is_harmonic():
    # Bybit, "Profit & loss calculations (inverse contracts)": 1,000 @ 5,000 and 2,000 @ 6,000
    # average 5,625.00.

    position = folded(INVERSE, [(D(10), D(5000)), (D(20), D(6000))])
    assert round(position.entry_price(INVERSE), 2) == D("5625.00")


def test_inverse_value_grows_in_coin_when_price_rises():
    before = signed_value(INVERSE, D(100), D(50000))
    after = signed_value(INVERSE, D(100), D(60000))
    assert after - before == D("0.03333333")  # 10,000 USD / 50,000 − 10,000 USD / 60,000

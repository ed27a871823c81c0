"""Where closing leaves nothing: worked by hand, and to a tick for any fills."""

from decimal import Decimal as D

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.execution.fees import fee_of
from desk.io.resources import resource
from desk.ledger.break_even import break_even_price
from desk.ledger.position import Position
from desk.model.catalogue import load_catalogue
from desk.model.orders import Liquidity

CATALOGUE = load_catalogue(resource("instruments.toml"))
LINEAR = CATALOGUE.get("BTCUSDT-PERP.BINANCE")  # taker 0.05 %, maker 0.02 %
INVERSE = CATALOGUE.get("BTCUSD-PERP.BINANCE")  # contracts of 100 USD


@pytest.mark.parametrize(
    ("quantity", "fee", "funding", "price"),
    [
        # (60,000 + 30) / 0.9995; (60,000 + 12) / 0.9995 as a maker; 6 of funding paid.
        ("1", "30", "0", "60060.03001500750"),
        ("1", "12", "0", "60042.02101050525"),
        ("1", "30", "6", "60066.03301650825"),
        # (60,000 − 30) / 1.0005; received funding lifts a short's price.
        ("-1", "30", "0", "59940.02998500750"),
        ("-1", "30", "-6", "59946.02698650675"),
    ],
)
def test_a_linear_position_breaks_even_where_the_sum_by_hand_says(quantity, fee, funding, price):
    held = Position().filled(LINEAR, D(quantity), D(60000), D(fee)).charged(D(funding))
    assert break_even_price(held, LINEAR) == pytest.approx(D(price), abs=D("1e-10"))


def test_an_inverse_position_breaks_even_where_the_sum_by_hand_says():
    # 100 contracts at 50,000 are 0.2 BTC, the fee 0.0001: 10,005 / 0.1999, short 9,995 / 0.2001.
    long = Position().filled(INVERSE, D(100), D(50000), D("0.0001"))
    assert break_even_price(long, INVERSE) == D(10005) / D("0.1999")
    short = Position().filled(INVERSE, D(-100), D(50000), D("0.0001"))
    assert break_even_price(short, INVERSE) == D(9995) / D("0.2001")


def test_a_part_that_is_closed_takes_its_share_of_fees_and_funding_along():
    held = Position().filled(LINEAR, D(4), D(60000), D(120)).charged(D(8))
    after = held.filled(LINEAR, D(-1), D(61000), D("30.5"))
    assert after.charges == D(96)
    assert break_even_price(after, LINEAR) == break_even_price(held, LINEAR)
    assert after.filled(LINEAR, D(-3), D(61000), D("91.5")) == Position(realized_pnl=D(4000))


def test_a_turned_position_carries_only_the_fee_of_what_it_opened():
    held = Position().filled(LINEAR, D(1), D(60000), D(30)).filled(LINEAR, D(-4), D(60000), D(120))
    assert (held.quantity, held.charges) == (D(-3), D(90))


def test_there_is_no_price_where_more_was_received_than_can_be_lost():
    held = Position().filled(LINEAR, D(1), D(100), D("0.05"))
    assert break_even_price(held.charged(D(-200)), LINEAR) is None
    assert break_even_price(Position(), LINEAR) is None
    inverse = Position().filled(INVERSE, D(1), D(50000), D(0)).charged(D("0.002"))
    assert break_even_price(inverse, INVERSE) is None  # 100 USD are worth less at any price


fills = st.tuples(
    st.integers(-5000, 5000).filter(bool).map(D),
    st.integers(100_000, 900_000).map(lambda tenths: D(tenths) / 10),
    st.sampled_from(Liquidity),
)


@given(
    st.lists(fills, min_size=1, max_size=8),
    st.integers(-10_000, 10_000),
    st.sampled_from([LINEAR, INVERSE]),
)
def test_closing_a_tick_from_it_leaves_no_more_than_that_tick(steps, funding, instrument):
    linear = instrument is LINEAR
    held, unit = Position(), D("0.001") if linear else D(1)
    for lots, price, liquidity in steps:
        fee = fee_of(instrument, abs(lots) * unit, price, liquidity)
        held = held.filled(instrument, lots * unit, price, fee)
    if not held.quantity:
        return
    entry = held.entry_price(instrument)
    worth = instrument.notional(held.quantity, entry)
    held = held.charged((worth * funding / 100_000).quantize(D("1e-8")))  # up to 10 %
    exact = break_even_price(held, instrument)
    price = exact.quantize(instrument.tick_size)
    closed = held.filled(instrument, -held.quantity, price)
    exit_fee = fee_of(instrument, held.quantity, price, Liquidity.TAKER)
    left = closed.realized_pnl - held.realized_pnl - held.charges - exit_fee
    tick = abs(
        instrument.notional(held.quantity, price + instrument.tick_size)
        - instrument.notional(held.quantity, price)
    )
    assert abs(left) <= tick + D("3e-8")
    assert msgspec.structs.astuple(closed)[0] == 0

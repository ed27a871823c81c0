"""How much to close: held against margin worked out again after closing, and Drift's numbers."""

from decimal import Decimal as D
from fractions import Fraction as F

import msgspec
import pytest
from helpers.margin_cases import BTC, BTC_COIN, TIERS, position

from desk.margin.curve import maintenance_at, upper_envelope
from desk.margin.inputs import ContractTier, MarginTerms
from desk.margin.relief import (
    Cover,
    closing_curve,
    closing_size,
    notional_to_close,
)
from desk.margin.requirement import requirement

BTC_TIERS = TIERS["BTCUSDT"].envelope
FLAT = upper_envelope([(D("0.01"), D(0))])
TARGET = D("0.7")
COST = D("0.0007")


@pytest.mark.parametrize("shortage", ["0", "-1"])
def test_without_a_shortage_nothing_is_closed(shortage):
    assert closing_size(D(shortage), D(1), D(0)) == 0
    assert closing_size(D(shortage), D(0), D(0)) == 0


def test_a_unit_that_costs_what_it_relieves_closes_nothing_of_a_shortage():
    assert closing_size(D(1), D("0.1"), D("0.1")) is None
    assert closing_size(D(1), D("0.1"), D("0.2")) is None
    assert closing_size(D(1), D("0.1"), D("0.05")) == 20


def test_the_size_is_rounded_up():
    assert closing_size(D(10), D(3), D(0)) == D("3." + 38 * "3" + "4")


def test_one_tier_by_hand():
    # 1,000 required of 1,000; each 1 closed gives back 0.01 and costs 0.001.
    # 1,000 − 0.01 n = 0.7 (1,000 − 0.001 n): n = 300 / 0.0093
    found = notional_to_close(Cover(D(1000), D(1000)), FLAT, D(100_000), TARGET, D("0.001"))
    assert 0 <= F(found) - 300 / F("0.0093") < F(1, 10**30)


def test_nothing_is_closed_at_the_target():
    assert notional_to_close(Cover(D(700), D(1000)), FLAT, D(70_000), TARGET, COST) == 0
    assert notional_to_close(Cover(D(600), D(1000)), FLAT, D(60_000), TARGET, COST) == 0


def test_a_full_close_may_be_exactly_enough_and_a_hair_more_is_not():
    # Closing all 1,000 gives back 10: the rest of 70 is 0.7 of 100.
    whole = notional_to_close(Cover(D(80), D(100)), FLAT, D(1000), TARGET, D(0))
    assert whole == 1000
    short = notional_to_close(Cover(D("80.000001"), D(100)), FLAT, D(1000), TARGET, D(0))
    assert short is None


def test_no_position_closes_nothing_and_helps_nothing():
    assert notional_to_close(Cover(D(80), D(100)), FLAT, D(0), TARGET, COST) is None
    assert notional_to_close(Cover(D(70), D(100)), FLAT, D(0), TARGET, COST) == 0


def test_closing_that_costs_more_than_it_relieves_does_not_help():
    cover = Cover(D(80), D(100))
    assert notional_to_close(cover, FLAT, D(900_000), D("0.5"), D("0.02")) is None
    # Each 1 relieves 0.01 and costs half of 0.018: 30 / 0.001.
    assert notional_to_close(cover, FLAT, D(900_000), D("0.5"), D("0.018")) == 30_000


def test_a_value_below_zero_is_brought_back_only_by_closing_everything():
    assert notional_to_close(Cover(D(10), D(-1)), FLAT, D(1000), TARGET, D(0)) is None
    # 0 of the requirement left, 0 of value: 0 ≤ 0.7 × 0.
    assert notional_to_close(Cover(D(10), D(0)), FLAT, D(1000), TARGET, D(0)) == 1000


@pytest.mark.parametrize("notional", [D(5_000_000), D(800_000), D(300_000), D(299_999)])
@pytest.mark.parametrize("value", ["1.0", "1.2", "1.4"])
def test_after_closing_the_ratio_is_the_target_across_tiers(notional, value):
    """The rest of the pool requires 500; the ratio is worked out anew from the venue's table."""
    others = D(500)
    requirement = maintenance_at(BTC_TIERS, notional) + others
    cover = Cover(requirement, requirement * D(value))
    closed = notional_to_close(cover, BTC_TIERS, notional, TARGET, COST)
    assert closed is not None
    assert 0 < closed < notional
    left = maintenance_at(BTC_TIERS, notional - closed) + others
    assert abs(left / (cover.value - closed * COST) - TARGET) < D("1e-15")


def test_a_close_that_ends_on_a_tiers_edge_is_exact():
    # From 500,000 to 300,000 at 0.5 %: 1,000 less; 2,450 + 0 others → 1,450 = 0.7 × 2,071.43
    before = maintenance_at(BTC_TIERS, D(500_000))
    after = maintenance_at(BTC_TIERS, D(300_000))
    cover = Cover(before, after / TARGET)
    found = notional_to_close(cover, BTC_TIERS, D(500_000), TARGET, D(0))
    assert abs(found - 200_000) < D("1e-9")


# --- other venues: maintenance of what is left, as the desk itself works it out -------------------

ROWS = TIERS["BTCUSDT"].tiers
FEE = D("0.00055")
CONTRACT_TIERS = (
    ContractTier(quantity_floor=D(0), quantity_cap=D(20), maintenance_rate=D("0.004"),
                 max_leverage=D(100)),
    ContractTier(quantity_floor=D(20), quantity_cap=None, maintenance_rate=D("0.01"),
                 max_leverage=D(50)),
)  # fmt: skip
DERIBIT = MarginTerms(model="deribit", base_rate=D("0.01"), slope=D("0.00005"), max_leverage=D(50))
HELD = {
    "bybit-2025": position(
        BTC, "-40", "60000", "66000",
        terms=MarginTerms(model="bybit-2025", tiers=ROWS),
    ),
    "bybit-2025, into a lower tier": position(
        BTC, "-6.3", "60000", "66000",
        terms=MarginTerms(model="bybit-2025", tiers=ROWS),
    ),
    "bybit-2026": position(
        BTC, "40", "60000", "56000",
        terms=MarginTerms(model="bybit-2026", tiers=ROWS, taker_fee_rate=FEE),
    ),
    "deribit": position(BTC, "40", "60000", "56000", terms=DERIBIT),
    "deribit, inverse": position(BTC_COIN, "-20000", "60000", "66000", terms=DERIBIT),
    "own rate on deribit": position(
        BTC, "40", "60000", "56000", terms=DERIBIT, maintenance_rate="0.02"
    ),
    "okx": position(
        BTC, "15", "60000", "56000",
        terms=MarginTerms(model="okx", contract_tiers=CONTRACT_TIERS, taker_fee_rate=FEE),
    ),
}  # fmt: skip


def left_of(held, notional):
    share = (notional / requirement(held).notional) * held.quantity
    return requirement(msgspec.structs.replace(held, quantity=held.quantity - share))


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("value", ["1.0", "1.3"])
def test_every_model_is_at_the_target_after_closing(name, value):
    held = HELD[name]
    before = requirement(held)
    curve = closing_curve(held)
    assert abs(maintenance_at(curve, before.notional) - before.maintenance) < D("1e-14")
    others = before.maintenance / 7
    cover = Cover(before.maintenance + others, (before.maintenance + others) * D(value))
    closed = notional_to_close(cover, curve, before.notional, TARGET, COST)
    assert 0 < closed < before.notional
    left = left_of(held, closed).maintenance + others
    assert abs(left / (cover.value - closed * COST) - TARGET) < D("1e-14")


def test_a_close_that_reaches_a_lower_tier_of_okx_is_more_than_enough():
    held = msgspec.structs.replace(HELD["okx"], quantity=D(24))
    before = requirement(held)
    cover = Cover(before.maintenance, before.maintenance)
    closed = notional_to_close(cover, closing_curve(held), before.notional, TARGET, D(0))
    assert abs(closed - before.notional * D("0.3")) < D("1e-9")  # as if 1 % went on below 20
    assert left_of(held, closed).maintenance < TARGET * cover.value


def test_a_parabola_that_never_comes_down_to_the_target_is_not_closed_in_part():
    held = HELD["deribit"]
    before = requirement(held)
    cover = Cover(before.maintenance + 1000, D(1000))
    assert notional_to_close(cover, closing_curve(held), before.notional, TARGET, D(0)) is None
    dear = notional_to_close(
        Cover(before.maintenance, before.maintenance), closing_curve(held), before.notional,
        TARGET, D("0.05"),
    )  # fmt: skip
    assert dear is None


@pytest.mark.parametrize(
    "lacking",
    [
        {"mark": None},
        {"terms": MarginTerms(model="binance")},
        {"terms": MarginTerms(model="bybit-2025")},
        {"terms": MarginTerms(model="bybit-2026", taker_fee_rate=FEE)},
        {"terms": MarginTerms(model="bybit-2026", tiers=ROWS, taker_fee_rate=D(1))},
        {"terms": MarginTerms(model="deribit")},
        {"terms": MarginTerms(model="none such", tiers=ROWS)},
    ],
)
def test_without_what_the_model_needs_there_is_no_curve(lacking):
    assert closing_curve(msgspec.structs.replace(HELD["bybit-2026"], **lacking)) is None


def test_tiers_of_the_entry_value_begin_where_the_mark_has_taken_them():
    # 60,000 at entry and 66,000 now: what was 300,000 then is 330,000 of what is left.
    curve = closing_curve(HELD["bybit-2025"])
    assert abs(curve[1].start - 330_000) < D("1e-30")
    assert abs(curve[1].rate - D("0.005") / D("1.1")) < D("1e-30")

"""Each margin model on both sides, against its venue's formula (shared/reference/margin.md 1.2)."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.margin_cases import (
    BTC,
    BTC_COIN,
    account,
    figures,
    flat_terms,
    isolated,
    only,
    order,
    position,
    terms,
)

from desk.margin.account import account_figures
from desk.margin.inputs import ContractTier, MarginTerms
from desk.margin.tiers import highest_leverage, size_of
from desk.margin.whatif import after_fill
from desk.model.orders import Side

DOLLAR = msgspec.structs.replace(BTC_COIN, contract_size=D(1), taker_fee_rate=D("0.00055"))
COIN = msgspec.structs.replace(BTC, taker_fee_rate=D("0.00055"))
SIDES = pytest.mark.parametrize("sign", [1, -1], ids=["long", "short"])
NEAR = D("1e-15")


def near(found, expected):
    return found is not None and abs(found / D(expected) - 1) < NEAR


def bybit(year, rate="0.005", leverage="100"):
    return msgspec.structs.replace(flat_terms(rate, leverage), model=f"bybit-{year}")


def okx(*rows, **more):
    """Tiers as (floor, cap, rate, leverage)."""
    tiers = tuple(
        ContractTier(
            quantity_floor=D(floor),
            quantity_cap=None if cap is None else D(cap),
            maintenance_rate=D(rate),
            max_leverage=D(leverage),
        )
        for floor, cap, rate, leverage in rows
    )
    return MarginTerms(model="okx", contract_tiers=tiers, **more)


LADDER = okx(("0", "2000", "0.01", "75"), ("2001", "4000", "0.015", "50"))
"""ETH-USDT-SWAP of 2022 (freqtrade, tests/exchange/test_okx.py)."""


def deribit(base="0.01", slope="0.00005", leverage="50"):
    return MarginTerms(
        model="deribit",
        base_rate=D(base),
        slope=D(slope),
        max_leverage=None if leverage is None else D(leverage),
    )


# --- bybit ---------------------------------------------------------------------------------------


@SIDES
def test_bybit_until_2026_margins_the_entry_value_whatever_the_price(sign):
    """Bybit's example: 20,000, 50×, 0.5 %: initial 400, maintenance 100, extra 3,000."""
    held = isolated(
        BTC, sign, "20000", "21000", terms=bybit(2025), leverage="50", extra_margin=D(3000)
    )
    one = only(held)
    assert one.maintenance_margin == 100
    assert one.isolated_wallet == 3400
    assert one.liquidation_price == 20000 - sign * 3300
    assert only(msgspec.structs.replace(held, mark=D(1))).maintenance_margin == 100


@SIDES
def test_bybit_of_2025_margins_an_inverse_contract_in_coin(sign):
    """Q (1/E − 1/LP) = ∓ (IM − MM): the venue's legacy form, in coin."""
    held = isolated(DOLLAR, sign * 10000, "8000", terms=bybit(2025), leverage="10")
    value = D(10000) / 8000
    room = value / 10 - value * D("0.005")
    found = only(held, settle="BTC").liquidation_price
    assert near(found, D(10000) / (value + sign * room))


@SIDES
def test_bybit_of_2026_divides_extra_margin_by_one_less_the_fee(sign):
    """Bybit's example: 40,000, 50×, extra 3,000, 0.5 %, fee 0.055 %: 36,380.25 for the long."""
    held = isolated(COIN, sign, "40000", terms=bybit(2026), leverage="50", extra_margin=D(3000))
    fee, rate, value = D("0.00055"), D("0.005"), D(40000)
    own = (value - sign * (value / 50 + 3000 / (1 - sign * fee))) / (1 - sign * rate)
    found = only(held).liquidation_price
    assert near(found, own)
    if sign > 0:
        assert round(found, 2) == D("36380.25")


@SIDES
def test_bybit_of_2026_on_an_inverse_contract(sign):
    """Long Q(1+r) / [Q/E + Q/E/L + extra/(1+f) + c]; short the mirror (kbybit.com, 2026-05-27)."""
    held = isolated(
        DOLLAR, sign * 10000, "8000", terms=bybit(2026), leverage="10", extra_margin=D("0.01")
    )
    fee, rate, value = D("0.00055"), D("0.005"), D(10000) / 8000
    own = 10000 * (1 + sign * rate) / (value + sign * (value / 10 + D("0.01") / (1 + sign * fee)))
    assert near(only(held, settle="BTC").liquidation_price, own)


def test_the_fee_to_close_is_in_wallet_initial_and_maintenance_alike():
    """Bybit's example: 40,000 × 0.98 × 0.055 % = 21.56, so that maintenance is 221.56."""
    one = only(isolated(COIN, 1, "40000", terms=bybit(2026), leverage="50"))
    assert one.maintenance_margin == D("221.56")
    assert one.initial_margin == D("821.56")
    assert one.isolated_wallet == D("821.56")
    assert only(
        position(COIN, 1, "40000", terms=bybit(2026), leverage="50")
    ).maintenance_margin == (D("221.56"))


def test_a_short_closes_above_its_entry_and_an_inverse_long_below_it_in_coin():
    short = only(isolated(COIN, -1, "40000", terms=bybit(2026), leverage="50"))
    assert short.maintenance_margin == 200 + D(40800) * D("0.00055")
    coin = only(isolated(DOLLAR, 8000, "8000", terms=bybit(2026), leverage="4"), settle="BTC")
    assert coin.maintenance_margin == D("0.005") + D("1.25") * D("0.00055")


@SIDES
def test_a_reported_wallet_says_where_the_fee_to_close_is_paid(sign):
    """The same wallet, reported or put together from leverage and extra margin, is one figure."""
    held = isolated(COIN, sign, "40000", terms=bybit(2026), leverage="50", extra_margin=D(300))
    together = only(held)
    reported = only(
        msgspec.structs.replace(held, isolated_margin=together.isolated_wallet, extra_margin=D(0))
    )
    assert near(reported.maintenance_margin, together.maintenance_margin)
    assert near(reported.liquidation_price, together.liquidation_price)


def test_extra_margin_moves_the_fee_to_close_of_an_isolated_position_only():
    held = isolated(COIN, 1, "40000", terms=bybit(2026), leverage="50", extra_margin=D(10000))
    value = D(39200) - 10000 / (1 - D("0.00055"))
    assert near(only(held).maintenance_margin, 200 + value * D("0.00055"))
    cross = position(COIN, 1, "40000", terms=bybit(2026), leverage="50", extra_margin=D(10000))
    assert only(cross).maintenance_margin == D("221.56")


def test_a_position_with_more_than_its_value_behind_it_has_no_fee_to_close():
    held = isolated(COIN, 1, "40000", terms=bybit(2026), isolated_margin=D(50000))
    assert only(held).maintenance_margin == 200


def test_a_fee_in_the_margin_terms_goes_before_the_instrument_s():
    own = msgspec.structs.replace(bybit(2026), taker_fee_rate=D("0.001"))
    held = position(COIN, 1, "40000", terms=own, leverage="50")
    assert only(held).maintenance_margin == D("239.2")


def test_funding_taken_from_an_isolated_wallet_brings_its_price_nearer():
    """Bybit's example: 200 of funding from the position margin moves 19,700 to 19,900."""
    held = isolated(BTC, 1, "20000", terms=bybit(2025), leverage="50", extra_margin=D(-200))
    assert only(held).liquidation_price == 19900


def test_a_cap_is_inside_its_tier_at_bybit_and_outside_at_binance():
    """Bybit risk limit: value ≤ riskLimitValue; Binance: floor ≤ notional < cap."""
    at_bybit = msgspec.structs.replace(terms(), model="bybit-2026")
    for own, leverage in ((terms(), 100), (at_bybit, 150)):
        held = position(BTC, 10, "30000", terms=own, leverage=None)
        assert only(held).leverage == leverage
    above = position(BTC, 10, "30000.1", terms=at_bybit, leverage=None)
    assert only(above).leverage == 100


# --- okx -----------------------------------------------------------------------------------------


@SIDES
def test_okx_has_rate_and_fee_on_the_whole_notional(sign):
    """(E ∓ margin / q) / (1 ∓ (rate + fee)) (freqtrade exchange.py; 1 % and 0.06 %)."""
    ours = msgspec.structs.replace(BTC, taker_fee_rate=D("0.0006"))
    held = isolated(ours, sign, "10", terms=okx(("0", None, "0.01", "100")), isolated_margin="2")
    one = only(held)
    assert one.maintenance_margin == D("0.106")
    assert near(one.liquidation_price, (D(10) - sign * 2) / (1 - sign * D("0.0106")))


@SIDES
def test_okx_inverse_is_in_coin(sign):
    """Margin ratio (m + PnL) / (Face × |n| / mark × (r + f)) = 1 (open-lib.com/11556)."""
    held = isolated(
        DOLLAR, sign * 10000, "8000", terms=okx(("0", None, "0.01", "100")), isolated_margin="0.1"
    )
    price = only(held, settle="BTC").liquidation_price
    value = D("0.1") + sign * (D(10000) / 8000 - D(10000) / price)
    assert near(value, D(10000) / price * D("0.01055"))


@pytest.mark.parametrize(
    ("contracts", "rate", "leverage"),
    [("2000", "0.01", 75), ("2000.5", "0.015", 50), ("2001", "0.015", 50), ("4000", "0.015", 50)],
)
def test_okx_takes_the_one_tier_that_holds_the_contracts(contracts, rate, leverage):
    """A real jump at the edge, by contracts: the price does not change the tier."""
    ours = msgspec.structs.replace(BTC, contract_size=D("0.1"), taker_fee_rate=D("0.0005"))
    for mark in ("10", "100000"):
        one = only(position(ours, contracts, mark, terms=LADDER, leverage=None))
        assert one.maintenance_margin == one.notional * (D(rate) + D("0.0005"))
        assert one.leverage == leverage


def test_beyond_its_last_tier_okx_is_unknown():
    found = figures(position(BTC, "4000.1", "10", terms=LADDER), balances={"USDT": "100000"})
    assert found.unknown == (
        "BTCUSDT-PERP.BINANCE is larger than its margin tiers reach, which end at 4000 contracts.",
    )
    one = found.positions[0]
    assert (found.known, one.maintenance_margin, one.liquidation_known) == (False, None, False)
    assert one.unrealized_pnl == 0


def test_okx_tiers_of_other_contracts_are_no_tiers():
    """A venue that makes its contracts ten times larger has other tiers, which nobody told."""
    ladder = msgspec.structs.replace(LADDER, contract_size=D("0.1"))
    same = msgspec.structs.replace(BTC, contract_size=D("0.10"), taker_fee_rate=D("0.0005"))
    assert only(position(same, 100, "10", terms=ladder)).maintenance_margin is not None
    other = msgspec.structs.replace(same, contract_size=D(1))
    found = figures(position(other, 100, "10", terms=ladder), balances={"USDT": "100000"})
    assert found.unknown == (
        "BTCUSDT-PERP.BINANCE has margin tiers that count contracts of 0.1, not of 1.",
    )
    assert (found.known, found.positions[0].maintenance_margin) == (False, None)
    assert highest_leverage(ladder, size_of(same, D(100), D(10))) == 75
    assert highest_leverage(ladder, size_of(other, D(100), D(10))) is None


# --- hyperliquid ---------------------------------------------------------------------------------


@SIDES
def test_hyperliquid_maintains_half_of_initial_at_the_highest_leverage(sign):
    """P − side × available / q / (1 − l × side), l = 1 / (2 × 40) (docs, liquidations)."""
    own = msgspec.structs.replace(flat_terms("0.0125", "40"), model="hyperliquid")
    one = only(isolated(BTC, sign, "62436", terms=own, leverage="20"))
    free = D(62436) / 20 - D(62436) * D("0.0125")
    assert near(one.liquidation_price, 62436 - sign * free / (1 - sign * D("0.0125")))


# --- deribit -------------------------------------------------------------------------------------


def test_deribit_rates_grow_with_the_coins():
    """Deribit, linear perpetual: 350 BTC at 100,000 and 25 SOL at 200."""
    one = only(position(BTC, 350, "100000", terms=deribit(), leverage=None))
    assert one.initial_margin == D(1312500)
    assert one.maintenance_margin == D(350) * 100000 * D("0.0275")
    # 2 % + 200 × 0.005 % of 32 m: a leverage of 33.33… leaves nothing behind.
    one = only(position(BTC, 200, "160000", terms=deribit(), leverage=None))
    assert one.initial_margin == 960_000
    sol = deribit("0.02", "0.000005", "25")
    one = only(position(BTC, 25, "200", terms=sol, leverage=None))
    assert (one.initial_margin, one.maintenance_margin) == (D("200.625"), D("100.625"))


def test_deribit_takes_the_setting_only_where_it_asks_for_more():
    assert only(position(BTC, 350, "100000", terms=deribit(), leverage="10")).initial_margin == (
        D(3500000)
    )
    one = only(position(BTC, 350, "100000", terms=deribit(), leverage="50"))
    assert one.initial_margin == D(1312500)
    assert near(one.leverage, D(50) / D("1.875"))


def test_without_its_highest_leverage_deribit_takes_the_setting():
    own = deribit(leverage=None)
    assert only(position(BTC, 1, "100000", terms=own, leverage="10")).initial_margin == 10000
    assert only(position(BTC, 1, "100000", terms=own, leverage=None)).initial_margin is None


@SIDES
def test_deribit_linear_liquidates_at_one_rate(sign):
    """Long (qE − WB) / (q (1 − m)), m = base + slope × q."""
    one = only(isolated(BTC, sign * 100, "60000", terms=deribit(), isolated_margin="500000"))
    m = D("0.015")
    assert near(one.liquidation_price, (D(6000000) - sign * 500000) / (100 * (1 - sign * m)))


@SIDES
def test_deribit_inverse_solves_the_quadratic(sign):
    """slope × N² + (base ± 1) N = WB ± Q/E, for N = Q / price."""
    held = isolated(
        DOLLAR, sign * 5000000, "50000", terms=deribit(), isolated_margin="10", leverage="10"
    )
    one = only(held, settle="BTC")
    assert one.maintenance_margin == D("1.5")
    for price in (one.liquidation_price, one.liquidation_price_upper):
        if price is None:
            continue
        coins = D(5000000) / price
        left = D("0.00005") * coins**2 + (D("0.01") + sign) * coins
        assert abs(left / (10 + sign * 100) - 1) < NEAR
    # Far down a short owes so many coins' worth of margin that it is not solvent there either.
    rounded = [
        None if p is None else round(p)
        for p in (one.liquidation_price, one.liquidation_price_upper)
    ]
    assert rounded == ([46155, None] if sign > 0 else [254, 54746])


def test_a_deribit_inverse_short_with_too_little_is_never_solvent():
    """slope × N² − 0.99 N + 4,900 = 0 at N = 9,800 and 10,000; with 4,901 it is never 0."""
    held = isolated(DOLLAR, -5000000, "50000", terms=deribit(), isolated_margin="-4800")
    one = only(held, settle="BTC")
    assert one.level == "CLOSE_OUT"
    assert near(one.liquidation_price, 500)
    assert near(one.liquidation_price_upper, D(5000000) / 9800)
    gone = only(msgspec.structs.replace(held, isolated_margin=D(-4801)), settle="BTC")
    assert (gone.liquidation_known, gone.liquidation_price) == (True, None)


def test_one_deribit_position_and_the_joint_move_are_one_edge():
    """Of one position alone both are the same price; its parabola has no edge above."""
    held = position(DOLLAR, 1000000, "50000", terms=deribit(), leverage="10")
    found = figures(held, settle="BTC", balances={"BTC": "5"})
    one = found.positions[0]
    assert near(one.liquidation_price / 50000 - 1, found.common_move_down)
    assert found.common_move_up is None


@SIDES
def test_the_joint_move_of_parabolas_meets_maintenance(sign):
    """Two inverse positions of one coin move as one: value = maintenance where it says."""
    other = msgspec.structs.replace(DOLLAR, id="BTC-2.DERIBIT")
    held = (
        position(DOLLAR, sign * 3000000, "50000", terms=deribit(), leverage="10"),
        position(other, sign * 2000000, "50000", terms=flat_terms("0.01")),
    )
    found = account_figures(account(*held, settle="BTC", balances={"BTC": "15"}))
    move = found.common_move_down if sign > 0 else found.common_move_up
    moved = account_figures(
        account(
            *(msgspec.structs.replace(p, mark=p.mark * (1 + move)) for p in held),
            settle="BTC",
            balances={"BTC": "15"},
        )
    )
    assert near(moved.collateral_value, moved.maintenance_margin)


# --- what is missing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (position(BTC, 1, "10", terms=MarginTerms(model="binance")), "has no margin tiers"),
        (position(BTC, 1, "10", terms=MarginTerms(model="house")), "has no margin tiers"),
        (position(BTC, 1, "10", terms=MarginTerms(model="hyperliquid")), "has no margin tiers"),
        (position(BTC, 1, "10", terms=MarginTerms(model="bybit-2025")), "has no margin tiers"),
        (position(BTC, 1, "10", terms=MarginTerms(model="bybit-2026")), "has no margin tiers"),
        (position(BTC, 1, "10", terms=MarginTerms(model="okx")), "has no margin tiers"),
        (position(BTC, 1, "10", terms=MarginTerms(model="deribit")), "has no margin rates"),
        (position(BTC, 1, "10", terms=MarginTerms(model="deribit", slope=D(1))),
         "has no margin rates"),
        (position(BTC, 1, "10", terms=MarginTerms(model="deribit", base_rate=D(0))),
         "has no margin rates"),
        (position(BTC, 1, "10", terms=MarginTerms(model="x"), maintenance_rate="0.1"),
         "has a margin model that this desk does not know"),
        (position(BTC, 1, "10", terms=okx(("0", None, "0.1", "5"), taker_fee_rate=D(1))),
         "has no taker fee rate from 0 to below 1, which its margin needs"),
        (position(BTC, 1, "10", terms=okx(("0", None, "0.1", "5"), taker_fee_rate=D("-0.1"))),
         "has no taker fee rate from 0 to below 1, which its margin needs"),
        (position(BTC, 1, "10",
                  terms=msgspec.structs.replace(bybit(2026), taker_fee_rate=D("1.5"))),
         "has no taker fee rate from 0 to below 1, which its margin needs"),
        (position(BTC, 1, "10", terms=MarginTerms(model="bybit-2026"), maintenance_rate="0.1",
                  leverage=None),
         "has neither a leverage nor margin tiers to take its fee to close from"),
    ],
)  # fmt: skip
def test_a_model_without_what_it_needs_says_so(held, said):
    found = figures(held, balances={"USDT": "1000"})
    assert f"BTCUSDT-PERP.BINANCE {said}." in found.unknown
    assert (found.known, found.maintenance_margin, found.margin_ratio) == (False, None, None)
    assert found.level == "UNKNOWN"
    assert not found.positions[0].liquidation_known


def test_a_fee_of_nothing_is_a_fee():
    own = okx(("0", None, "0.1", "5"), taker_fee_rate=D(0))
    assert only(position(BTC, 1, "10", terms=own)).maintenance_margin == 1


@pytest.mark.parametrize(
    ("model", "maintenance"),
    [("binance", "595"), ("hyperliquid", "595"), ("house", "595"), ("bybit-2025", "495"),
     ("bybit-2026", "627"), ("okx", "635"), ("deribit", "595")],
)  # fmt: skip
def test_a_rate_of_its_own_needs_no_table_in_any_model(model, maintenance):
    """0.01 × notional − 5 at entry 50,000 and mark 60,000; fee 0.08 %, leverage 5."""
    own = MarginTerms(model=model, taker_fee_rate=D("0.0008"))
    held = position(
        BTC, 1, "50000", "60000", terms=own, maintenance_rate="0.01", maintenance_amount="5"
    )
    held = msgspec.structs.replace(held, leverage=D(5))
    expected = {"okx": D(643), "bybit-2026": 595 + D(40000) * D("0.0008")}
    assert only(held).maintenance_margin == expected.get(model, D(maintenance))


# --- orders and fills ----------------------------------------------------------------------------


def test_orders_are_margined_at_the_rate_of_the_size_they_lead_to():
    held = position(BTC, 100, "60000", terms=deribit(), leverage="50")
    found = figures(held, orders=[order(BTC, "BUY", 100, "60000")], balances={"USDT": "1000000"})
    assert found.order_margin == D(6000000) * D("0.03")
    ladder = position(BTC, 1500, "10", terms=LADDER, leverage="75")
    found = figures(ladder, orders=[order(BTC, "BUY", 501, "10")], balances={"USDT": "1000"})
    assert found.order_margin == D("100.2")


@SIDES
def test_a_fill_puts_the_fee_to_close_into_the_wallet(sign):
    held = isolated(COIN, sign, "40000", terms=bybit(2026), leverage="50")
    before = account(held, balances={"USDT": "10000"})
    side = Side.BUY if sign > 0 else Side.SELL
    after = after_fill(before, COIN, side, D(1), D(40000), D(0))
    put_up = D(800) + D(40000 - sign * 800) * D("0.00055")
    assert after.positions[0].isolated_margin == 2 * put_up
    assert after.balances["USDT"] == 10000 - put_up


def test_tiers_that_are_known_in_part_are_said_to_be():
    partial = msgspec.structs.replace(LADDER, partial=True)
    warned = ("The margin tiers of BTCUSDT-PERP.BINANCE are known in part only.",)
    assert figures(position(BTC, 1, "10", terms=partial)).warnings == warned
    assert figures(position(BTC, 1, "10", terms=LADDER)).warnings == ()
    own = position(BTC, 1, "10", terms=partial, maintenance_rate="0.1")
    assert figures(own).warnings == ()
    assert figures(position(BTC, 0, "10", terms=partial)).warnings == ()

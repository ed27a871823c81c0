"""The float kernel beside the exact figures: the same accounts, shocked by hand."""

import itertools
from decimal import Decimal as D

import msgspec
import numpy as np
import pytest
from helpers.margin_cases import (
    BTC,
    BTC_COIN,
    BTC_USDC,
    COIN_TIERS,
    ETH,
    ETH_COIN,
    account,
    flat_terms,
    isolated,
    order,
    position,
    terms,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.margin.account import account_figures
from desk.margin.financing import LoanInput, LoanTerms, Pledge, loan_figures
from desk.margin.inputs import ContractTier, MarginTerms
from desk.margin.levels import INITIAL_STEPS, ORDER, RATIO_STEPS
from desk.margin.stress import PerpetualStress, Scenarios, near_threshold, reached
from desk.margin.stress_curves import Curves
from desk.margin.stress_loans import stress_loan
from desk.model.instrument import Contract
from desk.model.orders import MarginMode

MARKS = {BTC: "61000", ETH: "2600", BTC_COIN: "61050", ETH_COIN: "2603", BTC_USDC: "61020"}
MOVES = (D(0), D("-0.9"), D("-0.35"), D("0.02"), D("0.5"))
NO_TERMS = MarginTerms(model="binance")


def scenarios(moves, basis=None):
    return Scenarios(
        {asset: np.array([float(v) for v in values]) for asset, values in moves.items()},
        None if basis is None else np.array([float(v) for v in basis]),
    )


def moved(given, moves, basis=D(0)):
    """The account at other prices: plain arithmetic, nothing of the kernel."""

    def worth(asset, unit):
        return (1 + moves.get(asset, D(0))) / (1 + moves.get(unit, D(0)))

    return msgspec.structs.replace(
        given,
        prices={a: p * worth(a, given.settle) for a, p in given.prices.items()},
        positions=tuple(
            p
            if p.mark is None
            else msgspec.structs.replace(
                p, mark=p.mark * worth(p.instrument.base, p.instrument.quote) * (1 + basis)
            )
            for p in given.positions
        ),
    )


def units_of(figures):
    """Pool, then isolated positions, as (ratio, level, scale of what a ratio divides)."""
    own = figures.margin_ratio
    yield own, None
    for one in figures.positions:
        if one.margin_mode is MarginMode.ISOLATED and one.quantity:
            yield one.margin_ratio, one.level


def check(given, shocks, basis=None, rate=D("1.001"), tolerance=1e-9):
    """Hold every figure of every scenario against `account_figures`."""
    moves = {a: [shock.get(a, D(0)) for shock in shocks] for a in {a for s in shocks for a in s}}
    found = PerpetualStress([given], {given.id: rate}, "USD").measure(scenarios(moves, basis))
    for index, shock in enumerate(shocks):
        exact = account_figures(moved(given, shock, basis[index] if basis else D(0)))
        to_usd = rate * (1 + shock.get(given.settle, D(0))) / (1 + shock.get("USD", D(0)))
        _same(found.equity[0, index], exact.equity, to_usd, exact, tolerance)
        rows = list(units_of(exact))
        assert len(found.ratios) == len(rows)
        for unit, (ratio, level) in enumerate(rows):
            mine = found.ratios[unit, index]
            if ratio is None:
                assert not np.isfinite(mine)
            elif abs(ratio) < 1000:  # a ratio beyond divides by the noise of what is left
                assert mine == pytest.approx(float(ratio), rel=tolerance)
            if level is not None and not found.near[index]:
                assert ORDER[found.levels[unit, index]] == level
        if not found.near[index]:
            whole = max(ORDER.index(level) for level in _levels(found, index))
            assert ORDER[whole] == exact.level
    return found


def _levels(found, index):
    return [ORDER[code] for code in found.levels[:, index]]


def _same(mine, exact, rate, figures, tolerance):
    if exact is None:
        assert np.isnan(mine)
        return
    gross = sum(abs(p.notional or 0) for p in figures.positions) + sum(
        abs(row.quantity * (row.price or 0)) for row in figures.collateral
    )
    # Equity is what large sums leave over: near 0 only their own size measures an error.
    assert abs(D(float(mine)) - exact * rate) <= D(tolerance) * max(abs(exact), gross / 1000) * rate


CONTRACTS = tuple(
    ContractTier(
        quantity_floor=D(floor),
        quantity_cap=None if cap is None else D(cap),
        maintenance_rate=D(rate),
        max_leverage=D(leverage),
    )
    for floor, cap, rate, leverage in ((0, 10, "0.004", 100), (10, 200, "0.02", 20))
)
"""Ends at 200 contracts: a larger position has no margin that anybody says."""

DERIBIT = MarginTerms(model="deribit", base_rate=D("0.01"), slope=D("0.00005"), max_leverage=D(50))
VARIANTS = {
    Contract.LINEAR: {
        **{
            model: msgspec.structs.replace(terms(), model=model)
            for model in ("bybit-2025", "bybit-2026", "hyperliquid", "house")
        },
        "okx": MarginTerms(model="okx", contract_tiers=CONTRACTS, taker_fee_rate=D("0.0005")),
        "deribit": DERIBIT,
        "deribit without a slope": msgspec.structs.replace(DERIBIT, slope=None),
        "unknown": MarginTerms(model="kraken"),
    },
    Contract.INVERSE: {
        **{
            model: msgspec.structs.replace(COIN_TIERS, model=model)
            for model in ("bybit-2025", "bybit-2026")
        },
        "okx": MarginTerms(model="okx", contract_tiers=CONTRACTS),
        "deribit": DERIBIT,
        "deribit without a leverage": msgspec.structs.replace(DERIBIT, max_leverage=None),
        "steep deribit": msgspec.structs.replace(DERIBIT, slope=D("0.002")),
    },
}


@st.composite
def positions(draw, instruments):
    chosen = draw(st.lists(st.sampled_from(instruments), unique_by=lambda i: i.id, max_size=3))
    for instrument in chosen:
        sign = draw(st.sampled_from((-1, 1)))
        coins = draw(st.decimals("0.001", "400", places=3))
        size = coins if instrument.contract is BTC.contract else round(coins * 100)
        mark = D(MARKS[instrument])
        entry = round(mark * draw(st.decimals("0.7", "1.4", places=3)), 2)
        build = draw(st.sampled_from((position, position, isolated)))
        leverage = draw(st.sampled_from((None, 1, 3, 5, 20, 125)))
        more = {"leverage": leverage}
        model = draw(st.sampled_from((None, *VARIANTS[instrument.contract])))
        if model is not None:
            more["terms"] = VARIANTS[instrument.contract][model]
        if build is isolated and draw(st.booleans()):
            more["isolated_margin"] = draw(st.integers(1, 10**6))
        yield build(instrument, size * sign, entry, mark, **more)


shock_lists = st.lists(
    st.fixed_dictionaries(
        {asset: st.decimals("-0.95", "1.5", places=4) for asset in ("BTC", "ETH", "USDT", "USDC")}
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=150)
@given(st.data(), st.integers(-(10**6), 10**7), shock_lists)
def test_figures_of_random_linear_accounts_are_the_exact_ones(data, wallet, shocks):
    held = list(data.draw(positions([BTC, ETH])))
    balances = {"USDT": wallet, "BTC": data.draw(st.decimals("0", "50", places=2)), "ETH": 40}
    given = account(
        *held,
        balances=balances,
        haircuts={"BTC": [("5", "0.05"), ("20", "0.1")], "ETH": "0.15"},
        prices={"BTC": "60900", "ETH": "2598"},
    )
    check(given, shocks, [D("0.01") * n for n in range(len(shocks))])


@settings(max_examples=200)
@given(st.data(), st.decimals("0.01", "200", places=2), shock_lists)
def test_figures_of_random_inverse_accounts_are_the_exact_ones(data, coins, shocks):
    instrument = data.draw(st.sampled_from((BTC_COIN, ETH_COIN)))
    held = list(data.draw(positions([instrument])))
    given = account(*held, settle=instrument.settle, balances={instrument.settle: coins})
    check(given, shocks, rate=D(MARKS[instrument]))


@settings(max_examples=75)
@given(st.data(), st.integers(1000, 10**7), shock_lists)
def test_a_pool_of_two_stablecoins_converts_each_at_its_own_worth(data, wallet, shocks):
    held = list(data.draw(positions([BTC, ETH, BTC_USDC])))
    given = account(
        *held,
        balances={"USDT": wallet, "USDC": 70_000},
        haircuts={"USDT": "0.0001", "USDC": "0.0002"},
        prices={"USDC": "0.9997"},
    )
    check(given, shocks)


def test_nothing_moves_without_a_move_and_units_are_counted_by_account():
    first = account(position(BTC, 2, 60000, 61000), isolated(ETH, -30, 2500, 2600))
    second = msgspec.structs.replace(account(position(ETH, 5, 2600)), id="perp-2")
    book = PerpetualStress([first, second], {"perp-1": D(1), "perp-2": D(2)}, "USD")
    assert book.account_of == [0, 0, 1]
    found = book.measure(Scenarios({}))
    one, other = account_figures(first), account_figures(second)
    assert found.equity.tolist() == [[float(one.equity)], [float(other.equity * 2)]]
    assert found.ratios.shape == (3, 1)


def test_positions_of_several_accounts_count_each_in_their_own():
    owners = [
        msgspec.structs.replace(
            account(position(BTC, n, 60000, 61000), balances={"USDT": 10_000 * n}), id=f"perp-{n}"
        )
        for n in (1, 2, 3)
    ]
    rates = {owner.id: D(1) for owner in owners}
    found = PerpetualStress(owners, rates, "USDT").measure(scenarios({"BTC": [0, "-0.1"]}))
    for index, owner in enumerate(owners):
        exact = account_figures(moved(owner, {"BTC": D("-0.1")}))
        assert found.equity[index, 1] == pytest.approx(float(exact.equity), rel=1e-12)
        assert found.ratios[index, 1] == pytest.approx(float(exact.margin_ratio), rel=1e-12)


UNKNOWN = {
    "no mark": position(BTC, 1, 60000, terms=flat_terms("0.01")),
    "no tiers": position(BTC, 1, 60000, terms=NO_TERMS),
    "no leverage": position(BTC, 1, 60000, leverage=None, terms=NO_TERMS, maintenance_rate="0.01"),
    "no wallet": isolated(BTC, 1, 60000, leverage=None, terms=NO_TERMS, maintenance_rate="0.01"),
}
UNKNOWN["no mark"] = msgspec.structs.replace(UNKNOWN["no mark"], mark=None)


@pytest.mark.parametrize("what", UNKNOWN)
@pytest.mark.parametrize("wallet", ["700", "750", "100000", "-100000"])
def test_what_is_unknown_is_no_number_and_its_level_as_bad_as_it_could_be(what, wallet):
    check(account(UNKNOWN[what], balances={"USDT": wallet}), [{"BTC": D(0)}, {"BTC": D("0.1")}])


def test_an_asset_without_a_price_makes_equity_unknown_and_the_ratio_only_where_it_counts():
    held = position(BTC, 1, 60000)
    for haircuts in ({}, {"ETH": "0.1"}):
        given = account(held, balances={"USDT": 50000, "ETH": 3}, haircuts=haircuts)
        found = check(given, [{"BTC": D("-0.1")}])
        assert np.isnan(found.equity[0, 0])
        assert np.isnan(found.ratios[0, 0]) == bool(haircuts)


def test_an_account_whose_asset_has_no_price_in_the_currency_has_a_ratio_and_no_equity():
    given = account(position(BTC, 1, 60000), balances={"USDT": 50000})
    found = PerpetualStress([given], {"perp-1": None}, "USD").measure(Scenarios({}))
    assert np.isnan(found.equity[0, 0])
    assert found.ratios[0, 0] == pytest.approx(240 / 50000)


def test_flat_positions_and_orders_change_nothing():
    wallet = {"USDT": 1000}
    plain = account(position(BTC, "0.1", 60000), balances=wallet)
    beside = account(
        position(BTC, "0.1", 60000), position(ETH, 0, 2600), balances=wallet,
        orders=[order(BTC, "BUY", 5, 60000)],
    )  # fmt: skip
    ones, others = (check(one, [{"BTC": D("-0.1")}]) for one in (plain, beside))
    for mine, theirs in zip(ones, others, strict=True):
        assert np.array_equal(mine, theirs)


@pytest.mark.parametrize("terms_", [terms(), NO_TERMS])
def test_the_wallet_of_a_flat_isolated_position_is_equity_and_no_unit(terms_):
    idle = isolated(BTC_USDC, 0, 60000, isolated_margin="500", terms=terms_)
    given = account(
        idle, position(BTC, 1, 60000), balances={"USDT": 5000}, haircuts={"USDC": "0.1"},
        prices={"USDC": "0.99"},
    )  # fmt: skip
    found = check(given, [{"USDC": D("-0.1")}, {"USDT": D("-0.1")}])
    assert found.ratios.shape == (1, 2)


def test_an_account_without_positions_has_no_ratio_to_worsen():
    found = check(account(balances={"USDT": 0}), [{"BTC": D(0)}])
    assert found.ratios[0, 0] == -np.inf
    assert check(account(balances={"USDT": 5}), [{"BTC": D(0)}]).ratios[0, 0] == 0
    assert not found.near[0]


def test_nothing_left_is_a_ratio_without_bound():
    found = check(account(position(BTC, 1, 60000), balances={"USDT": 100}), [{"BTC": D("-0.5")}])
    assert found.ratios[0, 0] == np.inf
    assert ORDER[found.levels[0, 0]] == "CLOSE_OUT"


def test_a_level_on_its_threshold_is_left_to_the_exact_figures():
    # Initial margin 12,000 of 12,000: a call, exactly; of a wallet a little larger: a warning.
    for wallet, near in (("12000", True), ("12000.001", False), ("11999.999", False)):
        found = check(account(position(BTC, 1, 60000), balances={"USDT": wallet}), [{"BTC": D(0)}])
        assert bool(found.near[0]) is near


def test_a_notional_on_the_edge_of_a_tier_is_left_to_the_exact_figures():
    for price, near in (("60000", True), ("60000.001", False), ("59999.999", False)):
        held = position(BTC, 5, 60000, price, leverage=None)
        found = check(account(held, balances={"USDT": 10**6}), [{"BTC": D(0)}])
        assert bool(found.near[0]) is near


def test_only_pools_are_held_to_initial_margin():
    held = isolated(BTC, 1, 60000, isolated_margin="12000", leverage=5)
    found = check(account(held, balances={"USDT": 0}), [{"BTC": D(0)}])
    assert [ORDER[code] for code in found.levels[:, 0]] == ["NORMAL", "NORMAL"]
    assert not found.near[0]


@pytest.mark.parametrize(
    ("used", "available", "level"),
    [
        (49, 100, "NORMAL"), (50, 100, "WARNING"), (79, 100, "WARNING"), (80, 100, "MARGIN_CALL"),
        (99, 100, "MARGIN_CALL"), (100, 100, "CLOSE_OUT"), (0, 0, "NORMAL"), (0, -1, "NORMAL"),
        (1, 0, "CLOSE_OUT"), (1, -1, "CLOSE_OUT"), (np.nan, 1, "UNKNOWN"), (1, np.nan, "UNKNOWN"),
        (np.nan, -1, "UNKNOWN"),
    ],
)  # fmt: skip
def test_levels_are_reached_at_their_threshold(used, available, level):
    codes = reached(np.array([float(used)]), np.array([float(available)]), RATIO_STEPS)
    assert [ORDER[code] for code in codes] == [level]


@pytest.mark.parametrize(
    ("used", "near"),
    [(80, True), (100, True), (80 + 7e-8, True), (80 + 9e-8, False), (79.9, False), (90, False)],
)
def test_a_threshold_is_near_within_a_part_in_a_thousand_million(used, near):
    rows = np.array([[1.0, 1.0], [float(used), 1.0]])
    found = near_threshold(rows, np.full((2, 2), 100.0), INITIAL_STEPS)
    assert found.tolist() == [near, False]


CURVES = {
    "the rate of a deribit coin grows with the coins": (
        # A short from 100 coins to 200: 3 % of 200 are 6, and 4.1 % of 400 would be 16.4.
        position(BTC_COIN, -100_000, 100_000, 50_000, terms=DERIBIT, leverage=None),
        {"settle": "BTC"},
        ("5.9", "6.1", "7.6"),
    ),
    "the rate of a linear contract grows with its coins alone": (
        position(BTC, 200, 50_000, terms=DERIBIT, leverage=None), {}, ("500000", "310000"),
    ),
    "the fee to close is part of initial margin": (
        position(
            msgspec.structs.replace(BTC, taker_fee_rate=D("0.00055")), 1, 40_000, leverage=50,
            terms=msgspec.structs.replace(flat_terms("0.001"), model="bybit-2026"),
        ),
        {},
        ("821.5", "821.6", "778.5"),
    ),
    "a leverage of its own holds where the tier asks for less": (
        position(BTC, 1, 60_000, leverage=5, terms=flat_terms("0.01", "50")), {},
        ("11999", "12001", "14999", "15001"),
    ),
    "nothing is maintained": (
        position(BTC, 1, 60_000, leverage=5, maintenance_rate="0"), {}, ("-100", "0", "11999"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CURVES)
def test_initial_margin_decides_a_level_as_the_exact_figures_do(what):
    held, more, values = CURVES[what]
    for value in values:
        settle = more.get("settle", "USDT")
        profit = account_figures(account(held, **more)).positions[0].unrealized_pnl
        given = account(held, balances={settle: D(value) - profit}, **more)
        check(given, [{"BTC": D(0)}])


def test_an_initial_rate_steps_up_on_the_floor_of_a_tier_and_is_on_edge_there():
    # The first tier of BTCUSDT ends at 300,000: 1 / 150 below, 1 / 100 from there on.
    plain = position(ETH, 1, 2500, leverage=None, terms=flat_terms("0.01", "20"))
    rows = Curves([plain, position(BTC, 1, 60_000, leverage=None)])
    found = rows.measure(np.array([[2500.0, 2500.0, 2500.0], [299_999.0, 300_000.0, 300_001.0]]))
    assert found.initial[0].tolist() == [125, 125, 125]
    assert found.maintenance[:, 1].tolist() == [25, 1200]
    assert found.initial[1] == pytest.approx([299_999 / 150, 3000, 3000.01])
    assert found.on_edge.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("balances", "haircuts", "prices"),
    [
        ({"USDT": "1000", "BTC": "-0.01"}, {}, {"BTC": "60000"}),  # counts in full
        ({"USDT": "1000", "BTC": "1"}, {"BTC": "1"}, {}),  # nothing of it counts, at any price
        ({"USDT": "1000", "BTC": "1"}, {"BTC": "1"}, {"BTC": "60000"}),
        ({"USDT": "1000", "BTC": "1"}, {}, {"BTC": "60000"}),
    ],
)
def test_what_counts_of_a_balance_is_what_the_exact_figures_count(balances, haircuts, prices):
    held = position(ETH, 1, 2500)
    check(
        account(held, balances=balances, haircuts=haircuts, prices=prices),
        [{"BTC": D(0)}, {"BTC": D("-0.5")}],
    )


def test_equity_is_reported_in_a_currency_that_moves_too():
    # 1,000 USDT at 7.8 HKD; a Hong Kong dollar worth a quarter more buys as much for 4 / 5.
    given = account(balances={"USDT": 1000})
    book = PerpetualStress([given], {"perp-1": D("7.8")}, "HKD")
    found = book.measure(scenarios({"HKD": ["0", "0.25"], "USDT": ["0", "-0.5"]}))
    assert found.equity[0] == pytest.approx([7800, 3120])


def test_one_position_on_an_edge_is_enough():
    edge = position(BTC, 5, 60_000, leverage=None)  # 300,000: where the second tier begins
    for held in itertools.permutations((edge, position(ETH, 1, 2500))):
        assert check(account(*held, balances={"USDT": 10**6}), [{"BTC": D(0)}]).near[0]


def test_less_than_one_coin_to_maintain_and_nothing_behind_it_is_without_bound():
    held = position(BTC_COIN, 6, 60_000)
    found = check(account(held, settle="BTC", balances={"BTC": "-1"}), [{"BTC": D(0)}])
    assert found.ratios[0, 0] == np.inf


def test_no_accounts_are_no_rows():
    found = PerpetualStress([], {}, "USD").measure(scenarios({"BTC": ["0", "0.1"]}))
    assert (found.equity.shape, found.ratios.shape, found.levels.shape) == ((0, 2),) * 3
    assert found.near.tolist() == [False, False]


# --- loans ---------------------------------------------------------------------------------------

TERMS = LoanTerms(
    single_cap=D("0.4"), group_cap=D("0.5"), warn=D("0.8"), call=D(1), close_out=D("1.25")
)

pledges = st.lists(
    st.tuples(
        st.sampled_from(("BTC", "ETH", "SOL", "HKD")),
        st.one_of(st.none(), st.integers(0, 10**8), st.integers(1, 10**8)),
        st.decimals("0", "1", places=2),
    ),
    max_size=5,
)
debts = st.lists(
    st.tuples(st.sampled_from(("HKD", "USDT", "BTC")), st.integers(0, 10**8)), max_size=3
)


def pledge(asset, value, haircut):
    return Pledge(
        market_value=None if value is None else D(value),
        haircut=haircut,
        is_virtual=asset != "HKD",
        eligible=asset != "SOL",
        asset=None if asset == "HKD" else asset,
    )


@settings(max_examples=200)
@given(pledges, debts, shock_lists)
def test_loans_under_a_shock_are_the_exact_ones(collateral, owed, shocks):
    given = LoanInput(
        pledges=[(asset, pledge(asset, value, cut)) for asset, value, cut in collateral],
        owed=[(asset, D(amount)) for asset, amount in owed],
        terms=TERMS,
    )
    moves = {a: [shock[a] for shock in shocks] for a in shocks[0]}
    found = stress_loan(given, scenarios(moves), "USD")
    for index, shock in enumerate(shocks):
        after = [
            pledge(a, None if v is None else D(v) * (1 + shock.get(a, 0)), cut)
            for a, v, cut in collateral
        ]
        debt = sum((D(amount) * (1 + shock.get(a, 0)) for a, amount in owed), D(0))
        exact = loan_figures(after, debt, TERMS)
        if not found.near[index]:
            assert ORDER[found.levels[index]] == exact.level
        if not exact.known:
            assert np.isnan(found.equity[index])
        else:
            gross = exact.market_value + exact.loan
            expected = float(exact.market_value - exact.loan)
            assert found.equity[index] == pytest.approx(
                expected, rel=1e-9, abs=float(gross) * 1e-12
            )


@pytest.mark.parametrize("pieces", [["30"], ["15", "15"], ["1", "29"], ["10", "10", "10"]])
def test_a_coin_pledged_in_pieces_is_capped_as_one_under_every_shock(pieces):
    moves = [D(percent) / 100 for percent in range(-90, 60, 5)]
    shares = ("HKD", pledge("HKD", 1_000_000, D("0.3")))

    def coins(move):
        return [pledge("BTC", D(one) * 60_000 * (1 + move), D("0.6")) for one in pieces]

    given = LoanInput(
        pledges=[*(("BTC", one) for one in coins(D(0))), shares],
        owed=[("HKD", D(1_000_000))],
        terms=TERMS,
    )
    found = stress_loan(given, scenarios({"BTC": moves}), "HKD")
    for index, move in enumerate(moves):
        exact = loan_figures([*coins(move), shares[1]], D(1_000_000), TERMS)
        assert found.margin[index] == pytest.approx(float(exact.margin_value))
        assert ORDER[found.levels[index]] == exact.level


def test_a_loan_is_reported_in_a_currency_that_moves_too():
    coins = ("BTC", pledge("BTC", 100, D("0.6")))
    given = LoanInput(pledges=[coins], owed=[("HKD", D(50)), ("USDT", D(10))], terms=TERMS)
    found = stress_loan(given, scenarios({"HKD": ["0", "0.25"]}), "HKD")
    assert found.equity.tolist() == [40, 22]  # 80 less 50 and 8


def test_collateral_that_is_not_eligible_stands_behind_no_loan():
    sol = ("SOL", pledge("SOL", 100, D(0)))
    bonds = ("HKD", pledge("HKD", 100, D(0)))
    given = LoanInput(pledges=[sol, bonds], owed=[("HKD", D(90))], terms=TERMS)
    found = stress_loan(given, Scenarios({}), "HKD")
    assert (found.equity.tolist(), ORDER[found.levels[0]]) == ([110], "WARNING")
    given = LoanInput(pledges=[sol], owed=[("HKD", D(1))], terms=TERMS)
    assert ORDER[stress_loan(given, Scenarios({}), "HKD").levels[0]] == "CLOSE_OUT"


def test_an_unknown_debt_makes_the_level_unknown():
    coins = ("BTC", pledge("BTC", 100, D("0.6")))
    given = LoanInput(pledges=[coins], owed=[("XYZ", None)], terms=TERMS)
    found = stress_loan(given, Scenarios({}), "USD")
    assert np.isnan(found.equity[0])
    assert ORDER[found.levels[0]] == "UNKNOWN"


@pytest.mark.parametrize(("owed", "near"), [(40, True), (32, True), (50, True), (41, False)])
def test_a_utilization_on_a_trigger_is_near_it(owed, near):
    securities = ("HKD", pledge("HKD", 100, D("0.6")))
    given = LoanInput(pledges=[securities], owed=[("HKD", D(owed))], terms=TERMS)
    assert stress_loan(given, Scenarios({}), "HKD").near.tolist() == [near]


def test_every_pair_of_moves_gives_what_each_asked_alone_gives():
    given = account(
        position(BTC, 30, 60000, 61000), position(ETH, -400, 2500, 2600),
        balances={"USDT": 500_000, "BTC": 4}, haircuts={"BTC": "0.05"}, prices={"BTC": "61000"},
    )  # fmt: skip
    shocks = [{"BTC": b, "ETH": e} for b, e in itertools.product(MOVES, MOVES)]
    check(given, shocks)

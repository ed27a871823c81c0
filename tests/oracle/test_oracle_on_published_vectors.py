"""The oracle itself, held to figures that venues and others published.

Each case becomes a portfolio document; what the document cannot say is left out by family.
"""

import json

import pytest
from helpers.shared import shared
from oracle import liquidation, loan, pool, requirement
from oracle.document import F, pools, read

NAME = "BTCUSDT-PERP.TEST"

LEFT_OUT = {
    "bybit-short-mmdeduction-110.5": "a deduction without a rate: maintenance below 0",
    "bybit-inverse-cross-bankruptcy-legacy": "a cross bankruptcy price, which is null here",
}

OTHER_SUBJECTS = {
    # dYdX, Drift and OKX spot margin are not modelled; the rest is funding, interest, order
    # bookkeeping and stress, which an account's figures at one moment do not hold.
    "adl_trigger", "auto_exchange", "available_margin", "avg_entry_inverse", "avg_entry_linear",
    "balance_impact", "bankruptcy_cross_multi", "cross_quote_collateral", "flip_realized_pnl",
    "funding_index", "funding_payment", "funding_payment_window", "funding_rate_clamp",
    "liq_buffer", "liquidation_fee_insurance", "liquidation_fillable_price",
    "margin_loan_interest", "margin_oracle", "oi_scaled_imf", "partial_liquidation_margin_loan",
    "partial_liquidation_size", "pnl_net", "portfolio_snapshot", "position_netting_sequence",
    "scenario_grid", "spot_margin_open", "tier_cum",
}  # fmt: skip


def text(value):
    return f"{value:.20g}" if isinstance(value, float) and "e" in repr(value) else str(value)


def signed(inputs):
    short = inputs.get("side") in {"short", "sell"}
    return ("-" if short else "") + text(inputs.get("qty", inputs.get("contracts_usd", 1)))


def document(margin, *positions, balance="0", inverse=False, collateral=(), haircuts=None):
    settle = "BTC" if inverse else "USDT"
    instrument = {
        "kind": "perpetual", "contract": "inverse" if inverse else "linear", "base": "BTC",
        "quote": "USD" if inverse else "USDT", "settle": settle, "contract_size": "1",
        "tick_size": "0.01", "lot_size": "0.001", "margin": margin,
    }  # fmt: skip
    names = [NAME, *(f"OTHER{n}-PERP.TEST" for n in range(1, len(positions)))]
    rows = [{"instrument": name, **row} for name, row in zip(names, positions, strict=False)]
    marks = {row["instrument"]: row.pop("mark", row["entry_price"]) for row in rows}
    account = {
        "id": "perp-1", "kind": "perpetual", "positions": rows, "haircuts": haircuts or {},
        "balances": [{"asset": settle, "quantity": balance}, *collateral],
    }  # fmt: skip
    return {
        "schema": "desk.portfolio/1", "as_of": "2026-11-22T00:00:00Z", "currency": "USDT",
        "prices": {"BTC": "50000"}, "marks": marks, "accounts": [account],
        "instruments": dict.fromkeys(names, instrument),
    }  # fmt: skip


def only(*arguments, **more):
    """The pool of a document and its first position."""
    (one,) = pools(read(json.dumps(document(*arguments, **more))))
    return one, one.positions[0]


def position(inputs, **more):
    """A position of a case: `rate` and `amount` are the venue's own for it."""
    row = {
        "quantity": signed(inputs),
        "entry_price": text(inputs.get("entry", inputs.get("price"))),
    }
    for name, given in (
        ("leverage", inputs.get("leverage")),
        ("maintenance_rate", inputs.get("mmr", inputs.get("mmr_inferred"))),
        ("maintenance_amount", inputs.get("cum", inputs.get("mm_deduction"))),
        ("mark", inputs.get("mark")),
        ("extra_margin", inputs.get("extra_margin")),
    ):
        if given is not None:
            row[name] = text(given)
    return row | more


def liquidation_of(model, row, margin=None, **more):
    one, held = only({"model": model, **(margin or {})}, row, **more)
    (edge,) = liquidation.liquidation_prices(one, held)
    return {"liq_price": edge}


def isolated(model, inputs, wallet=None, margin=None, **more):
    row = position(inputs, margin_mode="isolated", **more)
    if wallet is not None:
        row["isolated_margin"] = text(wallet)
    return liquidation_of(model, row, margin)


def binance_isolated(inputs):
    row = inputs.get("position", inputs)
    return isolated("binance", row, wallet=inputs["wallet_balance"])


def binance_cross(inputs):
    if "equity" in inputs:
        held = position(inputs, entry_price=text(inputs["mark"]))
        free = F(text(inputs["equity"])) - F(text(inputs["other_mm"]))
        return liquidation_of("binance", held, balance=str(free))
    rows = [position(one) for one in (inputs["position"], *inputs["others"])]
    one, held = only({"model": "binance"}, *rows, balance=text(inputs["wallet_balance"]))
    (edge,) = liquidation.liquidation_prices(one, held)
    return {"liq_price": edge}


def with_fee(inputs):
    fee = inputs.get("taker_fee", inputs.get("taker_fee_inferred"))
    wallet = inputs.get("margin", inputs.get("available_margin"))
    if wallet is None:  # Phemex: initial margin and the fee to close at the bankruptcy price
        rate = 1 / F(text(inputs["leverage"]))
        worth = F(text(inputs["qty"])) * F(text(inputs["entry"]))
        wallet = worth * (rate + (1 - rate) * F(text(fee)))
    assigned = str(F(str(wallet)))
    found = isolated("okx", inputs, wallet=assigned, margin={"taker_fee_rate": text(fee)})
    return {"assigned": F(assigned), **found}


def pnl(inputs):
    coin = "contracts_usd" in inputs
    mark = text(inputs.get("price", inputs.get("exit")))
    _, held = only({"model": "house"}, position(inputs), inverse=coin)
    gain, worth = requirement.pnl(held, F(mark)), requirement.notional(held, F(mark))
    fee = requirement.notional(held, held.entry) * F(text(inputs.get("taker_fee", 0)))
    return {
        "upnl": gain, "pnl_btc": gain, "upnl_btc": gain, "upnl_eth": gain,
        "notional_btc": worth, "notional_eth": worth, "commission": fee, "commission_btc": fee,
    }  # fmt: skip


def value(inputs):
    """Notional, and margin at a leverage."""
    coin = "contracts_usd" in inputs
    row = position({**inputs, "qty": inputs.get("qty", inputs.get("contracts_usd", 1))})
    _, held = only({"model": "house"}, row, inverse=coin)
    worth = requirement.notional(held, held.entry)
    first = requirement.initial(held, held.entry)
    return {"value_btc": worth, "position_value_btc": worth, "im_btc": first, "im": first}


def dollars_of_coin(inputs):
    quantity = text(inputs["contracts"] * inputs["multiplier_usd"])
    _, held = only({"model": "house"}, position({**inputs, "qty": quantity}), inverse=True)
    return {"im_usd": requirement.initial(held, held.entry) * held.entry}


def maintenance_of(model, inputs):
    row = {
        "quantity": "1", "entry_price": text(inputs["position_value"]), "leverage":
        text(inputs.get("leverage", 1)), "maintenance_rate": text(inputs["mmr"]),
        "maintenance_amount": text(inputs["mm_deduction"]),
    }  # fmt: skip
    margin = {"model": model, "taker_fee_rate": text(inputs.get("taker_fee", 0))}
    _, held = only(margin, row)
    fee = requirement.fee_to_close(held)
    return {"mm": requirement.maintenance(held, held.entry), "fee_to_close": fee}


def flat_rate(inputs):
    """Maintenance at a flat rate of the notional, of what is left of longs and shorts."""
    if "longs" in inputs:
        (long, price), (short, _) = inputs["longs"][0], inputs["shorts"][0]
        inputs = {**inputs, "notional": float(F(text(long - short)) * F(text(price)))}
    worth = inputs.get("notional", inputs.get("contracts_usd"))
    row = {
        "quantity": text(worth), "entry_price": text(inputs.get("price", 1)),
        "maintenance_rate": text(inputs["rate"]),
    }  # fmt: skip
    _, held = only({"model": "house"}, row, inverse="contracts_usd" in inputs)
    leverage = inputs.get("leverage", 1)
    share = F(1) if leverage == "ignored" else F(text(leverage))
    return {"margin": requirement.maintenance(held, held.entry) / share}


def scaling(inputs):
    coin = {"base_rate": text(inputs["mm_base"]), "slope": text(inputs["factor_per_coin"])}
    margin = {"model": "deribit", "max_leverage": str(round(1 / inputs["im_base"])), **coin}
    row = {"quantity": text(inputs["qty"]), "entry_price": text(inputs["index"])}
    _, held = only(margin, row)
    mark = held.entry
    return {"im": requirement.initial(held, mark), "mm": requirement.maintenance(held, mark)}


def order_cost(inputs):
    coin = "contracts_usd" in inputs
    margin = {"model": "bybit-2026", "taker_fee_rate": text(inputs["taker_fee"])}
    long = {**inputs, "side": "long"}
    row = position(long, maintenance_rate="0.005")
    _, held = only(margin, row, inverse=coin)
    worth, close = requirement.notional(held, held.entry), requirement.fee_to_close(held)
    first = requirement.initial(held, held.entry)
    opening = worth * held.terms.fee
    return {
        "im": first - close, "open_fee": opening, "close_fee": close, "order_cost": first + opening,
    }  # fmt: skip


def roi(inputs):
    made = order_cost({**inputs, "price": inputs["entry"]})
    share = F(text(inputs["upnl"])) / (made["im"] + made["close_fee"])
    return {"im": made["im"], "close_fee": made["close_fee"], "roi_pct": share * 100}


def bankruptcy(inputs):
    row = position({**inputs, "qty": 1}, margin_mode="isolated", maintenance_rate="0")
    _, held = only({"model": "house"}, row)
    return {"bankruptcy": liquidation.bankruptcy(held)}


def haircut(inputs):
    if "tiers" in inputs:
        price = F(text(inputs["price"]))
        rows = [
            {"up_to": str(F(text(end)) / price), "rate": str(1 - F(text(share)))}
            for end, share in inputs["tiers"]
        ]
        held, worth = text(inputs["qty"]), price
    else:
        rate = inputs.get("ratio", inputs.get("rate", 1))
        rows = [{"up_to": None, "rate": str(1 - F(text(rate)))}]
        held = text(inputs.get("market_value", inputs.get("qty", inputs.get("btc"))))
        worth = F(text(inputs.get("price", 1)))
    found = pool.counted(F(held), [(r["up_to"] and F(r["up_to"]), F(r["rate"])) for r in rows])
    return {
        "collateral": found * worth, "discounted_usd": found * worth,
        "collateral_value": found * worth,
    }  # fmt: skip


def lookup(inputs):
    table = json.loads(shared("data/tiers/bybit_btcusdt_risk_limit_2026-08-05.json").read_text())
    floors = [0, *(row["riskLimitValue"] for row in table["tiers"])]
    tiers = [
        {
            "notional_floor": text(floor), "notional_cap": text(row["riskLimitValue"]),
            "maintenance_rate": text(row["maintenanceMargin"]),
            "maintenance_amount": text(row["mmDeduction"]),
            "max_leverage": text(row["maxLeverage"]),
        }
        for floor, row in zip(floors, table["tiers"], strict=False)
    ]  # fmt: skip
    row = {"quantity": "1", "entry_price": "1"}
    _, held = only({"model": "bybit-2025", "tiers": tiers}, row)
    return {f"mmr_{n}": requirement.tier(held.terms, F(n), F(1)).rate for n in inputs["values"]}


def best_leverage(inputs):
    row = {"quantity": "1", "entry_price": "1"}
    margin = {"model": "hyperliquid", "max_leverage": text(inputs["max_leverage"])}
    _, held = only(margin, row)
    return {"mmr": held.terms.tiers[0].rate}


def erosion(inputs):
    lost = text(-inputs["funding_paid_from_margin"])
    return isolated("bybit-2025", inputs, extra_margin=lost)


def loan_of(worth, owed):
    return loan.Loan((loan.Pledged("BTC", F(text(worth)), F(0)),), F(text(owed)))


def ltv(inputs):
    one = loan_of(inputs["collateral"], inputs["loan"])
    return {"ltv": one.owed / loan.market_value(one)}


def ltv_price(inputs):
    """Where the loan is a share of what the collateral is still worth: one fall of it."""
    start, end = F(text(inputs["initial_ltv"])), F(text(inputs["liquidation_ltv"]))
    fall = loan.fall_to_shortfall(loan.Loan((loan.Pledged("BTC", end, F(0)),), start))
    return {"liq_price": F(text(inputs["price_at_loan"])) * (1 - fall), "drawdown": fall}


def ltv_collateral(inputs):
    owed = F(text(inputs["loan"]))
    call, end = (F(text(inputs[f"{name}_ltv"])) for name in ("margin_call", "liquidation"))
    return {"collateral_at_call": owed / call, "collateral_at_liq": owed / end}


READERS = {
    "liq_isolated_linear": binance_isolated,
    "liq_cross_linear_multi": binance_cross,
    "liq_isolated_linear_entry_mm": lambda inputs: isolated("bybit-2025", inputs),
    "liq_isolated_linear_mark_mm": lambda inputs: isolated(
        "bybit-2026", inputs, margin={"taker_fee_rate": text(inputs["taker_fee"])}
    ),
    "liq_isolated_linear_hl": lambda inputs: isolated(
        "hyperliquid",
        inputs,
        wallet=inputs["margin"],
        margin={"max_leverage": text(inputs["max_leverage"])},
    ),
    "liq_isolated_linear_with_fee": with_fee,
    "liq_isolated_funding_erosion": erosion,
    "upnl_linear": pnl,
    "upnl_inverse": pnl,
    "im_linear": value,
    "im_inverse": lambda i: dollars_of_coin(i) if "contracts" in i else value(i),
    "inverse_position_value": value,
    "mm_tiered": lambda inputs: maintenance_of("house", inputs),
    "mm_with_close_fee": lambda inputs: maintenance_of("bybit-2026", inputs),
    "margin_flat_rate": flat_rate,
    "margin_linear_scaling": scaling,
    "order_cost": order_cost,
    "order_cost_inverse": order_cost,
    "roi_linear": roi,
    "bankruptcy_isolated_linear": bankruptcy,
    "collateral_haircut": haircut,
    "collateral_haircut_tiered": haircut,
    "multi_asset_collateral_nohaircut": haircut,
    "tier_lookup": lookup,
    "tier_mmr": best_leverage,
    "ltv": ltv,
    "ltv_liq_price": ltv_price,
    "ltv_threshold_collateral": ltv_collateral,
}


@pytest.fixture(scope="module")
def cases():
    return json.loads(shared("data/margin/vectors.json").read_text(encoding="utf-8"))


def test_every_family_is_read_or_is_another_subject(cases):
    families = {case["family"] for case in cases} - {"bankruptcy_inverse_cross"}
    assert families == READERS.keys() | OTHER_SUBJECTS
    assert not READERS.keys() & OTHER_SUBJECTS


def test_the_oracle_gives_every_published_figure(cases):
    checked = 0
    for case in cases:
        reader = READERS.get(case["family"])
        if reader is None or case["id"] in LEFT_OUT:
            continue
        found = reader(case["inputs"])
        for name, expected in case["expected"].items():
            assert_near(case, name, found[name], F(text(expected)))
        checked += 1
    assert checked >= 70


def assert_near(case, name, found, expected):
    allowed = case["tolerance"]
    room = F(text(allowed["abs"] or 0)) + F(text(allowed["rel"] or 0)) * abs(expected)
    assert abs(found - expected) <= room, (case["id"], name, float(found), float(expected))

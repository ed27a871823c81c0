"""What the desk makes of published inputs: initial and maintenance margin, tiers, fees."""

import json
from decimal import Decimal as D

from helpers.documents import account_row, held, inverse, linear, position_row, text, tier
from helpers.margin_cases import BTC, account
from helpers.published import bybit, fees_of, figures, filled, number, signed
from helpers.shared import shared

from desk.margin.account import account_figures
from desk.margin.inputs import MarginTerms, Tier
from desk.margin.tiers import tier_at
from desk.margin.whatif import after_fill
from desk.model.orders import Side

# --- margin --------------------------------------------------------------------------------------


def initial_margin_inverse(inputs):
    size = number(inputs.get("multiplier_usd", 1))
    quantity = inputs.get("contracts", inputs.get("contracts_usd"))
    price = inputs.get("price", inputs.get("entry"))
    one = held(
        inverse(size=text(size), tiers=[tier()]), quantity, price,
        leverage=inputs.get("leverage", 1),
    )  # fmt: skip
    row = position_row(one, settle="BTC")
    value, initial = D(row["notional"]), D(row["initial_margin"])
    return {
        "value_btc": value,
        "position_value_btc": value,
        "im_btc": initial,
        "im_usd": initial * number(price),
    }


def im_linear(inputs):
    one = held(linear(tiers=[tier()]), inputs["qty"], inputs["price"], leverage=inputs["leverage"])
    return figures(position_row(one), im="initial_margin")


def mm_tiered(inputs):
    one = held(
        linear(),
        1,
        inputs["position_value"],
        maintenance_rate=inputs["mmr"],
        maintenance_amount=inputs["mm_deduction"],
    )
    return figures(position_row(one), mm="maintenance_margin")


def mm_with_close_fee(inputs):
    given = inputs | {"qty": 1, "entry": inputs["position_value"]}
    row = position_row(bybit("bybit-2026", given))
    free = position_row(bybit("bybit-2026", given | {"taker_fee": 0}))
    maintenance = D(row["maintenance_margin"])
    return {"mm": maintenance, "fee_to_close": maintenance - D(free["maintenance_margin"])}


def margin_flat_rate(inputs):
    """Initial margin at a rate is that of the leverage 1 / rate."""
    rate = inputs["rate"]
    if "longs" in inputs:
        ((longs, long_price),), ((shorts, short_price),) = inputs["longs"], inputs["shorts"]
        net = filled(BTC, [[longs, long_price], [-shorts, short_price]])
        row = held(linear(), net.quantity, net.entry_price(BTC), maintenance_rate=rate)
        return figures(position_row(row), margin="maintenance_margin")
    if "notional" in inputs:
        row = position_row(held(linear(), 1, inputs["notional"], maintenance_rate=rate))
        return figures(row, margin="maintenance_margin")
    highest = text(round(1 / rate)) if rate == 0.01 else "1000"
    one = held(
        inverse(tiers=[tier(max_leverage=highest)]), inputs["contracts_usd"], inputs["price"],
        maintenance_rate=rate,
    )  # fmt: skip
    row = position_row(one, settle="BTC")
    return figures(row, margin="initial_margin" if rate == 0.01 else "maintenance_margin")


def margin_linear_scaling(inputs):
    rates = {
        "base_rate": text(inputs["mm_base"]),
        "slope": text(inputs["factor_per_coin"]),
        "max_leverage": text(1 / inputs["im_base"]),
    }
    one = held(linear("deribit", **rates), inputs["qty"], inputs["index"])
    return figures(position_row(one), im="initial_margin", mm="maintenance_margin")


def margin_oracle(inputs):
    rate = number(inputs["imf"]) * number(inputs["mm_fraction_of_im"])
    instrument = linear(tiers=[tier(rate, 1 / number(inputs["imf"]))])
    row = position_row(held(instrument, -number(inputs["qty"]), inputs["oracle"]))
    return figures(row, im="initial_margin", mm="maintenance_margin")


def portfolio_snapshot(inputs):
    one = held(
        inverse(), signed(inputs, "contracts_usd"), inputs["entry"], inputs["bid"],
        maintenance_rate=inputs["mm_rate"],
    )  # fmt: skip
    row = position_row(one, settle="BTC")
    return figures(row, net_exposure_eth="notional", mm_eth="maintenance_margin")


def tier_cum(inputs):
    """The deduction of a tier is what makes maintenance continuous at its floor."""

    def maintenance(rate, amount):
        one = held(
            inverse(), inputs["floor_btc"], 1, maintenance_rate=rate, maintenance_amount=amount
        )
        return D(position_row(one, settle="BTC")["maintenance_margin"])

    before = maintenance(inputs["mmr_prev"], inputs["cum_prev"])
    return {"cum": maintenance(inputs["mmr_n"], 0) - before}


def tier_lookup(inputs):
    """The tier of a value, by the venue's own table: a value of exactly its limit is inside."""
    path = "data/tiers/bybit_btcusdt_risk_limit_2026-08-05.json"
    rows = json.loads(shared(path).read_text())["tiers"]
    floors = [0, *(row["riskLimitValue"] for row in rows)]
    tiers = tuple(
        Tier(
            notional_floor=number(floor),
            notional_cap=number(row["riskLimitValue"]),
            maintenance_rate=number(row["maintenanceMargin"]),
            maintenance_amount=number(row["mmDeduction"]),
            max_leverage=number(row["maxLeverage"]),
        )
        for floor, row in zip(floors, rows, strict=False)
    )
    terms = MarginTerms(model="bybit-2026", tiers=tiers)
    found = {value: tier_at(terms, number(value)) for value in inputs["values"]}
    return {f"mmr_{value}": one.maintenance_rate for value, one in found.items()}


def tier_mmr(inputs):
    instrument = linear("hyperliquid", max_leverage=text(inputs["max_leverage"]))
    return figures(position_row(held(instrument, 1, 1)), mmr="maintenance_margin")


def cross_quote_collateral(inputs):
    """Lean takes the initial margin for maintenance."""
    one = held(
        linear(tiers=[tier()]), inputs["other_qty"], inputs["other_price"],
        leverage=inputs["leverage"],
    )  # fmt: skip
    row = account_row(one, balances={"USDT": inputs["collateral"]})
    return figures(row, mm="initial_margin", buying_power="available_margin")


def available_margin(inputs):
    """Holdings without cash are worth their price; selling twice of them and the free half more
    is the most that fits."""
    price, leverage = number(inputs["price"]), number(inputs["leverage"])
    one = held(linear(tiers=[tier()]), inputs["qty"], price, leverage=leverage)
    balance = {"USDT": number(inputs["cash"]) + number(inputs["qty"]) * price}
    most = {"side": "SELL", "quantity": "3000", "type": "LIMIT", "price": text(price)}
    free = account_row(one, balances=balance)["available_margin"]
    left = account_row(one, balances=balance, orders=[most])["available_margin"]
    return {"same_side": D(free), "opposite_side": 3000 * price / leverage + D(left)}


def balance_impact(inputs):
    """A fill takes its initial margin from what is available."""
    given = account(
        balances={"USDT": "9000"},
        marks={BTC.id: number(inputs["price"])},
        leverages={BTC.id: number(inputs["leverage"])},
    )
    after = after_fill(given, BTC, Side.BUY, number(inputs["qty"]), number(inputs["price"]), D(0))
    free = [account_figures(one).available_margin for one in (given, after)]
    return {"impact": free[1] - free[0]}


# --- fees ----------------------------------------------------------------------------------------


def roi_linear(inputs):
    found = fees_of(inputs)
    return found | {"roi_pct": 100 * number(inputs["upnl"]) / found["margin_with_fee"]}


FAMILIES = {
    "available_margin": available_margin,
    "balance_impact": balance_impact,
    "cross_quote_collateral": cross_quote_collateral,
    "im_inverse": initial_margin_inverse,
    "im_linear": im_linear,
    "inverse_position_value": initial_margin_inverse,
    "margin_flat_rate": margin_flat_rate,
    "margin_linear_scaling": margin_linear_scaling,
    "margin_oracle": margin_oracle,
    "mm_tiered": mm_tiered,
    "mm_with_close_fee": mm_with_close_fee,
    "order_cost": fees_of,
    "order_cost_inverse": fees_of,
    "portfolio_snapshot": portfolio_snapshot,
    "roi_linear": roi_linear,
    "tier_cum": tier_cum,
    "tier_lookup": tier_lookup,
    "tier_mmr": tier_mmr,
}
"""Family → what the desk makes of its inputs."""

"""Every published figure of the shared collection that these models can be asked for."""

import json
from decimal import Decimal as D

import msgspec
from helpers.margin_cases import (
    BTC,
    BTC_COIN,
    account,
    figures,
    flat_terms,
    isolated,
    only,
    position,
)
from helpers.shared import shared

from desk.margin.collateral import haircut_value
from desk.margin.financing import LoanTerms, Pledge, loan_figures
from desk.margin.inputs import Slice
from desk.margin.whatif import after_fill
from desk.model.orders import Side

DOLLAR_CONTRACT = msgspec.structs.replace(BTC_COIN, contract_size=D(1))
FREE = flat_terms("0", "1000")

SKIPPED = {
    # Formulas of other models, which come with them.
    "bybit-short-mmdeduction-110.5": "a deduction without a rate: maintenance below 0",
    "bybit-uta-iso-long-2026": "closing fee inside",
}


def sign(inputs):
    return 1 if inputs.get("side") in {"long", "buy"} else -1


def number(value):
    return D(str(value))


def liquidation_linear(inputs):
    row = inputs.get("position", inputs)
    margin = inputs.get("wallet_balance", inputs.get("margin"))
    held = isolated(
        BTC,
        number(row["qty"]) * sign(row),
        number(row["entry"]),
        maintenance_rate=number(row["mmr"]),
        maintenance_amount=number(row.get("cum", 0)),
        isolated_margin=number(margin),
    )
    return {"liq_price": only(held).liquidation_price}


def liquidation_extra(inputs):
    held = isolated(
        BTC,
        number(inputs["qty"]) * sign(inputs),
        number(inputs["entry"]),
        leverage=number(inputs["leverage"]),
        extra_margin=number(inputs["extra_margin"]),
        maintenance_rate=number(inputs["mmr"]),
        maintenance_amount=number(inputs["mm_deduction"]),
    )
    return {"liq_price": only(held).liquidation_price}


def liquidation_hyperliquid(inputs):
    leverage = number(inputs["max_leverage"])
    held = isolated(
        BTC,
        number(inputs["qty"]) * sign(inputs),
        number(inputs["entry"]),
        terms=flat_terms(1 / (2 * leverage), leverage),
        isolated_margin=number(inputs["margin"]),
    )
    return {"liq_price": only(held).liquidation_price}


def liquidation_cross(inputs):
    if "equity" in inputs:
        # The pool's equity now, and what other positions must maintain: they stand aside.
        held = position(
            BTC,
            number(inputs["qty"]) * sign(inputs),
            number(inputs["mark"]),
            maintenance_rate=number(inputs["mmr"]),
        )
        free = number(inputs["equity"]) - number(inputs["other_mm"])
        return {"liq_price": only(held, balances={"USDT": free}).liquidation_price}
    rows = [inputs["position"], *inputs["others"]]
    held = [
        position(
            msgspec.structs.replace(BTC, id=row["symbol"]),
            number(row["qty"]) * sign(row),
            number(row["entry"]),
            number(row["mark"]),
            maintenance_rate=number(row["mmr"]),
            maintenance_amount=number(row["cum"]),
        )
        for row in rows
    ]
    balances = {"USDT": number(inputs["wallet_balance"])}
    return {"liq_price": only(*held, balances=balances).liquidation_price}


def pnl_linear(inputs):
    held = position(
        BTC, number(inputs["qty"]) * sign(inputs), number(inputs["entry"]), number(inputs["price"])
    )
    return {"upnl": only(held).unrealized_pnl}


def pnl_inverse(inputs):
    side = sign({"side": inputs.get("side", "long")})
    price = number(inputs.get("price", inputs.get("exit")))
    held = position(
        DOLLAR_CONTRACT, number(inputs["contracts_usd"]) * side, number(inputs["entry"]), price
    )
    one = only(held, settle="BTC", balances={"BTC": "1000"})
    pnl, worth = one.unrealized_pnl, one.notional
    return {
        "pnl_btc": pnl, "upnl_btc": pnl, "upnl_eth": pnl, "upnl": pnl,
        "notional_btc": worth, "notional_eth": worth,
    }  # fmt: skip


def position_value(inputs):
    price = number(inputs.get("price", inputs.get("entry")))
    leverage = number(inputs.get("leverage", 1))
    held = position(
        DOLLAR_CONTRACT, number(inputs["contracts_usd"]), price, leverage=leverage, terms=FREE
    )
    one = only(held, settle="BTC", balances={"BTC": "100"})
    value, initial = one.notional, one.initial_margin
    return {
        "value_btc": value,
        "position_value_btc": value,
        "im_btc": initial,
        "net_exposure_eth": value,
    }


def initial_inverse(inputs):
    if "multiplier_usd" not in inputs:
        return position_value(inputs)
    contract = msgspec.structs.replace(BTC_COIN, contract_size=number(inputs["multiplier_usd"]))
    price = number(inputs["price"])
    held = position(
        contract, number(inputs["contracts"]), price, leverage=inputs["leverage"], terms=FREE
    )
    return {"im_usd": only(held, settle="BTC", balances={"BTC": "9"}).initial_margin * price}


def initial_linear(inputs):
    held = position(
        BTC, number(inputs["qty"]), number(inputs["price"]), leverage=inputs["leverage"], terms=FREE
    )
    return {"im": only(held, balances={"USDT": "1"}).initial_margin}


def maintenance(inputs):
    held = position(
        BTC,
        1,
        number(inputs["position_value"]),
        maintenance_rate=number(inputs["mmr"]),
        maintenance_amount=number(inputs["mm_deduction"]),
    )
    return {"mm": only(held, balances={"USDT": "1"}).maintenance_margin}


def bankruptcy(inputs):
    held = isolated(
        BTC, sign(inputs), number(inputs["entry"]), leverage=inputs["leverage"], terms=FREE
    )
    return {"bankruptcy": only(held).bankruptcy_price}


def average_entry(instrument):
    def compute(inputs):
        given = account(settle=instrument.settle)
        for quantity, price in inputs["fills"]:
            given = after_fill(given, instrument, Side.BUY, number(quantity), number(price), D(0))
        held = given.positions[0]
        return {"avg_entry": held.entry_price, "value": held.quantity * held.entry_price}

    return compute


def flip(inputs):
    given = account(balances={"USDT": "0"})
    for side, (quantity, price) in ((Side.BUY, inputs["position"]), (Side.SELL, inputs["sell"])):
        given = after_fill(given, BTC, side, number(quantity), number(price), D(0))
    return {"realized": given.balances["USDT"]}


def haircut(inputs):
    found = figures(
        balances={"USDT": "0", inputs["asset"]: number(inputs["market_value"])},
        haircuts={inputs["asset"]: str(1 - number(inputs["ratio"]))},
        prices={inputs["asset"]: "1"},
    )
    return {"collateral": found.collateral_value}


def haircut_tiered(inputs):
    price = number(inputs["price"])
    if "rate" in inputs:
        slices = (Slice(up_to=None, rate=1 - number(inputs["rate"])),)
    else:
        slices = tuple(
            Slice(up_to=number(up_to) / price, rate=1 - number(ratio))
            for up_to, ratio in inputs["tiers"]
        )
    value = haircut_value(number(inputs["qty"]), slices) * price
    return {"collateral_value": value, "discounted_usd": value}


def loan_to_value(inputs):
    rules = LoanTerms(
        single_cap=D(1), group_cap=D(1), warn=D("0.8"), call=D(1), close_out=D("1.25")
    )
    pledge = Pledge(market_value=number(inputs["collateral"]), haircut=D(0), is_virtual=True)
    return {"ltv": loan_figures([pledge], number(inputs["loan"]), rules).loan_to_value}


FAMILIES = {
    "avg_entry_inverse": average_entry(DOLLAR_CONTRACT),
    "avg_entry_linear": average_entry(BTC),
    "bankruptcy_isolated_linear": bankruptcy,
    "collateral_haircut": haircut,
    "collateral_haircut_tiered": haircut_tiered,
    "flip_realized_pnl": flip,
    "im_inverse": initial_inverse,
    "im_linear": initial_linear,
    "inverse_position_value": position_value,
    "liq_cross_linear_multi": liquidation_cross,
    "liq_isolated_linear": liquidation_linear,
    "liq_isolated_linear_hl": liquidation_hyperliquid,
    "liq_isolated_linear_mark_mm": liquidation_extra,
    "ltv": loan_to_value,
    "mm_tiered": maintenance,
    "upnl_inverse": pnl_inverse,
    "upnl_linear": pnl_linear,
}
"""Family → what the desk makes of its inputs."""


def test_published_vectors():
    vectors = json.loads(shared("data/margin/vectors.json").read_text())
    judged = 0
    for vector in vectors:
        if vector["family"] not in FAMILIES or vector["id"] in SKIPPED:
            continue
        found = FAMILIES[vector["family"]](vector["inputs"])
        for name, expected in vector["expected"].items():
            if name.startswith("commission"):
                continue  # a fee on the entry, not a figure of margin
            allowed = vector["tolerance"]
            room = allowed["abs"] if allowed["abs"] is not None else allowed["rel"] * abs(expected)
            assert abs(float(found[name]) - expected) <= room, (vector["id"], name, found[name])
            judged += 1
    assert judged == 56  # so that none is lost in silence

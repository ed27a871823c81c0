"""What the desk makes of published inputs: liquidation, bankruptcy, profit and loss."""

from decimal import Decimal as D

import msgspec
from helpers.documents import account_row, held, inverse, isolated, linear, position_row, text, tier
from helpers.margin_cases import BTC, account
from helpers.published import (
    DOLLAR_CONTRACT,
    bybit,
    fees_of,
    figures,
    filled,
    liquidation,
    number,
    signed,
)

from desk.margin.whatif import after_fill
from desk.model.orders import Side

# --- liquidation ---------------------------------------------------------------------------------


def liq_isolated_linear(inputs):
    row = inputs.get("position", inputs)
    one = isolated(
        linear(),
        signed(row),
        row["entry"],
        row.get("mark"),
        isolated_margin=inputs["wallet_balance"],
        maintenance_rate=row["mmr"],
        maintenance_amount=row["cum"],
    )
    return liquidation(position_row(one))


def liq_isolated_linear_hl(inputs):
    instrument = linear("hyperliquid", max_leverage=text(inputs["max_leverage"]))
    one = isolated(instrument, signed(inputs), inputs["entry"], isolated_margin=inputs["margin"])
    return liquidation(position_row(one))


def liq_cross_linear_multi(inputs):
    if "equity" in inputs:
        one = held(linear(), signed(inputs), inputs["mark"], maintenance_rate=inputs["mmr"])
        # Of the others only the maintenance is published: 4 % of a position of 100.
        other = held(linear(), 1, 25 * inputs["other_mm"], maintenance_rate="0.04")
        return liquidation(position_row(one, other, balances={"USDT": inputs["equity"]}))
    rows = [
        held(
            linear(),
            signed(row),
            row["entry"],
            row["mark"],
            maintenance_rate=row["mmr"],
            maintenance_amount=row["cum"],
        )
        for row in (inputs["position"], *inputs["others"])
    ]
    return liquidation(position_row(*rows, balances={"USDT": inputs["wallet_balance"]}))


def liq_isolated_linear_entry_mm(inputs):
    return liquidation(position_row(bybit("bybit-2025", inputs)))


def liq_isolated_linear_mark_mm(inputs):
    return liquidation(position_row(bybit("bybit-2026", inputs)))


def liq_isolated_funding_erosion(inputs):
    paid = -inputs["funding_paid_from_margin"]
    return liquidation(position_row(bybit("bybit-2025", inputs | {"extra_margin": paid})))


def liq_isolated_linear_with_fee(inputs):
    """OKX and Gate; Phemex sets the fee to close aside beside the initial margin."""
    fee = inputs.get("taker_fee", inputs.get("taker_fee_inferred"))
    rate = inputs.get("mmr", inputs.get("mmr_inferred"))
    margin = inputs.get("margin", inputs.get("available_margin"))
    found = {}
    if margin is None:
        found["assigned"] = fees_of(inputs)["margin_with_fee"]
        margin = found["assigned"]
    instrument = linear("okx", taker_fee_rate=text(fee))
    one = isolated(
        instrument, signed(inputs), inputs["entry"], isolated_margin=margin, maintenance_rate=rate
    )
    return found | liquidation(position_row(one))


# --- bankruptcy ----------------------------------------------------------------------------------


def bankruptcy_isolated_linear(inputs):
    one = isolated(linear(tiers=[tier()]), signed(inputs | {"qty": 1}), inputs["entry"],
                   leverage=inputs["leverage"])  # fmt: skip
    return figures(position_row(one), bankruptcy="bankruptcy_price")


def bankruptcy_cross_multi(inputs):
    """An account of one position is an isolated one: its wallet is what is left at the oracle's
    price, and closing a part is worth that part at the bankruptcy price."""
    ((asset, quantity),) = inputs["positions"].items()
    price = D(bankrupt(inputs, quantity, number(inputs["oracle"][asset]))["bankruptcy_price"])
    return {"quote": -number(inputs["delta"]) * price}


def bankrupt(inputs, quantity, price):
    wallet = number(inputs["quote_balance"]) + number(quantity) * price
    return position_row(isolated(linear(tiers=[tier()]), quantity, price, isolated_margin=wallet))


def bankruptcy_inverse_cross(inputs):
    """Where equity still pays the fee to close: the liquidation price at that maintenance rate."""
    one = held(
        inverse(), signed(inputs, "contracts_usd"), inputs["entry"],
        maintenance_rate=inputs["taker_fee"],
    )  # fmt: skip
    row = position_row(one, settle="BTC", balances={"BTC": inputs["balance_btc"]})
    return figures(row, bankruptcy="liquidation_price")


def liquidation_fee_insurance(inputs):
    """What closing leaves goes to the fund up to a fee; what it lacks comes from there."""
    ((_, quantity),) = inputs["positions"].items()
    entry, filled = D(50_000), number(inputs["fill_quote"]) / abs(number(quantity))
    balance = number(inputs["quote_balance"]) + number(quantity) * entry
    given = account(balances={"USDT": "0"})
    side = Side.BUY if quantity > 0 else Side.SELL
    other = Side.SELL if quantity > 0 else Side.BUY
    given = after_fill(given, BTC, side, abs(number(quantity)), entry, D(0))
    given = msgspec.structs.replace(given, balances={"USDT": balance})

    def left(fee):
        closed = after_fill(given, BTC, other, abs(number(quantity)), filled, fee)
        return closed.balances["USDT"]

    return {"to_insurance": min(left(D(0)), left(D(0)) - left(number(inputs["max_fee"])))}


# --- profit and loss -----------------------------------------------------------------------------


def upnl_linear(inputs):
    row = position_row(held(linear(), signed(inputs), inputs["entry"], inputs["price"]))
    return figures(row, upnl="unrealized_pnl")


def upnl_inverse(inputs):
    price = inputs.get("price", inputs.get("exit"))
    row = position_row(
        held(inverse(), signed(inputs, "contracts_usd"), inputs["entry"], price), settle="BTC"
    )
    pnl, worth = D(row["unrealized_pnl"]), D(row["notional"])
    at_entry = position_row(held(inverse(), inputs["contracts_usd"], inputs["entry"]), settle="BTC")
    fee = D(at_entry["notional"]) * number(inputs.get("taker_fee", 0))
    return {
        "pnl_btc": pnl, "upnl_btc": pnl, "upnl_eth": pnl, "upnl": pnl,
        "notional_btc": worth, "notional_eth": worth, "commission_btc": fee, "commission": fee,
    }  # fmt: skip


def pnl_net(inputs):
    one = held(linear(), 1, 100, 100 + inputs["pnl"])
    row = account_row(one, balances={"USDT": -number(inputs["funding_paid"])})
    return figures(row, net="equity")


def avg_entry_linear(inputs):
    position = filled(BTC, inputs["fills"])
    return {"avg_entry": position.entry_price(BTC), "value": position.cost}


def avg_entry_inverse(inputs):
    return {"avg_entry": filled(DOLLAR_CONTRACT, inputs["fills"]).entry_price(DOLLAR_CONTRACT)}


def flip_realized_pnl(inputs):
    (quantity, price), (sold, sold_at) = inputs["position"], inputs["sell"]
    return {"realized": filled(BTC, [[quantity, price], [-sold, sold_at]]).realized_pnl}


def position_netting_sequence(inputs):
    """The what-if books the fee with the fill: the balance is what has been realized."""
    given, found = account(balances={"USDT": "0"}), {}
    for count, (side, quantity, price) in enumerate(inputs["fills"], 1):
        given = after_fill(
            given,
            BTC,
            Side.BUY if side == "B" else Side.SELL,
            number(quantity),
            number(price),
            number(inputs["taker_fee"]),
        )
        found |= {
            f"avg_after_{count}": given.positions[0].entry_price,
            f"realized_after_{count}": given.balances["USDT"],
            f"qty_after_{count}": given.positions[0].quantity,
        }
    return found


FAMILIES = {
    "avg_entry_inverse": avg_entry_inverse,
    "avg_entry_linear": avg_entry_linear,
    "bankruptcy_cross_multi": bankruptcy_cross_multi,
    "bankruptcy_inverse_cross": bankruptcy_inverse_cross,
    "bankruptcy_isolated_linear": bankruptcy_isolated_linear,
    "flip_realized_pnl": flip_realized_pnl,
    "liq_cross_linear_multi": liq_cross_linear_multi,
    "liq_isolated_funding_erosion": liq_isolated_funding_erosion,
    "liq_isolated_linear": liq_isolated_linear,
    "liq_isolated_linear_entry_mm": liq_isolated_linear_entry_mm,
    "liq_isolated_linear_hl": liq_isolated_linear_hl,
    "liq_isolated_linear_mark_mm": liq_isolated_linear_mark_mm,
    "liq_isolated_linear_with_fee": liq_isolated_linear_with_fee,
    "liquidation_fee_insurance": liquidation_fee_insurance,
    "pnl_net": pnl_net,
    "position_netting_sequence": position_netting_sequence,
    "upnl_inverse": upnl_inverse,
    "upnl_linear": upnl_linear,
}
"""Family → what the desk makes of its inputs."""

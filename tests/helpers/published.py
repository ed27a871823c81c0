"""What published cases have in common: how their inputs are read, and what several need."""

from decimal import Decimal as D

import msgspec
from helpers.documents import held, inverse, isolated, linear, position_row, text, tier
from helpers.margin_cases import BTC_COIN

from desk.ledger.position import Position

DOLLAR_CONTRACT = msgspec.structs.replace(BTC_COIN, contract_size=D(1))


def number(value):
    return D(str(value))


def signed(inputs, name="qty"):
    """The quantity, below 0 for a short."""
    side = 1 if any(word in inputs.get("side", "long") for word in ("long", "buy")) else -1
    return number(inputs[name]) * side


def figures(row, *names, **renamed):
    """Numbers of a report row, some under the collection's name for them."""
    found = {name: D(row[name]) for name in names if row[name] is not None}
    return found | {theirs: D(row[ours]) for theirs, ours in renamed.items() if row[ours]}


def liquidation(row):
    return figures(row, liq_price="liquidation_price")


def bybit(model, inputs, **more):
    """An isolated position by Bybit's rules of a date."""
    fee = inputs.get("taker_fee", "0.00055")
    instrument = linear(model, tiers=[tier(inputs["mmr"])], taker_fee_rate=text(fee))
    return isolated(
        instrument,
        signed(inputs),
        inputs["entry"],
        leverage=inputs["leverage"],
        extra_margin=inputs.get("extra_margin", 0),
        maintenance_rate=inputs["mmr"],
        maintenance_amount=inputs.get("mm_deduction", 0),
        **more,
    )


def filled(instrument, fills):
    position = Position()
    for quantity, price in fills:
        position = position.filled(instrument, number(quantity), number(price))
    return position


def fees_of(inputs):
    """What Bybit sets aside for a fill: initial margin, the fee of opening and that of closing."""
    coin = "contracts_usd" in inputs
    kind = inverse if coin else linear
    fee = inputs["taker_fee"]
    price = inputs.get("price", inputs.get("entry"))

    def margin(rate):
        instrument = kind("bybit-2026", tiers=[tier()], taker_fee_rate=text(rate))
        one = held(
            instrument, signed(inputs, "contracts_usd" if coin else "qty"), price,
            leverage=inputs["leverage"],
        )  # fmt: skip
        return position_row(one, settle="BTC" if coin else "USDT")

    with_fee, without = margin(fee), margin(0)
    open_fee = D(without["notional"]) * number(fee)
    whole, initial = D(with_fee["initial_margin"]), D(without["initial_margin"])
    return {
        "im": initial,
        "open_fee": open_fee,
        "close_fee": whole - initial,
        "margin_with_fee": whole,
        "order_cost": whole + open_fee,
    }

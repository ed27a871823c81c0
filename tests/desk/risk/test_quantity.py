from decimal import Decimal as D

import pytest
from msgspec import structs

from desk.io.resources import resource
from desk.model.catalogue import load_catalogue
from desk.model.command import Quantity, QuantityUnit
from desk.model.events import Denial
from desk.model.orders import Side
from desk.risk.quantity import Scale, resolve

CATALOGUE = load_catalogue(resource("instruments.toml"))
LINEAR = CATALOGUE.get("BTCUSDT-PERP.BINANCE")
INVERSE = CATALOGUE.get("BTCUSD-PERP.BINANCE")
SPOT = CATALOGUE.get("BTCUSDT.BINANCE")


def scale(**fields):
    given = {
        "price": D(60000),
        "position": D(0),
        "free": D(100000),
        "leverage": D(5),
        "fee_rate": D("0.0005"),
    }
    return Scale(**{**given, **fields})


def risk(value, asset=""):
    return Quantity(D(value), QuantityUnit.RISK, asset)


@pytest.mark.parametrize(
    ("instrument", "quantity", "side", "at", "result"),
    [
        (LINEAR, Quantity(D("0.5")), Side.BUY, scale(), "0.5"),
        # 5,000 / 60,000 = 0.08333…, rounded down to the lot of 0.001.
        (LINEAR, Quantity(D(5000), QuantityUnit.NOTIONAL, "USD"), Side.BUY, scale(), "0.083"),
        (LINEAR, Quantity(D("0.5"), QuantityUnit.BASE, "BTC"), Side.BUY, scale(), "0.5"),
        (INVERSE, Quantity(D(12), QuantityUnit.CONTRACTS), Side.BUY, scale(), "12"),
        # 5,000 USD are 50 contracts of 100 USD; half a coin at 60,000 is 30,000 USD.
        (INVERSE, Quantity(D(5000), QuantityUnit.NOTIONAL, "USD"), Side.BUY, scale(), "50"),
        (INVERSE, Quantity(D("0.5"), QuantityUnit.BASE, "BTC"), Side.BUY, scale(), "300"),
        # A quarter of a long of 0.41 is 0.1025, rounded down.
        (
            LINEAR,
            Quantity(D(25), QuantityUnit.PERCENT),
            Side.SELL,
            scale(position=D("0.41")),
            "0.102",
        ),
        # All of 100,000 at 5×: each coin takes 12,000 of margin and 30 of fee: 8.3125…
        (LINEAR, Quantity(D(100), QuantityUnit.PERCENT), Side.BUY, scale(), "8.312"),
    ],
    ids=[
        "bare-coin",
        "notional",
        "coin",
        "contracts",
        "inverse-notional",
        "inverse-coin",
        "percent-of-position",
        "percent-of-margin",
    ],
)
def test_quantity_becomes_the_instruments_units(instrument, quantity, side, at, result):
    assert resolve(quantity, instrument, side, at) == D(result)


WRITE = "Write 2.5ct for contracts, 2.5btc for coin, or 2.5usd for value."
NO_PRICE = "has no fresh mark, so this quantity cannot be worked out."
LINEAR_ID, INVERSE_ID = "BTCUSDT-PERP.BINANCE", "BTCUSD-PERP.BINANCE"


@pytest.mark.parametrize(
    ("instrument", "quantity", "at", "code", "rule", "message"),
    [
        (INVERSE, Quantity(D("2.50")), {}, "QUANTITY_UNIT", "ord.no_limit_no_trade",
         f"2.5 of what? One contract of {INVERSE_ID} is 100 USD. {WRITE}"),
        (LINEAR, Quantity(D(1), QuantityUnit.BASE, "ETH"), {}, "QUANTITY_UNIT",
         "ord.no_limit_no_trade", f"{LINEAR_ID} is not counted in ETH."),
        (LINEAR, Quantity(D(0)), {}, "QUANTITY_UNIT", "ord.no_limit_no_trade",
         "A quantity must be above zero; 0 is not."),
        (LINEAR, Quantity(D("-1.50")), {}, "QUANTITY_UNIT", "ord.no_limit_no_trade",
         "A quantity must be above zero; -1.5 is not."),
        (LINEAR, Quantity(D(5), QuantityUnit.NOTIONAL, "USD"), {"price": None}, "NO_PRICE",
         "price.mark_sources", f"{LINEAR_ID} {NO_PRICE}"),
        (INVERSE, Quantity(D(1), QuantityUnit.BASE, "BTC"), {"price": None}, "NO_PRICE",
         "price.mark_sources", f"{INVERSE_ID} {NO_PRICE}"),
        (LINEAR, Quantity(D(5), QuantityUnit.PERCENT), {"price": None}, "NO_PRICE",
         "price.mark_sources", f"{LINEAR_ID} {NO_PRICE}"),
        (LINEAR, Quantity(D(5), QuantityUnit.PERCENT), {"free": None}, "MARGIN_UNKNOWN",
         "perp.margin_first", "What is free is unknown, so a share of it cannot be worked out."),
    ],
)  # fmt: skip
def test_an_unclear_quantity_is_denied_with_its_readings(
    instrument, quantity, at, code, rule, message
):
    denial = resolve(quantity, instrument, Side.BUY, scale(**at))
    assert denial == Denial(code=code, rule=rule, message=message)


TENTH = structs.replace(LINEAR, contract_size=D("0.1"), lot_size=D(1))
"""Counted in contracts of a tenth of a coin."""


@pytest.mark.parametrize(
    ("instrument", "quantity", "side", "at", "result"),
    [
        (LINEAR, Quantity(D("0.001")), Side.BUY, {}, "0.001"),
        (LINEAR, Quantity(D(6000), QuantityUnit.NOTIONAL, "USDT"), Side.BUY, {}, "0.1"),
        # 1.25 coins are 12.5 contracts, 60,000 USD ten at 6,000 each.
        (TENTH, Quantity(D("1.25"), QuantityUnit.BASE, "BTC"), Side.BUY, {"price": None}, "12"),
        (TENTH, Quantity(D(60000), QuantityUnit.NOTIONAL, "USD"), Side.BUY, {}, "10"),
        (INVERSE, Quantity(D(5000), QuantityUnit.NOTIONAL, "USD"), Side.SELL, {}, "50"),
        # On the position's side, and flat, a share is one of what is free.
        (LINEAR, Quantity(D(50), QuantityUnit.PERCENT), Side.BUY, {"position": D("0.4")}, "4.156"),
        (LINEAR, Quantity(D(50), QuantityUnit.PERCENT), Side.SELL, {}, "4.156"),
        (LINEAR, Quantity(D(50), QuantityUnit.PERCENT), Side.BUY, {"position": D("-0.4")}, "0.2"),
        (LINEAR, Quantity(D(50), QuantityUnit.PERCENT), Side.BUY, {"free": D(-5)}, "0"),
        (LINEAR, Quantity(D(100), QuantityUnit.PERCENT), Side.BUY, {"free": D(12030)}, "1"),
        (LINEAR, Quantity(D(100), QuantityUnit.PERCENT), Side.BUY, {"free": D("12029.9")}, "0.999"),
        (SPOT, Quantity(D(100), QuantityUnit.PERCENT), Side.BUY,
         {"free": D(60060), "leverage": D(1), "fee_rate": D("0.001")}, "1"),
        # A loss of 1 a coin at 10,000 and 9,999 without fees.
        (LINEAR, risk(1), Side.BUY,
         {"price": D(10000), "stop": D(9999), "fee_rate": D(0), "entry_fee_rate": D(0)}, "1"),
        (LINEAR, risk(1), Side.BUY,
         {"price": D(2), "stop": D("0.1"), "fee_rate": D(0), "entry_fee_rate": D(0)}, "0.526"),
    ],
)  # fmt: skip
def test_each_reading_of_a_quantity_is_rounded_down_to_the_lot(
    instrument, quantity, side, at, result
):
    assert resolve(quantity, instrument, side, scale(**at)) == D(result)


def test_selling_all_spot_sells_what_is_held_and_no_more():
    held = scale(position=D("0.123456789"), leverage=D(1), fee_rate=D("0.001"))
    everything = Quantity(D(100), QuantityUnit.PERCENT)
    assert resolve(everything, SPOT, Side.SELL, held) == D("0.12345")


@pytest.mark.parametrize(
    ("instrument", "quantity", "side", "at", "result"),
    [
        # A coin loses 1,000, and pays 60,000 × 0.0005 + 59,000 × 0.0005 = 59.5: 500 / 1,059.5.
        (LINEAR, risk(500, "USDT"), Side.BUY, {"stop": D(59000)}, "0.471"),
        (LINEAR, risk(500), Side.BUY, {"stop": D(59000)}, "0.471"),
        # Resting it pays 60,000 × 0.0002 + 29.5 = 41.5: 500 / 1,041.5 = 0.48007….
        (LINEAR, risk(500), Side.BUY, {"stop": D(59000), "entry_fee_rate": D("0.0002")}, "0.48"),
        # Short: 1,000 + 30 + 30.5 = 1,060.5.
        (LINEAR, risk("1060.5"), Side.SELL, {"stop": D(61000)}, "1"),
        (LINEAR, risk("1060.4"), Side.SELL, {"stop": D(61000)}, "0.999"),
        # 100/50,000 − 100/60,000 = 0.000333… BTC a contract, fees 0.0005 × (0.002 + 0.001666…):
        # 0.000335166… BTC. 0.01 BTC / that = 29.83; 500 USD at 50,000 are the same 0.01 BTC.
        (INVERSE, risk("0.01", "BTC"), Side.BUY, {"stop": D(50000)}, "29"),
        (INVERSE, risk("500", "USD"), Side.BUY, {"stop": D(50000)}, "29"),
    ],
)
def test_a_risk_is_what_is_lost_at_the_stop_with_both_fees(instrument, quantity, side, at, result):
    given = scale(**{"entry_fee_rate": D("0.0005"), **at})
    assert resolve(quantity, instrument, side, given) == D(result)


@pytest.mark.parametrize(
    ("side", "fields", "code", "message"),
    [
        (Side.BUY, {}, "QUANTITY_UNIT",
         "A quantity from risk is worked out from the stop: write sl PRICE."),
        (Side.BUY, {"stop": D(0)}, "QUANTITY_UNIT",
         "A quantity from risk is worked out from the stop: write sl PRICE."),
        (Side.BUY, {"stop": D(59000), "price": None}, "NO_PRICE",
         "BTCUSDT-PERP.BINANCE has no fresh mark, so this quantity cannot be worked out."),
        (Side.BUY, {"stop": D(60000)}, "QUANTITY_UNIT",
         "Between 60000 and a stop at 60000 a buy loses nothing to size by."),
        (Side.SELL, {"stop": D(59000)}, "QUANTITY_UNIT",
         "Between 60000 and a stop at 59000 a sell loses nothing to size by."),
    ],
)  # fmt: skip
def test_a_risk_without_a_loss_to_size_by_is_denied(side, fields, code, message):
    denial = resolve(risk(500, "USDT"), LINEAR, side, scale(**fields))
    assert (denial.code, denial.message) == (code, message)

"""What the desk makes of published inputs: collateral, loans, funding, partial liquidation."""

from decimal import Decimal as D

from helpers.documents import account_of, account_row, loan, text
from helpers.published import figures, number, signed

from desk.margin.financing import LoanTerms, Pledge, loan_figures
from desk.margin.funding import payment, rate_of, stamps
from desk.margin.interest import periods_begun
from desk.margin.relief import closing_size

HOUR_MS = 3_600_000

# --- collateral and loans ------------------------------------------------------------------------


def collateral_of(asset, quantity, price, haircut, *, owed=0, **more):
    row = account_row(
        balances={"USDT": owed, asset: quantity},
        prices={asset: price},
        haircuts={asset: haircut},
        **more,
    )
    return D(row["collateral_value"])


def collateral_haircut(inputs):
    haircut = text(1 - number(inputs["ratio"]))
    return {"collateral": collateral_of(inputs["asset"], 1, inputs["market_value"], haircut)}


def collateral_haircut_tiered(inputs):
    price = number(inputs["price"])
    if "rate" in inputs:
        row = account_row(
            balances={"USDT": 0, "BTC": inputs["qty"], "ZRX": 50_000},
            prices={"BTC": price, "ZRX": 1},
            haircuts={"BTC": text(1 - number(inputs["rate"])), "ZRX": "1"},
        )
        return figures(row, discounted_usd="collateral_value")
    slices = [
        {"up_to": text(number(up_to) / price), "rate": text(1 - number(ratio))}
        for up_to, ratio in inputs["tiers"]
    ]
    return {"collateral_value": collateral_of("BTC", inputs["qty"], price, slices)}


def auto_exchange(inputs):
    """As much of the asset as makes the deficit good after its haircut."""
    haircut, owed = text(1 - number(inputs["ratio"])), -inputs["deficit"]
    lacking = collateral_of("BTC", 0, 1, haircut, owed=owed)
    counts = collateral_of("BTC", 1, 1, haircut, owed=owed) - lacking
    return {"sold": -lacking / counts}


def multi_asset_collateral_nohaircut(inputs):
    return {"collateral": collateral_of("BTC", inputs["btc"], inputs["price"], "0")}


def ltv(inputs):
    row = account_of(loan(inputs["collateral"], inputs["loan"]))
    return figures(row, ltv="loan_to_value")


def falls(value, owed, call, close_out):
    """A loan against coins without haircut or cap: utilization is loan-to-value."""
    rules = LoanTerms(
        single_cap=D(1), group_cap=D(1), warn=D(0), call=number(call), close_out=number(close_out)
    )
    coins = Pledge(market_value=number(value), haircut=D(0), is_virtual=True)
    return loan_figures([coins], number(owed), rules)


def ltv_liq_price(inputs):
    price = number(inputs["price_at_loan"])
    owed = price * number(inputs["initial_ltv"])
    fall = falls(price, owed, 1, inputs["liquidation_ltv"]).fall_to_close_out
    return {"drawdown": fall, "liq_price": price * (1 - fall)}


def ltv_threshold_collateral(inputs):
    worth = D(20_000)
    found = falls(worth, inputs["loan"], inputs["margin_call_ltv"], inputs["liquidation_ltv"])
    return {
        "collateral_at_call": worth * (1 - found.fall_to_call),
        "collateral_at_liq": worth * (1 - found.fall_to_close_out),
    }


def margin_loan_interest(inputs):
    """By the hour a daily rate / 24; by four hours, and one more at the opening."""
    elapsed = round(inputs["hours"] * HOUR_MS)
    owed, rate = number(inputs["borrowed"]), number(inputs["rate"])
    hourly = owed * rate / 24 * periods_begun(elapsed, HOUR_MS)
    rolled = owed * rate * (1 + periods_begun(elapsed, 4 * HOUR_MS))
    return {"binance": {"interest": hourly}, "kraken": {"interest": rolled}}


# --- funding -------------------------------------------------------------------------------------


def funding_payment(inputs):
    if "mark_value_btc" in inputs:
        # The premium is the interest of an interval: nothing to clamp.
        interest = number(inputs["quote_rate_day"]) - number(inputs["base_rate_day"])
        interest /= inputs["intervals_per_day"]
        rate = rate_of(interest, interest, 24 // inputs["intervals_per_day"])
        received = payment(D(1), number(inputs["mark_value_btc"]), rate)
        return {"funding_rate": rate, "paid_btc": -received}
    return {"fee": paid(inputs, number(inputs["mark"]), number(inputs["rate"]))}


def paid(inputs, mark, rate):
    return payment(signed(inputs), number(inputs["qty"]) * mark, rate)


def funding_payment_window(inputs):
    """Opened a second after midnight, closed ten seconds after the last stamp."""
    last = max(int(hour) for hour in inputs["rates"]) * HOUR_MS
    charged = stamps(1_000, last + 10_000, 8, grace_ms=15_000)
    hours = [str(at // HOUR_MS) for at in charged]
    assert hours == sorted(inputs["rates"])
    fees = (paid(inputs, number(inputs["marks"][h]), number(inputs["rates"][h])) for h in hours)
    return {"fee": sum(fees)}


def funding_rate_clamp(inputs):
    oracle = number(inputs["oracle"])
    premium = (number(inputs["impact_bid"]) - oracle) / oracle
    rate = rate_of(premium, number(inputs["interest"]), 8)
    return {"premium": premium, "clamp": rate - premium, "rate_8h": rate}


# --- partial liquidation -------------------------------------------------------------------------


def partial_liquidation_size(inputs):
    price = number(inputs["oracle"])
    relief = price * number(inputs["quote_oracle"]) * number(inputs["margin_ratio"])
    fee = price * number(inputs["quote_oracle"]) * number(inputs["liq_fee"])
    cost = fee + price * number(inputs["if_fee"])
    return {"base_qty": closing_size(number(inputs["margin_shortage"]), relief, cost)}


def partial_liquidation_margin_loan(inputs):
    price, weight = number(inputs["price"]), number(inputs["liability_weight"])
    exchange = number(inputs["asset_liq_mult"]) / number(inputs["liability_liq_mult"])
    relief = price * (weight - number(inputs["asset_weight"]) * exchange)
    cost = price * number(inputs["if_fee"]) * weight
    return {"liability_qty": closing_size(number(inputs["margin_shortage"]), relief, cost)}


FAMILIES = {
    "auto_exchange": auto_exchange,
    "collateral_haircut": collateral_haircut,
    "collateral_haircut_tiered": collateral_haircut_tiered,
    "funding_payment": funding_payment,
    "funding_payment_window": funding_payment_window,
    "funding_rate_clamp": funding_rate_clamp,
    "ltv": ltv,
    "ltv_liq_price": ltv_liq_price,
    "ltv_threshold_collateral": ltv_threshold_collateral,
    "margin_loan_interest": margin_loan_interest,
    "multi_asset_collateral_nohaircut": multi_asset_collateral_nohaircut,
    "partial_liquidation_margin_loan": partial_liquidation_margin_loan,
    "partial_liquidation_size": partial_liquidation_size,
}
"""Family → what the desk makes of its inputs."""

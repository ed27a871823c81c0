"""The rules of working orders and perpetual accounts in the report: each line whole.

The document: 2 BTC bought at 60,000, mark 61,010.5, with 100,000 USDT and 1.5 BTC at 61,000 cut by
5 % behind them: 100,000 + 2,021 + 86,925 = 188,946 USDT. One sell of 0.2 at 62,000 is working.
"""

import pytest
from helpers.portfolios import BTC, ETH, GONE, report

ORDERS, POSITIONS = "accounts/0/orders", "accounts/0/positions"
MARKS = ("marks", {BTC: "61010.5", ETH: "2600"})
POSITION = {"instrument": BTC, "quantity": "2", "entry_price": "60000", "leverage": "5"}
# 20,000,000 HKD ÷ 7.85
MAX_VALUE = "2547770.700636942675159235669"


def order(side="SELL", quantity="0.2", instrument=BTC, price="62000", **more):
    return {
        "instrument": instrument,
        "side": side,
        "quantity": quantity,
        "type": "MARKET" if price is None else "LIMIT",
        "price": price,
        **more,
    }


def orders(*working):
    return (ORDERS, list(working))


def cash(quantity):
    return ("accounts/0/balances", [{"asset": "USDT", "quantity": quantity}])


def held(**changes):
    return (POSITIONS, [{**POSITION, **changes}])


def isolated(margin):
    return held(margin_mode="isolated", isolated_margin=margin)


def limit(rule, value, unit):
    return ("limits", {rule: {"value": value, "unit": unit}})


def shown(changes, rule):
    found = next(one for one in report(*changes)["rules"] if one["rule"] == rule)
    return found["status"], found["value"], found["limit"], found["message"]


SOLD = f"SELL 0.2 {BTC}"
CROSSED = ("BREACH", None, None, f"A buy and a sell of perp-1 in {BTC} cross.")
UNCROSSED = ("OK", None, None, "No two own orders cross.")
FILLED = "perp-1 with its orders filled"
FAR = "the distance from the mark"


@pytest.mark.parametrize(
    ("changes", "rule", "line"),
    [
        ([], "ord.no_limit_no_trade", ("OK", None, None, "Every limit has a number.")),
        ([limit("ord.price_collar", "0", "fraction")], "ord.no_limit_no_trade",
         ("BREACH", None, None, "ord.price_collar has no number: everything is refused.")),
        ([limit("ord.max_value", "0", "HKD")], "ord.no_limit_no_trade",
         ("BREACH", None, None, "ord.max_value has no number: everything is refused.")),
        # 989.5 ÷ 61,010.5
        ([], "ord.price_collar",
         ("OK", "0.016218519762991616197", "0.03", f"{SOLD}: {FAR}: within the limit.")),
        # 11,010.5 ÷ 61,010.5: the farthest of three, below the mark.
        ([orders(order(price="70000"), order(price="61010.5"), order(price="50000"))],
         "ord.price_collar",
         ("BREACH", "0.18046893567500676113", "0.03", f"{SOLD}: {FAR}: over the limit.")),
        ([orders(order(instrument=ETH))], "ord.price_collar",
         ("UNKNOWN", None, "0.03", f"SELL 0.2 {ETH}: {FAR}: unknown.")),
        ([orders(order("BUY", price=None), order(price="61010.5"))], "ord.price_collar",
         ("OK", "0", "0.03", f"{SOLD}: {FAR}: within the limit.")),
        ([orders()], "ord.price_collar", ("OK", None, None, "There is no working order.")),
        ([], "ord.max_value",
         ("OK", "12400", MAX_VALUE, f"{SOLD}: its value in USD: within the limit.")),
        ([("prices/USDT", "0.5")], "ord.max_value",
         ("OK", "6200", MAX_VALUE, f"{SOLD}: its value in USD: within the limit.")),
        ([("prices/USDT", GONE)], "ord.max_value",
         ("UNKNOWN", None, MAX_VALUE, f"{SOLD}: its value in USD: unknown.")),
        # At market up to the collar: 50 × 61,010.5 × 1.03.
        ([orders(order("BUY", "50", price=None))], "ord.max_value",
         ("BREACH", "3142040.75", MAX_VALUE, f"BUY 50 {BTC}: its value in USD: over the limit.")),
        ([orders(order("BUY", "1", ETH, None))], "ord.max_value",
         ("UNKNOWN", None, MAX_VALUE, f"BUY 1 {ETH}: its value in USD: unknown.")),
        ([orders()], "ord.max_value", ("OK", None, None, "No working order adds risk.")),
        ([], "ord.max_value.max_btc",
         ("OK", "0.2", "100", f"{SOLD}: its size in BTC: within the limit.")),
        ([], "ord.max_value.max_eth",
         ("OK", None, None, "No working order in ETH adds risk.")),
        ([orders(order("BUY", "100.1"))], "ord.max_value.max_btc",
         ("BREACH", "100.1", "100", f"BUY 100.1 {BTC}: its size in BTC: over the limit.")),
        ([MARKS, orders(order("BUY", "1001", ETH, "2600"))], "ord.max_value.max_eth",
         ("BREACH", "1001", "1000", f"BUY 1001 {ETH}: its size in ETH: over the limit.")),
        ([MARKS, orders(order("BUY", "1001", ETH, "2600"))], "ord.max_value.max_btc",
         ("OK", None, None, "No working order in BTC adds risk.")),
        ([orders(order("BUY", "1", ETH, None))], "ord.max_value.max_eth",
         ("UNKNOWN", None, "1000", f"BUY 1 {ETH}: its size in ETH: unknown.")),
        # The position alone: a sell only brings it down. 2 × 61,010.5
        ([], "ord.intraday_position",
         ("OK", "122021", "50000000", f"{BTC} in {FILLED}: within the limit.")),
        # 2 and both buys: 4 × 61,010.5; the sell turns to 3 short, and what reduces adds nothing.
        ([orders(order("BUY", "1.5"), order("BUY", "0.5"), order("SELL", "5"),
                 order("SELL", "9", reduce_only=True))], "ord.intraday_position",
         ("OK", "244042", "50000000", f"{BTC} in {FILLED}: within the limit.")),
        # 2 − 7 = 5 short, × 61,010.5
        ([orders(order("BUY", "1"), order("SELL", "7"))], "ord.intraday_position",
         ("OK", "305052.5", "50000000", f"{BTC} in {FILLED}: within the limit.")),
        ([("prices/USDT", "0.5")], "ord.intraday_position",
         ("OK", "61010.5", "50000000", f"{BTC} in {FILLED}: within the limit.")),
        ([("prices/USDT", GONE)], "ord.intraday_position",
         ("UNKNOWN", None, "50000000", f"{BTC} in {FILLED}: unknown.")),
        ([orders(order(instrument=ETH))], "ord.intraday_position",
         ("UNKNOWN", None, "50000000", f"{ETH} in {FILLED}: unknown.")),
        ([orders()], "ord.intraday_position", ("OK", None, None, "There is no working order.")),
        ([orders(order("BUY"), order("SELL"))], "ord.self_match", CROSSED),
        ([orders(order("BUY", price="61999.9"), order("SELL"))], "ord.self_match", UNCROSSED),
        ([orders(order("BUY", price="61999.9"), order("BUY", instrument=ETH), order("SELL"))],
         "ord.self_match", UNCROSSED),
        ([orders(order("BUY", price=None), order("SELL"))], "ord.self_match", CROSSED),
        ([orders(order("BUY"), order("SELL", price=None))], "ord.self_match", CROSSED),
        ([orders(order("BUY", price="1"), order("SELL"), order("BUY", price="62000.1"))],
         "ord.self_match", CROSSED),
    ],
)  # fmt: skip
def test_working_orders_are_held_against_their_rules(changes, rule, line):
    assert shown(changes, rule) == line


INVESTOR = "Professional investor: corporation, portfolio of 20,000,000 HKD as of 2026-03-01"
KNOWS = "Derivatives knowledge assessed on 2026-03-01"
SHEET = f"The disclosure sheet {BTC}@1 is"
OVER = "over its maintenance margin"
NO_POSITION = ("OK", None, None, "There is no perpetual position.")
KNOWLEDGE = "client.derivatives_knowledge"
PROOF, EXAM = "client/professional_investor/expires", "client/derivatives_knowledge/expires"


@pytest.mark.parametrize(
    ("changes", "rule", "line"),
    [
        ([], "pi.gate", ("OK", None, None, f"{INVESTOR}; expires on 2027-03-01.")),
        ([(PROOF, "2026-12-10")], "pi.gate",
         ("WARN", None, None, f"{INVESTOR}; expires on 2026-12-10, in 18 days.")),
        ([(PROOF, "2026-11-21")], "pi.gate",
         ("BREACH", None, None, "The professional investor evidence expired on 2026-11-21.")),
        ([], KNOWLEDGE, ("OK", None, None, f"{KNOWS}; expires on 2027-03-01.")),
        ([(EXAM, "2026-12-10")], KNOWLEDGE,
         ("WARN", None, None, f"{KNOWS}; expires on 2026-12-10, in 18 days.")),
        ([(EXAM, "2026-11-21")], KNOWLEDGE,
         ("BREACH", None, None, "The knowledge assessment expired on 2026-11-21.")),
        ([], "disc.kfs", ("OK", None, None, f"{SHEET} acknowledged.")),
        ([("client/disclosures", [])], "disc.kfs",
         ("BREACH", None, None,
          f"{SHEET} not acknowledged: read it (disclosure {BTC}), then acknowledge {BTC}@1.")),
        ([held(quantity="0")], "disc.kfs", NO_POSITION),
        ([held(quantity="0")], "pi.gate", NO_POSITION),
        # 188,946 less 122,021 ÷ 5
        ([], "perp.margin_first",
         ("OK", "164541.8", "0", "Available margin of perp-1: not below the limit.")),
        ([cash("10000")], "perp.margin_first",
         ("BREACH", "-12383.2", "0", "Available margin of perp-1: below the limit.")),
        ([("prices/USDT", GONE)], "perp.margin_first",
         ("UNKNOWN", None, None,
          "Available margin of perp-1 is unknown: BTC has no price in USDT.")),
        ([("accounts", [])], "perp.margin_first",
         ("OK", None, None, "There is no perpetual account.")),
        ([], "perp.max_leverage",
         ("OK", "5", "5", f"The setting of {BTC} in perp-1: within the limit.")),
        ([held(leverage="10")], "perp.max_leverage",
         ("BREACH", "10", "5", f"The setting of {BTC} in perp-1: over the limit.")),
        # 122,021 ÷ 12,021
        ([cash("10000")], "perp.max_leverage",
         ("BREACH", "10.150653023874885617", "5", "Leverage of perp-1: over the limit.")),
        ([("marks", {})], "perp.max_leverage",
         ("UNKNOWN", None, "5", "Leverage of perp-1: unknown.")),
        ([cash("-2021")], "perp.max_leverage",
         ("BREACH", "0", "5", "Leverage of perp-1: nothing is left.")),
        ([cash("-10000")], "perp.max_leverage",
         ("BREACH", "-7979", "5", "Leverage of perp-1: nothing is left.")),
        ([held(quantity="0")], "perp.max_leverage", NO_POSITION),
        # 188,946 ÷ 12,202.1, the house's tenth of 122,021
        ([], "perp.maintenance_margin",
         ("OK", "15.484711647995017251", "1.25",
          f"Collateral of perp-1 {OVER}: not below the limit.")),
        ([cash("10000")], "perp.maintenance_margin",
         ("BREACH", "0.98515829242507437244", "1.25",
          f"Collateral of perp-1 {OVER}: below the limit.")),
        ([cash("-2021")], "perp.maintenance_margin",
         ("BREACH", "0", "1.25", f"Collateral of perp-1 {OVER}: nothing is left.")),
        # 22,021 ÷ 12,202.1
        ([isolated("20000")], "perp.maintenance_margin",
         ("OK", "1.8046893567500676113", "1.25", f"Equity of {BTC} {OVER}: not below the limit.")),
        ([isolated("-3000")], "perp.maintenance_margin",
         ("BREACH", "-979", "1.25", f"Equity of {BTC} {OVER}: nothing is left.")),
        ([("marks", {})], "perp.maintenance_margin",
         ("UNKNOWN", None, "1.25", f"Collateral of perp-1 {OVER}: unknown.")),
        ([("as_of", "2027-11-22T00:00:00Z")], "perp.maintenance_margin",
         ("WARN", None, "1.25",
          f"The margin tiers of {BTC} are of 2026-09-29, over 90 days old.")),
        ([], "perp.loss_limited_to_margin",
         ("OK", "188946", "0", "Collateral of perp-1: not below the limit.")),
        ([cash("-10000")], "perp.loss_limited_to_margin",
         ("BREACH", "-7979", "0", "Collateral of perp-1: below the limit.")),
        ([isolated("20000")], "perp.loss_limited_to_margin",
         ("OK", "22021", "0", f"Equity of {BTC}: not below the limit.")),
        ([isolated("-3000")], "perp.loss_limited_to_margin",
         ("BREACH", "-979", "0", f"Equity of {BTC}: below the limit.")),
        ([], "perp.position_limit",
         ("OK", "122021", "50000000", f"{BTC} in perp-1: within the limit.")),
        ([("prices/USDT", "0.5")], "perp.position_limit",
         ("OK", "61010.5", "50000000", f"{BTC} in perp-1: within the limit.")),
        ([("marks", {})], "perp.position_limit",
         ("UNKNOWN", None, "50000000", f"{BTC} in perp-1: unknown.")),
        ([("prices/USDT", GONE)], "perp.position_limit",
         ("UNKNOWN", None, "50000000", f"{BTC} in perp-1: unknown.")),
        # 800 × 61,010.5 and 20,000 × 2,600: 48,808,400 + 52,000,000 of an account's 100 million.
        ([limit("perp.position_limit.instrument", "60000000", "USD"), MARKS,
          (POSITIONS, [{**POSITION, "quantity": "800"},
                       {**POSITION, "instrument": ETH, "quantity": "-20000"}])],
         "perp.position_limit",
         ("BREACH", "100808400", "100000000", "All positions of perp-1: over the limit.")),
        ([held(quantity="0")], "perp.position_limit", NO_POSITION),
        ([], "perp.ref_eligible", ("OK", None, None, "Every reference asset is eligible.")),
        ([], "price.mark_sources.stale_ms",
         ("OK", "0", "2000", f"The age of the mark of {BTC}: within the limit.")),
        ([("ages_ms", {BTC: "2000"})], "price.mark_sources.stale_ms",
         ("OK", "2000", "2000", f"The age of the mark of {BTC}: within the limit.")),
        ([("ages_ms", {BTC: "2001"})], "price.mark_sources.stale_ms",
         ("BREACH", "2001", "2000", f"The age of the mark of {BTC}: over the limit.")),
        ([("ages_ms", {BTC: "-1"})], "price.mark_sources.stale_ms",
         ("BREACH", None, "2000", f"The age of the mark of {BTC} is unknown.")),
        ([("ages_ms", {BTC: None})], "price.mark_sources.stale_ms",
         ("BREACH", None, "2000", f"The age of the mark of {BTC} is unknown.")),
        ([("marks", {})], "price.mark_sources.stale_ms",
         ("UNKNOWN", None, "2000", f"{BTC} has no mark price.")),
        ([held(quantity="0")], "price.mark_sources.stale_ms", NO_POSITION),
    ],
)  # fmt: skip
def test_perpetual_accounts_are_held_against_their_rules(changes, rule, line):
    assert shown(changes, rule) == line


def test_a_perpetual_on_another_asset_is_named():
    sol = "SOLUSDT-PERP.BINANCE"
    terms = {
        "kind": "perpetual", "contract": "linear", "base": "SOL", "quote": "USDT",
        "settle": "USDT", "contract_size": "1", "tick_size": "0.01", "lot_size": "1",
        "min_quantity": "1", "min_notional": "5", "maker_fee_rate": "0", "taker_fee_rate": "0",
    }  # fmt: skip
    changes = [("instruments", {sol: terms}), held(instrument=sol)]
    assert shown(changes, "perp.ref_eligible") == (
        "BREACH", "SOL", None, f"{sol} refers to SOL, which is not eligible."
    )  # fmt: skip

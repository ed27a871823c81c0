"""`desk risk check` against figures worked by hand for the design's two tickets."""

import copy
import json
from decimal import Decimal as D

import pytest

from desk.cli.shipped import shipped
from desk.model.errors import InputError
from desk.risk.document_check import check_document
from desk.risk.situation import read_situation

BTC, ETH = "BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE"
SHIPPED = shipped()

CLIENT = {
    "professional_investor": {
        "class": "corporation",
        "basis": "portfolio",
        "amount": "20000000",
        "currency": "HKD",
        "as_of": "2026-03-01",
        "expires": "2027-03-01",
    },
    "derivatives_knowledge": {"as_of": "2026-03-01", "expires": "2027-03-01"},
    "securities_margin_client": True,
    "disclosures": [f"{BTC}@1", f"{ETH}@1"],
}


def document(prices, marks, positions, orders, ticket, **fields):
    return {
        "schema": "desk.portfolio/1",
        "as_of": "2026-11-22T02:24:31Z",
        "currency": "USD",
        "prices": {**prices, "USDT": "1"},
        "marks": marks,
        "accounts": [
            {
                "id": "perp-1",
                "kind": "perpetual",
                "venue": "BINANCE",
                "balances": [
                    {"asset": "USDT", "quantity": "1150000"},
                    {"asset": "BTC", "quantity": "6"},
                    {"asset": "ETH", "quantity": "60"},
                ],
                "haircuts": {"BTC": "0.05", "ETH": "0.05"},
                "positions": [
                    {"instrument": i, "quantity": q, "entry_price": e, "leverage": "5"}
                    for i, q, e in positions
                ],
                "orders": [
                    {"instrument": i, "side": s, "quantity": q, "price": p, "reduce_only": r}
                    for i, s, q, p, r in orders
                ],
            }
        ],
        "client": CLIENT,
        "ticket": {"account": "perp-1", "type": "LIMIT", **ticket},
        **fields,
    }


# 10:24:31: 50 BTC and 760 ETH long, two buys and a reduce-only order working.
NORMAL = document(
    {"BTC": "61004.20", "ETH": "2601.74"},
    {BTC: "61010.5", ETH: "2602.18"},
    [(BTC, "50", "60412.30"), (ETH, "760", "2571.45")],
    [
        (BTC, "BUY", "4", "60900", False),
        (ETH, "BUY", "60", "2588", False),
        (ETH, "SELL", "200", "2655", True),
    ],
    {"instrument": BTC, "side": "BUY", "quantity": "2", "price": "60980"},
)

# 15:07:44: 72 BTC and 1,200 ETH long after the fall; utilization 105.72 %.
CALL = document(
    {"BTC": "58405.50", "ETH": "2446.92"},
    {BTC: "58412.0", ETH: "2447.30"},
    [(BTC, "72", "60268.90"), (ETH, "1200", "2561.84")],
    [],
    {"instrument": BTC, "side": "BUY", "quantity": "3", "price": "58420"},
)


def check(doc):
    return check_document(read_situation(json.dumps(doc).encode(), "test", SHIPPED))


def codes(answer):
    return [denial["code"] for denial in answer["denials"]]


def test_the_ticket_of_a_normal_moment_is_accepted_with_the_figures_worked_by_hand():
    answer = check(NORMAL)
    assert answer["accepted"] is True
    before, after = answer["before"], answer["after"]
    assert round(D(before["margin_utilization"]), 4) == D("0.6387")
    assert round(D(before["available_margin"]), 2) == D("613875.56")
    # −2 × 61,010.5 / 5 of margin, + 61.00 of profit at the mark, − 60.98 of taker fee.
    expected = D("613875.56") - D("24404.20") + D("61.00") - D("60.98")
    assert abs(D(after["available_margin"]) - expected) < D("0.05")
    assert round(D(after["margin_utilization"]), 4) == D("0.6531")


def test_the_ticket_in_a_margin_call_is_denied_with_every_reason():
    answer = check(CALL)
    assert answer["accepted"] is False
    assert codes(answer) == ["LEVEL_MARGIN_CALL", "MARGIN_AFTER_FILL", "LEVERAGE_OVER_CAP"]
    assert round(D(answer["before"]["margin_utilization"]), 4) == D("1.0572")
    assert round(D(answer["after"]["margin_utilization"]), 3) == D("1.083")


def changed(doc, path, value):
    doc = copy.deepcopy(doc)
    place = doc
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return doc


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (["client"], None, "PI_GATE"),
        (["client", "professional_investor"], None, "PI_GATE"),
        (["client", "professional_investor", "expires"], "2026-11-21", "PI_GATE"),
        (["client", "derivatives_knowledge"], None, "KNOWLEDGE_GATE"),
        (["client", "disclosures"], [], "DISCLOSURE"),
        (["marks", BTC], None, "NO_MARK"),
        (["prices", "BTC"], None, "DATA_UNKNOWN"),
        (["ages_ms"], {BTC: 2001, ETH: 5}, "STALE_MARK"),
        (["ages_ms"], {BTC: -1, ETH: 5}, "STALE_MARK"),
        (["ages_ms"], {ETH: 5}, "STALE_MARK"),
        (["ages_ms"], {BTC: 5, ETH: 2001}, "STALE_ACCOUNT"),
        (["ticket", "price"], "60980.05", "TICK_SIZE"),
        (["ticket", "quantity"], "0.0005", "LOT_SIZE"),
        (["ticket", "price"], "62841", "PRICE_COLLAR"),
        (["ticket", "quantity"], "42", "MAX_VALUE"),
        (["ticket", "leverage"], "6", "LEVERAGE_SETTING"),
        (["ticket", "reduce_only"], True, "REDUCE_ONLY"),
        (["ticket", "tif"], "FOK", None),
        (["limits"], {"ord.max_value": {"value": "100000", "unit": "USD"}}, "MAX_VALUE"),
        (["limits"], {"ord.price_collar": {"value": "0.0001", "unit": "fraction"}}, "PRICE_COLLAR"),
    ],
)
def test_each_rule_denies_what_it_is_there_for(path, value, code):
    found = codes(check(changed(NORMAL, path, value)))
    assert (found == []) if code is None else (code in found)


@pytest.mark.parametrize("broken", [["client"], ["marks", BTC], ["prices", "BTC"]])
def test_an_order_that_strictly_reduces_passes_whatever_is_missing(broken):
    ticket = {"instrument": BTC, "side": "SELL", "quantity": "50", "price": "60980"}
    doc = changed(NORMAL, ["ticket"], {"account": "perp-1", "type": "LIMIT", **ticket})
    assert codes(check(changed(doc, broken, None))) == []


def test_an_order_larger_than_the_position_is_new_risk_and_says_what_would_pass():
    ticket = {"instrument": BTC, "side": "SELL", "quantity": "50.001", "price": "60980"}
    doc = changed(NORMAL, ["ticket"], {"account": "perp-1", "type": "LIMIT", **ticket})
    answer = check(changed(doc, ["ages_ms"], {BTC: 3000, ETH: 5}))
    (stale,) = [d for d in answer["denials"] if d["code"] == "STALE_MARK"]
    assert "Up to 50 reduces" in stale["message"]


def test_whatever_denies_an_order_that_flips_names_what_would_pass():
    """Without a client, too large and with too little margin: 50 BTC may still be sold."""
    ticket = {"instrument": BTC, "side": "SELL", "quantity": "500", "price": "60980"}
    doc = changed(NORMAL, ["ticket"], {"account": "perp-1", "type": "LIMIT", **ticket})
    answer = check(changed(doc, ["client"], None))
    assert {"PI_GATE", "MAX_VALUE", "MARGIN_AFTER_FILL"} <= set(codes(answer))
    assert all(d["message"].count("Up to 50 reduces") == 1 for d in answer["denials"])


def test_what_would_pass_is_in_whole_lots():
    ticket = {"instrument": BTC, "side": "SELL", "quantity": "1", "price": "60980"}
    doc = changed(NORMAL, ["ticket"], {"account": "perp-1", "type": "LIMIT", **ticket})
    doc = changed(changed(doc, ["client"], None), ["accounts", 0, "orders"], [])
    part = changed(doc, ["accounts", 0, "positions", 0, "quantity"], "0.0125")
    assert all("Up to 0.012 reduces" in d["message"] for d in check(part)["denials"])
    dust = changed(doc, ["accounts", 0, "positions", 0, "quantity"], "0.0005")
    assert not any("Up to" in d["message"] for d in check(dust)["denials"])


def test_a_document_without_a_ticket_is_refused_with_the_field():
    with pytest.raises(InputError) as caught:
        check(changed(NORMAL, ["ticket"], None))
    assert caught.value.field == "ticket"


def test_a_stale_mark_anywhere_in_the_document_stops_new_risk():
    """Its report says REDUCING: what adds risk is not accepted beside that."""
    other = {"id": "perp-2", "kind": "perpetual", "balances": [{"asset": "USDT", "quantity": "9"}]}
    held = {"instrument": "SOLUSDT-PERP.BINANCE", "quantity": "1", "entry_price": "100"}
    given = {"kind": "perpetual", "contract": "linear", "base": "SOL", "quote": "USDT"}
    given |= {"settle": "USDT", "contract_size": "1", "tick_size": "0.01", "lot_size": "1"}
    tier = {"notional_floor": "0", "maintenance_rate": "0.01", "max_leverage": "20"}
    given["margin"] = {"model": "house", "tiers": [tier]}
    doc = changed(NORMAL, ["accounts"], [*NORMAL["accounts"], {**other, "positions": [held]}])
    doc = changed(doc, ["instruments"], {held["instrument"]: given})
    doc = changed(doc, ["marks"], {**NORMAL["marks"], held["instrument"]: "100"})
    ages = {BTC: 5, ETH: 5, held["instrument"]: 5}
    assert codes(check(changed(doc, ["ages_ms"], ages))) == []
    stale = check(changed(doc, ["ages_ms"], {**ages, held["instrument"]: 2001}))
    assert codes(stale) == ["DATA_STALE"]
    assert stale["denials"][0]["origin"] == "HOUSE"


def test_the_mark_of_a_working_order_is_one_the_margin_stands_on():
    doc = changed(NORMAL, ["accounts", 0, "positions"], [])
    doc = changed(doc, ["ages_ms"], {BTC: 5, ETH: 2001})
    assert "STALE_ACCOUNT" in codes(check(doc))


def coin_margined(**prices):
    """Ten million dollars of BTC on a coin-margined contract, in a document in euros."""
    name = "BTCUSD-PERP.BINANCE"
    tier = {"notional_floor": "0", "maintenance_rate": "0.004", "max_leverage": "100"}
    margin = {"instruments": {name: {"margin": {"model": "binance", "tiers": [tier]}}}}
    ticket = {"instrument": name, "side": "BUY", "quantity": "50000", "price": "61000"}
    client = {**CLIENT, "disclosures": [f"{name}@1"]}
    doc = document({}, {name: "61000"}, [], [], ticket, **margin)
    doc["client"], doc["currency"] = client, "EUR"
    doc["prices"] = {"BTC": "56000", **prices}
    doc["accounts"][0]["balances"] = [{"asset": "BTC", "quantity": "900"}]
    return doc


def test_a_limit_in_dollars_that_nothing_can_be_held_against_denies():
    """One bitcoin is not taken for one dollar where the document prices no dollar."""
    assert codes(check(coin_margined())) == ["VALUE_UNKNOWN"]
    assert codes(check(coin_margined(USD="0.92"))) == ["MAX_VALUE"]


def test_a_new_position_takes_the_margin_mode_of_its_account():
    doc = changed(NORMAL, ["accounts", 0, "margin_mode"], "isolated")
    doc = changed(doc, ["accounts", 0, "positions"], [])
    (bought,) = check(doc)["after"]["positions"]
    assert bought["margin_mode"] == "isolated"
    assert D(bought["isolated_wallet"]) == 2 * D(60980) / 5


def test_a_ticket_in_another_mode_than_the_position_is_denied():
    assert codes(check(changed(NORMAL, ["ticket", "margin_mode"], "isolated"))) == ["NOT_FLAT"]
    assert codes(check(changed(NORMAL, ["ticket", "margin_mode"], "cross"))) == []
    flat = changed(NORMAL, ["accounts", 0, "positions", 0, "quantity"], "0")
    answer = check(changed(flat, ["ticket", "margin_mode"], "isolated"))
    assert codes(answer) == []
    assert answer["after"]["positions"][0]["margin_mode"] == "isolated"


def isolated(**position):
    held = {"instrument": BTC, "quantity": "1", "entry_price": "61010.5", **position}
    doc = changed(NORMAL, ["accounts", 0, "positions"], [{**held, "margin_mode": "isolated"}])
    return changed(doc, ["accounts", 0, "orders"], [])


def test_another_leverage_puts_no_money_into_an_isolated_wallet():
    """Set from 10 to 5 the wallet is still 6,101.05: only what is bought now is put up at 5."""
    doc = changed(isolated(leverage="10"), ["ticket", "leverage"], "5")
    answer = check(doc)
    (after,) = answer["after"]["positions"]
    assert D(after["isolated_wallet"]) == D("6101.05") + 2 * D(60980) / 5
    fee = 2 * D(60980) * D("0.0005")
    gain = 2 * (D("61010.5") - D(60980))
    assert D(answer["after"]["equity"]) - D(answer["before"]["equity"]) == gain - fee


def test_a_position_without_a_leverage_is_added_to_at_that_of_the_profile():
    doc = changed(
        NORMAL, ["accounts", 0, "positions", 0], {**NORMAL["accounts"][0]["positions"][0]}
    )
    del doc["accounts"][0]["positions"][0]["leverage"]
    after = check(doc)["after"]["positions"][0]
    assert D(after["initial_margin"]) == D(after["notional"]) / 5


def test_a_spot_account_trades_at_its_own_venue():
    ticket = {"account": "s", "type": "LIMIT", "instrument": "BTCUSDT.BINANCE"}
    ticket |= {"side": "BUY", "quantity": "0.1", "price": "61000"}
    doc = changed(NORMAL, ["ticket"], ticket)
    doc["marks"]["BTCUSDT.BINANCE"] = "61000"
    spot = {"id": "s", "kind": "spot", "balances": [{"asset": "USDT", "quantity": "9000"}]}
    doc["accounts"].append(spot)
    assert codes(check(doc)) == []
    spot["venue"] = "KRAKEN"
    with pytest.raises(InputError, match="an instrument of KRAKEN"):
        check(doc)

"""What a portfolio document's ticket is refused or denied with, to the word."""

from decimal import Decimal as D

import pytest
from helpers.portfolios import BTC, ETH, GONE, LOAN, SPOT, situation

from desk.model.errors import InputError
from desk.risk.document_check import check_document

PAIR = "BTCUSDT.BINANCE"
TICKET = {
    "account": "perp-1", "instrument": BTC, "side": "BUY", "quantity": "0.1", "price": "61000",
}  # fmt: skip
CLEAN = ("accounts/0/orders", [])
LENT, COINS = ("accounts/1", LOAN), ("accounts/1", SPOT)


def asked(*changes, **fields):
    return check_document(situation(CLEAN, *changes, ("ticket", {**TICKET, **fields})))


def denials(*changes, **fields):
    found = asked(*changes, **fields)["denials"]
    return [(d["code"], d["rule"], d["origin"], d["message"]) for d in found]


@pytest.mark.parametrize(
    ("changes", "fields", "refusal"),
    [
        ([COINS], {"account": "spot-1"},
         ("ticket.account", "an account that trades perpetual instruments", "spot-1")),
        ([("marks", {BTC: "61010.5", PAIR: "61000"})], {"instrument": PAIR},
         ("ticket.instrument", "a perpetual", f"{PAIR}, which is spot")),
        ([LENT, ("marks", {BTC: "61010.5", PAIR: "61000"})],
         {"account": "loan-1", "instrument": PAIR},
         ("ticket.account", "an account that trades spot instruments", "loan-1")),
        ([("accounts/1", {**SPOT, "venue": "KRAKEN"}), ("marks", {PAIR: "61000"})],
         {"account": "spot-1", "instrument": PAIR},
         ("ticket.instrument", "an instrument of KRAKEN: one account, one venue", PAIR)),
    ],
)  # fmt: skip
def test_a_ticket_stands_in_an_account_that_trades_its_instrument(changes, fields, refusal):
    with pytest.raises(InputError) as refused:
        asked(*changes, **fields)
    error = refused.value
    assert (error.field, error.expected, error.found) == refusal


def test_a_document_without_a_ticket_has_nothing_to_check():
    with pytest.raises(InputError) as refused:
        check_document(situation())
    error = refused.value
    assert (error.field, error.expected, error.found) == (
        "ticket", "a ticket to check", "nothing"
    )  # fmt: skip


def test_a_ticket_that_nothing_is_wrong_with_is_accepted_with_both_accounts():
    found = asked()
    assert (found["accepted"], found["denials"]) == (True, [])
    assert found["before"]["positions"][0]["quantity"] == "2"
    assert found["after"]["positions"][0]["quantity"] == "2.1"


UNKNOWN = ("DATA_UNKNOWN", "price.mark_sources", "HOUSE")
TWO = "Figures of this portfolio are unknown."


@pytest.mark.parametrize(
    ("changes", "fields", "denial"),
    [
        ([("ages_ms", {BTC: "5", ETH: "2001"}), ("marks", {BTC: "61010.5", ETH: "2600"}),
          ("accounts/1", {"id": "perp-2", "kind": "perpetual", "balances": [],
                          "positions": [{"instrument": ETH, "quantity": "1",
                                         "entry_price": "2600"}]})], {},
         ("DATA_STALE", "price.mark_sources", "HOUSE",
          f"This portfolio stands on marks that are not fresh: {ETH}.")),
        ([COINS, ("accounts/1/balances/0/asset", "SOL")], {},
         (*UNKNOWN, f"{TWO} A held asset has no price.")),
        ([("accounts/1", {"id": "perp-2", "kind": "perpetual", "balances": [],
                          "positions": [{"instrument": ETH, "quantity": "1",
                                         "entry_price": "2600"}]})], {},
         (*UNKNOWN, f"{TWO} {ETH} has no mark price.")),
        ([], {"margin_mode": "isolated"},
         ("NOT_FLAT", "ord.no_limit_no_trade", "FOREIGN",
          f"The margin mode of {BTC} changes only when flat.")),
    ],
)  # fmt: skip
def test_what_a_document_cannot_vouch_for_is_denied_in_words(changes, fields, denial):
    assert denials(*changes, **fields) == [denial]


def test_what_only_reduces_is_not_denied_for_what_a_document_cannot_vouch_for():
    unpriced = [COINS, ("accounts/1/balances/0/asset", "SOL")]
    assert denials(*unpriced, side="SELL", quantity="2") == []
    assert denials(*unpriced, side="SELL", quantity="2.001") != []


def test_a_dollar_of_a_settle_asset_without_a_price_is_unknown():
    unpriced = ("prices/USDT", GONE)
    said = [one[0] for one in denials(unpriced)]
    assert "DATA_UNKNOWN" in said
    assert "VALUE_UNKNOWN" not in said  # a dollar coin counts at par for limits


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": "MARKET", "price": None}, None),
        ({"type": "MARKET", "price": None, "tif": "FOK"}, None),
        ({"type": "MARKET", "price": None, "tif": "GTC"}, "TIF"),
        ({"tif": "IOC"}, None),
        ({"post_only": True}, None),
        ({"post_only": True, "tif": "IOC"}, "POST_ONLY"),
        ({"reduce_only": True}, "REDUCE_ONLY"),
        ({"reduce_only": True, "side": "SELL"}, None),
        ({"leverage": "5.5"}, "LEVERAGE_SETTING"),
        ({"quantity": "0.0005"}, "LOT_SIZE"),
    ],
)
def test_every_field_of_a_ticket_reaches_the_pipeline(fields, code):
    said = [one[0] for one in denials(**fields)]
    assert (said == []) if code is None else (code in said)


def test_a_spot_ticket_pays_with_what_its_side_takes():
    changes = [("accounts/1", {**SPOT, "balances": [{"asset": "USDT", "quantity": "6106.1"},
                                                    {"asset": "BTC", "quantity": "0.1"}]}),
               ("marks", {BTC: "61010.5", PAIR: "61000"})]  # fmt: skip
    spot = {"account": "spot-1", "instrument": PAIR}
    # 0.1 × 61,000 and a fee of 0.1 % are 6,106.1 USDT.
    assert denials(*changes, **spot) == []
    (short,) = denials(*changes, **spot, quantity="0.10001")
    assert short[0] == "INSUFFICIENT_BALANCE"
    assert denials(*changes, **spot, side="SELL") == []
    (lacking,) = denials(*changes, **spot, side="SELL", quantity="0.10001")
    assert lacking[3] == "It needs 0.10001000 BTC; 0.10000000 is free in spot-1."


def test_what_the_settle_asset_is_worth_in_dollars_has_to_be_known():
    coin = "BTCUSD-PERP.BINANCE"
    tier = {"notional_floor": "0", "maintenance_rate": "0.004", "max_leverage": "100"}
    changes = [
        ("accounts/0/positions", []),
        ("accounts/0/balances", [{"asset": "BTC", "quantity": "5"}]),
        ("accounts/0/haircuts", {}),
        ("marks", {coin: "61000"}),
        ("prices/BTC", GONE),
        ("currency", "BTC"),
        ("instruments", {coin: {"margin": {"model": "binance", "tiers": [tier]}}}),
    ]
    said = denials(*changes, instrument=coin, quantity="1")
    assert (
        "VALUE_UNKNOWN", "ord.max_value", "HOUSE",
        "What BTC is worth in USD is unknown, and with it every limit in money.",
    ) in said  # fmt: skip


HELD = {"instrument": BTC, "quantity": "2", "entry_price": "60000", "leverage": "3"}
BESIDE = {"instrument": ETH, "quantity": "1", "entry_price": "2600", "leverage": "2"}
MARKS = ("marks", {BTC: "61010.5", ETH: "2600"})


def after(*changes, **fields):
    found = asked(*changes, **fields)["after"]
    return {one["instrument"]: one for one in found["positions"]}


def test_a_ticket_is_judged_at_the_leverage_of_its_position_and_moves_no_other():
    both = ("accounts/0/positions", [BESIDE, HELD])
    kept = after(both, MARKS)
    assert kept[BTC]["initial_margin"] == str(D("2.1") * D("61010.5") / 3)[:24]
    assert kept[ETH]["initial_margin"] == "1300"
    lowered = after(both, MARKS, leverage="2")
    assert D(lowered[BTC]["initial_margin"]) == D("2.1") * D("61010.5") / 2
    assert lowered[ETH]["initial_margin"] == "1300"


def test_a_ticket_says_the_mode_of_a_position_that_is_not_there_yet():
    (bought,) = after(("accounts/0/positions", []), margin_mode="isolated").values()
    assert bought["margin_mode"] == "isolated"
    (bought,) = after(("accounts/0/positions", [])).values()
    assert bought["margin_mode"] == "cross"
    flat = ("accounts/0/positions", [{**HELD, "quantity": "0"}])
    (bought,) = after(flat, leverage="4").values()
    assert D(bought["initial_margin"]) == D("0.1") * D("61010.5") / 4


def test_working_orders_of_the_account_stand_against_the_ticket():
    resting = {"instrument": BTC, "side": "SELL", "quantity": "0.2", "type": "LIMIT",
               "price": "61000"}  # fmt: skip
    (crossed,) = denials(("accounts/0/orders", [resting]))
    assert crossed[0] == "SELF_MATCH"
    assert "orders[0]" in crossed[3]
    assert denials(("accounts/0/orders", [{**resting, "price": "61000.1"}])) == []


def test_a_stale_mark_is_denied_with_its_age():
    found = denials(("ages_ms", {BTC: "4500"}))
    (stale,) = [one for one in found if one[0] == "STALE_MARK"]
    assert "(age 4.5 s; limit " in stale[3]


def test_a_reduce_only_sale_of_coins_is_held_to_the_coins():
    changes = [("accounts/1", {**SPOT, "balances": [{"asset": "ETH", "quantity": "5"}]}),
               ("marks", {BTC: "61010.5", PAIR: "61000"})]  # fmt: skip
    spot = {"account": "spot-1", "instrument": PAIR, "side": "SELL", "reduce_only": True}
    assert denials(*changes, **spot)[0][0] == "REDUCE_ONLY"

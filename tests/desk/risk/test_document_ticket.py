"""What a portfolio document's ticket is refused or denied with, to the word."""

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

"""Documents that are refused, each with the field, what was expected and what was found."""

from decimal import Decimal as D

import pytest
from helpers.portfolios import BTC, ETH, GONE, LOAN, SPOT, report, situation

from desk.model.errors import InputError
from desk.risk.document_check import check_document

COIN = "BTCUSD-PERP.BINANCE"
OURS = "BTCXYZ-PERP.NOWHERE"
FULL = {
    "kind": "perpetual", "contract": "linear", "base": "BTC", "quote": "USDT", "settle": "USDT",
    "contract_size": "1", "tick_size": "0.1", "lot_size": "0.001",
}  # fmt: skip
HELD = {"instrument": OURS, "quantity": "1", "entry_price": "60000"}
IN_FULL = [("accounts/0/venue", GONE), ("accounts/0/orders", []),
           ("instruments", {OURS: FULL}), ("accounts/0/positions", [HELD]),
           ("marks", {BTC: "61010.5", OURS: "61000"})]  # fmt: skip
LENT = ("accounts/1", LOAN)
ORDER = {"instrument": BTC, "side": "SELL", "quantity": "0.2", "type": "LIMIT", "price": "62000"}


@pytest.mark.parametrize(
    ("changes", "field", "expected", "found"),
    [
        ([LENT, ("accounts/1/collateral/0", {"asset": "BTC"})],
         "accounts[1].collateral[0].quantity", "the quantity of the asset", "nothing"),
        ([LENT, ("accounts/1/collateral/0", {"asset": "BTC", "quantity": "1",
                                             "market_value": "5"})],
         "accounts[1].collateral[0].market_value", "a quantity alone: the asset has a price", "5"),
        ([LENT, ("accounts/1/collateral/1/haircut", GONE)],
         "accounts[1].collateral[1].haircut",
         "a value: collateral without an asset is given in full", "nothing"),
        ([("accounts/0/orders", [{**ORDER, "type": "STOP"}])],
         "accounts[0].orders[0].type", "LIMIT or MARKET", "STOP"),
        ([("accounts/0/orders", [{**ORDER, "price": None}])],
         "accounts[0].orders[0].price", "a price: the order is LIMIT", "nothing"),
        ([("accounts/0/orders", [{**ORDER, "type": "MARKET"}])],
         "accounts[0].orders[0].price", "null: the order is MARKET", "62000"),
        ([("accounts/0/orders", [{**ORDER, "instrument": "NO-PERP.BINANCE"}])],
         "accounts[0].orders[0].instrument",
         "an instrument of the catalogue, or one given in `instruments`", "NO-PERP.BINANCE"),
        ([("accounts/0/haircuts", {"BTC": []})],
         "accounts[0].haircuts.BTC", "at least one slice", "none"),
        ([("accounts/0/haircuts", {"BTC": [{"up_to": "2", "rate": "0"},
                                           {"up_to": "1", "rate": "0.1"}]})],
         "accounts[0].haircuts.BTC[1].up_to",
         "slices by rising quantity, null only in the last", "1"),
        ([("accounts/0/balances", [{"asset": "USDT", "quantity": "1"},
                                   {"asset": "USDT", "quantity": "2"}])],
         "accounts[0].balances[1].asset", "each asset once", "USDT again"),
        ([("accounts/0/positions", [{"instrument": BTC, "quantity": "1", "entry_price": "1"}] * 2)],
         "accounts[0].positions[1].instrument", "one position an instrument (one-way)", BTC),
        ([("accounts/0/positions/0/maintenance_amount", "5")],
         "accounts[0].positions[0].maintenance_rate", "a rate beside maintenance_amount",
         "nothing"),
        ([*IN_FULL, ("instruments", {OURS: {**FULL, "settle": "BTC"}})],
         f"instruments.{OURS}.settle", "another asset than its base: linear", "BTC"),
        ([*IN_FULL, ("instruments", {OURS: {**FULL, "contract": "inverse"}})],
         f"instruments.{OURS}.settle", "its base coin: inverse", "USDT"),
        ([*IN_FULL, (f"instruments/{OURS}/tick_size", GONE)],
         f"instruments.{OURS}.tick_size",
         "a value: the catalogue does not know this instrument", "nothing"),
        ([("instruments", {"NODOT": FULL}),
          ("accounts/0/positions", [{**HELD, "instrument": "NODOT"}])],
         "instruments.NODOT", "an id as SYMBOL-PERP.VENUE or SYMBOL.VENUE", "NODOT"),
        ([("instruments", {".X": FULL}), ("accounts/0/positions", [{**HELD, "instrument": ".X"}])],
         "instruments..X", "an id as SYMBOL-PERP.VENUE or SYMBOL.VENUE", ".X"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_place(changes, field, expected, found):
    with pytest.raises(InputError) as refused:
        situation(*changes)
    error = refused.value
    assert (error.field, error.expected, error.found) == (field, expected, found)


def test_an_instrument_given_in_full_is_the_one_it_says_it_is():
    read = situation(*IN_FULL).instruments[OURS]
    assert (read.venue, read.connection, read.symbol) == ("NOWHERE", "nowhere", "BTCXYZ")
    assert (read.maker_fee_rate, read.taker_fee_rate) == (D("0.001"), D("0.001"))
    own = {**FULL, "taker_fee_rate": "0.0003"}
    read = situation(*IN_FULL, ("instruments", {OURS: own})).instruments[OURS]
    assert (read.maker_fee_rate, read.taker_fee_rate) == (D("0.0003"), D("0.0003"))


def totals(*changes):
    return report(*changes)["totals"]


def test_a_loan_in_coins_is_owed_in_the_delta():
    owed = [{"asset": "BTC", "principal": "3", "accrued_interest": "0.25"}]
    loan = {**LOAN, "loans": owed, "credit_limit": None}
    before = D(totals(("accounts/1", SPOT))["btc_delta"])
    # 2 pledged less 3.25 owed, in place of the 8 of a spot account.
    assert D(totals(("accounts/1", loan))["btc_delta"]) == before - 8 + 2 - D("3.25")


def test_an_account_that_is_warned_leaves_the_desk_active():
    warned = [("accounts/0/orders", []), ("accounts/0/haircuts", {}),
              ("accounts/0/balances", [{"asset": "USDT", "quantity": "24000"}])]  # fmt: skip
    found = report(*warned)
    assert found["accounts"][0]["level"] == "WARNING"
    assert found["state"] == "ACTIVE"


def rule(found, name):
    (row,) = [one for one in found["rules"] if one["rule"] == name]
    return row["status"], row["message"]


def test_a_position_without_a_mark_hides_no_stale_one():
    both = [{"instrument": ETH, "quantity": "1", "entry_price": "2600"},
            {"instrument": BTC, "quantity": "1", "entry_price": "60000"}]  # fmt: skip
    found = report(("accounts/0/positions", both), ("ages_ms", {BTC: "900000"}))
    status, _ = rule(found, "price.mark_sources.stale_ms")
    assert status == "BREACH"


def test_a_loan_without_a_limit_hides_none_that_is_beyond_its_own():
    free = {**LOAN, "id": "loan-0", "credit_limit": None}
    beyond = {**LOAN, "credit_limit": {"asset": "HKD", "quantity": "1"}}
    found = report(("accounts/1", free), ("accounts/2", beyond))
    assert rule(found, "vaf.credit_limit")[0] == "BREACH"


def test_dollars_of_a_report_in_hong_kong_dollars_are_taken_at_the_edge_of_the_peg():
    """Without a price of USD: 7.75, at which a limit in dollars is reached first."""
    in_hkd = [("currency", "HKD"), ("prices", {"USDT": "7.8", "BTC": "475800", "HKD": "1"}),
              ("accounts/0/orders", [])]  # fmt: skip
    ticket = {"account": "perp-1", "instrument": BTC, "side": "BUY", "quantity": "0.1",
              "type": "LIMIT", "price": "61000"}  # fmt: skip
    limit = 6100 * D("7.8") / D("7.75")
    for cap, passes in ((limit + 1, True), (limit - 1, False)):
        limits = ("limits", {"ord.max_value": {"value": str(cap), "unit": "USD"}})
        found = check_document(situation(*in_hkd, limits, ("ticket", ticket)))
        assert ("MAX_VALUE" not in [one["code"] for one in found["denials"]]) is passes

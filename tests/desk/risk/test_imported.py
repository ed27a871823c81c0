"""What is kept of a portfolio document, and what importing another one changes."""

import copy

import msgspec
from helpers.portfolios import BTC, DOCUMENT, LOAN, SPOT, situation

from desk.risk.imported import difference, kept, named_apart
from desk.risk.portfolio import Portfolio

FUND = {**DOCUMENT["accounts"][0], "id": "fund-1"}
BROKER = {**LOAN, "id": "fund-loan"}
COLD = {**SPOT, "id": "cold"}


def imported(*accounts, **changes):
    given = [("accounts", [copy.deepcopy(account) for account in accounts])]
    given += [(path.replace("__", "/"), value) for path, value in changes.items()]
    return kept(situation(*given))


def changed(before, after):
    """The only change of the only account."""
    found = difference(imported(before), imported(after))
    assert (found["added"], found["removed"], found["unchanged"], found["prices"]) == (
        [],
        [],
        [],
        [],
    )
    (row,) = found["changed"]
    assert row.pop("id") == after["id"]
    return row


def test_kept_are_accounts_and_prices_and_every_instrument_in_full():
    found = imported(FUND, profile="house_strict", currency="USD")
    assert found.accounts[0].id == "fund-1"
    assert (found.as_of, found.currency) == ("2026-11-22T00:00:00Z", "USD")
    assert str(found.prices["BTC"]) == "61000"
    assert str(found.marks[BTC]) == "61010.5"
    row = found.instruments[BTC]
    shipped = situation().instruments[BTC]
    assert row.margin is None
    given = msgspec.structs.asdict(row)
    assert {name: value for name, value in given.items() if name != "margin"} == {
        name: getattr(shipped, name) for name in given if name != "margin"
    }
    assert found.client is None
    assert (found.limits, found.ticket, found.ages_ms) == ({}, None, None)
    assert found.profile == "hk_sfc_2026"


def test_an_instrument_of_the_documents_own_keeps_its_margin():
    margin = {"model": "hyperliquid", "max_leverage": "40"}
    found = imported(FUND, instruments={BTC: {"contract_size": "2", "margin": margin}})
    row = found.instruments[BTC]
    assert (str(row.contract_size), row.margin.model, row.base) == ("2", "hyperliquid", "BTC")


def test_what_is_kept_comes_back_from_its_text():
    found = imported(FUND, BROKER, COLD)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Portfolio) == found


def test_an_id_that_is_taken_is_named_apart():
    given = imported(FUND, COLD)
    assert named_apart(given, ["perp-1", "spot-1"]) == (given, {})
    apart, names = named_apart(given, ["perp-1", "cold"])
    assert names == {"cold": "watched-cold"}
    assert [account.id for account in apart.accounts] == ["fund-1", "watched-cold"]
    crowded = imported(FUND, {**COLD, "id": "watched-fund-1"})
    apart, names = named_apart(crowded, ["fund-1"])
    assert names == {"fund-1": "watched-watched-fund-1"}
    assert [account.id for account in apart.accounts] == [
        "watched-watched-fund-1",
        "watched-fund-1",
    ]


def test_a_first_import_adds_everything():
    assert difference(None, imported(FUND, COLD)) == {
        "as_of": {"before": None, "after": "2026-11-22T00:00:00Z"},
        "added": ["fund-1", "cold"],
        "changed": [],
        "removed": [],
        "unchanged": [],
        "prices": [],
    }


def test_the_same_again_leaves_everything():
    found = difference(imported(FUND, BROKER, COLD), imported(FUND, BROKER, COLD))
    assert found["unchanged"] == ["fund-1", "fund-loan", "cold"]
    assert (found["added"], found["changed"], found["removed"], found["prices"]) == ([], [], [], [])


def test_numbers_written_otherwise_are_no_change():
    other = {**COLD, "balances": [{"asset": "USD", "quantity": "1E3"}, COLD["balances"][0]]}
    found = difference(imported(COLD), imported(other))
    assert found["unchanged"] == ["cold"]


def test_accounts_come_go_and_stay():
    found = difference(imported(FUND, COLD), imported(BROKER, FUND))
    assert (found["added"], found["removed"], found["unchanged"]) == (
        ["fund-loan"],
        ["cold"],
        ["fund-1"],
    )


def test_prices_and_marks_that_differ_are_named():
    before = imported(COLD, marks={BTC: "61000"})
    after = imported(COLD, marks={}, prices__BTC="62000", prices__SOL="150.0")
    after = msgspec.structs.replace(after, as_of="2026-11-23T00:00:00Z")
    found = difference(before, after)
    assert found["as_of"] == {"before": "2026-11-22T00:00:00Z", "after": "2026-11-23T00:00:00Z"}
    assert found["prices"] == [
        {"of": "BTC", "before": "61000", "after": "62000"},
        {"of": BTC, "before": "61000", "after": None},
        {"of": "SOL", "before": None, "after": "150"},
    ]
    assert found["unchanged"] == ["cold"]


def test_balances_show_what_was_and_what_is():
    after = {
        **COLD,
        "balances": [{"asset": "BTC", "quantity": "9"}, {"asset": "ETH", "quantity": "1"}],
    }
    assert changed(COLD, after) == {
        "balances": [
            {
                "of": "BTC",
                "before": {"asset": "BTC", "quantity": "8"},
                "after": {"asset": "BTC", "quantity": "9"},
            },
            {"of": "USD", "before": {"asset": "USD", "quantity": "1000"}, "after": None},
            {"of": "ETH", "before": None, "after": {"asset": "ETH", "quantity": "1"}},
        ]
    }


def test_positions_orders_and_haircuts_show_what_was_and_what_is():
    position = FUND["positions"][0]
    after = {
        **FUND,
        "venue": None,
        "haircuts": {"BTC": [{"up_to": "1", "rate": "0.05"}, {"up_to": None, "rate": "0.1"}]},
        "positions": [{**position, "quantity": "-2", "margin_mode": "isolated"}],
        "orders": [],
    }
    assert changed(FUND, after) == {
        "venue": {"before": "BINANCE", "after": None},
        "haircuts": {
            "before": {"BTC": "0.05"},
            "after": {"BTC": [{"up_to": "1", "rate": "0.05"}, {"rate": "0.1"}]},
        },
        "positions": [
            {
                "of": BTC,
                "before": position,
                "after": {**position, "quantity": "-2", "margin_mode": "isolated"},
            }
        ],
        "orders": [
            {"of": "1", "before": {**FUND["orders"][0], "reduce_only": False}, "after": None}
        ],
    }


def test_a_loan_shows_collateral_debts_and_limit():
    after = {
        **BROKER,
        "lender": "bank",
        "collateral": [
            {"asset": "BTC", "quantity": "2"},
            {"asset": "BTC", "quantity": "1"},
            {**BROKER["collateral"][1], "market_value": "4000000"},
        ],
        "loans": [],
        "credit_limit": None,
    }
    line = BROKER["collateral"][1]
    assert changed(BROKER, after) == {
        "lender": {"before": "broker", "after": "bank"},
        "collateral": [
            {
                "of": "HK blue chips",
                "before": line,
                "after": {**line, "market_value": "4000000"},
            },
            {"of": "BTC again", "before": None, "after": {"asset": "BTC", "quantity": "1"}},
        ],
        "loans": [{"of": "HKD", "before": BROKER["loans"][0], "after": None}],
        "credit_limit": {"before": {"asset": "HKD", "quantity": "3000000"}, "after": None},
    }


def test_an_account_of_another_kind_under_the_same_name_is_said_to_be_one():
    assert changed(COLD, {**BROKER, "id": "cold"}) == {
        "kind": {"before": "spot", "after": "financing"}
    }
    assert changed({**FUND, "id": "cold"}, COLD) == {
        "kind": {"before": "perpetual", "after": "spot"}
    }

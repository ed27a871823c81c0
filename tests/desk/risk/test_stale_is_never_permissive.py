"""Stale, missing or broken input never makes a decision more permissive (risk model, section 8)."""

from decimal import Decimal as D

import pytest
from helpers.portfolios import BTC, ETH, GONE, situation
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.risk.document_check import check_document

HELD = 2
DRAWN = 40
SECOND = {"instrument": ETH, "quantity": "-10", "entry_price": "2600", "leverage": "5"}
WORLD = (
    (f"marks/{ETH}", "2600"),
    ("accounts/0/positions/1", SECOND),
    ("client/disclosures", [f"{BTC}@1", f"{ETH}@1"]),
)

tickets = st.fixed_dictionaries(
    {
        "side": st.sampled_from(["BUY", "SELL"]),
        "quantity": st.integers(1, 3000).map(lambda lots: f"{D(lots) / 1000:f}"),
        "ticks": st.one_of(st.none(), st.integers(-25_000, 25_000)),
        "reduce_only": st.booleans(),
        "leverage": st.sampled_from([None, None, "3", "7"]),
    }
)
stale_ages = st.sampled_from(["2001", "1e9", "-1", "-0.001", None, "gone"])


def ticket_of(drawn):
    price = None if drawn["ticks"] is None else D("61010.5") + D(drawn["ticks"]) / 10
    row = {
        "account": "perp-1", "instrument": BTC, "side": drawn["side"],
        "quantity": drawn["quantity"], "type": "MARKET" if price is None else "LIMIT",
        "price": None if price is None else f"{price:f}", "reduce_only": drawn["reduce_only"],
    }  # fmt: skip
    return row | ({} if drawn["leverage"] is None else {"leverage": drawn["leverage"]})


def decided(drawn, *changes):
    return check_document(situation(*WORLD, ("ticket", ticket_of(drawn)), *changes))


def strictly_reduces(drawn):
    """By the book: the position is long 2, and a working sell of 0.2 is not reduce-only."""
    quantity = D(drawn["quantity"])
    room = D(HELD) if drawn["reduce_only"] else D(HELD) - D("0.2")
    return drawn["side"] == "SELL" and quantity <= room


def ages(which, age):
    fresh = {BTC: 10, ETH: 10}
    if age == "gone":
        return {name: ms for name, ms in fresh.items() if name != which}
    return fresh | {which: age}


def codes(answer):
    return {denial["code"] for denial in answer["denials"]}


@settings(max_examples=DRAWN)
@given(tickets, st.sampled_from([BTC, ETH]), stale_ages)
def no_age_but_a_fresh_one_lets_risk_in(drawn, which, age):
    fresh, stale = decided(drawn), decided(drawn, ("ages_ms", ages(which, age)))
    if strictly_reduces(drawn):
        # The collar needs a fresh mark; nothing else may stand in the way of getting out.
        assert stale["accepted"] or codes(stale) == codes(fresh) == {"PRICE_COLLAR"}
    else:
        assert not stale["accepted"]
        assert codes(fresh) - {"PRICE_COLLAR"} <= codes(stale)


@pytest.mark.fault("T02")
def test_no_age_but_a_fresh_one_lets_risk_in(figure):
    no_age_but_a_fresh_one_lets_risk_in()
    figure(f"{DRAWN} drawn tickets at ages that are not fresh: 0 let in but what reduces")


@settings(max_examples=DRAWN)
@given(
    tickets,
    st.sampled_from(
        [f"marks/{BTC}", f"marks/{ETH}", "prices/BTC", "prices/USDT", "client", "haircuts"]
    ),
)
def what_is_missing_never_lets_in_what_was_kept_out(drawn, missing):
    path = "accounts/0/haircuts" if missing == "haircuts" else missing
    whole, less = decided(drawn), decided(drawn, (path, GONE))
    if strictly_reduces(drawn):
        assert less["accepted"] or codes(less) <= codes(whole)
    else:
        assert whole["accepted"] or not less["accepted"]
    if missing.startswith(("marks", "prices", "client")) and not strictly_reduces(drawn):
        assert not less["accepted"]


@pytest.mark.fault("T02")
def test_what_is_missing_never_lets_in_what_was_kept_out(figure):
    what_is_missing_never_lets_in_what_was_kept_out()
    figure(f"{DRAWN} drawn tickets without a mark, price, client: 0 let in but what reduces")

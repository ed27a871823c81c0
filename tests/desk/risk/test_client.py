"""The client record, and which marks an account's margin stands on."""

from datetime import date
from decimal import Decimal as D

import pytest
from helpers.order_contexts import CATALOGUE
from helpers.portfolios import BTC, ETH, situation

from desk.risk.client import (
    ClientRecord,
    Knowledge,
    ProfessionalInvestor,
    describe,
    disclosure,
    sample_client,
)
from desk.risk.evaluation import marks_used

TODAY, LAST = date(2026, 11, 22), date(2027, 11, 22)
INVESTOR = ProfessionalInvestor(
    category="corporation",
    basis="portfolio",
    amount=D(20_000_000),
    currency="HKD",
    as_of=TODAY,
    expires=LAST,
)


def test_the_sample_client_is_complete_and_valid_for_a_year():
    assert sample_client([CATALOGUE.get(BTC), CATALOGUE.get(ETH)], TODAY) == ClientRecord(
        name="SAMPLE",
        professional_investor=INVESTOR,
        derivatives_knowledge=Knowledge(as_of=TODAY, expires=LAST),
        securities_margin_client=True,
        disclosures=(f"{BTC}@1", f"{ETH}@1"),
    )
    leap = sample_client([], date(2028, 2, 29))
    assert leap.professional_investor.expires == date(2029, 2, 28)
    assert sample_client([], date(2026, 12, 31)).derivatives_knowledge.expires == date(2027, 12, 28)
    assert disclosure("X") == "X@1"


@pytest.mark.parametrize(
    ("client", "text"),
    [
        (None, "no client"),
        (ClientRecord(), "no PI evidence"),
        (ClientRecord(name="Kowloon"), "Kowloon: no PI evidence"),
        (ClientRecord(professional_investor=INVESTOR), "PI corporation, expires 2027-11-22"),
        (ClientRecord(name="Kowloon", professional_investor=INVESTOR),
         "Kowloon: PI corporation, expires 2027-11-22"),
    ],
)  # fmt: skip
def test_a_client_is_described_on_one_line(client, text):
    assert describe(client) == text


@pytest.mark.parametrize(("reduce_only", "used"), [(False, {BTC, ETH}), (True, {BTC})])
def test_margin_stands_on_the_mark_of_an_order_that_opens_and_of_none_that_reduces(
    reduce_only, used
):
    order = {
        "instrument": ETH, "side": "BUY", "quantity": "1", "price": "2600",
        "reduce_only": reduce_only,
    }  # fmt: skip
    read = situation(("accounts/0/orders", [order]))
    assert set(marks_used(read.accounts["perp-1"])) == used


def test_margin_stands_on_no_mark_of_a_position_that_is_flat():
    flat = {"instrument": BTC, "quantity": "0", "entry_price": "60000"}
    read = situation(("accounts/0/orders", []), ("accounts/0/positions", [flat]))
    assert set(marks_used(read.accounts["perp-1"])) == set()

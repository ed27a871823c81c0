"""Doubts about data, and the collars: both sides of each limit, and all that each denial says."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.order_contexts import (
    AROUND,
    BTC,
    ETH,
    LIMITS,
    MARKET,
    context,
    order,
    said,
    without,
)

from desk.market.reference import Standing
from desk.model.orders import OrderType, Side
from desk.risk import data_doubts, market_checks
from desk.risk.data_doubts import MARK_DOUBTS, doubts

RULE = "price.mark_sources"
replace = msgspec.structs.replace


def market(**changes):
    return replace(MARKET, **changes)


def standing(state="CONSENSUS", votes=5, deviation="0", own="0"):
    def read(text):
        return None if text is None else D(text)

    return Standing(state=state, votes=votes, deviation=read(deviation), own_deviation=read(own))


STALE = "The mark of X is stale"


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, None),
        ({"mark": None}, ("NO_MARK", RULE, "X has no mark price.", None, None)),
        ({"quality": "UNKNOWN"}, ("NO_MARK", RULE, "X has no mark price.", None, None)),
        ({"quality": "STALE", "mark_age_ms": 2540},
         ("STALE_MARK", RULE, f"{STALE} (age 2.5 s; limit 2.0 s).", "2000", "2540")),
        ({"quality": "STALE", "mark_age_ms": 0, "mark_limit_ms": 4500},
         ("STALE_MARK", RULE, f"{STALE} (age 0.0 s; limit 4.5 s).", "4500", "0")),
        ({"quality": "STALE", "mark_age_ms": None},
         ("STALE_MARK", RULE, f"{STALE} (age unknown; limit 2.0 s).", "2000", None)),
        ({"quality": "STALE", "mark_age_ms": -1500},
         ("STALE_MARK", RULE,
          f"{STALE} (stamped 1.5 s ahead of its venue's own clock; limit 2.0 s).", "2000",
          "-1500")),
    ],
)  # fmt: skip
def test_no_fresh_mark_no_new_risk(changes, found):
    assert said(data_doubts.fresh_mark("X", market(**changes), LIMITS)) == found


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("beside", "found"),
    [
        (None, None),
        (standing(deviation=None), None),
        (standing("THIN", deviation="0.5"), None),
        (standing(deviation="0.03"), None),
        (standing(deviation="0.04"), ("+4.00", "0.04")),
        (standing(deviation="-0.0412"), ("-4.12", "0.0412")),
    ],
)
def test_a_mark_far_from_the_consensus_is_said_with_both_numbers(beside, found):
    denied = None
    if found is not None:
        message = f"The mark of X lies {found[0]}% from the consensus of 5 venues; the limit is "
        denied = ("DIVERGING", RULE, f"{message}3.0%.", "0.03", found[1])
    assert said(data_doubts.diverging("X", market(standing=beside), LIMITS)) == denied


VOTE = "venues vote; its venue's own index or spot has to confirm it within 1.0%."


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"standing": None}, None),
        ({"standing": standing(own="0.5")}, None),
        ({"standing": standing("THIN", 2, own="0.01")}, None),
        ({"standing": standing("THIN", 2, own="-0.01")}, None),
        ({"standing": standing("THIN", 2, own="0.02"), "mark": None}, None),
        ({"standing": standing("THIN", 2, own="0.02")},
         (f"The mark of X lies +2.00% off, and only 2 of 3 {VOTE}", "0.02")),
        ({"standing": standing("THIN", 1, own="-0.0301")},
         (f"The mark of X lies -3.01% off, and only 1 of 3 {VOTE}", "0.0301")),
        ({"standing": standing("THIN", 0, own=None)},
         (f"The mark of X has no index or spot price beside it, and only 0 of 3 {VOTE}",
          None)),
    ],
)  # fmt: skip
def test_where_few_vote_the_venue_s_own_price_confirms_the_mark(changes, found):
    wanted = None if found is None else ("MARK_UNCONFIRMED", RULE, found[0], "0.01", found[1])
    assert said(data_doubts.unconfirmed("X", market(**changes), LIMITS)) == wanted


@pytest.mark.parametrize(
    ("needed", "venues", "votes", "said_of_it"),
    [
        (3, 5, 3, None),
        (3, 3, 3, None),
        (3, 2, 0, None),
        (3, 3, 2, "3 are needed"),
        (3, 5, 0, "3 are needed"),
        (1, 1, 0, "1 are needed"),
        (0, 0, 0, None),
        (0, 1, 1, "the profile does not say how many are needed"),
        (0, 5, 5, "the profile does not say how many are needed"),
    ],
)
def test_a_live_feed_has_as_many_votes_as_the_profile_asks_for(needed, venues, votes, said_of_it):
    now = market(standing=standing(votes=votes), venues_live=venues)
    found = data_doubts.few_sources("X", now, replace(LIMITS, mark_sources=needed))
    message = f"Only {votes} of {venues} venues vote on the price behind X; {said_of_it}."
    denied = ("MARK_SOURCES", RULE, message, str(needed), str(votes))
    assert said(found) == (None if said_of_it is None else denied)
    alone = market(standing=None, venues_live=venues)
    assert data_doubts.few_sources("X", alone, replace(LIMITS, mark_sources=needed)) is None


@pytest.mark.parametrize("state", ["UNSYNCED", "EMPTY", "synced"])
def test_only_a_synced_book_is_traded_against(state):
    assert data_doubts.book_synced("X", market(), LIMITS) is None
    found = data_doubts.book_synced("X", market(book_state=state), LIMITS)
    assert said(found) == (
        "BOOK_UNSYNCED", RULE, f"The order book of X is {state.lower()}.", None, None
    )  # fmt: skip


def test_every_doubt_is_said_and_those_of_the_mark_leave_the_book_out():
    now = market(quality="STALE", book_state="GAP", venues_live=5,
                 standing=standing("THIN", 1, own="0.5"))  # fmt: skip
    asked = ["STALE_MARK", "MARK_UNCONFIRMED", "MARK_SOURCES"]
    assert [one.code for one in doubts("X", now, LIMITS)] == [*asked, "BOOK_UNSYNCED"]
    assert [one.code for one in doubts("X", now, LIMITS, MARK_DOUBTS)] == asked


def test_a_doubt_names_what_would_pass_where_the_order_would_flip():
    check = market_checks.hinted(data_doubts.book_synced)
    assert check(context()) is None
    flips = order(Side.SELL, quantity="3")
    found = check(context(flips, position=D(2), market={"book_state": "GAP"}))
    assert said(found) == (
        "BOOK_UNSYNCED", RULE,
        f"The order book of {BTC} is gap. Up to 2 reduces the position and would pass.",
        None, None,
    )  # fmt: skip


def test_margin_stands_on_every_mark_of_the_account():
    assert market_checks.fresh_account(context()) is None
    found = market_checks.fresh_account(context(doubted_elsewhere=(ETH, "SOL")))
    assert said(found) == (
        "STALE_ACCOUNT", RULE,
        f"The margin of perp-1 stands on marks that are not fresh or not confirmed: {ETH}, SOL.",
        None, None,
    )  # fmt: skip


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("price", "changes", "found"),
    [
        ("61800", {}, None),
        ("58200", {}, None),
        ("61800.1", {},
         ("Price 61,800.1 is 3.01% from the mark 60,000; the collar is 3.0%.",
          "0.03000166666666666666666666667")),
        ("57000", {}, ("Price 57,000 is 5.00% from the mark 60,000; the collar is 3.0%.",
                       "0.05")),
        ("90000", {"quality": "STALE"}, None),
        ("90000", {"mark": None}, None),
        ("90000", {"mark": "0"}, None),
        (None, {}, None),
    ],
)  # fmt: skip
def test_a_limit_price_lies_within_the_collar_on_either_side(price, changes, found):
    denied = None if found is None else ("PRICE_COLLAR", "ord.price_collar", found[0], "0.03")
    at = context(order(price=price), market=changes)
    wanted = None if denied is None else (*denied, found[1])
    assert said(market_checks.collar(at)) == wanted


def test_the_limit_of_a_stop_limit_is_held_against_its_trigger_even_where_no_mark_is_fresh():
    asked = order(type=OrderType.STOP_LIMIT, price="66000", trigger="60000")
    found = market_checks.collar(context(asked, market={"quality": "STALE", "mark": "66000"}))
    assert said(found) == (
        "PRICE_COLLAR", "ord.price_collar",
        "Price 66,000 is 10.00% from the trigger 60,000; the collar is 3.0%.", "0.03", "0.1",
    )  # fmt: skip


@pytest.mark.parametrize(("seconds", "runs"), [(None, False), (29, False), (30, True), (31, True)])
def test_a_price_that_runs_away_for_thirty_seconds_denies(seconds, runs):
    found = market_checks.anomaly(context(around=replace(AROUND, anomaly_s=seconds)))
    message = f"{BTC} has been running away for {seconds} s; new risk waits until it is calm."
    denied = ("PRICE_ANOMALY", "price.anomaly", message, "30", str(seconds))
    assert said(found) == (denied if runs else None)
    assert market_checks.anomaly(context(around=None)) is None


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("price", "low", "high", "away"),
    [
        ("63000", "60000", "63000", None),
        ("60000", "60000", "63000", None),
        ("64800", "60000", "63000", ("8.00", "0.08")),
        ("59220", "59000", "63000", ("6.00", "0.06")),
        ("64800", None, "63000", None),
        ("64800", "60000", None, None),
    ],
)
def test_a_price_lies_near_every_mark_of_the_last_minute(price, low, high, away):
    around = replace(
        AROUND,
        lowest_mark=None if low is None else D(low),
        highest_mark=None if high is None else D(high),
    )
    denied = None
    if away is not None:
        message = f"Price {int(price):,} is {away[0]}% from a mark of the last 60 s; the limit is "
        denied = ("PRICE_MOVE", "ord.price_collar", f"{message}5.0%.", "0.05", away[1])
    assert said(market_checks.collar_move(context(order(price=price), around=around))) == denied
    second = context(order(price=price), around=around, profile=without("ord.price_collar.move"))
    assert market_checks.collar_move(second) is None


def test_without_a_price_or_surroundings_there_is_no_second_collar():
    around = replace(AROUND, lowest_mark=D(1), highest_mark=D(2))
    unpriced = context(order(price=None), market={"mark": None}, around=around)
    assert market_checks.collar_move(unpriced) is None
    assert market_checks.collar_move(context(around=None)) is None

"""Which data allow new risk: the table of the risk model, section 6."""

from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import LIMITS

from desk.market.reference import Standing
from desk.risk.context import MarketNow
from desk.risk.data_doubts import doubts
from desk.risk.limits import limits_of
from desk.risk.profile import Profile

NAME = "BTCUSDT-PERP.BINANCE"

GOOD = MarketNow(
    mark=D(60000), quality="LIVE", mark_age_ms=100, book_state="SYNCED", expected_price=None
)


def standing(state="CONSENSUS", votes=5, deviation="0", own="0"):
    def read(text):
        return None if text is None else D(text)

    return Standing(state=state, votes=votes, deviation=read(deviation), own_deviation=read(own))


def codes(limits=LIMITS, **changed):
    now = msgspec.structs.replace(GOOD, **changed)
    return [denial.code for denial in doubts(NAME, now, limits)]


@pytest.mark.fault("T31")
def test_a_fresh_mark_in_a_consensus_raises_no_doubt():
    assert codes(standing=standing(), venues_live=5) == []


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("deviation", "code"),
    [("0.03", []), ("-0.03", []), ("0.0300001", ["DIVERGING"]), ("-0.0300001", ["DIVERGING"])],
)
def test_more_than_three_per_cent_from_the_consensus_is_diverging(deviation, code):
    assert codes(standing=standing(deviation=deviation)) == code


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("own", "code"),
    [("0.01", []), ("-0.0100001", ["MARK_UNCONFIRMED"]), (None, ["MARK_UNCONFIRMED"])],
)
def test_a_thin_index_leaves_the_mark_to_the_venues_own(own, code):
    assert codes(standing=standing("THIN", votes=2, own=own)) == code


@pytest.mark.fault("T31")
def test_thin_is_no_lock_by_itself_and_no_divergence_either():
    assert codes(standing=standing("THIN", votes=1, deviation="0.2")) == []


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("votes", "venues", "code"), [(2, 3, ["MARK_SOURCES"]), (3, 3, []), (2, 2, []), (0, 0, [])]
)
def test_a_live_feed_of_three_venues_needs_three_votes(votes, venues, code):
    assert codes(standing=standing("THIN", votes=votes), venues_live=venues) == code


@pytest.mark.fault("T31")
def test_a_mark_from_the_future_says_so():
    (denial,) = doubts(
        NAME, msgspec.structs.replace(GOOD, quality="STALE", mark_age_ms=-3600000), LIMITS
    )
    assert "stamped 3600.0 s ahead" in denial.message


@pytest.mark.fault("T31")
def test_every_reason_is_told_at_once():
    found = codes(
        quality="STALE", mark_age_ms=2001, book_state="UNSYNCED",
        standing=standing("THIN", votes=0, own=None), venues_live=5,
    )  # fmt: skip
    assert found == ["STALE_MARK", "MARK_UNCONFIRMED", "MARK_SOURCES", "BOOK_UNSYNCED"]


@pytest.mark.fault("T31")
def test_an_unknown_mark_is_no_mark_whatever_else_is_known():
    assert codes(mark=None, standing=standing(deviation=None)) == ["NO_MARK"]
    assert codes(quality="UNKNOWN") == ["NO_MARK"]


@pytest.mark.fault("T31")
def test_what_has_no_underlying_or_stands_in_a_document_is_not_asked_for_sources():
    assert codes(standing=None, venues_live=5) == []


@pytest.mark.fault("T31")
def test_a_profile_without_the_rule_never_has_enough_sources():
    limits = limits_of(Profile("empty", "house", "Empty", {}))
    assert "MARK_SOURCES" in codes(limits, standing=standing(votes=7), venues_live=7)
    assert "MARK_SOURCES" in codes(limits, standing=standing(votes=1), venues_live=1)
    assert "MARK_SOURCES" not in codes(limits, standing=standing(votes=7), venues_live=0)
    assert "DIVERGING" in codes(limits, standing=standing(deviation="0.0001"))


@pytest.mark.fault("T31")
@pytest.mark.parametrize(
    ("age_ms", "said"),
    [
        (None, "age unknown"),
        (1_000_000, "age 1000.0 s"),
        (-1_500, "stamped 1.5 s ahead of its venue's own clock"),
    ],
)
def test_a_stale_mark_is_named_with_its_age(age_ms, said):
    now = msgspec.structs.replace(GOOD, quality="STALE", mark_age_ms=age_ms, mark_limit_ms=3_000)
    (found,) = doubts(NAME, now, LIMITS)
    assert found.message == f"The mark of {NAME} is stale ({said}; limit 3.0 s)."

"""Evidence that a client is a professional investor: Cap. 571D, by class and by basis.

An individual by a portfolio; a corporation or partnership by a portfolio or by total assets; a
trust corporation by total assets. What is least of each stands in the profile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from desk.model.numbers import ONE, plain
from desk.risk.client import ProfessionalInvestor
from desk.risk.denial import beside
from desk.risk.profile import Profile

RULE = "pi.gate"
REVIEW = "pi.gate.review_days"

EVIDENCE: Mapping[tuple[str, str], str] = {
    ("individual", "portfolio"): "individual_portfolio",
    ("corporation", "portfolio"): "corporation_portfolio",
    ("corporation", "assets"): "corporation_assets",
    ("partnership", "portfolio"): "corporation_portfolio",
    ("partnership", "assets"): "corporation_assets",
    ("trust", "assets"): "trust_assets",
}
"""Class and basis → the parameter of `pi.gate` that the amount is held against."""

SAME_WORDS: Mapping[str, str] = {"total_assets": "assets", "trust_corporation": "trust"}

HKD_PER_UNIT: Mapping[str, Decimal] = {"HKD": ONE, "USD": Decimal("7.75")}
"""The strong edge of the peg band 7.75-7.85: an amount in USD is least in HKD there."""


def faults(
    investor: ProfessionalInvestor, profile: Profile, today: date
) -> Iterator[tuple[str, str]]:
    """Say what is wrong with the evidence, and by which rule; the gravest first."""
    if investor.expires < today:
        yield RULE, f"The professional investor evidence expired on {investor.expires}."
    if investor.as_of > today:
        yield RULE, f"The professional investor evidence is of {investor.as_of}, a day to come."
    yield from _amount_faults(investor, profile)
    if _reviewed_until(investor, profile) < today:
        days = plain(profile.number(REVIEW))
        said = f"The professional investor evidence is of {investor.as_of}; it is reviewed after "
        yield REVIEW, f"{said}{days} days."


def _amount_faults(investor: ProfessionalInvestor, profile: Profile) -> Iterator[tuple[str, str]]:
    parameter = EVIDENCE.get((_word(investor.category), _word(investor.basis)))
    rate = HKD_PER_UNIT.get(investor.currency)
    if parameter is None:
        known = ", ".join(f"{who} by {basis}" for who, basis in EVIDENCE)
        given = f"{investor.category} by {investor.basis}"
        yield RULE, f"{given} makes nobody a professional investor; these do: {known}."
    elif rate is None:
        yield RULE, f"The evidence is in {investor.currency}; it counts in HKD and USD."
    elif not investor.amount.is_finite():
        yield RULE, "The amount of the evidence is no number."
    else:
        least, worth = profile.number(RULE, parameter), investor.amount * rate
        if not least:
            yield RULE, f"{profile.name} does not say what a {investor.category} has to show."
        elif worth < least:
            said = f"The evidence shows {beside(worth, least, 0)} HKD of {investor.basis}; a "
            yield RULE, f"{said}{investor.category} has to show {least:,.0f} HKD."


def describe_evidence(investor: ProfessionalInvestor) -> str:
    """Say what was shown, on one line."""
    amount = f"{investor.amount:,.0f} {investor.currency}"
    shown = f"{investor.category}, {investor.basis} of {amount} as of {investor.as_of}"
    return f"Professional investor: {shown}"


def last_day(investor: ProfessionalInvestor, profile: Profile) -> date:
    """Return the last day on which the evidence counts: its expiry, or its review if sooner."""
    return min(investor.expires, _reviewed_until(investor, profile))


def _reviewed_until(investor: ProfessionalInvestor, profile: Profile) -> date:
    days = min(int(profile.number(REVIEW)), (date.max - investor.as_of).days)
    return investor.as_of + timedelta(days=days)


def _word(text: str) -> str:
    word = "_".join(text.lower().split())
    return SAME_WORDS.get(word, word)

"""The numbers of a rule profile as margin loans use them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from desk.margin.financing import LoanTerms
from desk.model.numbers import ONE, ZERO, parse_decimal
from desk.risk.profile import Profile

_RULES = (
    "client.smf_client",
    "kill.switch",
    "vaf.client_concentration",
    "vaf.collateral_concentration",
    "vaf.credit_limit",
    "vaf.eligible_collateral",
    "vaf.haircut",
    "vaf.loans_to_capital",
    "vaf.margin_call",
    "vaf.securities_collateral_present",
    "vaf.stop_advances",
)


class LoanLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What the profile says of margin loans; what it does not say refuses every draw."""

    eligible: tuple[str, ...] = ()
    """Virtual assets that count as collateral."""
    haircut: Decimal = ONE
    securities_share: Decimal = ONE
    """Least share of the margin value that is not virtual."""
    terms: LoanTerms = LoanTerms(
        single_cap=ZERO, group_cap=ZERO, warn=ZERO, call=ZERO, close_out=ZERO
    )
    loans_to_capital: Decimal = ZERO
    """Most that all loans may be, in multiples of the firm's capital."""
    client_concentration: Decimal = ZERO
    """Most that the loans of one client may be, a share of it."""
    annual_rate: Decimal | None = None
    """Of a draw that names none; a fraction."""
    cure_minutes: Decimal = ZERO
    """How long a margin call stands before it becomes a close-out."""
    shocks: tuple[Decimal, ...] = ()
    """Moves of virtual assets that stress tests look at, negative fractions."""
    origins: Mapping[str, str] = {}

    def origin(self, rule: str) -> str:
        """Return who a rule is from; a rule that the profile lacks is the house's refusal."""
        return self.origins.get(rule, "HOUSE")


def loan_terms(profile: Profile) -> LoanTerms:
    """Return the caps and levels of loans."""
    number = profile.number
    return LoanTerms(
        single_cap=number("vaf.collateral_concentration"),
        group_cap=number("vaf.collateral_concentration", "correlated_group"),
        warn=number("vaf.margin_warn"),
        call=number("vaf.margin_call"),
        close_out=number("vaf.margin_closeout"),
    )


def loan_shocks(profile: Profile) -> tuple[Decimal, ...]:
    """Return the moves that loans are stressed with, the gap among them, smallest first."""
    words = (parse_decimal(word) for word in profile.words("vaf.stress"))
    moves = {-abs(move) for move in words if move is not None}
    if gap := profile.number("vaf.stress", "gap"):
        moves.add(-gap)
    return tuple(sorted(moves, reverse=True))


def loan_limits(profile: Profile) -> LoanLimits:
    """Return the numbers of a profile; a least share that is missing is all of it."""
    share = profile.get("vaf.securities_collateral_present")
    haircut = profile.get("vaf.haircut")
    rate = profile.get("vaf.credit_limit", "annual_rate")
    return LoanLimits(
        eligible=profile.words("vaf.eligible_collateral"),
        haircut=ONE if haircut is None else profile.number("vaf.haircut"),
        securities_share=ONE if share is None else profile.number(share.rule),
        terms=loan_terms(profile),
        loans_to_capital=profile.number("vaf.loans_to_capital"),
        client_concentration=profile.number("vaf.client_concentration"),
        annual_rate=None if rate is None else profile.number(rate.rule),
        cure_minutes=profile.number("vaf.margin_call", "cure_minutes"),
        shocks=loan_shocks(profile),
        origins={name: rule.origin for name in _RULES if (rule := profile.get(name)) is not None},
    )

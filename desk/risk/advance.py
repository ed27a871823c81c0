"""May a client borrow, or take collateral back? Every reason at once, each with its rule.

SFC circular 26EC5 (11 Feb 2026) lets a broker lend to its securities margin clients against
securities and a limited set of virtual assets, within a credit limit, and stops further advances
while a margin call is open. What cannot be known is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from desk.margin.financing import LoanFigures
from desk.margin.rounding import written
from desk.model.events import Denial
from desk.model.numbers import plain
from desk.risk.loan_limits import LoanLimits


class Advance(msgspec.Struct, frozen=True, kw_only=True):
    """A draw that is asked for; money in the account's currency unless said otherwise."""

    account: str
    currency: str
    state: str
    """Of the desk."""
    smf_client: bool
    """Whether the client is known as a securities margin client."""
    called: tuple[str, ...]
    """Accounts of the desk in call or close-out."""
    doubtful: tuple[str, ...]
    """Accounts whose level cannot be known now."""
    after: LoanFigures
    """As if it were drawn."""
    eligible_value: Decimal | None
    """What the collateral that counts is worth after cuts."""
    credit_limit: Decimal | None
    all_loans: Decimal | None
    """Of every account with this draw, in the currency of the capital."""
    capital: Decimal | None
    limits: LoanLimits


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """Collateral that is asked back."""

    account: str
    state: str
    level: str
    before: LoanFigures
    after: LoanFigures
    limits: LoanLimits


def advance_denials(advance: Advance) -> list[Denial]:
    """Return every reason why this money may not be drawn."""
    return [
        *_state(advance.state, "Money is drawn", advance.limits),
        *_client(advance),
        *_open_calls(advance),
        *_credit_limit(advance),
        *_collateral(advance),
        *_capital(advance),
    ]


def release_denials(release: Release) -> list[Denial]:
    """Return every reason why this collateral may not come back; without a loan it may."""
    found = list(_state(release.state, "Collateral comes back", release.limits))
    after, limits = release.after, release.limits
    if after.loan == 0:
        return found
    if release.level in {"MARGIN_CALL", "CLOSE_OUT"}:
        found.append(
            _deny(
                limits,
                "CALL_OPEN",
                "vaf.margin_call",
                f"{release.account} is at {release.level}: no collateral comes back.",
            )
        )
    if not after.known:
        return [*found, _unknown(release.account, limits)]
    if _worse(after.largest_share, release.before.largest_share):
        found += _single(release.account, after, limits)
    if _worse(after.group_share, release.before.group_share):
        found += _group(release.account, after, limits)
    return [
        *found,
        *_securities(release.account, after, limits),
        *_below_call(release.account, after, limits, "CALL_AFTER_RELEASE"),
    ]


def _worse(after: Decimal | None, before: Decimal | None) -> bool:
    return after is None or before is None or after > before


def _deny(
    limits: LoanLimits,
    code: str,
    rule: str,
    message: str,
    limit: Decimal | None = None,
    actual: Decimal | None = None,
) -> Denial:
    return Denial(
        code=code,
        rule=rule,
        message=message,
        limit=None if limit is None else plain(limit),
        actual=None if actual is None else plain(written(actual)),
        origin=limits.origin(rule),
    )


def _state(state: str, what: str, limits: LoanLimits) -> Iterator[Denial]:
    if state != "ACTIVE":
        message = f"{what} only while the desk is ACTIVE."
        yield _deny(limits, f"STATE_{state}", "kill.switch", message)


def _client(advance: Advance) -> Iterator[Denial]:
    if not advance.smf_client:
        message = "The client is not known as a securities margin client."
        yield _deny(advance.limits, "SMF_GATE", "client.smf_client", message)


def _open_calls(advance: Advance) -> Iterator[Denial]:
    """A call anywhere stops advances, and so does a level that may be one."""
    rule = "vaf.stop_advances"
    if advance.called:
        message = f"Advances are stopped: {', '.join(advance.called)} in call or close-out."
        yield _deny(advance.limits, "ADVANCES_STOPPED", rule, message)
    if advance.doubtful:
        message = f"The level of {', '.join(advance.doubtful)} cannot be known now."
        yield _deny(advance.limits, "LEVEL_UNKNOWN", rule, message)


def _credit_limit(advance: Advance) -> Iterator[Denial]:
    rule, limit, loan = "vaf.credit_limit", advance.credit_limit, advance.after.loan
    name, currency = advance.account, advance.currency
    if limit is None:
        yield _deny(advance.limits, "NO_CREDIT_LIMIT", rule, f"{name} has no credit limit.")
    elif loan is None:
        message = f"The loan of {name} cannot be converted."
        yield _deny(advance.limits, "LOAN_UNKNOWN", rule, message, limit)
    elif loan > limit:
        message = (
            f"{name} would owe {loan:,.2f} {currency}; its credit limit is {limit:,.2f} {currency}."
        )
        yield _deny(advance.limits, "CREDIT_LIMIT", rule, message, limit, loan)


def _collateral(advance: Advance) -> Iterator[Denial]:
    name, after, limits = advance.account, advance.after, advance.limits
    if not after.known:
        yield _unknown(name, limits)
        return
    if not advance.eligible_value:
        message = f"{name} has no collateral that counts."
        yield _deny(limits, "NO_COLLATERAL", "vaf.eligible_collateral", message)
        return
    yield from _single(name, after, limits)
    yield from _group(name, after, limits)
    yield from _securities(name, after, limits)
    yield from _below_call(name, after, limits, "CALL_AFTER_DRAW")


def _unknown(name: str, limits: LoanLimits) -> Denial:
    message = f"What the collateral of {name} is worth cannot be known now."
    return _deny(limits, "COLLATERAL_UNKNOWN", "vaf.haircut", message)


def _single(name: str, after: LoanFigures, limits: LoanLimits) -> Iterator[Denial]:
    cap, share = limits.terms.single_cap, after.largest_share
    if share is not None and share > cap:
        message = (
            f"{name}: one virtual asset would be {share:.2%} of the margin value; "
            f"at most {cap:.2%} counts."
        )
        rule = "vaf.collateral_concentration"
        yield _deny(limits, "CONCENTRATION", rule, message, cap, share)


def _group(name: str, after: LoanFigures, limits: LoanLimits) -> Iterator[Denial]:
    cap, share = limits.terms.group_cap, after.group_share
    if share is not None and share > cap:
        message = (
            f"{name}: all virtual assets would be {share:.2%} of the margin value; "
            f"at most {cap:.2%} counts."
        )
        rule = "vaf.collateral_concentration"
        yield _deny(limits, "GROUP_CONCENTRATION", rule, message, cap, share)


def _securities(name: str, after: LoanFigures, limits: LoanLimits) -> Iterator[Denial]:
    least, share = limits.securities_share, after.securities_share
    if share is None or share < least:
        said = "nothing" if share is None else f"{share:.2%}"
        message = (
            f"{name}: securities and cash would be {said} of the margin value; "
            f"at least {least:.2%} is asked for."
        )
        rule = "vaf.securities_collateral_present"
        yield _deny(limits, "SECURITIES_SHARE", rule, message, least, share)


def _below_call(name: str, after: LoanFigures, limits: LoanLimits, code: str) -> Iterator[Denial]:
    call, used = limits.terms.call, after.utilization
    if used is None or used >= call:
        message = (
            f"{name} would have no margin value for its loan."
            if used is None
            else f"Utilization of {name} would be {used:.2%}; a margin call begins at {call:.2%}."
        )
        yield _deny(limits, code, "vaf.margin_call", message, call, used)


def _capital(advance: Advance) -> Iterator[Denial]:
    """Hold the desk's loans against the firm's capital: all of them, and those of its client.

    A desk has one client, so both are the same loans.
    """
    limits, rule = advance.limits, "vaf.loans_to_capital"
    loans, capital = advance.all_loans, advance.capital
    if not capital:
        message = "The firm's capital is not known: it is entered with `capital`."
        yield _deny(limits, "NO_FIRM_CAPITAL", rule, message)
        return
    if loans is None:
        message = "The loans of the firm cannot be converted."
        yield _deny(limits, "LOANS_UNKNOWN", rule, message, limits.loans_to_capital)
        return
    multiple, most = loans / capital, limits.loans_to_capital
    if loans > most * capital:
        message = f"Loans would be {multiple:.2f} times the firm's capital; {most:.2f} is the most."
        yield _deny(limits, "LOANS_TO_CAPITAL", rule, message, most, multiple)
    share = limits.client_concentration
    if loans > share * capital:
        message = (
            f"The client would owe {multiple:.2%} of the firm's capital; {share:.2%} is the most."
        )
        rule = "vaf.client_concentration"
        yield _deny(limits, "CLIENT_CONCENTRATION", rule, message, share, multiple)

"""From a portfolio document to what the desk computes with: instruments, terms, accounts.

Beside the document stand the files that ship: catalogue, margin tables, profiles. What the
document says wins over what ships; what neither says stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal

import msgspec

from desk.margin.inputs import AccountInput, MarginTerms
from desk.margin.rule_sets import OLD_AFTER_DAYS
from desk.model.catalogue import Catalogue
from desk.model.instrument import Instrument
from desk.model.numbers import ZERO
from desk.risk.instrument_row import instrument_of
from desk.risk.json_place import FieldError, Path
from desk.risk.loan_row import check_collateral
from desk.risk.margin_row import terms_of
from desk.risk.pool_row import Resolved, account_input, balances_of, check_price
from desk.risk.portfolio import PerpetualAccount, Portfolio, SpotAccount
from desk.risk.portfolio_reader import Source, parse_portfolio
from desk.risk.profile import Profile


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk brings along."""

    catalogue: Catalogue
    terms: Callable[[date], Mapping[str, MarginTerms]]
    """By instrument id, as the venues' rules of a day have them."""
    profile: Callable[[str], Profile | None]
    """By name; None when none of that name ships."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """A portfolio document, resolved."""

    portfolio: Portfolio
    source: Source
    profile: Profile
    """With the document's own limits."""
    instruments: Mapping[str, Instrument]
    """Every instrument the document speaks of."""
    terms: Mapping[str, MarginTerms]
    accounts: Mapping[str, AccountInput]
    """The perpetual accounts, by id."""

    @property
    def today(self) -> date:
        """The date of the document, in its own time zone."""
        return self.portfolio.time.date()

    def mark_age_ms(self, instrument_id: str) -> Decimal | None:
        """Return the age of a mark at `as_of`; None is unknown."""
        ages = self.portfolio.ages_ms
        return ZERO if ages is None else ages.get(instrument_id)

    def mark_quality(self, instrument_id: str) -> str:
        """Return LIVE, STALE or UNKNOWN: fresh is an age from 0 to the profile's limit."""
        if instrument_id not in self.portfolio.marks:
            return "UNKNOWN"
        age = self.mark_age_ms(instrument_id)
        limit = self.profile.number("price.mark_sources", "stale_ms")
        return "LIVE" if age is not None and 0 <= age <= limit else "STALE"

    def tiers_as_of(self, instrument_id: str) -> str | None:
        """Return the date of the shipped margin table of an instrument, if it uses one."""
        terms = self.terms.get(instrument_id)
        return None if terms is None else terms.as_of

    def tiers_are_old(self, instrument_id: str) -> bool:
        """Say whether that table is more than 90 days older than the document."""
        as_of = self.tiers_as_of(instrument_id)
        return as_of is not None and (self.today - date.fromisoformat(as_of)).days > OLD_AFTER_DAYS


def read_situation(data: bytes, name: str, shipped: Shipped, line: int | None = None) -> Situation:
    """Read and resolve a document; raise InputError naming line, field, expected and found."""
    portfolio, source = parse_portfolio(data, name, line)
    try:
        return resolved(portfolio, source, shipped)
    except FieldError as error:
        raise source.refusal(error) from None


def resolved(portfolio: Portfolio, source: Source, shipped: Shipped) -> Situation:
    """Resolve a document that was read; raise FieldError for what contradicts itself."""
    profile = _profile(portfolio, shipped)
    instruments: dict[str, Instrument] = {}
    terms: dict[str, MarginTerms] = {}
    in_force = shipped.terms(portfolio.time.date())
    for instrument_id, path in _mentioned(portfolio):
        if instrument_id in instruments:
            continue
        row = portfolio.instruments.get(instrument_id)
        instrument = instrument_of(instrument_id, row, shipped.catalogue.get(instrument_id), path)
        instruments[instrument_id] = instrument
        found = terms_of(instrument, row, in_force.get(instrument_id))
        if found is not None:
            terms[instrument_id] = found
    known = Resolved(
        portfolio=portfolio,
        instruments=instruments,
        terms=terms,
        collar_rate=profile.number("ord.price_collar"),
        default_leverage=profile.number("perp.max_leverage"),
    )
    _check_ticket(portfolio)
    accounts: dict[str, AccountInput] = {}
    for index, account in enumerate(portfolio.accounts):
        path: Path = ("accounts", index)
        if isinstance(account, PerpetualAccount):
            accounts[account.id] = account_input(account, path, known)
        elif isinstance(account, SpotAccount):
            balances_of(account.balances, path)
        else:
            check_collateral(account, path)
    return Situation(
        portfolio=portfolio,
        source=source,
        profile=profile,
        instruments=instruments,
        terms=terms,
        accounts=accounts,
    )


def _profile(portfolio: Portfolio, shipped: Shipped) -> Profile:
    profile = shipped.profile(portfolio.profile)
    if profile is None:
        raise FieldError(("profile",), "a rule profile that ships", portfolio.profile)
    return profile.with_limits(portfolio.limits) if portfolio.limits else profile


def _mentioned(portfolio: Portfolio) -> Iterator[tuple[str, Path]]:
    for instrument_id in portfolio.instruments:
        yield instrument_id, ("instruments", instrument_id)
    for index, account in enumerate(portfolio.accounts):
        if not isinstance(account, PerpetualAccount):
            continue
        for number, position in enumerate(account.positions):
            place = ("accounts", index, "positions", number, "instrument")
            yield position.instrument, place
        for number, order in enumerate(account.orders):
            yield order.instrument, ("accounts", index, "orders", number, "instrument")
    if portfolio.ticket is not None:
        yield portfolio.ticket.instrument, ("ticket", "instrument")


def _check_ticket(portfolio: Portfolio) -> None:
    ticket = portfolio.ticket
    if ticket is None:
        return
    check_price(ticket, ("ticket",))
    known = [account.id for account in portfolio.accounts]
    if ticket.account not in known:
        raise FieldError(("ticket", "account"), "an account of the document", ticket.account)

"""Every figure of a portfolio document: what the report writes down and rules are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from desk.margin.account import account_figures
from desk.margin.inputs import AccountFigures, AccountInput
from desk.margin.pool import total
from desk.margin.whatif import at_marks
from desk.model.instrument import Contract
from desk.model.numbers import ZERO
from desk.model.orders import MarginMode
from desk.risk.loan_row import Loan, loan_of
from desk.risk.portfolio import FinancingAccount, SpotAccount
from desk.risk.prices import index_price, price_of
from desk.risk.situation import Situation


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """How far a liquidation price could be off, and why; None where there is none."""

    low: Decimal | None
    high: Decimal | None
    causes: tuple[str, ...]


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """A situation with its figures."""

    situation: Situation
    perpetual: Mapping[str, AccountFigures]
    """In each account's settle asset."""
    loans: Mapping[str, Loan]
    spans: Mapping[tuple[str, str], Span]
    """Account and instrument → uncertainty of its liquidation price."""

    def rate(self, account: str) -> Decimal | None:
        """Return what a perpetual account's settle asset is worth in the document's currency."""
        return price_of(self.situation.portfolio, self.perpetual[account].settle)


def evaluate(situation: Situation) -> Evaluation:
    """Compute everything, once."""
    portfolio = situation.portfolio
    perpetual = {name: account_figures(one) for name, one in situation.accounts.items()}
    spans: dict[tuple[str, str], Span] = {}
    for name, account in situation.accounts.items():
        spans |= _spans(situation, account, perpetual[name])
    return Evaluation(
        situation=situation,
        perpetual=perpetual,
        loans={
            account.id: loan_of(account, portfolio, situation.profile)
            for account in portfolio.accounts
            if isinstance(account, FinancingAccount)
        },
        spans=spans,
    )


def _spans(
    situation: Situation, account: AccountInput, figures: AccountFigures
) -> dict[tuple[str, str], Span]:
    """Span each liquidation price over the marks and the prices the document gives beside them."""
    indices: dict[str, Decimal] = {
        position.instrument.id: index
        for position in account.positions
        if position.mark is not None
        and (index := index_price(situation.portfolio, position.instrument)) is not None
    }
    found = liquidation_spans(account, figures, indices, lambda name: _causes(situation, name))
    return {(account.id, instrument): span for instrument, span in found.items()}


def liquidation_spans(
    account: AccountInput,
    figures: AccountFigures,
    indices: Mapping[str, Decimal],
    causes_of: Callable[[str], Iterable[str]],
) -> dict[str, Span]:
    """Return by instrument how far its liquidation price is from that at index prices, and why.

    `causes_of`: what else makes an instrument's figures uncertain.
    """
    other = account_figures(at_marks(account, indices)) if indices else figures
    spans: dict[str, Span] = {}
    for here, there in zip(figures.positions, other.positions, strict=True):
        edges = [
            edge for edge in (here.liquidation_price, there.liquidation_price) if edge is not None
        ]
        causes = list(causes_of(here.instrument))
        if len(edges) == 2 and edges[0] != edges[1]:
            causes = [*_differences(figures, indices, here.instrument), *causes]
        spans[here.instrument] = Span(
            low=min(edges, default=None), high=max(edges, default=None), causes=tuple(causes)
        )
    return spans


def _differences(
    figures: AccountFigures, indices: Mapping[str, Decimal], own: str
) -> Iterable[str]:
    """Say which marks differ from their index: the position's own first, then the pool's others."""
    for held in sorted(figures.positions, key=lambda one: one.instrument != own):
        index = indices.get(held.instrument)
        if index is None or held.mark is None or index == held.mark:
            continue
        whose = "" if held.instrument == own else f"{held.instrument}: "
        yield f"{whose}mark {held.mark:f} against index {index:f}"


def _causes(situation: Situation, instrument_id: str) -> Iterable[str]:
    if situation.mark_quality(instrument_id) == "STALE":
        age = situation.mark_age_ms(instrument_id)
        yield "the age of the mark is unknown" if age is None else f"the mark is {age:f} ms old"
    if situation.tiers_are_old(instrument_id):
        yield f"the margin tiers are of {situation.tiers_as_of(instrument_id)}, over 90 days old"


# --- quality, level, totals ----------------------------------------------------------------------


def quality(evaluation: Evaluation) -> str:
    """Return UNKNOWN if a figure cannot be known, STALE if a mark in use is, else LIVE."""
    situation = evaluation.situation
    portfolio = situation.portfolio
    known = all(
        figures.known and evaluation.rate(name) is not None
        for name, figures in evaluation.perpetual.items()
    ) and all(loan.figures.known for loan in evaluation.loans.values())
    held = (
        balance.asset
        for account in portfolio.accounts
        if isinstance(account, SpotAccount)
        for balance in account.balances
        if balance.quantity
    )
    if not known or any(price_of(portfolio, asset) is None for asset in held):
        return "UNKNOWN"
    used = (one for account in situation.accounts.values() for one in marks_used(account))
    return "STALE" if any(situation.mark_quality(one) != "LIVE" for one in used) else "LIVE"


def marks_used(account: AccountInput) -> Iterator[str]:
    """Return the instruments on whose marks the figures of an account stand."""
    yield from (one.instrument.id for one in account.positions if one.quantity)
    yield from (one.instrument.id for one in account.orders if not one.reduce_only)


def spot_equity(evaluation: Evaluation, account: SpotAccount) -> Decimal | None:
    """Return what a spot account is worth in the document's currency."""
    portfolio = evaluation.situation.portfolio
    return total(
        None if (price := price_of(portfolio, row.asset)) is None else row.quantity * price
        for row in account.balances
        if row.quantity
    )


def equity(evaluation: Evaluation, account_id: str) -> Decimal | None:
    """Return an account's equity in the document's currency; of a loan, collateral − loan."""
    if account_id in evaluation.perpetual:
        figures, rate = evaluation.perpetual[account_id], evaluation.rate(account_id)
        return None if figures.equity is None or rate is None else figures.equity * rate
    if account_id in evaluation.loans:
        loan = evaluation.loans[account_id].figures
        if loan.market_value is None or loan.loan is None:
            return None
        return loan.market_value - loan.loan
    accounts = evaluation.situation.portfolio.accounts
    account = next(a for a in accounts if a.id == account_id)
    assert isinstance(account, SpotAccount)
    return spot_equity(evaluation, account)


def delta(evaluation: Evaluation, coin: str) -> Decimal | None:
    """Return how many coins' worth of price risk all accounts carry together.

    Balances, pledges and isolated wallets in the coin, less what is owed in it; linear positions
    by quantity × size; inverse ones by contracts × size ÷ entry price, which is exact: their
    unrealized P&L is in the coin and carries the rest.
    """
    return total(delta_parts(evaluation, coin))


def delta_parts(evaluation: Evaluation, coin: str) -> list[Decimal | None]:
    """Return what a delta is the sum of; an unknown part is None."""
    amounts: list[Decimal | None] = []
    for account in evaluation.situation.portfolio.accounts:
        if isinstance(account, FinancingAccount):
            amounts += [row.quantity for row in account.collateral if row.asset == coin]
            amounts += [
                -(row.principal + row.accrued_interest)
                for row in account.loans
                if row.asset == coin
            ]
        else:
            amounts += [row.quantity for row in account.balances if row.asset == coin]
    for account in evaluation.situation.accounts.values():
        for position in account.positions:
            instrument = position.instrument
            if instrument.base == coin:
                inverse = instrument.contract is Contract.INVERSE
                size = position.quantity * instrument.contract_size
                amounts.append(size / position.entry_price if inverse else size)
    instruments = evaluation.situation.instruments
    for figures in evaluation.perpetual.values():
        amounts += [
            position.isolated_wallet
            for position in figures.positions
            if position.margin_mode is MarginMode.ISOLATED
            and instruments[position.instrument].settle == coin
        ]
    return amounts


def capital_view(evaluation: Evaluation) -> Decimal | None:
    """Return what secures the firm's loans in its own capital view: virtual assets are 0 there."""
    return total(loan.figures.capital_value for loan in evaluation.loans.values())


def state(evaluation: Evaluation) -> str:
    """Return REDUCING when data is not live or an account is in call or close-out."""
    levels = [
        *(figures.level for figures in evaluation.perpetual.values()),
        *(loan.figures.level for loan in evaluation.loans.values()),
    ]
    calm = all(level in {"NORMAL", "WARNING"} for level in levels)
    return "ACTIVE" if calm and quality(evaluation) == "LIVE" else "REDUCING"


def worst_ratio(accounts: Iterable[AccountFigures]) -> Decimal | None:
    """Return the highest ratio of all pools and isolated positions; None if one is not known."""
    highest: Decimal | None = None
    for figures in accounts:
        units = [(figures.margin_ratio, figures.maintenance_margin)]
        units += [
            (position.margin_ratio, position.maintenance_margin)
            for position in figures.positions
            if position.margin_mode is MarginMode.ISOLATED and position.quantity
        ]
        for ratio, due in units:
            if ratio is None and due != ZERO:
                return None
            if ratio is not None:
                highest = ratio if highest is None else max(highest, ratio)
    return highest

"""The live desk as the portfolio document it would be: one code looks ahead for both.

Money is in the currency of the totals. Accounts that are only watched hold no money of this desk
and are left out. The Hong Kong dollar is taken at the edge of its band at which more is owed,
where nobody has entered its rate; the answer then carries that note.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from desk.engine.accounts import Account
from desk.engine.conversion import HKD, rate_notes, worth
from desk.engine.desk import HONG_KONG, Desk
from desk.engine.loans import owed
from desk.engine.views import TOTAL_CURRENCY
from desk.model.instrument import Instrument
from desk.risk.portfolio import (
    Account as DocumentAccount,
)
from desk.risk.portfolio import (
    Balance,
    CollateralRow,
    FinancingAccount,
    LoanRow,
    PerpetualAccount,
    Portfolio,
    SpotAccount,
)
from desk.risk.portfolio_reader import Source
from desk.risk.situation import Situation

_SOURCE = Source(name="the live desk", text="", tree=None, line=None)


def live_situation(desk: Desk) -> Situation:
    """Return the desk at this moment."""
    own = [account for account in desk.state.accounts.values() if not account.watched]
    inputs = {one.id: desk.account_input(one.id) for one in own if one.kind == "perpetual"}
    marks = {name: mark for given in inputs.values() for name, mark in given.marks.items()}
    portfolio = Portfolio(
        schema="desk.portfolio/1",
        as_of=_now(desk).isoformat(),
        currency=TOTAL_CURRENCY,
        prices=_prices(desk),
        accounts=[_account(desk, account) for account in own],
        profile=desk.rules.name,
        marks=marks,
        ages_ms={name: _age(desk, name) for name in marks},
        client=desk.client,
    )
    return Situation(
        portfolio=portfolio,
        source=_SOURCE,
        profile=desk.rules.profile,
        instruments=dict(_instruments(desk, marks)),
        terms=desk.terms,
        accounts=inputs,
    )


def _now(desk: Desk) -> datetime:
    return datetime.fromtimestamp(desk.wall_ms / 1000, UTC).astimezone(HONG_KONG)


def _age(desk: Desk, instrument: str) -> Decimal | None:
    age = desk.market.mark_age_ms(instrument, desk.now_ns)
    return None if age is None else Decimal(age)


def _instruments(desk: Desk, marks: dict[str, Decimal]) -> Iterator[tuple[str, Instrument]]:
    for instrument in desk.catalogue.all():
        held = any(instrument.id == name for _, name in desk.state.positions)
        if held or instrument.id in marks:
            yield instrument.id, instrument


def notes(desk: Desk) -> list[str]:
    """Return what a reader of the converted figures should know."""
    watched = desk.watched.assets if desk.state.imported else set[str]()
    return rate_notes(desk) if HKD in _assets(desk) | watched else []


def _prices(desk: Desk) -> dict[str, Decimal]:
    """Return what each asset that the desk has to do with is worth; unknown ones are left out."""
    return {
        asset: price
        for asset in sorted(_assets(desk))
        if (price := worth(desk, asset, TOTAL_CURRENCY, owed=True)) is not None
    }


def _assets(desk: Desk) -> set[str]:
    assets = {"BTC", "ETH", TOTAL_CURRENCY}
    for account in desk.state.accounts.values():
        assets |= set(desk.state.ledger.balances(account.id))
        assets |= {row.asset for row in owed(desk, account.id)}
        assets |= {line.currency for line in desk.state.lending.securities(account.id)}
        assets |= {account.settle} if account.settle else set()
    return assets


def _account(desk: Desk, account: Account) -> DocumentAccount:
    balances = [
        Balance(asset=asset, quantity=quantity)
        for asset, quantity in desk.state.ledger.balances(account.id).items()
    ]
    if account.kind == "perpetual":
        return PerpetualAccount(id=account.id, balances=balances, venue=account.venue)
    if account.kind == "spot":
        return SpotAccount(id=account.id, balances=balances, venue=account.venue)
    coins = [CollateralRow(asset=row.asset, quantity=row.quantity) for row in balances]
    lines = [
        CollateralRow(
            description=line.description,
            market_value=line.market_value,
            currency=line.currency,
            haircut=line.haircut,
        )
        for line in desk.state.lending.securities(account.id)
    ]
    return FinancingAccount(
        id=account.id,
        lender=account.lender,
        execution=account.execution,
        collateral=[*coins, *lines],
        loans=[
            LoanRow(
                asset=row.asset,
                principal=row.principal,
                accrued_interest=row.interest,
                annual_rate=row.annual_rate,
            )
            for row in owed(desk, account.id)
        ],
    )

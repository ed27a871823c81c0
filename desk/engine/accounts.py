"""The accounts of a desk, and which one trades what."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from desk.model.instrument import Instrument, Kind
from desk.risk.portfolio import Account as DocumentAccount
from desk.risk.portfolio import FinancingAccount, Portfolio


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account; margin never nets between accounts."""

    id: str
    kind: str
    """`perpetual`, `spot`, `financing`."""
    venue: str | None = None
    settle: str | None = None
    """Perpetual: the one asset of its margin pool."""
    lender: str = ""
    """Financing: who lends."""
    execution: str = ""
    """Financing: `paper` where the desk itself may sell what is pledged; else it only alarms."""
    currency: str = ""
    """Financing, and all that is watched: what its figures are in; of a watched pool its totals."""
    watched: bool = False
    """Imported to be looked at: it is never traded and holds no money of this desk."""


NEW_FOLDER: dict[str, Account] = {
    account.id: account
    for account in (
        Account(id="perp-1", kind="perpetual", venue="BINANCE", settle="USDT"),
        Account(id="spot-1", kind="spot", venue="BINANCE"),
        Account(id="loan-1", kind="financing", lender="broker", execution="paper", currency="HKD"),
    )
}
"""What a new folder holds; it is empty of money."""


def watched_accounts(portfolio: Portfolio) -> dict[str, Account]:
    """Return the accounts of an imported document, by id."""
    return {row.id: _watched(row, portfolio.currency) for row in portfolio.accounts}


def _watched(row: DocumentAccount, currency: str) -> Account:
    kind = str(row.__struct_config__.tag)
    if isinstance(row, FinancingAccount):
        return Account(
            id=row.id,
            kind=kind,
            lender=row.lender or "",
            execution=row.execution or "",
            currency=currency,
            watched=True,
        )
    return Account(id=row.id, kind=kind, venue=row.venue, currency=currency, watched=True)


def account_for(
    accounts: Mapping[str, Account], instrument: Instrument, named: str | None
) -> Account | str:
    """Return the account that trades an instrument, or a sentence why there is none."""
    kind = "perpetual" if instrument.kind is Kind.PERPETUAL else "spot"
    if named is None:
        own = [one for one in accounts.values() if one.kind == kind and not one.watched]
        found = own[0]
    elif named not in accounts:
        return f"There is no account {named}"
    else:
        found = accounts[named]
    if found.watched:
        return f"{found.id} is watched, and never traded here"
    if found.kind != kind:
        return f"{found.id} is a {found.kind} account and does not trade {instrument.id}"
    if found.venue != instrument.venue:
        return f"{found.id} trades at {found.venue}; {instrument.id} does not live there"
    if found.settle is not None and found.settle != instrument.settle:
        return (
            f"{found.id} is one margin pool in {found.settle}; {instrument.id} settles in "
            f"{instrument.settle}"
        )
    return found

"""The accounts of a desk, and which one trades what."""

from __future__ import annotations

import msgspec

from desk.model.instrument import Instrument, Kind


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account; margin never nets between accounts."""

    id: str
    kind: str
    """`perpetual`, `spot`, `financing`."""
    venue: str | None = None
    settle: str | None = None
    """Perpetual: the one asset of its margin pool."""


ACCOUNTS: dict[str, Account] = {
    account.id: account
    for account in (
        Account(id="perp-1", kind="perpetual", venue="BINANCE", settle="USDT"),
        Account(id="spot-1", kind="spot", venue="BINANCE"),
        Account(id="loan-1", kind="financing"),
    )
}
"""What a new folder holds; it is empty of money."""

DEFAULT_ACCOUNT = "perp-1"
"""Where deposits go unless an account is named."""


def account_for(instrument: Instrument, named: str | None) -> Account | str:
    """Return the account that trades an instrument, or a sentence why there is none."""
    kind = "perpetual" if instrument.kind is Kind.PERPETUAL else "spot"
    if named is None:
        candidates = [account for account in ACCOUNTS.values() if account.kind == kind]
        found = candidates[0]
    elif named not in ACCOUNTS:
        return f"There is no account {named}"
    else:
        found = ACCOUNTS[named]
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

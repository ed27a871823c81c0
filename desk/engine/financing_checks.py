"""What the commands of margin loans have in common: who, what, how much, and the row of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from desk.engine.accounts import Account
from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.lending import LendingChange
from desk.engine.loans import financing_accounts
from desk.engine.plan import Plan, refuse
from desk.ledger.book import Posting
from desk.model.numbers import is_postable, plain

CASH = ("HKD", "USD")
"""What securities are valued in, limits are agreed in, and what may be pledged beside coins."""


def financing_account(desk: Desk, name: str) -> Account:
    """Return a financing account whose money is this desk's, or refuse."""
    account = desk.state.accounts.get(name)
    if account is None or account.kind != "financing":
        known = ", ".join(a.id for a in financing_accounts(desk))
        raise refuse("ACCOUNT", f"There is no financing account {name}; there are {known}.")
    if account.watched:
        raise refuse("WATCHED", f"{name} is watched: its money is not this desk's.")
    return account


def check_spot(desk: Desk, name: str) -> None:
    """Refuse what is no spot account whose money is this desk's."""
    account = desk.state.accounts.get(name)
    if account is None or account.kind != "spot" or account.watched:
        raise refuse("ACCOUNT", f"{name} is no spot account of this desk.")


def check_asset(asset: str, known: tuple[str, ...]) -> None:
    """Refuse an asset that is not among the known."""
    if asset not in known:
        raise refuse("ASSET", f"{asset} is not taken here; {', '.join(known)} are.")


def check_amount(quantity: Decimal) -> None:
    """Refuse what the ledger cannot hold, nothing included."""
    if not is_postable(quantity) or quantity <= 0:
        raise refuse("AMOUNT", "An amount is positive and has at most 8 decimals.")


def check_free(desk: Desk, account: str, asset: str, quantity: Decimal) -> None:
    """Refuse more than an account has free."""
    free = desk.free_balance(account, asset)
    if quantity > free:
        raise refuse(
            "INSUFFICIENT_BALANCE",
            f"{account} has {plain(free)} {asset} free; {plain(quantity)} was asked for.",
        )


def record(
    desk: Desk,
    plan: Plan,
    account: Account | None,
    what: Mapping[str, object],
    *,
    postings: tuple[Posting, ...] = (),
    lending: LendingChange | None = None,
    reserve: bool = False,
) -> None:
    """Add the one row of a command."""
    plan.add(
        plan.about,
        Change(what=dict(what), postings=postings, lending=lending),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=None if account is None else account.id,
        reserve=reserve,
    )

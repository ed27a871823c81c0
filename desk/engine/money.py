"""Money in, money out, money between accounts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.plan import Plan, Refusal
from desk.ledger.book import WORLD, Posting, transfer
from desk.model.commands import Deposit
from desk.model.events import Denial
from desk.model.numbers import is_postable, plain
from desk.risk.denial import deny

ASSETS = ("USDT", "USDC", "USD", "HKD", "BTC", "ETH")
"""What an account of this desk may hold."""


def deposit(desk: Desk, command: Deposit, plan: Plan) -> None:
    """Take money in."""
    faults = list(money_faults(desk, command.account, command.asset, command.quantity))
    if faults:
        raise Refusal(*faults)
    moved = transfer(WORLD, command.account, command.asset, command.quantity)
    _record(desk, plan, command.account, moved, command.asset, command.quantity)


def money_faults(desk: Desk, account: str, asset: str, quantity: Decimal) -> Iterator[Denial]:
    """Say what is wrong with an amount of an asset in an account, whichever way it goes."""
    rule = "ord.no_limit_no_trade"
    found = desk.state.accounts.get(account)
    if found is None:
        known = ", ".join(desk.state.accounts)
        yield deny("ACCOUNT", rule, f"There is no account {account}; there are {known}.")
    elif found.watched:
        yield deny("WATCHED", rule, f"{account} is watched: its money is not this desk's.")
    elif found.kind == "financing":
        said = f"What {account} holds moves by pledge and release alone."
        yield deny("FINANCING", rule, said)
    elif asset in ASSETS and found.settle not in {None, asset}:
        said = f"{account} is one margin pool in {found.settle}; {asset} is held elsewhere."
        yield deny("ASSET", rule, said)
    if asset not in ASSETS:
        yield deny("ASSET", rule, f"{asset} is not held here; {', '.join(ASSETS)} are.")
    if not is_postable(quantity) or quantity <= 0:
        yield deny("AMOUNT", rule, "An amount is positive and has at most 8 decimals.")


def _record(
    desk: Desk,
    plan: Plan,
    account: str,
    postings: tuple[Posting, ...],
    asset: str,
    quantity: Decimal,
) -> None:
    if not postings:
        raise Refusal
    plan.add(
        plan.about,
        Change(what={"asset": asset, "quantity": plain(quantity)}, postings=postings),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=account,
    )

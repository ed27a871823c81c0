"""Money in, money out, money between accounts."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.plan import Plan, Refusal, refuse
from desk.engine.quality import mark_doubts
from desk.ledger.book import WORLD, Posting, transfer
from desk.margin.account import account_figures
from desk.model.commands import AddMargin, Deposit, Transfer, Withdraw
from desk.model.numbers import is_postable, plain
from desk.model.orders import MarginMode

ASSETS = ("USDT", "USDC", "USD", "HKD", "BTC", "ETH")
"""What an account of this desk may hold."""


def deposit(desk: Desk, command: Deposit, plan: Plan) -> None:
    """Take money in."""
    _check_money(desk, command.account, command.asset, command.quantity)
    moved = transfer(WORLD, command.account, command.asset, command.quantity)
    _record(desk, plan, command.account, moved, command.asset, command.quantity)


def withdraw(desk: Desk, command: Withdraw, plan: Plan) -> None:
    """Pay money out, if nothing that is held needs it."""
    _check_money(desk, command.account, command.asset, command.quantity)
    _check_leaves(desk, command.account, command.asset, command.quantity)
    moved = transfer(command.account, WORLD, command.asset, command.quantity)
    _record(desk, plan, command.account, moved, command.asset, command.quantity)


def move(desk: Desk, command: Transfer, plan: Plan) -> None:
    """Move money from one account to another."""
    _check_money(desk, command.source, command.asset, command.quantity)
    _check_money(desk, command.target, command.asset, command.quantity)
    if command.source == command.target:
        raise refuse("ACCOUNT", "A transfer needs two different accounts.")
    _check_leaves(desk, command.source, command.asset, command.quantity)
    moved = transfer(command.source, command.target, command.asset, command.quantity)
    _record(desk, plan, command.source, moved, command.asset, command.quantity)


def add_margin(desk: Desk, command: AddMargin, plan: Plan, account: str, settle: str) -> None:
    """Move margin into an isolated position, or out of it."""
    pocket = f"{account}/{command.instrument}"
    held = desk.state.position(account, command.instrument)
    if desk.state.mode(account, command.instrument) is not MarginMode.ISOLATED or not held.quantity:
        raise refuse("NOT_ISOLATED", f"{command.instrument} has no isolated position in {account}.")
    if not is_postable(command.amount) or command.amount == 0:
        raise refuse("AMOUNT", "The margin to move is not zero and has at most 8 decimals.")
    moved = transfer(account, pocket, settle, command.amount)
    if command.amount > 0:
        _check_leaves(desk, account, settle, command.amount)
    else:
        _check_pocket(desk, account, command, settle)
    _record(desk, plan, account, moved, settle, command.amount)


def _check_pocket(desk: Desk, account: str, command: AddMargin, settle: str) -> None:
    pool = desk.account_input(account)
    positions = tuple(
        msgspec.structs.replace(p, isolated_margin=(p.isolated_margin or 0) + command.amount)
        if p.instrument.id == command.instrument
        else p
        for p in pool.positions
    )
    after = account_figures(msgspec.structs.replace(pool, positions=positions))
    position = next(p for p in after.positions if p.instrument == command.instrument)
    equity = (position.isolated_wallet or Decimal(0)) + (position.unrealized_pnl or Decimal(0))
    needed = position.initial_margin
    if mark_doubts(desk, {command.instrument}) or needed is None or equity < needed:
        need = "unknown" if needed is None else f"{needed:,.2f} {settle}"
        raise refuse(
            "MARGIN_AFTER_WITHDRAWAL",
            f"{command.instrument} would keep {equity:,.2f} {settle}; its initial margin is "
            f"{need} and its mark must be fresh and confirmed.",
            "perp.margin_first",
        )


def _check_money(desk: Desk, account: str, asset: str, quantity: Decimal) -> None:
    if account not in desk.state.accounts:
        known = ", ".join(desk.state.accounts)
        raise refuse("ACCOUNT", f"There is no account {account}; there are {known}.")
    if desk.state.accounts[account].watched:
        raise refuse("WATCHED", f"{account} is watched: its money is not this desk's.")
    if desk.state.accounts[account].kind == "financing":
        raise refuse("FINANCING", f"What {account} holds moves by pledge and release alone.")
    if asset not in ASSETS:
        raise refuse("ASSET", f"{asset} is not held here; {', '.join(ASSETS)} are.")
    settle = desk.state.accounts[account].settle
    if settle is not None and asset != settle:
        raise refuse(
            "ASSET", f"{account} is one margin pool in {settle}; {asset} is held elsewhere."
        )
    if not is_postable(quantity) or quantity <= 0:
        raise refuse("AMOUNT", "An amount is positive and has at most 8 decimals.")


def _check_leaves(desk: Desk, account: str, asset: str, quantity: Decimal) -> None:
    """Deny what would leave the account short: of the asset itself, or of margin."""
    if desk.state.state != "ACTIVE":
        raise refuse(
            f"STATE_{desk.state.state}",
            "Money leaves an account only while the desk is ACTIVE.",
            "kill.switch",
        )
    free = desk.free_balance(account, asset)
    if quantity > free:
        raise refuse(
            "INSUFFICIENT_BALANCE",
            f"{account} has {plain(free)} {asset} free; {plain(quantity)} was asked for.",
            "perp.margin_first",
        )
    if desk.state.accounts[account].kind == "perpetual":
        _check_margin(desk, account, asset, quantity)


def _check_margin(desk: Desk, account: str, asset: str, quantity: Decimal) -> None:
    pool = desk.account_input(account)
    if not pool.positions and not pool.orders:
        return
    if doubted := mark_doubts(desk, desk.needed_marks(account)):
        raise Refusal(*doubted)
    balances = dict(pool.balances)
    balances[asset] = balances.get(asset, Decimal(0)) - quantity
    after = account_figures(msgspec.structs.replace(pool, balances=balances))
    if after.available_margin is None:
        raise refuse("MARGIN_UNKNOWN", "Margin cannot be known: " + "; ".join(after.unknown) + ".")
    if after.available_margin < 0:
        raise refuse(
            "MARGIN_AFTER_WITHDRAWAL",
            f"{-after.available_margin:,.2f} {after.settle} of margin would be missing.",
            "perp.margin_first",
        )


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

"""Changes of an account on their way in: judged, told with before and after, then recorded.

Leverage, margin mode, margin of an isolated position, withdrawals and transfers. A preview asks
the same and records nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from desk.engine.account_rows import account_row
from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.execution_state import unknown_orders
from desk.engine.money import money_faults
from desk.engine.plan import Plan, Refusal, refuse
from desk.engine.quality import mark_doubts
from desk.engine.setting import perpetual
from desk.ledger.book import WORLD, transfer, wallet
from desk.margin.inputs import AccountInput
from desk.model.commands import (
    AccountCommand,
    AddMargin,
    PreviewChange,
    SetLeverage,
    SetMarginMode,
    Transfer,
    Withdraw,
)
from desk.model.events import Denial, Previewed
from desk.model.numbers import ZERO, is_postable, plain
from desk.model.orders import MarginMode
from desk.risk.account_change import AccountChange, judge
from desk.risk.denial import attributed, deny

replace = msgspec.structs.replace


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What a command would change, why not, and the account before and after."""

    account: str
    change: Change
    denials: list[Denial]
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def rows(self) -> dict[str, Any]:
        """The account rows, as an answer tells them."""
        return {"before": self.before, "after": self.after}


def carry_out(desk: Desk, command: AccountCommand, plan: Plan) -> None:
    """Record a change, or refuse it with every reason."""
    found = propose(desk, command)
    if found.denials:
        raise Refusal(*found.denials, data=found.rows)
    plan.add(
        plan.about,
        found.change,
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=found.account,
    )
    plan.told = found.rows


def preview(desk: Desk, command: PreviewChange, number: int | None) -> Previewed:
    """Say what a change would do, with every reason it would be denied for."""
    try:
        found = propose(desk, command.change)
        denials, before, after = found.denials, found.before, found.after
    except Refusal as refusal:
        denials, before, after = refusal.denials, None, None
    return Previewed(
        command=number,
        id=command.id,
        accepted=not denials,
        denials=attributed(denials, desk.rules.profile),
        before=before,
        after=after,
        cost={},
    )


def propose(desk: Desk, command: AccountCommand) -> Proposal:
    """Work a command out; raise Refusal where it names what is not there."""
    return _PROPOSERS[type(command)](desk, command)


# --- leverage and mode ---------------------------------------------------------------------------


def _leverage(desk: Desk, command: SetLeverage) -> Proposal:
    instrument, account = perpetual(desk, command.instrument, command.account)
    before, after = desk.leverage(account.id, instrument.id), command.leverage
    cap = desk.rules.limits.max_leverage
    denials: list[Denial] = []
    if not 1 <= after <= cap:
        said = f"Leverage is between 1× and {plain(cap)}×; {plain(after)}× was asked for."
        denials.append(deny("LEVERAGE_SETTING", "perp.max_leverage", said, limit=cap, actual=after))
    pool = desk.account_input(account.id)
    changed = replace(
        pool,
        leverages={**pool.leverages, instrument.id: after},
        positions=tuple(
            replace(p, leverage=after) if p.instrument.id == instrument.id else p
            for p in pool.positions
        ),
    )
    what = {"instrument": instrument.id, "before": plain(before), "after": plain(after)}
    change = Change(what=what, leverage=(account.id, instrument.id, after))
    return _judged(
        desk, change, denials, pool, changed, frees=after > before, code="MARGIN_AFTER_CHANGE"
    )


def _mode(desk: Desk, command: SetMarginMode) -> Proposal:
    instrument, account = perpetual(desk, command.instrument, command.account)
    denials: list[Denial] = []
    if desk.state.position(account.id, instrument.id).quantity:
        said = f"The margin mode of {instrument.id} changes only when flat."
        denials.append(deny("NOT_FLAT", "ord.no_limit_no_trade", said))
    if any(o.terms.instrument == instrument.id for o in desk.state.live_orders(account.id)):
        said = f"Cancel the working orders in {instrument.id} first."
        denials.append(deny("WORKING_ORDERS", "ord.no_limit_no_trade", said))
    pool = desk.account_input(account.id)
    changed = replace(pool, modes={**pool.modes, instrument.id: command.mode})
    change = Change(
        what={"instrument": instrument.id, "mode": command.mode.value},
        mode=(account.id, instrument.id, command.mode),
    )
    row = account_row(desk.figures(account.id))
    if denials:
        return Proposal(account=account.id, change=change, denials=denials, before=row, after=row)
    return _judged(desk, change, denials, pool, changed, frees=False, code="MARGIN_AFTER_CHANGE")


# --- money ---------------------------------------------------------------------------------------


def _margin(desk: Desk, command: AddMargin) -> Proposal:
    instrument, account = perpetual(desk, command.instrument, command.account)
    amount, settle = command.amount, instrument.settle
    held = desk.state.position(account.id, instrument.id).quantity
    isolated = desk.state.mode(account.id, instrument.id) is MarginMode.ISOLATED
    if not isolated or not held:
        said = f"{instrument.id} has no isolated position in {account.id}."
        raise refuse("NOT_ISOLATED", said)
    denials: list[Denial] = []
    if not is_postable(amount) or amount == 0:
        said = "The margin to move is not zero and has at most 8 decimals."
        raise refuse("AMOUNT", said)
    if amount > 0:
        denials += _short_of(desk, account.id, settle, amount)
    pool = _paid(desk.account_input(account.id), settle, amount)
    changed = replace(
        pool,
        positions=tuple(
            replace(p, isolated_margin=(p.isolated_margin or ZERO) + amount)
            if p.instrument.id == instrument.id
            else p
            for p in pool.positions
        ),
    )
    moved = transfer(account.id, wallet(account.id, instrument.id), settle, amount)
    change = Change(what={"asset": settle, "quantity": plain(amount)}, postings=moved)
    before = desk.account_input(account.id)
    return _judged(
        desk,
        change,
        denials,
        before,
        changed,
        frees=True,
        code="MARGIN_AFTER_WITHDRAWAL",
        strengthens=instrument.id if amount > 0 else "",
    )


def _withdraw(desk: Desk, command: Withdraw) -> Proposal:
    return _leaving(desk, command.account, WORLD, command.asset, command.quantity, [])


def _transfer(desk: Desk, command: Transfer) -> Proposal:
    denials = list(money_faults(desk, command.target, command.asset, command.quantity))
    if command.source == command.target:
        said = "A transfer needs two different accounts."
        denials = [deny("ACCOUNT", "ord.no_limit_no_trade", said)]
    return _leaving(desk, command.source, command.target, command.asset, command.quantity, denials)


def _leaving(
    desk: Desk, source: str, target: str, asset: str, quantity: Decimal, denials: list[Denial]
) -> Proposal:
    """Work out money that leaves an account: for the world, or for another account."""
    for fault in money_faults(desk, source, asset, quantity):
        if fault not in denials:
            denials.append(fault)
    if denials:
        raise Refusal(*denials)
    denials += _short_of(desk, source, asset, quantity)
    change = Change(
        what={"asset": asset, "quantity": plain(quantity)},
        postings=transfer(source, target, asset, quantity),
    )
    if desk.state.accounts[source].kind == "perpetual":
        pool = desk.account_input(source)
        paid = _paid(pool, asset, quantity)
        return _judged(
            desk, change, denials, pool, paid, frees=True, code="MARGIN_AFTER_WITHDRAWAL"
        )
    if desk.state.state != "ACTIVE":
        said = f"Desk is {desk.state.state}: money leaves an account only while it is ACTIVE."
        denials.insert(0, deny(f"STATE_{desk.state.state}", "kill.switch", said))
    if desk.state.live_orders(source):
        denials += _unheard(desk, source)
    held = dict(desk.state.ledger.balances(source))
    left = {**held, asset: held.get(asset, ZERO) - quantity}
    return Proposal(
        account=source,
        change=change,
        denials=denials,
        before=_spot_row(source, held),
        after=_spot_row(source, left),
    )


def _paid(pool: AccountInput, asset: str, quantity: Decimal) -> AccountInput:
    left = pool.balances.get(asset, ZERO) - quantity
    return replace(pool, balances={**pool.balances, asset: left})


def _short_of(desk: Desk, account: str, asset: str, quantity: Decimal) -> Iterator[Denial]:
    """Deny what an account does not have; what its orders need is margin's affair in a pool."""
    pooled = desk.state.accounts[account].kind == "perpetual"
    free = (
        desk.state.ledger.balance(account, asset) if pooled else desk.free_balance(account, asset)
    )
    if quantity > free:
        yield deny(
            "INSUFFICIENT_BALANCE",
            "perp.margin_first",
            f"{account} has {plain(free)} {asset} free; {plain(quantity)} was asked for.",
            limit=free,
            actual=quantity,
        )


def _spot_row(account: str, balances: Mapping[str, Decimal]) -> dict[str, Any]:
    rows = [{"asset": asset, "quantity": plain(held)} for asset, held in balances.items() if held]
    return {"id": account, "kind": "spot", "balances": rows}


def _judged(
    desk: Desk,
    change: Change,
    denials: list[Denial],
    before: AccountInput,
    after: AccountInput,
    *,
    frees: bool,
    code: str,
    strengthens: str = "",
) -> Proposal:
    account, latches = before.id, desk.state.latches.values()
    found = judge(
        AccountChange(
            before=before,
            after=after,
            frees=frees,
            code=code,
            state=desk.state.state,
            state_reason="; ".join(latch.reason for latch in latches),
            level=desk.levels.get(account, "NORMAL"),
            doubts=tuple(_doubts(desk, account)) if frees else (),
            profile=desk.rules.profile,
            strengthens=strengthens,
        )
    )
    return Proposal(
        account=account,
        change=change,
        denials=[*denials, *found.denials],
        before=account_row(found.before),
        after=account_row(found.after),
    )


def _doubts(desk: Desk, account: str) -> Iterator[Denial]:
    """Yield why an account may be another than it seems: by its marks, or by its venue."""
    yield from mark_doubts(desk, desk.needed_marks(account))
    yield from _unheard(desk, account)


def _unheard(desk: Desk, account: str) -> Iterator[Denial]:
    """Yield why its orders may have filled without the desk."""
    rule = "kill.on_disconnect"
    if doubt := desk.execution.doubt(desk.venue.link):
        said = f"{doubt}: no money leaves and no margin is set free until it is reconciled."
        yield deny("VENUE_DOWN", rule, said)
    if unanswered := [order.id for order in unknown_orders(desk, account)]:
        yield deny(
            "ORDER_UNKNOWN",
            rule,
            f"The venue has not answered {', '.join(unanswered)}: no money leaves {account} and no "
            "margin is set free until it is known what became of it.",
        )


_PROPOSERS: Mapping[type[AccountCommand], Callable[..., Proposal]] = {
    SetLeverage: _leverage,
    SetMarginMode: _mode,
    AddMargin: _margin,
    Withdraw: _withdraw,
    Transfer: _transfer,
}

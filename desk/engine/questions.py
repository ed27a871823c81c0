"""Answers: what is asked changes nothing and is not journaled."""

from __future__ import annotations

from typing import Any

import msgspec

from desk.engine import foresight
from desk.engine.account_rows import account_row
from desk.engine.alert_views import alert_rule_views, alert_views
from desk.engine.client_views import client_view
from desk.engine.close_out_views import close_out_views
from desk.engine.desk import Desk
from desk.engine.execution_views import execution_views
from desk.engine.loan_close_out_views import loan_close_out_views
from desk.engine.loan_rule_views import loan_rule_views
from desk.engine.loan_views import loan_views
from desk.engine.order_cost import no_cost, order_cost
from desk.engine.order_preview import LookedAt, looked_at
from desk.engine.order_views import live_order_views
from desk.engine.overriding import override_views
from desk.engine.plan import Refusal, refuse
from desk.engine.program_views import program_views
from desk.engine.rule_views import rule_views
from desk.engine.snapshot import AccountView
from desk.engine.views import (
    account_quality,
    account_views,
    balances,
    position_views,
)
from desk.model.commands import Ask, PreviewChange, PreviewOrder
from desk.model.events import Denial, Previewed
from desk.model.numbers import plain
from desk.model.order_commands import SubmitTwap
from desk.risk.client import describe
from desk.risk.disclosure_sheet import disclosure_sheet

PLAIN = msgspec.to_builtins


def reply(desk: Desk, asked: Ask) -> dict[str, Any]:
    """Answer a question of the console or the window; raise Refusal for what there is none of."""
    if asked.about in foresight.QUESTIONS:
        return foresight.foresee(desk, asked)
    return answer(desk, asked.about, asked.of)


def answer(desk: Desk, about: str, of: str = "") -> dict[str, Any]:
    """Answer a question about what is now."""
    match about:
        case "status":
            return status(desk)
        case "positions":
            return {"positions": PLAIN(position_views(desk))}
        case "orders":
            return {
                "orders": PLAIN(live_order_views(desk)),
                "programs": PLAIN(program_views(desk)),
                "executions": PLAIN(execution_views(desk)),
            }
        case "risk":
            return {
                "accounts": PLAIN(account_views(desk)),
                "positions": PLAIN(position_views(desk)),
                "loans": PLAIN(loan_views(desk)),
                "close_outs": PLAIN([*close_out_views(desk), *loan_close_out_views(desk)]),
            }
        case "rules":
            limits = PLAIN(desk.rules.limits)
            return {
                "profile": desk.rules.name,
                "hash": desk.rules.hash,
                "limits": limits,
                "overrides": PLAIN(override_views(desk)),
                "rows": PLAIN([*rule_views(desk, account_views(desk)), *loan_rule_views(desk)]),
            }
        case "client":
            record = desk.client
            known = None if record is None else PLAIN(record)
            gates = PLAIN(client_view(desk))["gates"]
            return {"client": known, "said": describe(record), "gates": gates}
        case "alerts":
            return {"rules": PLAIN(alert_rule_views(desk)), "raised": PLAIN(alert_views(desk))}
        case "disclosure":
            return disclosure(desk, of)
        case _:
            return {"journal_seq": desk.state.seq}


def disclosure(desk: Desk, of: str) -> dict[str, Any]:
    """Return the disclosure sheet of an instrument, and whether it was acknowledged."""
    instrument = desk.catalogue.get(of)
    if instrument is None:
        raise refuse("UNKNOWN_INSTRUMENT", f"There is no instrument {of}.", "disc.kfs")
    sheet = disclosure_sheet(instrument, desk.terms.get(of), desk.rules.profile, paper=True)
    client = desk.client
    known = client is not None and sheet.name in client.disclosures
    return {**PLAIN(sheet), "acknowledged": known}


def status(desk: Desk) -> dict[str, Any]:
    """Return the desk on one page, with the hash of all that the journal determines.

    Level and quality are those of the desk's own accounts; what is watched has its own beside it.
    """
    views = account_views(desk)
    own = [view for view in views if not view.watched]
    qualities = [account_quality(desk, view.account) for view in own]
    return {
        "state": desk.state.state,
        "latches": [latch.reason for latch in desk.state.latches.values()],
        "level": worst_level([view.level for view in own]),
        "quality": next((q for q in ("UNKNOWN", "STALE") if q in qualities), "LIVE"),
        "mode": desk.settings.mode,
        "client": describe(desk.client),
        "profile": desk.rules.name,
        "profile_hash": desk.rules.hash,
        "accounts": [_account(desk, view) for view in views],
        "executions": PLAIN(execution_views(desk)),
        "journal_seq": desk.state.seq,
        "state_hash": desk.state.hash(),
    }


def worst_level(levels: list[str]) -> str:
    """Return the level that matters most."""
    order = ("NORMAL", "WARNING", "MARGIN_CALL", "UNKNOWN", "CLOSE_OUT")
    return max(levels, key=order.index, default="NORMAL")


def _account(desk: Desk, view: AccountView) -> dict[str, Any]:
    name, account = view.account, desk.state.accounts[view.account]
    positions = [position for position in position_views(desk) if position.account == name]
    row: dict[str, Any] = {
        "id": name,
        "kind": view.kind,
        "level": view.level,
        "balances": [
            {"asset": asset, "quantity": plain(quantity)}
            for asset, quantity in balances(desk, account).items()
        ],
        "positions": PLAIN(positions),
        "orders": PLAIN(live_order_views(desk, name)),
    }
    return {**row, "watched": True, "quality": view.quality} if view.watched else row


def preview(desk: Desk, command: PreviewOrder, number: int | None) -> Previewed:
    """Say what an order would do, with every reason it would be denied for."""
    try:
        looked = looked_at(desk, command.order)
    except Refusal as refusal:
        return _previewed(command, number, refusal.denials, None, None, no_cost())
    return previewed(desk, command, number, looked)


def previewed(desk: Desk, command: PreviewOrder, number: int | None, looked: LookedAt) -> Previewed:
    """Say what an order would do that has been looked at."""
    context, found, parts = looked
    before = None if found.before is None else account_row(found.before)
    after = None if found.after is None else account_row(found.after)
    cost = order_cost(desk, context, found) | ({"parts": parts} if parts else {})
    if isinstance(command.order, SubmitTwap):
        cost["leaves_reduce_only"] = None  # each part is judged when it is due
    return _previewed(command, number, list(found.denials), before, after, cost)


def not_previewed(
    command: PreviewOrder | PreviewChange, number: int | None, denials: list[Denial]
) -> Previewed:
    """Say why something cannot be worked out at all."""
    return Previewed(
        command=number,
        id=command.id,
        accepted=False,
        denials=denials,
        before=None,
        after=None,
        cost=no_cost(),
    )


def _previewed(
    command: PreviewOrder,
    number: int | None,
    denials: list[Denial],
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    cost: dict[str, Any],
) -> Previewed:
    return Previewed(
        command=number,
        id=command.id or command.order.id,
        accepted=not denials,
        denials=denials,
        before=before,
        after=after,
        cost=cost,
    )

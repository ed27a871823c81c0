"""May the terms of a margin account change: leverage, isolated margin, money that leaves it.

A pipeline of its own, in the order of that of orders. What sets margin free, or takes it away, is
new risk: it waits for ACTIVE, for fresh marks and for an account that is not in call. What only
binds more is judged by the margin that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TypeAlias

import msgspec

from desk.margin.account import account_figures
from desk.margin.inputs import AccountFigures, AccountInput
from desk.margin.pool import total
from desk.model.events import Denial
from desk.model.numbers import ZERO, plain
from desk.model.orders import MarginMode
from desk.risk.backing import backings, short_of_buffer
from desk.risk.denial import attributed, beside, deny, over
from desk.risk.profile import Profile


class AccountChange(msgspec.Struct, frozen=True, kw_only=True):
    """An account before and after, and the desk at that moment."""

    before: AccountInput
    after: AccountInput
    frees: bool
    """Margin is set free or leaves; else it is only bound."""
    code: str
    """Of a denial for want of margin."""
    state: str
    state_reason: str
    level: str
    doubts: tuple[Denial, ...]
    """Why the marks that the account stands on are none to risk anything on."""
    profile: Profile
    strengthens: str = ""
    """The isolated position that gets more margin from its account: a cure of its own call."""

    @property
    def holds(self) -> bool:
        """Whether anything is held or works, so that margin is needed at all."""
        return bool(self.after.positions or self.after.orders)


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a change, with the account's figures before and after."""

    denials: tuple[Denial, ...]
    before: AccountFigures
    after: AccountFigures


Look: TypeAlias = Callable[[AccountChange, AccountFigures], Iterator[Denial]]


def judge(change: AccountChange) -> Judged:
    """Run the whole pipeline and return every denial."""
    after = account_figures(change.after)
    denials = [denial for look in PIPELINE for denial in look(change, after)]
    return Judged(
        denials=tuple(attributed(denials, change.profile)),
        before=account_figures(change.before),
        after=after,
    )


def _state(change: AccountChange, after: AccountFigures) -> Iterator[Denial]:
    del after
    if change.frees and change.state != "ACTIVE":
        yield deny(
            f"STATE_{change.state}",
            "kill.switch",
            f"Desk is {change.state} ({change.state_reason}): margin is set free and money leaves "
            "an account only while it is ACTIVE.",
        )


def _data(change: AccountChange, after: AccountFigures) -> Iterator[Denial]:
    del after
    if change.frees and change.holds:
        yield from change.doubts


def _level(change: AccountChange, after: AccountFigures) -> Iterator[Denial]:
    called = change.level in {"MARGIN_CALL", "CLOSE_OUT"}
    # Whether the rest of the account can spare what a position gets, its margin says.
    if change.frees and change.holds and called and not change.strengthens:
        yield deny(
            f"LEVEL_{change.level}",
            "vaf.stop_advances",
            f"{after.id} is in {change.level.lower().replace('_', ' ')}: no margin is set free "
            "until it is cured.",
        )


def _margin(change: AccountChange, after: AccountFigures) -> Iterator[Denial]:
    if not change.holds:
        return
    if after.available_margin is None or not after.known:
        missing = "; ".join(after.unknown) or "a figure is missing"
        yield deny("MARGIN_UNKNOWN", "perp.margin_first", f"Margin cannot be known: {missing}.")
    elif after.available_margin < 0:
        yield deny(
            change.code,
            "perp.margin_first",
            f"{beside(-after.available_margin, ZERO)} {after.settle} of margin would be missing.",
            limit=ZERO,
            actual=after.available_margin,
        )


def _isolated(change: AccountChange, after: AccountFigures) -> Iterator[Denial]:
    """An isolated position that margin is taken from keeps its initial margin."""
    if not change.frees:
        return
    wallets: dict[str, Decimal | None] = {
        p.instrument.id: p.isolated_margin for p in change.before.positions
    }
    for one in after.positions:
        before = wallets.get(one.instrument)
        if one.instrument == change.strengthens:
            continue
        if one.margin_mode is not MarginMode.ISOLATED or one.isolated_wallet == before:
            continue
        equity, needed = one.isolated_wallet, one.initial_margin
        if equity is not None and equity < 0 and before is not None:
            yield deny(
                change.code,
                "perp.margin_first",
                f"{one.instrument} holds {before:,.2f} {after.settle} of margin; a gain is taken "
                "out only once it is realized.",
                limit=before,
                actual=before - equity,
            )
        if equity is not None and one.unrealized_pnl is not None:
            equity += one.unrealized_pnl
        if equity is None or needed is None:
            said = f"Margin of {one.instrument} cannot be known."
            yield deny("MARGIN_UNKNOWN", "perp.margin_first", said)
        elif equity < needed:
            yield deny(
                change.code,
                "perp.margin_first",
                f"{one.instrument} would keep {beside(equity, needed)} {after.settle}; its initial "
                f"margin is {over(needed)}.",
                limit=needed,
                actual=equity,
            )


def _carried(change: AccountChange, after: AccountFigures) -> Iterator[Denial]:
    """An isolated position takes a lower leverage only with the margin for it in its wallet.

    Binance takes none while one is open (error -4161); a setting alone would state what is not so.
    """
    wanted = {p.instrument.id: p.leverage for p in change.after.positions}
    for held in change.before.positions:
        name, setting = held.instrument.id, wanted.get(held.instrument.id)
        if held.margin_mode is not MarginMode.ISOLATED or setting is None:
            continue
        if held.leverage is None or setting >= held.leverage:
            continue
        one = next(position for position in after.positions if position.instrument == name)
        backing, needed = total((one.isolated_wallet, one.unrealized_pnl)), one.initial_margin
        if backing is None or needed is None:
            said = f"Margin of {name} cannot be known."
            yield deny("MARGIN_UNKNOWN", "perp.margin_first", said)
        elif backing < needed:
            yield deny(
                change.code,
                "perp.margin_first",
                f"{backing:,.2f} {after.settle} stand behind {name}; {plain(setting)}× asks for "
                f"{needed:,.2f}. Add margin first.",
                limit=needed,
                actual=backing,
            )


def _buffer(change: AccountChange, after: AccountFigures) -> Iterator[Denial]:
    rule = "perp.maintenance_margin"
    house, buffer = change.profile.number(rule), change.profile.number(rule, "buffer")
    for one in backings(after) if change.frees else ():
        if one.name != change.strengthens and short_of_buffer(one, house, buffer):
            needed = one.needed(house)
            assert one.equity is not None
            assert needed is not None
            yield deny(
                "MAINTENANCE_BUFFER",
                rule,
                f"{beside(one.equity, buffer * needed)} would stand behind {one.name}; {buffer:f} "
                f"times {one.asked_by(house)} is {over(buffer * needed)}.",
                limit=buffer * needed,
                actual=one.equity,
            )


PIPELINE: Sequence[Look] = (_state, _data, _level, _margin, _isolated, _carried, _buffer)
"""In the order of the risk model, section 3."""

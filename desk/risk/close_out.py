"""The close-out plan: which position is reduced next, by how much, until it is enough.

One unit of margin is planned at a time: the cross pool of an account, or one isolated position on
its wallet. A step takes at most 25 % of the position as it was at the trigger and no more than
brings the margin ratio to 0.70; first comes what the trader prefers, then what relieves most
margin per cost. Where no step can help, positions are closed whole. Every step takes at least a
lot and never passes flat, so that a plan ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

import msgspec

from desk.margin.inputs import AccountInput, PositionInput
from desk.margin.wallet import isolated_wallet
from desk.model.numbers import ONE, ZERO
from desk.model.orders import MarginMode, Side
from desk.risk.close_out_step import (
    TARGET_RATIO,
    Candidate,
    CloseOutStep,
    Margin,
    Planner,
    PriceFor,
    after_step,
    margin_of,
)

TRIGGER_RATIO = ONE
"""Margin ratio at which a close-out begins."""

MOST_STEPS = 5
"""A position: four of a quarter each, and one more that is sized."""


Version: TypeAlias = tuple[int, tuple[Decimal | None, ...]]
"""A count of changes of the desk, and the marks of an account."""


class StandingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of an account as it was made last."""

    steps: tuple[CloseOutStep, ...]
    reason: str
    """What it supposes, sentences."""
    version: Version
    """What it stands on."""
    made_ns: int


def units(account: AccountInput) -> dict[str | None, AccountInput]:
    """Return what is closed out on its own: the cross pool (None), and each isolated position.

    An isolated position stands on its wallet alone, which a close-out does not give back bit by
    bit as an ordinary reduction does: here it is a pool of one position. One whose wallet is
    unknown is left out: nothing can be planned for it.
    """
    cross = tuple(p for p in account.positions if p.margin_mode is MarginMode.CROSS)
    found: dict[str | None, AccountInput] = {
        None: msgspec.structs.replace(account, positions=cross, orders=())
    }
    for position in account.positions:
        wallet = isolated_wallet(position)
        if position.margin_mode is MarginMode.ISOLATED and wallet is not None:
            found[position.instrument.id] = _alone(account, position, wallet)
    return found


def _alone(account: AccountInput, position: PositionInput, wallet: Decimal) -> AccountInput:
    return AccountInput(
        id=account.id,
        settle=position.instrument.settle,
        balances={position.instrument.settle: wallet},
        haircuts={},
        prices={},
        positions=(msgspec.structs.replace(position, margin_mode=MarginMode.CROSS),),
    )


def is_due(margin: Margin) -> bool:
    """Whether a close-out begins: margin ratio at 1.00 or above, or nothing left to divide by."""
    if margin.value <= 0:
        return margin.maintenance > 0
    return margin.maintenance >= TRIGGER_RATIO * margin.value


def held_at(unit: AccountInput) -> dict[str, Decimal]:
    """Return the size of each position of a unit: what steps are shares of."""
    return {p.instrument.id: abs(p.quantity) for p in unit.positions}


def rehearsed(
    account: AccountInput, price_for: PriceFor, preference: Sequence[str] = ()
) -> tuple[CloseOutStep, ...]:
    """Return every step of an account as it stands: of each unit whose close-out is due."""
    steps: list[CloseOutStep] = []
    for unit in units(account).values():
        margin = margin_of(unit)
        if margin is not None and is_due(margin):
            steps += close_out_plan(unit, price_for, preference)
    return tuple(steps)


def close_out_plan(
    unit: AccountInput,
    price_for: PriceFor,
    preference: Sequence[str] = (),
    at_trigger: Mapping[str, Decimal] | None = None,
) -> tuple[CloseOutStep, ...]:
    """Return the steps that bring a unit to the target, or flat; none when it is there already.

    Nothing is planned on figures that are unknown.
    """
    sizes = held_at(unit) | dict(at_trigger or {})
    steps: list[CloseOutStep] = []
    taken: dict[tuple[str, Side], Decimal] = {}
    for _ in range(MOST_STEPS * len(unit.positions)):
        step = next_step(unit, price_for, preference, sizes, taken)
        if step is None:
            break
        steps.append(step)
        key = (step.instrument, step.side)
        taken[key] = taken.get(key, ZERO) + step.quantity
        unit = after_step(unit, step)
    return tuple(steps)


def next_step(
    unit: AccountInput,
    price_for: PriceFor,
    preference: Sequence[str] = (),
    at_trigger: Mapping[str, Decimal] | None = None,
    taken: Mapping[tuple[str, Side], Decimal] | None = None,
) -> CloseOutStep | None:
    """Return the next step.

    None: the target is met, nothing can be traded, or the figures are unknown.
    """
    margin = margin_of(unit)
    if margin is None or margin.within(TARGET_RATIO):
        return None
    sizes = at_trigger or {}
    planner = Planner(unit, margin, price_for, taken or {})
    stepwise = (planner.candidate(p, sizes.get(p.instrument.id)) for p in unit.positions)
    possible = [one for one in stepwise if one is not None and one.helps]
    if not possible:
        whole = (planner.whole(position) for position in unit.positions)
        possible = [one for one in whole if one is not None]
    return planner.measured(_first(possible, preference).step) if possible else None


def _first(candidates: Sequence[Candidate], preference: Sequence[str]) -> Candidate:
    """Return the one that the trader prefers, else the one worth most; the id decides a tie."""
    for instrument in preference:
        for one in candidates:
            if one.step.instrument == instrument:
                return one
    ordered = sorted(candidates, key=lambda one: one.step.instrument)
    return max(ordered, key=lambda one: one.worth)

"""The rules of perpetual accounts, held against a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from desk.margin.inputs import AccountFigures, AccountInput, PositionInput
from desk.margin.pool import total
from desk.model.numbers import ZERO, plain
from desk.risk.backing import backings
from desk.risk.evaluation import Evaluation
from desk.risk.gates import (
    DISCLOSURE,
    INVESTOR,
    KNOWLEDGE,
    disclosure_gate,
    investor_gate,
    knowledge_gate,
)
from desk.risk.prices import usd_price
from desk.risk.profile import Rule
from desk.risk.rule_line import (
    BREACH,
    OK,
    WARN,
    Finding,
    at_least,
    at_most,
    fine,
    limit_of,
    number,
    unknown,
    worst,
)

NO_ACCOUNT = "There is no perpetual account."
NO_POSITION = "There is no perpetual position."


def _accounts(evaluation: Evaluation) -> Iterator[tuple[AccountInput, AccountFigures]]:
    for name, account in evaluation.situation.accounts.items():
        yield account, evaluation.perpetual[name]


def _positions(evaluation: Evaluation) -> Iterator[tuple[AccountInput, PositionInput]]:
    for account in evaluation.situation.accounts.values():
        for position in account.positions:
            if position.quantity:
                yield account, position


def margin_first(evaluation: Evaluation, rule: Rule) -> Finding:
    """Margin is there before the order: available margin is not below 0."""
    del rule

    def judged() -> Iterator[Finding]:
        for account, figures in _accounts(evaluation):
            if figures.available_margin is None:
                missing = " ".join(figures.unknown)
                yield unknown(f"Available margin of {account.id} is unknown: {missing}")
            else:
                yield at_least(figures.available_margin, ZERO, f"Available margin of {account.id}")

    return worst(judged(), NO_ACCOUNT)


def max_leverage(evaluation: Evaluation, rule: Rule) -> Finding:
    """The setting of every position, and the leverage of every account, stay within the cap."""
    limit = limit_of(rule)

    def judged() -> Iterator[Finding]:
        for account, figures in _accounts(evaluation):
            if any(position.quantity for position in account.positions):
                yield _leverage(figures, limit)
        for account, position in _positions(evaluation):
            if position.leverage is not None:
                what = f"The setting of {position.instrument.id} in {account.id}"
                yield at_most(position.leverage, limit, what)

    return worst(judged(), NO_POSITION)


def _leverage(figures: AccountFigures, limit: Decimal) -> Finding:
    """Judge an account's leverage; on nothing there is none that would be within a cap."""
    what, equity = f"Leverage of {figures.id}", figures.equity
    if equity is not None and equity <= 0:
        return _nothing_left(what, equity, limit)
    return at_most(figures.leverage, limit, what)


def maintenance_margin(evaluation: Evaluation, rule: Rule) -> Finding:
    """Equity behind positions is at least 1.25 times the larger of house and venue maintenance."""
    house = limit_of(rule)
    buffer = evaluation.situation.profile.number("perp.maintenance_margin", "buffer")

    def judged() -> Iterator[Finding]:
        for _, figures in _accounts(evaluation):
            yield from _backed(figures, house, buffer)
            for warning in figures.warnings:
                yield Finding(status=WARN, message=warning, limit=plain(buffer))
        for _, position in _positions(evaluation):
            name = position.instrument.id
            if evaluation.situation.tiers_are_old(name):
                dated = evaluation.situation.tiers_as_of(name)
                message = f"The margin tiers of {name} are of {dated}, over 90 days old."
                yield Finding(status=WARN, message=message, limit=plain(buffer))

    return worst(judged(), NO_POSITION)


def _backed(figures: AccountFigures, house: Decimal, buffer: Decimal) -> Iterator[Finding]:
    for one in backings(figures):
        name = f"Equity of {one.name}" if one.isolated else f"Collateral of {one.name}"
        required = None if one.notional is None else one.notional * house
        what = f"{name} over its maintenance margin"
        yield _times(what, one.equity, required, one.maintenance, buffer)


def _times(
    what: str,
    equity: Decimal | None,
    house: Decimal | None,
    venue: Decimal | None,
    buffer: Decimal,
) -> Finding:
    """Judge equity as a multiple of maintenance; none is left where equity is not above 0."""
    if equity is not None and equity <= 0:
        return _nothing_left(what, equity, buffer)
    if equity is None or house is None or venue is None:
        return at_least(None, buffer, what)
    needed = max(house, venue)
    return at_least(equity / needed, buffer, what) if needed else fine(f"{what}: none is needed.")


def _nothing_left(what: str, equity: Decimal, limit: Decimal) -> Finding:
    message = f"{what}: nothing is left."
    return Finding(status=BREACH, message=message, value=number(equity), limit=plain(limit))


def loss_limited(evaluation: Evaluation, rule: Rule) -> Finding:
    """A loss ends at the margin posted: no pool and no isolated position is below 0."""
    del rule

    def judged() -> Iterator[Finding]:
        for _, figures in _accounts(evaluation):
            for one in backings(figures):
                name = f"Equity of {one.name}" if one.isolated else f"Collateral of {one.name}"
                yield at_least(one.equity, ZERO, name)

    return worst(judged(), NO_POSITION)


def position_limit(evaluation: Evaluation, rule: Rule) -> Finding:
    """Each position's notional, and all of an account together, in USD."""
    profile = evaluation.situation.profile
    portfolio = evaluation.situation.portfolio

    def worth(position: PositionInput) -> Decimal | None:
        price = usd_price(portfolio, position.instrument.settle)
        if position.mark is None or price is None:
            return None
        return position.instrument.notional(position.quantity, position.mark) * price

    def judged() -> Iterator[Finding]:
        each = profile.usd(rule.rule, "instrument")
        for account, position in _positions(evaluation):
            yield at_most(worth(position), each, f"{position.instrument.id} in {account.id}")
        together = profile.usd(rule.rule, "account")
        for account in evaluation.situation.accounts.values():
            if any(position.quantity for position in account.positions):
                everything = total(
                    worth(position) for position in account.positions if position.quantity
                )
                yield at_most(everything, together, f"All positions of {account.id}")

    return worst(judged(), NO_POSITION)


def reference_eligible(evaluation: Evaluation, rule: Rule) -> Finding:
    """Every perpetual refers to an asset that retail clients may trade."""
    eligible = rule.value if isinstance(rule.value, tuple) else ()

    def judged() -> Iterator[Finding]:
        for _, position in _positions(evaluation):
            base = position.instrument.base
            if base not in eligible:
                yield Finding(
                    status=BREACH,
                    value=base,
                    message=f"{position.instrument.id} refers to {base}, which is not eligible.",
                )

    return worst(judged(), "Every reference asset is eligible.")


def mark_age(evaluation: Evaluation, rule: Rule) -> Finding:
    """Every mark in use is fresh."""
    limit = limit_of(rule)

    def judged() -> Iterator[Finding]:
        for _, position in _positions(evaluation):
            name = position.instrument.id
            if position.mark is None:
                yield unknown(f"{name} has no mark price.", rule)
                continue
            age = evaluation.situation.mark_age_ms(name)
            if age is None or age < 0:
                yield Finding(
                    status=BREACH,
                    message=f"The age of the mark of {name} is unknown.",
                    limit=plain(limit),
                )
            else:
                yield at_most(age, limit, f"The age of the mark of {name}")

    return worst(judged(), NO_POSITION)


def gate(evaluation: Evaluation, rule: Rule) -> Finding:
    """Whether the client may add to what is held; a closed gate still lets positions be reduced."""
    situation = evaluation.situation
    client, profile, today = situation.portfolio.client, situation.profile, situation.today

    def judged() -> Iterator[Finding]:
        for _, position in _positions(evaluation):
            if rule.rule == DISCLOSURE:
                found = disclosure_gate(client, position.instrument, profile)
            elif rule.rule == KNOWLEDGE:
                found = knowledge_gate(client, profile, today)
            else:
                found = investor_gate(client, profile, today)
            status = BREACH if not found.met else WARN if found.warns else OK
            yield Finding(status=status, message=found.said)

    return worst(judged(), NO_POSITION)


PERPETUAL_CHECKS: Mapping[str, Callable[[Evaluation, Rule], Finding]] = {
    INVESTOR: gate,
    KNOWLEDGE: gate,
    DISCLOSURE: gate,
    "perp.margin_first": margin_first,
    "perp.max_leverage": max_leverage,
    "perp.maintenance_margin": maintenance_margin,
    "perp.loss_limited_to_margin": loss_limited,
    "perp.position_limit": position_limit,
    "perp.ref_eligible": reference_eligible,
    "price.mark_sources.stale_ms": mark_age,
}

"""`desk risk cure`: the smallest single acts that bring an account just out of its call.

Sized to initial margin / collateral value 0.95 and margin ratio 0.75 (an isolated position: its
ratio alone), loans to utilization 0.95 (risk-model.md, section 5). Sizes are found on the figures
themselves, in whole lots and minor units, so that one less would not be enough. Of what cannot be
enough the answer says how far it gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from desk.margin.account import account_figures
from desk.margin.inputs import AccountFigures, AccountInput, PositionFigures, PositionInput
from desk.margin.levels import ratio_level
from desk.margin.pool import total
from desk.margin.rounding import ratio_up
from desk.margin.wallet import isolated_wallet, taker_fee_rate
from desk.margin.whatif import after_fill
from desk.model.numbers import ZERO
from desk.model.orders import MarginMode, Side
from desk.risk.close_out_step import PriceFor
from desk.risk.cure_action import (
    CALLED,
    MOST_STEPS,
    Action,
    in_currency,
    minor_unit,
    order_of,
    smallest,
    steps_in,
)
from desk.risk.evaluation import Evaluation, evaluate
from desk.risk.fill_price import price_beside_mark
from desk.risk.loan_cure import loan_cures
from desk.risk.prices import price_in, price_of
from desk.risk.situation import Situation

INITIAL_TARGET = Decimal("0.95")
RATIO_TARGET = Decimal("0.75")


class Standing(NamedTuple):
    """What is asked of a pool or an isolated position, and what it has; None is unknown."""

    initial: Decimal | None
    """Nothing of an isolated position: only its ratio counts."""
    maintenance: Decimal | None
    value: Decimal | None

    @property
    def is_cured(self) -> bool:
        """Whether it is just out of a call, or further; a debt that closing leaves is no cure."""
        initial, maintenance, value = self
        if initial is None or maintenance is None or value is None:
            return False
        return (
            value >= 0 and initial <= INITIAL_TARGET * value and maintenance <= RATIO_TARGET * value
        )


class Patient(NamedTuple):
    """A cross pool, or an isolated position, that is in a call."""

    evaluation: Evaluation
    account: AccountInput
    position: str | None
    """The isolated position; None: the pool."""
    price_for: PriceFor

    def standing(self, account: AccountInput) -> Standing:
        """Return how it would stand with the account changed."""
        figures = account_figures(account)
        if self.position is None:
            return Standing(
                figures.initial_margin, figures.maintenance_margin, figures.collateral_value
            )
        held = next((p for p in figures.positions if p.instrument == self.position), None)
        return Standing(ZERO, ZERO, ZERO) if held is None else _alone(held)

    def price(self, asset: str) -> Decimal | None:
        """Return what an asset is worth in the report's currency."""
        return price_of(self.evaluation.situation.portfolio, asset)

    def rate(self, asset: str) -> Decimal | None:
        """Return what an asset is worth in the account's settle asset."""
        return price_in(self.evaluation.situation.portfolio, asset, self.account.settle)


class Change(NamedTuple):
    """An account after an act of some size."""

    account: AccountInput
    quantity: Decimal
    cost: Decimal
    """In `asset`, as is the size."""
    size: Decimal
    asset: str


def cure_report(situation: Situation) -> dict[str, Any]:
    """Return the cures of every account of a document that is in call or close-out."""
    evaluation = evaluate(situation)
    price_for = price_beside_mark(situation.portfolio.marks)
    return {"actions": [action.row() for action in cures(evaluation, price_for)]}


def cures(evaluation: Evaluation, price_for: PriceFor, account: str = "") -> list[Action]:
    """Return the cures of one account, or of all: smallest first; none where there is no call.

    Nothing is planned for an account whose figures are unknown.
    """
    found: list[Action] = []
    for name, figures in evaluation.perpetual.items():
        if account in {"", name} and figures.known:
            for patient in _patients(evaluation, name, figures, price_for):
                found += _ways(patient)
    for name, loan in evaluation.loans.items():
        if account in {"", name}:
            found += loan_cures(evaluation, loan)
    return sorted(found, key=order_of)


def _patients(
    evaluation: Evaluation, name: str, figures: AccountFigures, price_for: PriceFor
) -> Iterator[Patient]:
    account = evaluation.situation.accounts[name]
    cross = [p for p in figures.positions if p.margin_mode is MarginMode.CROSS]
    isolated = [p for p in figures.positions if p.margin_mode is MarginMode.ISOLATED]
    if any(p.level in CALLED for p in cross):
        yield Patient(evaluation, account, None, price_for)
    for position in isolated:
        if ratio_level(_alone(position).maintenance, _alone(position).value) in CALLED:
            yield Patient(evaluation, account, position.instrument, price_for)


def _alone(held: PositionFigures) -> Standing:
    equity = total((held.isolated_wallet, held.unrealized_pnl))
    return Standing(ZERO, held.maintenance_margin, equity)


def _ways(patient: Patient) -> Iterator[Action]:
    account = patient.account
    if patient.position is None:
        yield _paid_in(patient, "add_cash", account.settle)
        for asset in account.haircuts:
            if asset != account.settle and patient.rate(asset) is not None:
                yield _paid_in(patient, "add_collateral", asset)
    for position in account.positions:
        alone = position.margin_mode is MarginMode.ISOLATED
        if not position.quantity or (position.instrument.id if alone else None) != patient.position:
            continue
        if alone:
            yield _margin_added(patient, position)
        reduced = _reduced(patient, position)
        if reduced is not None:
            yield reduced


def _paid_in(patient: Patient, kind: str, asset: str) -> Action:
    account, unit = patient.account, minor_unit(asset)
    prices = {**account.prices, asset: patient.rate(asset) or ZERO}

    def paid(steps: int) -> Change:
        quantity = steps * unit
        balances = {**account.balances, asset: account.balances.get(asset, ZERO) + quantity}
        changed = msgspec.structs.replace(account, balances=balances, prices=prices)
        return Change(changed, quantity, ZERO, quantity, asset)

    return _sized(patient, kind, asset, MOST_STEPS, paid)


def _margin_added(patient: Patient, position: PositionInput) -> Action:
    settle = position.instrument.settle
    wallet, unit = isolated_wallet(position), minor_unit(settle)
    assert wallet is not None, "a position whose wallet is unknown is in no call"

    def added(steps: int) -> Change:
        quantity = steps * unit
        after = {"isolated_margin": wallet + quantity, "extra_margin": ZERO}
        return Change(_with(patient.account, position, after), quantity, ZERO, quantity, settle)

    return _sized(patient, "add_margin", position.instrument.id, MOST_STEPS, added)


def _with(account: AccountInput, position: PositionInput, change: dict[str, Any]) -> AccountInput:
    changed = msgspec.structs.replace(position, **change)
    positions = tuple(changed if one is position else one for one in account.positions)
    return msgspec.structs.replace(account, positions=positions)


def _reduced(patient: Patient, position: PositionInput) -> Action | None:
    """Return how much of a position to close, all of it at most; None if it cannot be priced."""
    instrument, held = position.instrument, abs(position.quantity)
    side = Side.SELL if position.quantity > 0 else Side.BUY
    fee_rate, mark = taker_fee_rate(position), position.mark
    if fee_rate is None or mark is None:
        return None
    if patient.price_for(instrument, side, held, ZERO) is None:
        return None

    def closed(steps: int) -> Change:
        quantity = min(held, max(steps * instrument.lot_size, instrument.min_quantity))
        price = patient.price_for(instrument, side, quantity, ZERO)
        assert price is not None, "what can be closed whole can be closed in part"
        after = after_fill(patient.account, instrument, side, quantity, price, fee_rate)
        slippage = instrument.pnl(quantity.copy_sign(position.quantity), price, mark)
        fee = instrument.notional(quantity, price) * fee_rate
        size = instrument.notional(quantity, mark)
        return Change(after, quantity, slippage + fee, size, instrument.settle)

    most = steps_in(held, instrument.lot_size)
    return _sized(patient, "reduce", instrument.id, most, closed)


def _sized(
    patient: Patient, kind: str, name: str, most: int, change: Callable[[int], Change]
) -> Action:
    """Return an act in the smallest size that is enough, or in the size that gets farthest."""

    def is_enough(steps: int) -> bool:
        return patient.standing(change(steps).account).is_cured

    enough = smallest(is_enough, most)
    steps = _farthest(patient, most, change) if enough is None else enough
    done = change(steps)
    after, rate = patient.standing(done.account), patient.price(done.asset)
    return Action(
        account=patient.account.id,
        kind=kind,
        asset_or_instrument=name,
        quantity=done.quantity,
        cost=in_currency(done.cost, rate),
        size=in_currency(done.size, rate),
        margin_ratio_after=_ratio(after.maintenance, after.value),
        utilization_after=None if patient.position else _ratio(after.initial, after.value),
        sufficient=enough is not None,
    )


def _farthest(patient: Patient, most: int, change: Callable[[int], Change]) -> int:
    """Return the least steps after which more of it counts no more."""
    best = patient.standing(change(most).account)
    steps = smallest(lambda n: patient.standing(change(n).account) == best, most)
    assert steps is not None, "the most is as good as the most"
    return steps


def _ratio(used: Decimal | None, value: Decimal | None) -> Decimal | None:
    return None if used is None or value is None else ratio_up(used, value)

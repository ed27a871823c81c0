"""Closing accounts out: judged on every mark, one step at a time, verified after each.

A close-out is what its rows say (`desk.engine.change.CloseOut`): it goes on after a restart from
there, and a step that was journaled is never sent again under another id. What is kept here
besides (who waits for what, since when) only paces it.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from desk.engine.book_walk import walk_price
from desk.engine.change import CloseOut, Unit
from desk.engine.close_out_rows import (
    cancel_plan,
    end_plan,
    in_the_way,
    loss_plan,
    ratio_text,
    said,
    saying,
    step_plan,
    trigger_plan,
)
from desk.engine.confirming import Confirmation
from desk.engine.desk import Desk
from desk.engine.plan import Plan
from desk.engine.standing_plan import standing_plan
from desk.engine.step_progress import StepProgress, progress_of
from desk.execution.order import Order
from desk.margin.inputs import AccountInput, PositionInput
from desk.margin.levels import CLOSE_OUT, NORMAL
from desk.model.instrument import Instrument
from desk.model.numbers import plain
from desk.model.orders import Side
from desk.risk.close_out import is_due, next_step, units
from desk.risk.close_out_step import TARGET_RATIO, margin_of

WAIT_NS = 1_000_000_000
"""How long cancels are waited for before it is reduced all the same, and a step for its book."""


class ClosingOut:
    """Watches every perpetual account of this desk; at most one plan a look."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._marks = Confirmation(desk)
        self._progress: dict[Unit, StepProgress] = {}
        self._said: dict[Unit, str] = {}
        """What each waits for, a mark or a book, as it was last said."""

    def heard_mark(self, instrument_id: str) -> None:
        """Count a mark that has come in, where a close-out is at stake on it."""
        for account in [a for a, held in self._desk.state.positions if held == instrument_id]:
            stakes = self._at_stake(account)
            for unit, pool in stakes.items():
                if any(p.instrument.id == instrument_id for p in pool.positions):
                    self._marks.count(unit, instrument_id)

    def look(self) -> Plan | None:
        """Return the next thing to record or to say, or None."""
        for account in self._desk.state.accounts.values():
            if account.kind == "perpetual" and not account.watched:
                if self._desk.levels.get(account.id, NORMAL) != NORMAL:
                    standing_plan(self._desk, account.id)
                plan = self._look_at(account.id)
                if plan is not None:
                    return plan
        return None

    def _look_at(self, account: str) -> Plan | None:
        desk = self._desk
        running = desk.state.closing_out(account)
        stakes = self._at_stake(account)
        for one in running:
            plan = self._advance(one, stakes.get(one.unit))
            if plan is not None:
                return plan
        closing = {one.unit for one in running}
        for unit, pool in stakes.items():
            plan = None if unit in closing else self._judge(unit, pool)
            if plan is not None:
                return plan
        return loss_plan(desk, account, closing)

    def _at_stake(self, account: str) -> dict[Unit, AccountInput]:
        """Return what is closed out now, or would be if its marks were confirmed."""
        desk = self._desk
        running = {one.instrument for one in desk.state.closing_out(account)}
        found: dict[Unit, AccountInput] = {}
        if running or desk.level(account) == CLOSE_OUT:
            for instrument, pool in units(desk.account_input(account)).items():
                margin = margin_of(pool)
                if instrument in running or (margin is not None and is_due(margin)):
                    found[account, instrument] = pool
        self._marks.keep(account, found)
        for unit in [unit for unit in desk.waits if unit[0] == account and unit not in found]:
            self._goes_on(unit)
        return found

    def _judge(self, unit: Unit, pool: AccountInput) -> Plan | None:
        """Begin a close-out that is due, or say why it waits."""
        held = [p.instrument.id for p in pool.positions]
        doubt = self._marks.doubt(unit, held)
        margin = margin_of(pool)
        if doubt or margin is None:
            return self._wait(unit, "mark", f"Close-out of {said(unit)} waits. {doubt}")
        self._goes_on(unit)
        confirmed = [self._marks.confirmed_by(name) for name in held]
        return trigger_plan(self._desk, unit, pool, margin, confirmed)

    def _wait(self, unit: Unit, what: str, sentence: str) -> Plan | None:
        """Show why nothing is done; say it aloud when it begins."""
        self._desk.waits[unit] = sentence
        before, self._said[unit] = self._said.get(unit), what
        return None if before == what else saying("CLOSE_OUT_WAITS", sentence)

    def _goes_on(self, unit: Unit) -> None:
        self._desk.waits.pop(unit, None)
        self._said.pop(unit, None)

    def _advance(self, one: CloseOut, pool: AccountInput | None) -> Plan | None:
        """Return what a close-out that runs does next, if it need not wait."""
        desk = self._desk
        progress = self._progress.get(one.unit)
        if progress is None:
            progress = self._progress[one.unit] = progress_of(desk, one)
        steps = [desk.state.orders[order_id] for order_id in one.orders]
        if live := next((step for step in steps if step.is_live), None):
            return self._hurry(one, live, progress)
        if failed := self._failed(one, steps, progress):
            return failed
        if blocking := in_the_way(desk, one.unit):
            unasked = [order for order in blocking if order.id not in desk.state.cancels]
            if unasked:
                many = "1 order is" if len(unasked) == 1 else f"{len(unasked)} orders are"
                said_so = f"Close-out of {said(one.unit)}: {many} cancelled."
                return cancel_plan(desk, one, unasked, said_so)
            waited = [progress.waited_ns(order.id, desk.now_ns) for order in blocking]
            if min(waited) < WAIT_NS:
                return None
        return self._verified(one, pool, progress)

    def _hurry(self, one: CloseOut, step: Order, progress: StepProgress) -> Plan | None:
        """Wait for a step, and cancel one that waits for its book too long."""
        waited = progress.waited_ns(step.id, self._desk.now_ns)
        if waited < WAIT_NS or step.id in self._desk.state.cancels:
            return None
        message = f"Step {step.id} has waited a second for its book, and is cancelled."
        return cancel_plan(self._desk, one, [step], message)

    def _failed(self, one: CloseOut, steps: list[Order], progress: StepProgress) -> Plan | None:
        """Say that a step did not fill, or not all of it, and when it is tried again."""
        for step in steps:
            if step.id in progress.seen:
                continue
            seconds = progress.note(step, self._desk.now_ns)
            if seconds is not None:
                return saying(
                    "CLOSE_OUT_RETRY",
                    f"Step {step.id} has filled {plain(step.filled)} of "
                    f"{plain(step.terms.quantity)} ({step.reason}); {step.terms.instrument} is "
                    f"tried again in {seconds} s.",
                )
        return None

    def _verified(
        self, one: CloseOut, pool: AccountInput | None, progress: StepProgress
    ) -> Plan | None:
        """Look at the figures as they are now: done, the next step, or a pause."""
        desk, unit = self._desk, one.unit
        held = [] if pool is None else [p for p in pool.positions if p.quantity]
        if pool is None or not held:
            return self._end(one, "it is flat")
        if all(abs(p.quantity) < p.instrument.lot_size for p in held):
            return self._end(one, "less than a lot is left")
        doubt = self._marks.doubt(unit, [p.instrument.id for p in held])
        margin = margin_of(pool)
        if doubt or margin is None:
            return self._wait(unit, "mark", f"Close-out of {said(unit)} pauses. {doubt}")
        if margin.within(TARGET_RATIO):
            return self._end(one, ratio_text(margin))
        preference = desk.state.close_out_orders.get(one.account, ())
        step = next_step(pool, partial(self._price, progress), preference, one.at_trigger)
        if step is None:
            return self._without_price(unit, held, progress)
        self._goes_on(unit)
        return step_plan(desk, one, step)

    def _without_price(
        self, unit: Unit, held: list[PositionInput], progress: StepProgress
    ) -> Plan | None:
        desk = self._desk
        names = [p.instrument.id for p in held]
        sentence = f"Close-out of {said(unit)} pauses. "
        if resting := [name for name in names if progress.rests(name, desk.now_ns)]:
            desk.waits[unit] = f"{sentence}{resting[0]} did not fill and is tried again soon."
            return None  # that was said when the step ended
        states = {name: desk.book_state(name) for name in names}
        unsynced = next((name for name, state in states.items() if state != "SYNCED"), None)
        if unsynced is not None:
            return self._wait(unit, "book", f"{sentence}The book of {unsynced} is not synced.")
        return self._wait(unit, "book", f"{sentence}No book holds anything within the collar.")

    def _end(self, one: CloseOut, why: str) -> Plan:
        self._goes_on(one.unit)
        self._progress.pop(one.unit, None)
        return end_plan(self._desk, one, why)

    def _price(
        self,
        progress: StepProgress,
        instrument: Instrument,
        side: Side,
        quantity: Decimal,
        taken: Decimal,
    ) -> Decimal | None:
        if progress.rests(instrument.id, self._desk.now_ns):
            return None
        return walk_price(self._desk, instrument, side, quantity, taken)

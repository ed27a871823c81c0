"""Closing margin loans out: pledged coins are sold step by step, and what they bring repays.

Only where the desk itself may sell (`execution` is `paper`); with a lender's real loan it plans
and alarms. As with perpetual accounts a close-out is what its rows say, and goes on from there
after a restart; what is kept here besides only paces it.
"""

from __future__ import annotations

from desk.engine.change import CloseOut
from desk.engine.close_out_rows import cancel_plan, end_plan, saying
from desk.engine.desk import Desk
from desk.engine.loan_close_out_rows import begin_plan, proceeds_plan, sale_row, used_text
from desk.engine.loan_sales import coins_held, secured_of, sellable_coins
from desk.engine.loan_watch import PAPER, is_overdue
from desk.engine.loans import Loan, financing_accounts, loan_of
from desk.engine.plan import Plan
from desk.engine.quality import mark_doubts
from desk.engine.step_progress import StepProgress, progress_of
from desk.execution.order import Order
from desk.margin.levels import CLOSE_OUT
from desk.model.numbers import plain
from desk.risk.loan_level import due_level
from desk.risk.loan_sale import is_cured, next_sale

WAIT_NS = 1_000_000_000
"""How long a sale is waited for before it is cancelled."""


class LoanClosingOut:
    """Watches the financing accounts of this desk; at most one plan a look."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._progress: dict[int, StepProgress] = {}
        """By the number of the close-out."""
        self._said: set[str] = set()
        """Accounts of which it was said that they wait."""

    def look(self) -> Plan | None:
        """Return the next thing to record or to say, or None."""
        desk = self._desk
        for account in financing_accounts(desk):
            if account.execution != PAPER:
                continue
            running = desk.state.closing_out(account.id)
            if not running and desk.levels.get(account.id) != CLOSE_OUT:
                continue
            loan = loan_of(desk, account)
            plan = self._advance(running[0], loan) if running else self._judge(loan)
            if plan is not None:
                return plan
        return None

    def _judge(self, loan: Loan) -> Plan | None:
        """Begin a close-out that is due, or say why it waits."""
        desk, figures, name = self._desk, loan.figures, loan.account.id
        coins = coins_held(desk, loan)
        if not coins or desk.state.levels.get(name) != CLOSE_OUT:
            return None
        if doubt := self._doubt(loan):
            return self._wait(name, f"Close-out of {name} waits. {doubt}")
        assert figures.loan is not None
        assert figures.margin_value is not None
        terms, overdue = desk.rules.loans.terms, is_overdue(desk, name)
        level = due_level(figures.loan, figures.margin_value, terms, overdue=overdue)
        self._goes_on(name)
        return begin_plan(desk, loan, coins) if level == CLOSE_OUT else None

    def _doubt(self, loan: Loan) -> str:
        """Return why nothing may be sold now, or an empty text."""
        doubts = mark_doubts(self._desk, set(coins_held(self._desk, loan)))
        if doubts:
            return doubts[0].message
        return "" if loan.figures.known else "What its collateral is worth cannot be known now."

    def _advance(self, one: CloseOut, loan: Loan) -> Plan | None:
        """Return what a close-out that runs does next, if it need not wait."""
        desk = self._desk
        progress = self._progress.get(one.number)
        if progress is None:
            progress = self._progress[one.number] = progress_of(desk, one)
        steps = [desk.state.orders[order_id] for order_id in one.orders]
        if live := next((step for step in steps if step.is_live), None):
            return self._hurry(one, live, progress)
        if repaid := proceeds_plan(desk, loan, self._proceeds(one)):
            return repaid
        return self._failed(steps, progress) or self._verified(one, loan, progress)

    def _proceeds(self, one: CloseOut) -> list[str]:
        """Return the assets that its sales bring."""
        instruments = (self._desk.catalogue.get(name) for name in one.at_trigger)
        return sorted({instrument.quote for instrument in instruments if instrument is not None})

    def _hurry(self, one: CloseOut, step: Order, progress: StepProgress) -> Plan | None:
        waited = progress.waited_ns(step.id, self._desk.now_ns)
        if waited < WAIT_NS or step.id in self._desk.state.cancels:
            return None
        message = f"Step {step.id} has waited a second for its book, and is cancelled."
        return cancel_plan(self._desk, one, [step], message)

    def _failed(self, steps: list[Order], progress: StepProgress) -> Plan | None:
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

    def _verified(self, one: CloseOut, loan: Loan, progress: StepProgress) -> Plan | None:
        """Look at the figures as they are now: done, the next sale, or a pause."""
        desk = self._desk
        if loan.figures.known and is_cured(loan.figures):
            return self._end(one, used_text(loan) if loan.owed else "the loan is repaid")
        if not coins_held(desk, loan):
            return self._end(one, f"nothing is left to sell, {used_text(loan)}")
        secured, doubt = secured_of(desk, loan), self._doubt(loan)
        if doubt or secured is None:
            return self._wait(one.account, f"Close-out of {one.account} pauses. {doubt}")
        coins = [
            coin
            for coin in sellable_coins(desk, loan, one.at_trigger)
            if not progress.rests(coin.instrument, desk.now_ns)
        ]
        preference = desk.state.close_out_orders.get(one.account, ())
        sale = next_sale(secured, coins, preference)
        if sale is None:
            sentence = f"Close-out of {one.account} pauses. No book takes its coins now."
            return self._wait(one.account, sentence)
        self._goes_on(one.account)
        return sale_row(desk, one, sale)

    def _end(self, one: CloseOut, why: str) -> Plan:
        self._goes_on(one.account)
        self._progress.pop(one.number, None)
        return end_plan(self._desk, one, why)

    def _wait(self, account: str, sentence: str) -> Plan | None:
        """Show why nothing is done; say it aloud when it begins."""
        self._desk.waits[account, None] = sentence
        if account in self._said:
            return None
        self._said.add(account)
        return saying("CLOSE_OUT_WAITS", sentence)

    def _goes_on(self, account: str) -> None:
        self._desk.waits.pop((account, None), None)
        self._said.discard(account)

"""Levels of margin loans as time passes: crossings recorded, a call counted down and announced."""

from __future__ import annotations

from datetime import UTC, datetime

from desk.engine.accounts import Account
from desk.engine.change import Change
from desk.engine.desk import HONG_KONG, Desk
from desk.engine.loans import Loan, owed
from desk.engine.plan import Plan
from desk.engine.state import CALLED
from desk.engine.watched_loans import all_financing_accounts, loan_now
from desk.model.events import Alerted
from desk.model.numbers import plain
from desk.risk.loan_level import cure_deadline_ms, next_loan_level
from desk.risk.loan_sale import CURED
from desk.risk.monitor import LevelMemory, memory_of

PAPER = "paper"

EVERY_NS = 10_000_000
"""Distance of two looks: time is told with every message, and a loan is judged by many marks."""


class LoanWatch:
    """Looks at the financing accounts; at most one plan a look."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._memory: dict[str, LevelMemory] = {}
        self._looked_ns = -EVERY_NS

    def look(self) -> Plan | None:
        """Return the next crossing to record, or None."""
        desk = self._desk
        if desk.now_ns - self._looked_ns < EVERY_NS:
            return None
        self._looked_ns = desk.now_ns
        for account in all_financing_accounts(desk):
            held = desk.levels.get(account.id, "NORMAL")
            if held == "NORMAL" and not _owes(desk, account):
                continue
            loan = loan_now(desk, account)
            after = self._next(account, held, loan)
            self._memory[account.id] = after
            desk.levels[account.id] = after.level
            if after.level != held:
                return _crossing(desk, loan, held, after.level)
        return None

    def _next(self, account: Account, held: str, loan: Loan) -> LevelMemory:
        desk = self._desk
        return next_loan_level(
            memory_of(self._memory, account.id, held),
            loan.figures,
            desk.rules.loans.terms,
            desk.now_ns,
            overdue=is_overdue(desk, account.id),
        )


def _owes(desk: Desk, account: Account) -> bool:
    return account.watched or bool(owed(desk, account.id))


def deadline_of(desk: Desk, account: str) -> int | None:
    """Return when the countdown of an account's call ends, wall clock; None: none runs."""
    called_ms = desk.state.called_since_ms.get(account)
    return cure_deadline_ms(called_ms, desk.rules.loans.cure_minutes)


def is_overdue(desk: Desk, account: str) -> bool:
    """Whether the countdown of an account's call has ended."""
    deadline_ms = deadline_of(desk, account)
    return deadline_ms is not None and desk.wall_ms >= deadline_ms


def _crossing(desk: Desk, loan: Loan, before: str, level: str) -> Plan:
    """Record a crossing with the prices that decided it."""
    account, used = loan.account, loan.figures.utilization
    plan = Plan(about="level")
    plan.add(
        "level",
        Change(
            what={
                "before": before,
                "after": level,
                "marks": {
                    piece.asset: plain(value / piece.quantity)
                    for piece in loan.collateral
                    if piece.asset
                    and piece.quantity
                    and (value := piece.pledge.market_value) is not None
                },
                "currency": account.currency,
                "utilization": None if used is None else plain(used),
            },
            level=(account.id, level),
        ),
        time_ms=desk.wall_ms,
        account=account.id,
        reserve=True,
    )
    if level in CALLED:
        plan.events.append(_alert(desk, loan, level))
    return plan


def _alert(desk: Desk, loan: Loan, level: str) -> Alerted:
    account = loan.account
    if level == "CLOSE_OUT":
        sold_here = account.execution == PAPER and not account.watched
        who = "" if sold_here else " The desk sells nothing there: the lender does."
        used = loan.figures.utilization
        at = "no collateral counts" if used is None else f"utilization {used * 100:.2f}%"
        late = ", and its call was not met in time" if is_overdue(desk, account.id) else ""
        message = f"{account.id} is due for close-out: {at}{late}.{who}"
        return Alerted(severity="danger", code="LOAN_CLOSE_OUT", message=message)
    since_ms = desk.state.called_since_ms.get(account.id, desk.wall_ms)
    deadline_ms = cure_deadline_ms(since_ms, desk.rules.loans.cure_minutes)
    message = f"Margin call on {account.id}: {_cure(loan)} by {_clock(deadline_ms)} HKT."
    return Alerted(severity="danger", code="LOAN_MARGIN_CALL", message=message)


def _cure(loan: Loan) -> str:
    figures = loan.figures
    if figures.loan is None or figures.margin_value is None:
        return "repay or pledge"
    missing = figures.loan - CURED * figures.margin_value
    return f"repay {missing:,.2f} {loan.account.currency} or pledge more"


def _clock(wall_ms: int | None) -> str:
    if wall_ms is None:
        return "now"
    return f"{datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(HONG_KONG):%H:%M}"

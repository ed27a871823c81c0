"""What the desk notices by itself: margin levels, and all that has a watch of its own."""

from __future__ import annotations

from desk.engine.blind_stops import BlindStops
from desk.engine.change import Change
from desk.engine.clock_watch import ClockWatch
from desk.engine.closing_out import ClosingOut
from desk.engine.cure_watch import CureWatch, called, close_out_elsewhere, due
from desk.engine.desk import Desk
from desk.engine.funding import FundingClock
from desk.engine.loan_closing_out import LoanClosingOut
from desk.engine.loan_watch import LoanWatch
from desk.engine.plan import Plan
from desk.engine.program_clock import ProgramClock
from desk.engine.reconciling import Reconciler
from desk.engine.rule_watch import RuleWatch
from desk.engine.state import CALLED
from desk.engine.venue_liquidation import VenueLiquidation
from desk.margin.levels import CLOSE_OUT
from desk.margin.rounding import written
from desk.model.numbers import plain
from desk.risk.monitor import LevelMemory, memory_of, next_level


class Watch:
    """Looks at the desk whenever time passes; at most one plan a look."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._memory: dict[str, LevelMemory] = {}
        self._loans = LoanWatch(desk)
        self._rules = RuleWatch(desk)
        self._loans_out = LoanClosingOut(desk)
        self._closing_out = ClosingOut(desk)
        self._liquidation = VenueLiquidation(desk)
        self._cures = CureWatch(desk)
        self._funding = FundingClock(desk)
        self._blind_stops = BlindStops(desk)
        self._clock = ClockWatch(desk)
        self._programs = ProgramClock(desk)
        self._reconciler = Reconciler(desk)

    def heard_mark(self, instrument_id: str) -> None:
        """Note that a venue has said a mark."""
        self._closing_out.heard_mark(instrument_id)

    def look(self) -> Plan | None:
        """Return the next thing to record, or None."""
        looks = (
            self._reconciler.look,
            self._closing_out.look,
            self._liquidation.look,
            self._changed_level,
            self._loans.look,
            self._loans_out.look,
            self._cures.look,
            self._rules.look,
            self._funding.look,
            self._blind_stops.look,
            self._clock.look,
            self._programs.look,
        )
        return next((plan for look in looks if (plan := look()) is not None), None)

    def _changed_level(self) -> Plan | None:
        desk = self._desk
        for account in desk.state.accounts.values():
            if account.kind != "perpetual":
                continue
            held = desk.levels.get(account.id, "NORMAL")
            memory = memory_of(self._memory, account.id, held)
            after = next_level(memory, desk.margin(account.id), desk.now_ns)
            self._memory[account.id] = after
            desk.levels[account.id] = after.level
            if after.level != held:
                return self._level_plan(account.id, held, after.level)
        return None

    def _level_plan(self, account: str, before: str, level: str) -> Plan:
        """Record a crossing with the marks that decided it."""
        desk = self._desk
        figures = desk.figures(account)
        marks = {p.instrument: plain(p.mark) for p in figures.positions if p.mark is not None}
        ratio = figures.margin_ratio
        what = {
            "before": before,
            "after": level,
            "marks": marks,
            "margin_ratio": None if ratio is None else plain(written(ratio)),
        }
        plan = Plan(about="level")
        plan.add(
            "level",
            Change(what=what, level=(account, level)),
            time_ms=desk.wall_ms,
            account=account,
            reserve=True,
        )
        if level == CLOSE_OUT and desk.state.accounts[account].watched:
            plan.events.append(close_out_elsewhere(account))
        elif level in CALLED and before not in CALLED:
            plan.events.append(due(account) if level == CLOSE_OUT else called(desk, account))
        return plan


def forget_levels(desk: Desk) -> None:
    """Drop the levels of accounts that are watched no more, or are others now."""
    for name in list(desk.levels):
        account = desk.state.accounts.get(name)
        if account is None or (account.watched and name not in desk.state.levels):
            del desk.levels[name]

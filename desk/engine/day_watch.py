"""A day that begins, one that has lost what it may, and one that is over."""

from __future__ import annotations

from desk.engine.change import Change, Latch
from desk.engine.day import (
    LATCH,
    daily_limit,
    day_loss,
    day_start,
    held,
    hong_kong_day,
    standing,
    unmarked,
)
from desk.engine.desk import Desk
from desk.engine.guarding import latch_desk, risk_adding_orders
from desk.engine.plan import Plan
from desk.engine.quality import mark_doubts
from desk.engine.rule_state import RuleChange
from desk.model.events import Alerted


def begun(desk: Desk) -> Plan | None:
    """Record that a day begins, once every mark that it is valued at is fresh."""
    if day_start(desk) is not None or unmarked(desk) or mark_doubts(desk, held(desk)):
        return None
    plan = Plan(about="day")
    day = standing(desk)
    what = {"day": day.day}
    plan.add(
        plan.about,
        Change(what=what, rules=RuleChange(day=day)),
        time_ms=desk.wall_ms,
        reserve=True,
    )
    return plan


def reached(desk: Desk) -> Plan | None:
    """Record that the day has lost what it may: REDUCING until the next day in Hong Kong."""
    limit = daily_limit(desk)
    if limit is None or LATCH in desk.state.latches or mark_doubts(desk, held(desk)):
        return None
    lost = day_loss(desk)
    if lost is None or lost < limit or not desk.state.fills:
        return None
    reason = f"the day has lost {lost:,.2f} USD of {limit:,.2f}"
    plan = Plan(about="latch")
    latch = Latch(key=LATCH, state="REDUCING", reason=reason, since_ms=desk.wall_ms)
    latch_desk(desk, plan, latch, risk_adding_orders(desk))
    said = f"REDUCING until the next day in Hong Kong: {reason}."
    plan.events.append(Alerted(severity="danger", code="DAILY_LOSS", message=said))
    return plan


def passed(desk: Desk) -> Plan | None:
    """Record that the day of a reached limit is over; a clock set back does not end it."""
    latch = desk.state.latches.get(LATCH)
    if latch is None or hong_kong_day(desk.wall_ms) <= hong_kong_day(latch.since_ms):
        return None
    plan = Plan(about="rearm")
    what = {"lifted": [latch.reason], "reason": "a new day in Hong Kong"}
    plan.add(plan.about, Change(what=what, unlatch=LATCH), time_ms=desk.wall_ms, reserve=True)
    return plan

"""What a day may lose: one person sets it or makes it less, two make it more or take it away."""

from __future__ import annotations

from decimal import Decimal

from desk.engine.change import Change
from desk.engine.day import LATCH, RULE, daily_limit, day_loss
from desk.engine.desk import Desk
from desk.engine.plan import Plan, Refusal
from desk.engine.rule_state import DailyLoss, RuleChange
from desk.model.commands import SetDailyLoss
from desk.model.events import Denial
from desk.model.numbers import plain
from desk.risk.denial import deny
from desk.risk.override import LEAST_REASON
from desk.risk.people import one_line, reasoned, two_people


def set_daily_loss(desk: Desk, command: SetDailyLoss, plan: Plan) -> None:
    """Set the limit; of one that was reached two people let the desk go on, who make it more."""
    before, after = daily_limit(desk), command.limit
    is_looser = before is not None and _looser(before, after)
    denials = _objections(command, is_looser=is_looser)
    if denials:
        raise Refusal(*denials)
    lost = day_loss(desk)
    is_more = after is None or (lost is not None and lost < after)
    freed = is_looser and is_more and LATCH in desk.state.latches
    what = {
        "before": None if before is None else plain(before),
        "after": None if after is None else plain(after),
        "names": [one_line(name) for name in (command.first_name, command.second_name) if name],
        "reason": one_line(command.reason),
    }
    plan.add(
        plan.about,
        Change(
            what=what,
            rules=RuleChange(daily_loss=DailyLoss(limit=after)),
            unlatch=LATCH if freed else "",
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
    )


def _looser(before: Decimal, after: Decimal | None) -> bool:
    return after is None or after > before


def _objections(command: SetDailyLoss, *, is_looser: bool) -> list[Denial]:
    found: list[Denial] = []
    if command.limit is not None and command.limit <= 0:
        found.append(deny("DAILY_LOSS", RULE, "The most that a day may lose is above 0."))
    if is_looser:
        found += two_people(command.first_name, command.second_name, RULE)
    elif not one_line(command.first_name):
        found.append(deny("NAME", RULE, "A person stands behind this: give a name."))
    return [*found, *reasoned(command.reason, LEAST_REASON, RULE)]

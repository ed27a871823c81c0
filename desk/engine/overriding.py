"""Benchmarks that two people have set aside: set, taken back, and ended by time."""

from __future__ import annotations

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.plan import Plan, Refusal
from desk.engine.risk_snapshot import OverrideView
from desk.engine.rule_state import RuleChange
from desk.model.commands import OverrideRule
from desk.model.events import Alerted
from desk.model.numbers import plain
from desk.risk.override import Override, objections
from desk.risk.people import one_line


def override(desk: Desk, command: OverrideRule, plan: Plan) -> None:
    """Set a benchmark aside for a time, or take that back."""
    standing = desk.overrides.get(command.rule)
    profile = desk.rules.profile
    denials = objections(command, profile, desk.wall_ms, in_force=standing is not None)
    if denials:
        raise Refusal(*denials)
    names = (one_line(command.first_name), one_line(command.second_name))
    what: dict[str, object] = {"reason": one_line(command.reason), "names": list(names)}
    if command.value is None:
        change = Change(what=what, rules=RuleChange(override_ended=command.rule))
    else:
        change = Change(
            what={**what, "normal": plain(profile.number(command.rule))},
            rules=RuleChange(
                override=Override(
                    rule=command.rule,
                    value=command.value,
                    reason=one_line(command.reason),
                    names=names,
                    since_ms=desk.wall_ms,
                    expires_ms=command.expires_ms,
                )
            ),
        )
    plan.add(plan.about, change, time_ms=desk.wall_ms, client_id=plan.client_id)


def ended(desk: Desk) -> Plan | None:
    """Record the end of an override whose time is up: a clock set back does not revive it."""
    for one in desk.state.rules.overrides.values():
        if one.expires_ms <= desk.wall_ms:
            return _end(desk, one)
    return None


def _end(desk: Desk, one: Override) -> Plan:
    plan = Plan(about="override")
    plan.add(
        plan.about,
        Change(what={"expired": one.rule}, rules=RuleChange(override_ended=one.rule)),
        time_ms=desk.wall_ms,
        reserve=True,
    )
    normal = plain(desk.rules.profile.number(one.rule))
    said = f"The override of {one.rule} by {' and '.join(one.names)} has ended: {normal} holds."
    plan.events.append(Alerted(severity="info", code="OVERRIDE_ENDED", message=said))
    return plan


def override_views(desk: Desk) -> list[OverrideView]:
    """Return the overrides in force, oldest first."""
    return [
        OverrideView(
            rule=one.rule,
            value=one.value,
            normal=desk.rules.profile.number(one.rule),
            reason=one.reason,
            names=list(one.names),
            expires_ms=one.expires_ms,
        )
        for one in desk.overrides.values()
    ]

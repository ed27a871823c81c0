"""The rules that a glance should show: what is near, what is over, what ends soon."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from desk.engine.day import RULE as DAILY_LOSS
from desk.engine.day import daily_limit, day_loss
from desk.engine.desk import Desk
from desk.engine.snapshot import AccountView, RuleView
from desk.model.numbers import plain
from desk.risk.backing import backings
from desk.risk.gates import client_gates
from desk.risk.rule_line import BREACH, OK, UNKNOWN, WARN

LEVERAGE, BUFFER, ANOMALY = "perp.max_leverage", "perp.maintenance_margin", "price.anomaly"


def rule_views(desk: Desk, accounts: list[AccountView]) -> list[RuleView]:
    """Return leverage and buffer of each account, the day's loss, gates that end, prices that run
    away and benchmarks that are set aside; each with the origin of its rule."""
    own = [view for view in accounts if view.kind == "perpetual" and not view.watched]
    return [
        *(row for view in own for row in _leverage(desk, view)),
        *(row for view in own for row in _buffer(desk, view)),
        *_day(desk),
        *_gates(desk),
        *_anomalies(desk),
        *_overrides(desk),
    ]


def _row(
    desk: Desk,
    rule: str,
    status: str,
    message: str,
    value: Decimal | None = None,
    limit: Decimal | None = None,
) -> RuleView:
    known = desk.rules.profile.get(rule)
    return RuleView(
        rule=rule,
        status=status,
        value=None if value is None else plain(round(value, 4)),
        limit=None if limit is None else plain(limit),
        origin="HOUSE" if known is None else known.origin,
        message=message,
    )


def _leverage(desk: Desk, view: AccountView) -> Iterator[RuleView]:
    limit, leverage = desk.rules.limits.max_leverage, view.leverage
    if leverage is None:
        return
    said = f"{view.account} leverage {leverage:.2f}× of {plain(limit)}×"
    status = BREACH if leverage > limit else OK
    yield _row(desk, LEVERAGE, status, said, leverage, limit)


def _buffer(desk: Desk, view: AccountView) -> Iterator[RuleView]:
    house, buffer = desk.number(BUFFER), desk.number(BUFFER, "buffer")
    for one in backings(desk.figures(view.account)):
        needed = one.needed(house)
        if one.equity is None or needed is None:
            said = f"The equity behind {one.name} is unknown"
            yield _row(desk, BUFFER, UNKNOWN, said, None, buffer)
        elif needed:
            times = one.equity / needed
            least = f"{plain(buffer)} is the least"
            said = f"{one.name} has {times:.2f} times {one.asked_by(house)}; {least}"
            yield _row(desk, BUFFER, BREACH if times < buffer else OK, said, times, buffer)


def _day(desk: Desk) -> Iterator[RuleView]:
    limit = daily_limit(desk)
    if limit is None:
        return
    lost = day_loss(desk)
    if lost is None:
        yield _row(desk, DAILY_LOSS, UNKNOWN, "What the day has lost is unknown", None, limit)
        return
    said = f"the day has lost {max(lost, Decimal(0)):,.2f} USD of {limit:,.2f}"
    yield _row(desk, DAILY_LOSS, BREACH if lost >= limit else OK, said, lost, limit)


def _gates(desk: Desk) -> Iterator[RuleView]:
    for gate in client_gates(desk.client, desk.rules.profile, desk.today):
        if gate.warns or not gate.met:
            yield _row(desk, gate.rule, WARN if gate.met else BREACH, gate.said)


def _anomalies(desk: Desk) -> Iterator[RuleView]:
    for name in desk.anomalies:
        yield _row(desk, ANOMALY, WARN, f"{name} is running away", None, desk.number(ANOMALY))


def _overrides(desk: Desk) -> Iterator[RuleView]:
    for one in desk.overrides.values():
        said = f"{one.rule} is set aside by {' and '.join(one.names)}: {one.reason}"
        yield _row(desk, one.rule, WARN, said, None, one.value)

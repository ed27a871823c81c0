"""Prices that run away: noticed, recorded for surveillance, and after a while no new risk.

`price.anomaly`: a mark that moves 5 % within 10 s is told at once; where it still does after 30 s,
orders that add risk in that instrument are denied until it is calm: until it has not moved that
far for two seconds, for a window of whole seconds is up to a second longer at their end.
"""

from __future__ import annotations

from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.plan import Plan
from desk.model.events import Alerted
from desk.model.numbers import ONE, plain

RULE = "price.anomaly"
NS_PER_S = 1_000_000_000
CALM_NS = 2 * NS_PER_S


def noticed(desk: Desk) -> Plan | None:
    """Return the next runaway price to record; one that has calmed is forgotten."""
    profile = desk.rules.profile
    limit, window_s = profile.number(RULE), int(profile.number(RULE, "window_s"))
    for name, window in desk.windows.items():
        span = window.span(desk.now_ns, window_s)
        move = None if span is None else span[1] / span[0] - ONE
        if move is None or move < limit:
            if desk.now_ns - desk.ran_ns.get(name, 0) >= CALM_NS:
                desk.anomalies.pop(name, None)
            continue
        desk.ran_ns[name] = desk.now_ns
        if name not in desk.anomalies:
            desk.anomalies[name] = desk.now_ns
            said = f"{name} has moved {move * 100:.2f}% within {window_s} s."
            return _record(desk, name, said, plain(move))
    return None


def _record(desk: Desk, name: str, said: str, move: str) -> Plan:
    plan = Plan(about="surveillance")
    mark = desk.mark(name)
    what = {
        "instrument": name,
        "move": move,
        "mark": None if mark is None else plain(mark),
        "rule": RULE,
        "profile_hash": desk.rules.hash,
    }
    plan.add(plan.about, Change(what=what), time_ms=desk.wall_ms, reserve=True)
    plan.events.append(Alerted(severity="warning", code="PRICE_ANOMALY", message=said))
    return plan


def unresolved_s(desk: Desk, name: str) -> int | None:
    """Return for how long a price has been running away; None: it is calm."""
    since_ns = desk.anomalies.get(name)
    return None if since_ns is None else (desk.now_ns - since_ns) // NS_PER_S

"""The countdown of a margin call on a perpetual account: said when it begins, and when it is over.

Its beginning is in the journal, so that it goes on across restarts. At its end nothing is closed
out (that is decided by the margin ratio alone): the alarm goes on, once a minute.
"""

from __future__ import annotations

from datetime import UTC, datetime

from desk.engine.desk import HONG_KONG, Desk
from desk.engine.plan import Plan
from desk.model.events import Alerted
from desk.model.numbers import plain
from desk.risk.loan_level import cure_deadline_ms
from desk.risk.monitor import CURE_MINUTES

ALARM_NS = 60_000_000_000


class CureWatch:
    """Looks at the calls that run; at most one plan a look."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._alarmed_ns: dict[str, int] = {}

    def look(self) -> Plan | None:
        """Return an alarm that is due, or None."""
        desk = self._desk
        for account in desk.state.accounts.values():
            deadline_ms = deadline_of(desk, account.id)
            if account.kind != "perpetual" or deadline_ms is None or desk.wall_ms < deadline_ms:
                continue
            last_ns = self._alarmed_ns.get(account.id)
            if last_ns is None or desk.now_ns - last_ns >= ALARM_NS:
                self._alarmed_ns[account.id] = desk.now_ns
                return Plan(about="cure", events=[_overdue(account.id, deadline_ms)])
        return None


def deadline_of(desk: Desk, account: str) -> int | None:
    """Return when the countdown of an account's call ends, wall clock; None: none runs."""
    return cure_deadline_ms(desk.state.called_since_ms.get(account), CURE_MINUTES)


def called(desk: Desk, account: str) -> Alerted:
    """Say that a call has begun, now."""
    deadline_ms = cure_deadline_ms(desk.wall_ms, CURE_MINUTES)
    assert deadline_ms is not None, "a call that begins has an end"
    watched = desk.state.accounts[account].watched
    what = "it is watched. Deposit or reduce there" if watched else "no new risk. Deposit or reduce"
    message = f"Margin call on {account}: {what} by {_clock(deadline_ms)} HKT."
    return Alerted(severity="danger", code="MARGIN_CALL", message=message)


def due(account: str) -> Alerted:
    """Say that an account has come to close-out without a call before: there is no time to cure."""
    message = f"{account} is due for close-out: no new risk. It begins on a confirmed mark."
    return Alerted(severity="danger", code="CLOSE_OUT_DUE", message=message)


def close_out_elsewhere(account: str) -> Alerted:
    """Say that a watched account is due to be closed out, where it lives."""
    message = f"Close-out of {account} is due: it is watched, and the desk trades nothing there."
    return Alerted(severity="danger", code="CLOSE_OUT_WATCHED", message=message)


def _overdue(account: str, deadline_ms: int) -> Alerted:
    message = (
        f"The margin call on {account} is not cured: its {plain(CURE_MINUTES)} minutes ended at "
        f"{_clock(deadline_ms)} HKT."
    )
    return Alerted(severity="danger", code="CURE_OVERDUE", message=message)


def _clock(wall_ms: int) -> str:
    return f"{datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(HONG_KONG):%H:%M}"

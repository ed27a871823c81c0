"""Alerts that a person sets, takes away, or has seen.

A condition that holds already is taken and raised at once: the answer says `already`. A denial
would leave a trader who was a moment late without any alert.
"""

from __future__ import annotations

from collections.abc import Iterator

from desk.engine.alert_book import AlertChange
from desk.engine.alert_sight import LEVELS, look
from desk.engine.change import Change
from desk.engine.desk import Desk
from desk.engine.plan import Plan, Refusal, refuse
from desk.model.alert_commands import AcknowledgeAlert, AlertKind, RemoveAlert, SetAlert
from desk.model.events import Acknowledged, Denial
from desk.model.instrument import Kind
from desk.model.numbers import plain
from desk.risk.people import one_line

MOST = 200
LONGEST_ID, LONGEST_NOTE = 64, 200

_BOUNDED = frozenset({AlertKind.PRICE, AlertKind.SPREAD, AlertKind.FUNDING})
_OF_INSTRUMENT = _BOUNDED | {AlertKind.STALENESS}
_OF_ACCOUNT = frozenset({AlertKind.LEVEL, AlertKind.DISTANCE})


def set_alert(desk: Desk, command: SetAlert, plan: Plan) -> None:
    """Watch for something from now on."""
    denials = [*_wrong(desk, command)]
    if denials:
        raise Refusal(*denials)
    sight = look(desk, command)
    plan.told = {
        "kind": command.kind.value,
        "already": sight.holds is True,
        "blind": sight.why,
        "value": None if sight.value is None else plain(sight.value),
    }
    plan.add(
        plan.about,
        Change(what={"kind": command.kind.value}, alerts=AlertChange(rule=command)),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        account=command.account,
    )


def set_again(desk: Desk, command: SetAlert) -> None:
    """Refuse to take for a repetition what would leave a trader without the alert."""
    book = desk.state.alerts
    if command.id not in book.rules:
        raise refuse("ID_REUSED", f"The alert {command.id} was taken away: name the new one anew.")
    if command.id in book.done:
        raise refuse("ID_REUSED", f"The alert {command.id} was raised and is over: name one anew.")


def remove(desk: Desk, command: RemoveAlert, plan: Plan) -> None:
    """Watch for it no longer."""
    if command.alert not in desk.state.alerts.rules:
        raise refuse("UNKNOWN_ALERT", f"There is no alert {command.alert}.")
    plan.add(
        plan.about,
        Change(what={"alert": command.alert}, alerts=AlertChange(removed=command.alert)),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        reserve=True,
    )


def acknowledge(desk: Desk, command: AcknowledgeAlert, plan: Plan) -> None:
    """Somebody has seen what was raised, up to a number."""
    book = desk.state.alerts
    if not 0 < command.number <= book.last:
        raise refuse("UNKNOWN_ALERT", f"No alert has the number {command.number} yet.")
    if command.number <= book.seen:
        said = {"seen": book.seen, "repeated": True}
        plan.events.append(
            Acknowledged(command=plan.number, about=plan.about, id=command.id, data=said)
        )
        return
    plan.add(
        plan.about,
        Change(what={"seen": command.number}, alerts=AlertChange(seen=command.number)),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        reserve=True,
    )


def _wrong(desk: Desk, command: SetAlert) -> Iterator[Denial]:
    if not command.id.strip() or len(command.id) > LONGEST_ID:
        yield _no("ID", f"An alert needs a name of 1 to {LONGEST_ID} characters.")
    if len(desk.state.alerts.rules) >= MOST:
        yield _no("TOO_MANY_ALERTS", f"The desk holds at most {MOST} alerts: take one away first.")
    if len(command.note) > LONGEST_NOTE or one_line(command.note) != command.note:
        yield _no("NOTE", f"A note is one line of at most {LONGEST_NOTE} characters.")
    yield from _wrong_subject(desk, command)
    yield from _wrong_bound(command)
    yield from _wrong_level(command)


def _wrong_subject(desk: Desk, command: SetAlert) -> Iterator[Denial]:
    kind, name = command.kind, command.kind.value
    instrument = desk.catalogue.get(command.instrument or "")
    account = desk.state.accounts.get(command.account or "")
    if command.instrument is not None and instrument is None:
        yield _no("UNKNOWN_INSTRUMENT", f"There is no instrument {command.instrument}.")
    elif command.instrument is None and kind in _OF_INSTRUMENT:
        yield _no("INSTRUMENT", f"Name the instrument of the {name} alert.")
    elif instrument is not None and instrument.connection not in desk.settings.fed:
        yield _no("NOT_FED", f"Nothing streams {instrument.id} here: the alert would be blind.")
    elif instrument is not None and kind is AlertKind.FUNDING and instrument.kind is Kind.SPOT:
        yield _no("NO_FUNDING", f"{instrument.id} is spot: it has no funding.")
    if command.account is not None and account is None:
        yield _no("UNKNOWN_ACCOUNT", f"There is no account {command.account}.")
    elif command.account is None and kind in _OF_ACCOUNT:
        yield _no("ACCOUNT", f"Name the account of the {name} alert.")
    elif account is not None and kind is AlertKind.DISTANCE and account.kind != "perpetual":
        yield _no("NO_DISTANCE", f"{account.id} is {account.kind}: it has no such distance.")
    elif command.account is not None and kind in _OF_INSTRUMENT:
        yield _no("ACCOUNT", f"A {name} alert is about an instrument, not an account.")
    if command.instrument is not None and kind is AlertKind.LEVEL:
        yield _no("INSTRUMENT", "A level alert is about an account, not an instrument.")


def _wrong_bound(command: SetAlert) -> Iterator[Denial]:
    kind, name = command.kind, command.kind.value
    bounds = [bound for bound in (command.above, command.below) if bound is not None]
    if kind in _BOUNDED and len(bounds) != 1:
        yield _no("BOUND", f"A {name} alert needs one of above and below.")
    elif kind is AlertKind.DISTANCE:
        if command.above is not None or command.below is None or not 0 < command.below <= 1:
            yield _no("BOUND", "A distance alert needs below, more than 0% and at most 100%.")
    elif kind not in _BOUNDED and bounds:
        yield _no("BOUND", f"A {name} alert has neither above nor below.")
    elif kind is AlertKind.PRICE and bounds[0] <= 0:
        yield _no("BOUND", f"A price is more than 0; found {plain(bounds[0])}.")
    elif kind is AlertKind.SPREAD and bounds[0] < 0:
        yield _no("BOUND", f"A spread is 0 or more; found {plain(bounds[0])}.")


def _wrong_level(command: SetAlert) -> Iterator[Denial]:
    if command.kind is AlertKind.LEVEL:
        if command.level not in LEVELS[1:]:
            yield _no("LEVEL", f"A level is one of {', '.join(LEVELS[1:])}.")
    elif command.level:
        yield _no("LEVEL", f"A {command.kind.value} alert has no level.")


def _no(code: str, message: str) -> Denial:
    return Denial(code=code, rule="ord.no_limit_no_trade", message=message)

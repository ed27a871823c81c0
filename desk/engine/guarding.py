"""Kill and rearm, latches that set themselves, and leaving the desk."""

from __future__ import annotations

from collections.abc import Sequence

from desk.engine.cancelling import adds_risk
from desk.engine.change import Change, Latch
from desk.engine.desk import Desk
from desk.engine.plan import Plan, refuse
from desk.engine.program_book import Progress
from desk.engine.programs import ending
from desk.model.commands import Kill, Rearm, WindowClosing
from desk.model.events import Alerted
from desk.risk.people import one_line

MIN_REASON = 10
"""Characters of a reason to rearm: long enough to have to be one."""

WINDOW = "window"
CRASH = "crash"
"""The key of the latch for faults of ours."""


def kill(desk: Desk, command: Kill, plan: Plan) -> None:
    """Halt the desk and cancel what could add risk (everything, where asked)."""
    orders = [
        order.id
        for order in desk.state.live_orders()
        if command.everything or adds_risk(desk, order)
    ]
    reason = command.reason or "no reason given"
    latch_desk(
        desk,
        plan,
        Latch(key="kill", state="HALTED", reason=f"kill: {reason}", since_ms=desk.wall_ms),
        cancels=orders,
        programs=desk.state.programs.running if command.everything else (),
    )


def rearm(desk: Desk, command: Rearm, plan: Plan) -> None:
    """Lift every latch: by a named person who says why."""
    if not command.name.strip():
        raise refuse("NAME", "A person rearms the desk: give a name.", "kill.switch")
    if len(command.reason.strip()) < MIN_REASON:
        raise refuse(
            "REASON",
            f"A reason of at least {MIN_REASON} characters is needed to rearm.",
            "kill.switch",
        )
    second = one_line(command.second_name or "").casefold()
    if desk.rules.two_persons and second in {"", one_line(command.name).casefold()}:
        raise refuse("SECOND_NAME", "A second person rearms the desk too: name one.", "kill.switch")
    if not desk.state.latches:
        raise refuse("NOT_LATCHED", "The desk is ACTIVE: there is nothing to rearm.", "kill.switch")
    if {*desk.state.latches} == {"daily_loss"}:
        raise refuse(
            "DAILY_LOSS",
            "The day has lost what it may: the desk goes on with the next day in Hong Kong, or "
            "when two people raise the limit.",
            "risk.max_daily_loss",
        )
    if "journal" in desk.state.latches and desk.journal_note:
        raise refuse(
            "JOURNAL",
            "Nothing can be made durable in this process: restart the desk first.",
            "kill.switch",
        )
    plan.add(
        plan.about,
        Change(
            what={
                "name": command.name,
                "reason": command.reason,
                "second_name": command.second_name,
                "lifted": [o.reason for o in desk.state.latches.values() if o.key != "daily_loss"],
            },
            lift=True,
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        reserve=True,
    )


def latch_desk(
    desk: Desk,
    plan: Plan,
    latch: Latch,
    cancels: list[str],
    programs: Sequence[Progress] = (),
) -> None:
    """Record a latch and the cancels that go with it; what could add risk ends by the latch."""
    plan.add(
        plan.about,
        Change(
            what={"reason": latch.reason, "state": latch.state, "cancels": len(cancels)},
            latch=latch,
            cancels=tuple(cancels),
            programs=ending(programs, latch.reason),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id or None,
        reserve=True,
    )


def failed_before(desk: Desk, reason: str) -> Plan:
    """Halt a desk whose last process could not write its journal: a person looks first."""
    plan = Plan(about="latch")
    said = f"the journal failed in the process before this one: {reason}"
    latch = Latch(key="journal", state="HALTED", reason=said, since_ms=desk.wall_ms)
    latch_desk(desk, plan, latch, [])
    return plan


def crashed(desk: Desk, process: str, what: str) -> Plan | None:
    """Let nothing add risk after a fault of ours, until a person has looked and rearms.

    What stands at the venue stays: it was decided before. None: the desk is latched for it.
    """
    reason = f"the window failed: {what}" if process == WINDOW else f"the engine failed: {what}"
    standing = desk.state.latches.get(CRASH)
    if standing is not None and standing.reason == reason:
        return None
    plan = Plan(about="latch")
    latch = Latch(key=CRASH, state="REDUCING", reason=reason, since_ms=desk.wall_ms)
    latch_desk(desk, plan, latch, [])
    plan.events.append(Alerted(severity="danger", code="CRASHED", message=f"REDUCING: {reason}."))
    return plan


def repeat_latch(desk: Desk, count: int) -> Latch:
    """Return the latch that stops a stuck key or a runaway loop."""
    return Latch(
        key="repeat",
        state="REDUCING",
        reason=f"{count} identical orders within {desk.rules.repeat_window_s} s",
        since_ms=desk.wall_ms,
    )


def risk_adding_orders(desk: Desk) -> list[str]:
    """Return the working orders that a careful desk does not leave alone."""
    return [order.id for order in desk.state.live_orders() if adds_risk(desk, order)]


def leave(desk: Desk, command: WindowClosing, plan: Plan) -> None:
    """Record how the trader leaves, and cancel what that says."""
    if command.choice not in {"cancel_all", "leave_positions"}:
        raise refuse("CHOICE", "Leave by cancel_all or leave_positions, or stay.")
    everything = command.choice == "cancel_all"
    orders = [
        order.id for order in desk.state.live_orders() if everything or adds_risk(desk, order)
    ]
    plan.add(
        "leave",
        Change(
            what={"choice": command.choice, "cancels": len(orders)},
            cancels=tuple(orders),
            programs=ending(desk.state.programs.running, "the trader left the desk"),
        ),
        time_ms=desk.wall_ms,
        client_id=plan.client_id,
        reserve=True,
    )

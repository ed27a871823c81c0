"""May a command add risk? What is typed while disarmed is held to it; what is not known here may.

What only reduces, cancels, protects what there is, brings money in or asks does not.
"""

from __future__ import annotations

from desk.engine.desk import Desk
from desk.engine.order_preview import looked_at
from desk.engine.plan import Refusal
from desk.model.commands import (
    AcknowledgeAlert,
    AcknowledgeDisclosure,
    AnyCommand,
    Ask,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Deposit,
    Flatten,
    Kill,
    PreviewChange,
    PreviewOrder,
    Rearm,
    RemoveAlert,
    Repay,
    SetAlert,
)
from desk.model.order_commands import SubmitLadder, SubmitOrder, SubmitTwap

HARMLESS = (
    AcknowledgeAlert,
    AcknowledgeDisclosure,
    Ask,
    CancelAll,
    CancelOrder,
    ClosePosition,
    Deposit,
    Flatten,
    Kill,
    PreviewChange,
    PreviewOrder,
    Rearm,
    RemoveAlert,
    Repay,
    SetAlert,
)


def adds_risk(desk: Desk, command: AnyCommand) -> bool:
    """Say whether a command could add risk; one that cannot be judged could."""
    if isinstance(command, HARMLESS):
        return False
    if not isinstance(command, SubmitOrder | SubmitLadder | SubmitTwap):
        return True
    if command.reduce_only:
        return False
    try:
        _, found, _ = looked_at(desk, command)
    except Refusal:
        return True
    return not found.reduces

"""May a command add risk? What is typed while disarmed is held to it; what is not known here may.

What only reduces, cancels, protects what there is, brings money in or asks does not.
"""

from __future__ import annotations

from desk.engine.amending import only_shrinks
from desk.engine.desk import Desk
from desk.engine.order_preview import looked_at
from desk.engine.plan import Refusal
from desk.model.commands import (
    AcknowledgeAlert,
    AcknowledgeDisclosure,
    AmendOrder,
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
from desk.model.order_commands import (
    Previewable,
    ReversePosition,
    SubmitLadder,
    SubmitOco,
    SubmitTwap,
)

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


def is_reduce_only(command: Previewable) -> bool:
    """Whether nothing of it can do more than reduce."""
    if isinstance(command, ReversePosition):
        return False
    if isinstance(command, SubmitOco):
        return command.first.reduce_only and command.second.reduce_only
    return command.reduce_only


def adds_risk(desk: Desk, command: AnyCommand) -> bool:
    """Say whether a command could add risk; one that cannot be judged could."""
    if isinstance(command, HARMLESS):
        return False
    if isinstance(command, AmendOrder):
        return not only_shrinks(desk, command)
    if not isinstance(command, Previewable) or isinstance(command, ReversePosition):
        return True
    if is_reduce_only(command):
        return False
    if isinstance(command, SubmitLadder | SubmitTwap):
        return True  # what reduces now may open once the position is gone
    try:
        _, found, _ = looked_at(desk, command)
    except Refusal:
        return True
    return not found.reduces

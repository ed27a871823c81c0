"""Dangers that outlived a restart are said again: a trader who comes back must not have to look.

freqtrade's liquidation warning is issued again at start too (its pull request 13556, 2026-09): no
process knows how long it was gone.
"""

from __future__ import annotations

from collections.abc import Iterator

from desk.engine.close_out_rows import said
from desk.engine.desk import Desk
from desk.engine.protection import still_bare
from desk.engine.state import CALLED
from desk.model.events import Alerted
from desk.model.numbers import plain


def still_true(desk: Desk) -> list[Alerted]:
    """Return every danger that holds now, as it was when the last process ended."""
    return [*_latches(desk), *_levels(desk), *_close_outs(desk), *_unprotected(desk)]


def _latches(desk: Desk) -> Iterator[Alerted]:
    for latch in desk.state.latches.values():
        yield Alerted(
            severity="danger",
            code="STILL_LATCHED",
            message=f"The desk is still {latch.state}: {latch.reason}.",
            event_ms=latch.since_ms,
        )


def _levels(desk: Desk) -> Iterator[Alerted]:
    for account, level in desk.state.levels.items():
        if level in CALLED:
            yield Alerted(
                severity="danger",
                code="STILL_CALLED",
                message=f"{account} is still at {level}.",
                account=account,
                event_ms=desk.state.level_since_ms.get(account),
            )


def _close_outs(desk: Desk) -> Iterator[Alerted]:
    for one in desk.state.close_outs.values():
        if one.ended_ms is None:
            yield Alerted(
                severity="danger",
                code="STILL_CLOSING_OUT",
                message=f"The close-out of {said(one.unit)} still runs.",
                account=one.account,
                instrument=one.instrument,
                event_ms=one.triggered_ms,
            )


def _unprotected(desk: Desk) -> Iterator[Alerted]:
    for (account, instrument), left in still_bare(desk):
        yield Alerted(
            severity="danger",
            code="STILL_UNPROTECTED",
            message=f"{plain(left)} of {instrument} is still NOT protected: it has lost its stop.",
            account=account,
            instrument=instrument,
        )

"""What the venue and the account allow a ticket: types, times, flags, leverage and mode."""

from __future__ import annotations

import msgspec

from desk.engine.order_snapshot import ExecutionView
from desk.engine.setting_snapshot import SettingView
from desk.engine.snapshot import DeskFrame, MarketView
from desk.model.numbers import plain
from desk.model.orders import TimeInForce
from ui.viewmodels.draft import FORM_WORDS, Form
from ui.viewmodels.names import word
from ui.viewmodels.text import TIMES
from ui.viewmodels.translation import tr


class TicketLimits(msgspec.Struct, frozen=True):
    """Reasons by what they disable; what is not there is allowed."""

    setting: str = ""
    """`5× cross`; empty where there is none."""
    forms: dict[str, str] = {}
    tifs: dict[str, str] = {}
    flags: dict[str, str] = {}


def limits_of(frame: DeskFrame, market: MarketView | None) -> TicketLimits:
    """Return what the ticket of an instrument may offer."""
    setting = setting_of(frame, market)
    words = (
        "" if setting is None else f"{plain(setting.leverage)}{TIMES} {word(setting.margin_mode)}"
    )
    execution = None if market is None else _execution(frame.executions, market.venue)
    if execution is None:
        return TicketLimits(setting=words)
    return TicketLimits(
        setting=words,
        forms=_forms(execution),
        tifs={
            t.value: _cannot(execution, t.value)
            for t in TimeInForce
            if t.value not in execution.tifs
        },
        flags=_flags(execution),
    )


def setting_of(frame: DeskFrame, market: MarketView | None) -> SettingView | None:
    """Return the settings of the shown instrument, if the frame is about it."""
    setting = frame.setting
    return setting if market and setting and setting.instrument == market.instrument else None


def _execution(executions: list[ExecutionView], venue: str) -> ExecutionView | None:
    return next((one for one in executions if one.venue == venue), None) or (
        executions[0] if len(executions) == 1 else None
    )


def _forms(execution: ExecutionView) -> dict[str, str]:
    types = set(execution.types)
    needed = {
        form: {form.type.value} if form.type else {"STOP", "LIMIT"} if form is Form.OCO
        else {"LIMIT"} if form is Form.LADDER else {"MARKET"}
        for form in Form
    }  # fmt: skip
    return {
        form.name: _cannot(execution, FORM_WORDS[form])
        for form, wanted in needed.items()
        if not wanted <= types
    }


def _flags(execution: ExecutionView) -> dict[str, str]:
    flags = {"post_only": execution.post_only, "reduce_only": execution.reduce_only}
    words = {"post_only": tr("post-only"), "reduce_only": tr("reduce-only")}
    return {name: _cannot(execution, words[name]) for name, can in flags.items() if not can}


def _cannot(execution: ExecutionView, what: str) -> str:
    return tr("{venue} cannot do {what}.", venue=execution.venue, what=what)

"""Leverage and margin mode as they are set for the instrument that the window shows."""

from __future__ import annotations

from desk.engine.accounts import account_for
from desk.engine.desk import Desk
from desk.engine.setting_snapshot import SettingView
from desk.model.instrument import Kind


def setting_view(desk: Desk, selected: str | None) -> SettingView | None:
    """Return the settings of the selected perpetual; None of spot, or where no account has it."""
    instrument = None if selected is None else desk.catalogue.get(selected)
    if instrument is None or instrument.kind is not Kind.PERPETUAL:
        return None
    account = account_for(desk.state.accounts, instrument, None)
    if isinstance(account, str):
        return None
    live = desk.state.live_orders(account.id)
    return SettingView(
        account=account.id,
        instrument=instrument.id,
        leverage=desk.leverage(account.id, instrument.id),
        max_leverage=desk.rules.limits.max_leverage,
        margin_mode=desk.state.mode(account.id, instrument.id).value,
        flat=not desk.state.position(account.id, instrument.id).quantity,
        working=sum(order.terms.instrument == instrument.id for order in live),
    )

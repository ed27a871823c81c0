"""The settings of the shown instrument, as the frame tells them."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class SettingView(msgspec.Struct, frozen=True, kw_only=True):
    """Leverage and margin mode of one instrument in the account that trades it."""

    account: str
    instrument: str
    leverage: Decimal
    max_leverage: Decimal
    """The profile's cap."""
    margin_mode: str
    """`cross` or `isolated`."""
    flat: bool
    """The mode changes only then, and only without working orders."""
    working: int
    """Working orders in the instrument."""

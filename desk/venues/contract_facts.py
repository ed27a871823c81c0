"""What a venue says about a perpetual beside its mark, for which there is no event."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class ContractFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The last that was said; None: nothing, or not readable."""

    open_interest: Decimal | None = None
    """Of one side, in the unit of the instrument's quantities."""
    open_interest_ns: int | None = None
    """Boot-time clock of the message that carried or confirmed it."""
    funding_interval_h: int | None = None
    """Hours between two fundings; a venue may change it at any time."""

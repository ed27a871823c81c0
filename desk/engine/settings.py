"""By which rules a desk decides, and how it runs."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.risk.context import Limits
from desk.risk.loan_limits import LoanLimits
from desk.risk.profile import Profile


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rule profile as the desk uses it."""

    name: str
    hash: str
    limits: Limits
    default_leverage: Decimal
    messages_per_s: int
    message_burst: int
    two_persons: bool
    """A second person rearms the desk together with the first."""
    repeat_limit: int
    repeat_window_s: int
    profile: Profile
    """All of it: what the numbers above were taken from."""
    loans: LoanLimits = LoanLimits()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How this desk runs."""

    mode: str
    """`SIMULATED`, `PAPER`, `REPLAY`."""
    sample_client: bool
    """Use the sample client while nobody has set a record."""
    fed: frozenset[str]
    """Connections that stream: instruments of others are not shown."""
    traded: frozenset[str]
    """Connections whose instruments the paper venue takes orders in."""
    fee_tier: str = ""
    """The venue's fee level by which the catalogue is charged."""

    @property
    def live(self) -> bool:
        """Whether prices are those of the venues themselves, now."""
        return self.mode == "PAPER"

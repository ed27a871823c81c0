"""What people and days change in the rules: overrides, a day's loss, a day's start."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from desk.model.numbers import plain
from desk.risk.override import Override


class DayStart(msgspec.Struct, frozen=True, kw_only=True):
    """Where the desk stood when its day in Hong Kong began; amounts by asset."""

    day: str
    """ISO date in Hong Kong."""
    realized: dict[str, Decimal]
    unrealized: dict[str, Decimal]
    fees: dict[str, Decimal]
    """Paid since ever."""
    funding: dict[str, Decimal]
    """Received since ever, less what was paid."""
    marks: dict[str, Decimal]
    """The marks that unrealized P&L was taken at."""


class DailyLoss(msgspec.Struct, frozen=True, kw_only=True):
    """The loss of a day that people have agreed on; None: none stops the desk."""

    limit: Decimal | None
    """USD."""


class RuleChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a journal row changes in the rules."""

    override: Override | None = None
    override_ended: str = ""
    """The rule whose override is no more."""
    daily_loss: DailyLoss | None = None
    day: DayStart | None = None


class RuleState:
    """The fold of all rule changes."""

    def __init__(self) -> None:
        self.overrides: dict[str, Override] = {}
        """Rule → override, until its end is journaled."""
        self.daily_loss: DailyLoss | None = None
        """None: nobody has set one, and the profile's holds."""
        self.day: DayStart | None = None

    def fold(self, change: RuleChange) -> None:
        """Apply a change."""
        if change.override is not None:
            self.overrides[change.override.rule] = change.override
        if change.override_ended:
            self.overrides.pop(change.override_ended, None)
        if change.daily_loss is not None:
            self.daily_loss = change.daily_loss
        if change.day is not None:
            self.day = change.day

    def document(self) -> dict[str, Any]:
        """Return everything as plain values: for the state hash."""
        return {
            "overrides": {
                rule: [plain(one.value), list(one.names), one.expires_ms]
                for rule, one in sorted(self.overrides.items())
            },
            "daily_loss": msgspec.to_builtins(self.daily_loss),
            "day": msgspec.to_builtins(self.day),
        }

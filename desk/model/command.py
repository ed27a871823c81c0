"""What all commands have in common, and a quantity as a person writes it."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec


class QuantityUnit(Enum):
    """How a quantity was written."""

    BARE = "bare"
    """A number alone: allowed only where one contract is one base coin."""
    BASE = "base"
    NOTIONAL = "notional"
    CONTRACTS = "ct"
    PERCENT = "percent"
    """Of the position when the order reduces it, else of what available margin allows."""
    RISK = "risk"
    """What is lost at the protective stop, fees included: `risk 500usdt … sl 60000`."""


class Quantity(msgspec.Struct, frozen=True):
    """A quantity as written: number and unit (percent: 25 means 25 %)."""

    value: Decimal
    unit: QuantityUnit = QuantityUnit.BARE
    asset: str = ""
    """The coin that was written behind it (`0.5btc`); empty when none was."""


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="command"):
    """Base of all commands."""

    id: str = ""
    """Client id; empty for questions. The desk gives one where a person left it out."""

"""What funding will take or bring an account, and how that moves its close-out, in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from desk.model.numbers import parse_decimal
from ui.viewmodels.text import UNKNOWN, countdown, number, signed
from ui.viewmodels.tone import Tone, of_profit
from ui.viewmodels.translation import tr

EIGHT_HOURS = 8


class _Position(msgspec.Struct, frozen=True):
    next_funding_ms: int | None
    interval_h: int | None


class _Account(msgspec.Struct, frozen=True):
    account: str
    currency: str
    receives: dict[str, str | None]
    common_move: str | None
    common_move_after: dict[str, str | None]
    positions: list[_Position]


class _Answer(msgspec.Struct, frozen=True):
    accounts: list[_Account]


class Forecast(msgspec.Struct, frozen=True):
    """One account's funding to come."""

    account: str
    title: str
    next_in: str
    amounts: tuple[tuple[str, str, Tone], ...]
    """Label, amount, tone: the next payment and those of a day."""
    moves: str


def funding_forecast(data: Mapping[str, Any], account: str, wall_ms: int) -> Forecast | None:
    """Read the desk's answer about an account; None without positions, or for what is none."""
    try:
        answer = msgspec.convert(data, _Answer)
    except msgspec.ValidationError:
        return None
    found = next((one for one in answer.accounts if one.account == account), None)
    if found is None or not found.positions:
        return None
    is_eight = {one.interval_h for one in found.positions} == {EIGHT_HOURS}
    day = tr("next 3") if is_eight else tr("24 h")
    amounts = (
        _amount(tr("next"), found.receives.get("next"), ""),
        _amount(day, found.receives.get("day"), found.currency),
    )
    times = [one.next_funding_ms for one in found.positions if one.next_funding_ms is not None]
    return Forecast(
        account=account,
        title=tr("Funding forecast, {account}", account=account),
        next_in=tr("next in {time}", time=countdown(min(times) - wall_ms)) if times else "",
        amounts=amounts,
        moves=_moves(found),
    )


def _amount(label: str, text: str | None, unit: str) -> tuple[str, str, Tone]:
    value = _decimal(text)
    if value is None:
        return label, UNKNOWN, Tone.MUTED
    return label, f"{signed(value)} {unit}".strip(), of_profit(value)


def _moves(found: _Account) -> str:
    """By how many hundredths of the price a day of funding moves the common move to close-out."""
    now, after = _decimal(found.common_move), _decimal(found.common_move_after.get("day"))
    if now is None or after is None:
        return ""
    points = (after - now) * 100
    words = f"+{number(points, 3)}" if points > 0 else number(points, 3)
    return tr("moves close-out by {points} pp", points=words)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else parse_decimal(text)

"""Command lines of margin loans: collateral, borrowing, and what was agreed with the lender."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

from desk.cli.words import LineError, Words
from desk.model.commands import (
    AnyCommand,
    Draw,
    Pledge,
    PledgeSecurities,
    Repay,
    SetCreditLimit,
    SetExchangeRate,
    SetFirmCapital,
)
from desk.model.numbers import parse_decimal

Reader: TypeAlias = Callable[[str, Words, str], AnyCommand]

SPOT = "spot-1"
"""Where money and coins come from and go to, unless `account NAME` says another."""


def _pledge(verb: str, words: Words, command_id: str) -> Pledge:
    source = words.option("account") or SPOT
    quantity = words.number("a quantity of it")
    if verb == "release" and quantity <= 0:
        raise LineError("a quantity above 0 to release", f"“{quantity}”")
    return Pledge(
        id=command_id,
        quantity=-quantity if verb == "release" else quantity,
        asset=words.take("an asset").upper(),
        account=words.take("a financing account"),
        source=source,
    )


def _securities(verb: str, words: Words, command_id: str) -> PledgeSecurities:
    del verb
    haircut, confirmed = words.option("haircut"), words.flag("confirm")
    return PledgeSecurities(
        id=command_id,
        market_value=words.number("the market value"),
        currency=words.take("a currency").upper(),
        description=words.take("a description in quotes"),
        account=words.take("a financing account"),
        haircut=_share(haircut or "100%", "a haircut such as 30%"),
        confirmed=confirmed,
    )


def _draw(verb: str, words: Words, command_id: str) -> Draw:
    del verb
    target = words.option("account") or SPOT
    rate = words.option("rate")
    return Draw(
        id=command_id,
        quantity=words.number("an amount"),
        asset=words.take("an asset").upper(),
        account=words.take("a financing account"),
        target=target,
        annual_rate=None if rate is None else _share(rate, "an annual rate such as 8%"),
    )


def _repay(verb: str, words: Words, command_id: str) -> Repay:
    del verb
    source = words.option("account") or SPOT
    return Repay(
        id=command_id,
        quantity=words.number("an amount"),
        asset=words.take("an asset").upper(),
        account=words.take("a financing account"),
        source=source,
    )


def _limit(verb: str, words: Words, command_id: str) -> SetCreditLimit:
    del verb
    return SetCreditLimit(
        id=command_id,
        quantity=words.number("an amount"),
        asset=words.take("an asset").upper(),
        account=words.take("a financing account"),
    )


def _capital(verb: str, words: Words, command_id: str) -> SetFirmCapital:
    del verb
    return SetFirmCapital(
        id=command_id,
        quantity=words.number("an amount"),
        asset=words.take("an asset").upper(),
    )


def _rate(verb: str, words: Words, command_id: str) -> SetExchangeRate:
    del verb
    rate = words.number("a rate such as 7.79")
    pair = words.take("HKD/USD").upper()
    if pair not in {"HKD/USD", "HKD"}:
        raise LineError("HKD/USD", f"“{pair}”")
    return SetExchangeRate(id=command_id, asset="HKD", per_usd=rate)


def _share(word: str, expected: str) -> Decimal:
    """Read `30%` or `0.3` as the same fraction."""
    number = parse_decimal(word.removesuffix("%"))
    if number is None:
        raise LineError(expected, f"“{word}”")
    return number / 100 if word.endswith("%") else number


READERS: Mapping[str, Reader] = {
    "pledge": _pledge,
    "release": _pledge,
    "securities": _securities,
    "draw": _draw,
    "repay": _repay,
    "limit": _limit,
    "capital": _capital,
    "rate": _rate,
}

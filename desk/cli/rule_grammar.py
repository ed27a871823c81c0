"""Command lines about rules: what people set aside, and what a day may lose."""

from __future__ import annotations

from desk.cli.words import LineError, Words, moment_ms
from desk.model.commands import OverrideRule, SetDailyLoss
from desk.model.numbers import parse_decimal


def read_override(verb: str, words: Words, command_id: str) -> OverrideRule:
    """`override RULE VALUE until TIME NAME NAME "reason"`, or `off` for value and time."""
    del verb
    rule, word = words.take("a rule"), words.take("a number, or off")
    value, expires_ms = None, 0
    if word.lower() != "off":
        value = parse_decimal(word)
        if value is None:
            raise LineError("a number, or off", f"“{word}”")
        until = words.take("until")
        if until.lower() != "until":
            raise LineError("until", f"“{until}”")
        expires_ms = moment_ms(words.take("a time such as 2026-11-28T18:00Z"))
    return OverrideRule(
        id=command_id,
        rule=rule,
        value=value,
        expires_ms=expires_ms,
        first_name=words.take("a name"),
        second_name=words.take("a second name"),
        reason=words.take("a reason in quotes"),
    )


def read_daily_loss(verb: str, words: Words, command_id: str) -> SetDailyLoss:
    """`daily-loss USD NAME [NAME] "reason"`, or `off` for the number."""
    del verb
    word = words.take("an amount in USD, or off")
    limit = None if word.lower() == "off" else parse_decimal(word)
    if limit is None and word.lower() != "off":
        raise LineError("an amount in USD, or off", f"“{word}”")
    first, second = words.take("a name"), words.take("a second name, or a reason in quotes")
    reason = words.take("a reason in quotes") if words else ""
    if not reason:
        second, reason = "", second
    return SetDailyLoss(
        id=command_id, limit=limit, first_name=first, second_name=second, reason=reason
    )

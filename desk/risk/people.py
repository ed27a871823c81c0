"""Who stands behind a decision: named people, and a reason that is one."""

from __future__ import annotations

from collections.abc import Iterator

from desk.model.events import Denial
from desk.risk.denial import deny


def one_line(text: str) -> str:
    """Return a text without the spaces that say nothing."""
    return " ".join(text.split())


def two_people(first: str, second: str, rule: str) -> Iterator[Denial]:
    """Deny unless two different people are named; case and spaces make no other person."""
    names = [one_line(first), one_line(second)]
    if not all(names):
        yield deny("NAME", rule, "Two people stand behind this: name both.")
    elif names[0].casefold() == names[1].casefold():
        said = f"Two different people stand behind this; {names[0]} is named twice."
        yield deny("SECOND_NAME", rule, said)


def reasoned(reason: str, least: int, rule: str) -> Iterator[Denial]:
    """Deny a reason that is too short to be one."""
    if len(one_line(reason)) < least:
        yield deny("REASON", rule, f"A reason of at least {least} characters is needed.")

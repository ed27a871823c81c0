"""Forms: what a person writes in a dialog, and the command that comes of it. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

import msgspec

from desk.model.command import Command
from ui.viewmodels.translation import tr
from ui.viewmodels.written import read_number

Values: TypeAlias = Mapping[str, str]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form."""

    key: str
    label: str
    value: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()
    """Not empty: one of these."""
    is_figure: bool = False
    is_tick: bool = False
    """A yes or no; `yes` when ticked, else empty."""
    locked: bool = False


class FormError(ValueError):
    """What was written is no value; `field` is to blame."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A dialog that makes one command."""

    title: str
    about: str
    """What the command does, before it is sent."""
    entries: tuple[Entry, ...]
    send: str
    """The word on the button."""
    read: Callable[[Values, str], Command]
    """Values and a new id → command; raises FormError."""
    is_danger: bool = False


def words(values: Values, key: str, label: str, least: int = 1) -> str:
    """Read a text that must be there."""
    text = " ".join(values.get(key, "").split())
    if len(text) < least:
        if least == 1:
            raise FormError(key, tr("{label} is missing", label=label))
        said = tr("{label} needs {least} characters or more", label=label, least=least)
        raise FormError(key, said)
    return text


def amount(
    values: Values, key: str, label: str, *, negative: bool = False, zero: bool = False
) -> Decimal:
    """Read a number with its sign as far as that makes sense."""
    text = values.get(key, "").strip().replace("\u2212", "-")
    value = read_number(text)
    if value is None:
        raise FormError(key, tr("{label}: expected a number", label=label))
    if value == 0 and not zero:
        raise FormError(key, tr("{label}: 0 moves nothing", label=label))
    if value < 0 and not negative:
        raise FormError(key, tr("{label}: expected 0 or more", label=label))
    return value


def percent(values: Values, key: str, label: str) -> Decimal:
    """Read a share that is written in per cent; return the fraction."""
    value = amount({key: values.get(key, "").replace("%", "")}, key, label, zero=True) / 100
    if value > 1:
        raise FormError(key, tr("{label}: expected at most 100 %", label=label))
    return value


def day(values: Values, key: str, label: str) -> str:
    """Read an ISO date."""
    text = values.get(key, "").strip()
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        said = tr("{label}: expected a day such as 2027-01-31", label=label)
        raise FormError(key, said) from None


def asset(values: Values, key: str, label: str) -> str:
    """Read the name of a coin or currency."""
    return words(values, key, label).upper()


def read_form(form: Form, values: Values, identity: str) -> tuple[Command | None, FormError | None]:
    """Return the command, or what is wrong with what was written."""
    try:
        return form.read(values, identity), None
    except FormError as error:
        return None, error

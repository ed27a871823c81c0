"""Cells of a CSV file that no spreadsheet takes for a formula, and numbers that stay numbers."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from desk.model.numbers import parse_decimal, plain

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""The wide ones are taken for the narrow ones by spreadsheets in Chinese and Japanese."""


def text_cell(text: str | None) -> str:
    """Return a text as a cell: one that could be run is quoted."""
    if text is None:
        return ""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def number_cell(number: Decimal | int | None) -> str:
    """Return a number as plain text, with its sign."""
    if number is None:
        return ""
    return plain(number) if isinstance(number, Decimal) else str(number)


def value_cell(value: object) -> str:
    """Return a plain value: a number as it was written, other text made safe, the rest as JSON."""
    if isinstance(value, str):
        return value if parse_decimal(value) is not None else text_cell(value)
    return "" if value is None else msgspec.json.encode(value).decode()

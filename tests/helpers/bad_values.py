"""Values that no venue should send, and JSON text that Python's own writer would not write."""

import json

FIVE_THOUSAND_DIGITS = "9" * 5_000


class Verbatim(int):
    """A number that JSON writes as it is told."""

    def __new__(cls, text):
        number = super().__new__(cls, 0)
        number.text = text
        return number

    def __repr__(self):
        return self.text


def write(value):
    """JSON with numbers as they are told."""
    if isinstance(value, Verbatim):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{write(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write, value)) + "]"
    return json.dumps(value)


MISSING = object()

NEVER_GOOD = {
    "NaN": Verbatim("NaN"),
    "infinity": Verbatim("Infinity"),
    "minus infinity": Verbatim("-Infinity"),
    "1e999": Verbatim("1e999"),
    "5,000 digits": Verbatim(FIVE_THOUSAND_DIGITS),
    "10^30": Verbatim("1" + "0" * 30),
    "text of 5,000 digits": FIVE_THOUSAND_DIGITS,
    "text NaN": "NaN",
    "text 1e999": "1e999",
    "text negative": "-61000.0",
    "text with space": " 61000.0",
    "word": "price",
    "true": True,
    "list": [],
    "object": {},
    "deep": [[[[[[[[[["61000.0"]]]]]]]]]],
    "surrogate": "\ud800",
}
"""Good for no field that holds a number."""

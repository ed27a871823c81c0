"""What no log, report or picture may show: secrets, whole or in part, plain or encoded.

A secret is whatever `hide` was told of, and what is written behind a name that says so. Who meets
text that others wrote, an exception's above all, passes it through `redacted` before it is kept.
"""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from urllib.parse import quote

REDACTED = "[redacted]"
SHORTEST = 6
"""Characters of a secret that give it away: a shorter one is none."""

_NAMES = re.compile(r"key|secret|token|passw|passphrase|credential", re.IGNORECASE)
_NAMED = re.compile(
    r"\b((?:x-)?(?:\w{1,12}-)?api[-_ ]?key|\w{0,12}secret|\w{0,12}token|passphrase|password"
    r"|signature|authorization)"
    r"""(["']?\s*[=:]\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"'&,;]{4,}""",
    re.IGNORECASE,
)
_QUERY = re.compile(r"""(\b\w{2,10}://[^\s?"'<>]+)\?[^\s"'<>]+""")
_PERSON = re.compile(r"(\b\w{2,10}://)[^/\s@]+@")

_hidden: dict[str, re.Pattern[str]] = {}
"""Secrets of this process, each with what it looks like."""


def hide(secret: str) -> None:
    """Never show this text, what it begins with, or either encoded."""
    if len(secret) >= SHORTEST and secret not in _hidden:
        starts = sorted(set(_starts(secret)), key=len, reverse=True)
        shown = "|".join(re.escape(start) for start in starts)
        _hidden[secret] = re.compile(rf"""(?:{shown})[^\s"'&,;]*""")


def hide_environment(environ: Mapping[str, str]) -> None:
    """Hide the variables whose names say that they are secrets."""
    for name, value in environ.items():
        if _NAMES.search(name):
            hide(value)


def redacted(text: str) -> str:
    """Return a text without the secrets in it."""
    for pattern in _hidden.values():
        text = pattern.sub(REDACTED, text)
    text = _PERSON.sub(rf"\1{REDACTED}@", text)
    text = _QUERY.sub(rf"\1?{REDACTED}", text)
    return _NAMED.sub(rf"\1\2{REDACTED}", text)


def _starts(secret: str) -> Iterator[str]:
    """Yield what the secret begins with: as it is, in hex, in base64, and as an address has it.

    In base64 three bytes make four characters: what stands before decides which ones.
    """
    raw = secret.encode(errors="surrogateescape")
    yield secret[:SHORTEST]
    yield quote(secret, safe="", errors="replace")[:SHORTEST]
    start = raw[:SHORTEST].hex()
    yield start
    yield start.upper()
    for encode in (b64encode, urlsafe_b64encode):
        for before, spoilt in ((0, 0), (1, 2), (2, 3)):
            whole = encode(bytes(before) + raw).decode()
            yield whole[spoilt : (before + SHORTEST) * 8 // 6]

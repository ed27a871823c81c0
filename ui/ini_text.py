"""Texts in groups as lines: `[group]`, then `key=value`; a value in quotes is one of JSON.

Qt's own reader of such files makes objects of any kind out of a value, and runs what an object
names: a folder that comes from elsewhere would be a program. This one reads texts alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

GENERAL = "General"
"""Group of the keys that have none."""

_PLAIN = re.compile(r"[\w.,+-](?:[\w.,+ -]*[\w.,+-])?", re.ASCII)
_KEPT_IN_KEYS = "/ "


def read(data: bytes) -> tuple[dict[str, str], bool]:
    """Return `group/key` → text, and whether every line could be read."""
    text = data.decode(errors="replace")
    found: dict[str, str] = {}
    group, whole = "", "\N{REPLACEMENT CHARACTER}" not in text
    for line in map(str.strip, text.split("\n")):
        key, mark, written = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            group = unquote(line[1:-1])
        elif mark and (value := _value(written.strip())) is not None:
            name = unquote(key.strip().replace("\\", "/"))
            found[name if group in ("", GENERAL) else f"{group}/{name}"] = value
        elif line and not line.startswith((";", "#")):
            whole = False
    return found, whole


def write(values: Mapping[str, str]) -> bytes:
    """Return `group/key` → text as lines."""
    groups: dict[str, list[str]] = {}
    for name in sorted(values):
        group, mark, key = name.partition("/")
        lines = groups.setdefault(group if mark else GENERAL, [])
        lines.append(f"{quote(key if mark else name, _KEPT_IN_KEYS)}={_written(values[name])}")
    parts = ("\n".join((f"[{quote(group)}]", *groups[group], "")) for group in sorted(groups))
    return "\n".join(parts).encode(errors="replace")


def _value(written: str) -> str | None:
    """Read a value; None for what is none."""
    if not written.startswith('"'):
        return written
    try:
        value: Any = json.loads(written)
        str(value).encode()
    except ValueError:
        return None  # half a letter of another plane is none
    return value if isinstance(value, str) else None


def _written(text: str) -> str:
    return text if _PLAIN.fullmatch(text) or not text else json.dumps(text, ensure_ascii=False)

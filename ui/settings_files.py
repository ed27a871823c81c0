"""One line of a person's own file changed, the rest as it was: `hands.toml`, `keys.toml`.

Both are flat: `name = value`, a line each. The line is changed in place, so that comments stay;
where the file would then be refused, nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ui.private_file import own_bytes, replace

_T = TypeVar("_T")


def with_line(data: bytes, name: str, value: str) -> bytes:
    """Return the file with `name = value`; an empty value takes the line away."""
    text = data.decode()
    line = re.compile(
        rf"""^[ \t]*(?:{re.escape(name)}|"{re.escape(name)}")[ \t]*=[ \t]*"""
        r"""(?:"[^"\n]*"|'[^'\n]*'|[^\s#]+)(?P<rest>[^\n]*)(?P<end>\n|$)""",
        re.MULTILINE,
    )
    if not value:
        return line.sub("", text, count=1).encode()
    if line.search(text) is not None:
        new = f"{name} = {value}"
        return line.sub(lambda old: f"{new}{old['rest']}{old['end']}", text, count=1).encode()
    ending = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{ending}{name} = {value}\n".encode()


def change_line(path: Path, name: str, value: str, read: Callable[[bytes], _T]) -> _T:
    """Change a line of a file and return what the file then says, as `read` reads it.

    Raises ValueError where `read` refuses it, and OSError; then the file is as it was.
    """
    data = with_line(own_bytes(path), name, value)
    said = read(data)
    replace(path, data)
    return said

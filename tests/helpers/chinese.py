"""The Traditional Chinese of what the desk says, as it stands in the files."""

import tomllib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "resources/translations/zh_HK"
WORDS = "desk_words.toml"
"""Single words, which stand in holes."""


@cache
def by_file() -> dict[str, dict[str, str]]:
    """Return the texts of each file of the desk's sentences."""
    return {path.name: tomllib.loads(path.read_text()) for path in sorted(FOLDER.glob("desk_*"))}


@cache
def chinese() -> dict[str, str]:
    """Return all of them together."""
    return {english: words for texts in by_file().values() for english, words in texts.items()}

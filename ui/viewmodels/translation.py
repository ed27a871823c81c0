"""The screen's language: texts by their English form, with holes for what varies.

`tr` is for what the window says itself; `said` for sentences that the desk wrote in English (a
denial, an alert): they are recognised by their pattern. What has no translation stays English,
so nothing is ever left unsaid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

ENGLISH = "en"
CHINESE = "zh_HK"
LANGUAGES = {ENGLISH: "English", CHINESE: "繁體中文"}
"""Every language, in its own words."""

KEPT_SENTENCES = 1_024

_HOLE = re.compile(r"\{(\w+)\}")


class Catalogue:
    """The texts of one language: English with `{holes}` → the same holes in other words."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self.texts = dict(texts or {})
        self._patterns: dict[str, list[tuple[re.Pattern[str], str]]] | None = None
        self.said = lru_cache(KEPT_SENTENCES)(self._said)

    def fill(self, text: str, holes: Mapping[str, Any]) -> str:
        """Return a text with its holes filled, a sentence or word of the desk in them too."""
        found = self.texts.get(text, text)
        return found.format_map(holes) if holes else found

    def _said(self, sentence: str) -> str:
        if not self.texts or not sentence:
            return sentence
        known = self.texts.get(sentence)
        if known is not None:
            return known
        for pattern, words in self._likely(sentence):
            found = pattern.fullmatch(sentence)
            if found is not None:
                holes = {name: self.said(value) for name, value in found.groupdict().items()}
                return words.format_map(holes)
        return sentence

    def _likely(self, sentence: str) -> Iterable[tuple[re.Pattern[str], str]]:
        """Patterns that end as the sentence does, the longest first."""
        if self._patterns is None:
            self._patterns = _patterns(self.texts)
        return self._patterns.get(sentence[-1], []) + self._patterns.get("", [])


def _patterns(texts: Mapping[str, str]) -> dict[str, list[tuple[re.Pattern[str], str]]]:
    """By last letter (empty: it ends in a hole): the pattern of each text that has holes."""
    by_end: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for text in sorted(texts, key=lambda text: -len(_HOLE.sub("", text))):
        parts = _HOLE.split(text)
        if len(parts) == 1 or not _HOLE.sub("", text).strip(" :·.,;"):
            continue
        end = parts[-1][-1:]
        by_end.setdefault(end, []).append((re.compile(_expression(parts)), texts[text]))
    return by_end


def _expression(parts: list[str]) -> str:
    """Text and hole names in turn → an expression; a hole met again must say the same."""
    seen: set[str] = set()
    expression = ""
    for number, part in enumerate(parts):
        if number % 2 == 0:
            expression += re.escape(part)
        elif part in seen:
            expression += f"(?P={part})"
        else:
            seen.add(part)
            expression += f"(?P<{part}>.+?)"
    return expression


_current = Catalogue()
_language = ENGLISH


def speak(language: str, texts: Mapping[str, str]) -> None:
    """Speak a language from now on; what was built before keeps its words."""
    global _current, _language
    _current, _language = Catalogue(texts), language


def language() -> str:
    """Return the language in force: `en`, `zh_HK`."""
    return _language


def tr(text: str, /, **holes: object) -> str:
    """Return a text of the screen in the trader's language, its `{holes}` filled."""
    return _current.fill(text, holes)


def said(sentence: str, /) -> str:
    """Return a sentence of the desk in the trader's language."""
    return _current.said(sentence)

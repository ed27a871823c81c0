"""Sentences of the desk in another language, recognised by their English pattern.

A pattern is English with `{holes}`; what stands in a hole is a sentence or word of its own and is
translated in turn. What no pattern knows is taken apart at its full stops, semicolons, colons and
commas; what is unknown then stays English. Matching is by plain search for the text between the
holes, never by an expression that could run wild: a sentence may hold what a venue or a trader
wrote.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

KEPT = 1_024
LONGEST = 2_000
"""In letters: what is longer is no sentence, and is shown as it is."""

IDS = ("id", "order_id", "command_id", "program_id", "account", "instrument")
"""How holes begin that hold one word which is never translated."""

TYPED = "typed"
"""How holes begin that hold what people write, or are to type: never translated."""

DEEPEST = 8
"""So often may a hole hold a sentence with holes."""

MOST_PARTS = 24
STOP = "。"
WEAK = 3
"""Letters: what has fewer of its own says too little."""

LEADS = 12
"""Letters that the beginning of a sentence weighs more than its other words."""

_HOLE = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"[A-Za-z]{2}")
_LETTERS = re.compile(r"[A-Za-z]+")
_STOP = re.compile(r"\. (?=[A-Z`])")
"""Where a sentence ends and another begins."""

_ASIDE = re.compile(r"(.*\S) \(([^()]*)\)(\.?)", re.DOTALL)
_JOINTS = {"; ": "；", ": ": "：", ", ": "、"}
_CJK = "㐀-鿿"
_UNSPACED = re.compile(rf"(?<=[{_CJK}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%×])(?=[{_CJK}])")
_SPACED = re.compile(rf"(?<=[{_CJK}，。：；、（）「」“”]) +(?=[{_CJK}，。：；、（）「」“”])")


@dataclass(frozen=True, slots=True)
class Pattern:
    """English around its holes, and the words that say it."""

    between: tuple[str, ...]
    """What stands before, between and behind the holes: one more than there are holes."""
    holes: tuple[str, ...]
    words: str
    one_word: frozenset[str]
    """Holes that hold one word: ids, and all where the pattern has hardly a word of its own."""

    def read(self, sentence: str) -> dict[str, str] | None:
        """Return what the holes hold, or None for another sentence."""
        first, *middle, last = self.between
        if not (sentence.startswith(first) and sentence.endswith(last)):
            return None
        if not last and sentence.endswith("."):  # a hole at the end never takes the full stop
            return None
        at, end = len(first), len(sentence) - len(last)
        found: dict[str, str] = {}
        for name, behind in zip(self.holes, (*middle, ""), strict=True):
            stop = sentence.find(behind, at, end) if behind else end
            if stop < at or found.setdefault(name, sentence[at:stop]) != sentence[at:stop]:
                return None
            at = stop + len(behind)
        return None if any(" " in found[name] for name in self.one_word) else found

    def whole_words(self) -> Iterable[str]:
        """Words that stand as they are in every sentence of this pattern: no hole touches them."""
        last = len(self.between) - 1
        for number, text in enumerate(self.between):
            for found in _LETTERS.finditer(text):
                begins = found.start() > 0 or number == 0
                if begins and (found.end() < len(text) or number == last):
                    yield found[0]


class Patterns:
    """All patterns, those that say most first, each found by the rarest of its words."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._patterns = sorted(patterns, key=_weight, reverse=True)
        words = [sorted({*pattern.whole_words()}) for pattern in self._patterns]
        often = Counter(chain.from_iterable(words))
        self._by_word: dict[str, list[int]] = {}
        """Numbers of patterns; by the empty word those without a whole one."""
        for number, own in enumerate(words):
            rarest = min(own, key=lambda word: (often[word], -len(word)), default="")
            self._by_word.setdefault(rarest, []).append(number)

    def likely(self, sentence: str) -> Iterable[Pattern]:
        """Return the patterns whose word is in a sentence."""
        words = {"", *_LETTERS.findall(sentence)} & self._by_word.keys()
        numbers = sorted(chain.from_iterable(map(self._by_word.__getitem__, words)))
        return map(self._patterns.__getitem__, numbers)


class Sentences:
    """What the desk says, in one language."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._patterns: Patterns | None = None
        self._known = lru_cache(KEPT)(self._from_the_top)

    def __call__(self, sentence: str) -> str:
        """Return a sentence in other words; in its own where there are none."""
        if " " not in sentence:
            return self._texts.get(sentence, sentence)
        if not self._texts or len(sentence) > LONGEST:
            return sentence
        return self._known(sentence)

    def _from_the_top(self, sentence: str) -> str:
        return self._say(sentence, 0)

    def _say(self, sentence: str, depth: int) -> str:
        if depth > DEEPEST or " " not in sentence or not _WORD.search(sentence):
            return self._texts.get(sentence, sentence)
        stops = [stop.start() for stop in _STOP.finditer(sentence)][:MOST_PARTS]
        said = self._whole(sentence, depth, alone=bool(stops))
        if said is None and stops:
            said = self._several(sentence, stops, depth)
            said = said or self._each(sentence, depth)
            said = said or self._whole(sentence, depth, alone=False)
        return said or self._in_parts(sentence, depth)

    def _whole(self, sentence: str, depth: int, *, alone: bool) -> str | None:
        """Return a sentence that is known as a whole, with its full stop or without, or None.

        `alone`: no hole may hold the end of one sentence and the beginning of the next.
        """
        ended = sentence.endswith(".")
        said = self._told(sentence, depth, alone=alone)
        if said is None and ended:
            said = self._told(sentence[:-1], depth, alone=alone)
            return said and said + STOP
        if said is None:
            said = self._told(sentence + ".", depth, alone=alone)
            return said and said.removesuffix(STOP)
        return said

    def _told(self, sentence: str, depth: int, *, alone: bool) -> str | None:
        known = self._texts.get(sentence)
        if known is not None or not sentence:
            return known
        if self._patterns is None:
            self._patterns = Patterns(_patterns(self._texts))
        for pattern in self._patterns.likely(sentence):
            holes = pattern.read(sentence)
            if holes is None or (alone and any(map(_STOP.search, holes.values()))):
                continue
            said = {
                name: value if name.startswith((TYPED, *IDS)) else self._say(value, depth + 1)
                for name, value in holes.items()
            }
            return spaced(pattern.words.format_map(said))
        return None

    def _several(self, sentence: str, stops: list[int], depth: int) -> str | None:
        """Say the longest beginning that is known as a whole, then the rest."""
        for stop in reversed(stops):
            first = self._whole(sentence[: stop + 1], depth, alone=True)
            if first is not None:
                return spaced(first + " " + self._say(sentence[stop + 2 :], depth + 1))
        return None

    def _each(self, sentence: str, depth: int) -> str | None:
        """Say each sentence of several; None where one is unknown."""
        first, *others = _STOP.split(sentence)
        said = [self._coded(part, depth + 1) for part in (first, *others)]
        known = [one for one in said if one is not None]
        return STOP.join(one.removesuffix(STOP) for one in known) + STOP if known == said else None

    def _coded(self, sentence: str, depth: int) -> str | None:
        """Say a sentence that is known, with a code before it or without: `NO_MARK: …`."""
        code, mark, rest = sentence.partition(": ")
        if depth > DEEPEST:
            return None
        if mark and code.isupper():
            said = self._coded(rest, depth + 1)
            return said and f"{code}：{said}"
        aside = _ASIDE.fullmatch(sentence)
        before = None if aside is None else self._coded(aside[1], depth + 1)
        if aside is not None and before is not None:
            return f"{before.removesuffix(STOP)}（{self._say(aside[2], depth + 1)}）"
        return self._whole(sentence, depth, alone=True)

    def _in_parts(self, sentence: str, depth: int) -> str:
        """Say what can be said of a sentence that is unknown as a whole."""
        if sentence.startswith("/") and " " in sentence:  # a path of a feed, and what it is about
            path, _, rest = sentence.partition(" ")
            return f"{path} {self._say(rest, depth + 1)}"
        aside = _ASIDE.fullmatch(sentence)
        if aside is not None:
            return self._with_aside(sentence, aside, depth)
        for mark, joint in _JOINTS.items():
            parts = sentence.split(mark, 1 if mark == ": " else -1)
            if 1 < len(parts) <= MOST_PARTS:
                said = [self._say(part, depth + 1) for part in parts]
                return sentence if said == parts else spaced(_joined(parts, said, (mark, joint)))
        return sentence

    def _with_aside(self, sentence: str, aside: re.Match[str], depth: int) -> str:
        before, inside = (self._say(text, depth + 1) for text in aside.group(1, 2))
        if (before, inside) == aside.group(1, 2):
            return sentence
        return spaced(f"{before}（{inside}）{'。' if aside[3] else ''}")


def _is_left(english: str, said: str) -> bool:
    """Whether what has words stayed as it was."""
    return english == said and " " in said


def _joined(parts: list[str], said: list[str], marks: tuple[str, str]) -> str:
    """Put parts together, with the mark of the language that both sides are in."""
    text, english = said[0], list(map(_is_left, parts, said))
    for number in range(1, len(said)):
        text += marks[not (english[number - 1] or english[number])] + said[number]
    return text


def spaced(text: str) -> str:
    """Put a space between Chinese and Latin words, and none between Chinese ones."""
    return _SPACED.sub("", _UNSPACED.sub(" ", text))


def _patterns(texts: Mapping[str, str]) -> Iterable[Pattern]:
    for text, words in texts.items():
        parts = _HOLE.split(text)
        between, holes = tuple(parts[::2]), tuple(parts[1::2])
        own = "".join(between)
        if own.strip(" :·.,;()") and holes and {*holes} == {*_HOLE.findall(words)}:
            is_weak = sum(map(str.isalpha, own)) < WEAK
            one_word = frozenset(name for name in holes if is_weak or name.startswith(IDS))
            yield Pattern(between, holes, words, one_word)


def _weight(pattern: Pattern) -> int:
    """Rank patterns by what they say; more so where the beginning is theirs: it leads the rest."""
    return sum(map(len, pattern.between)) + (LEADS if pattern.between[0] else 0)

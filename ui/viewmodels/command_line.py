"""The line that is typed: what the desk reads in it, how it may go on, what was typed before."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from desk.model.events import Acknowledged, Answered, Denial, Denied, Previewed
from ui.viewmodels.events import denial_sentence
from ui.viewmodels.names import command_word
from ui.viewmodels.text import ARROW, ratio
from ui.viewmodels.tone import Tone
from ui.viewmodels.translation import said, tr

KEPT = 200
"""Lines of history."""
UNKEPT = frozenset({"rearm", "override", "daily-loss", "client", "import"})
"""Lines with people's names and reasons in them: never written to disk."""
AS_OFTEN_AS_SENT = frozenset({"cancel", "kill", "flatten"})
"""Lines that take risk away: twice does no harm, and what has come since must go too."""
SHOWN = 160


class Reading(msgspec.Struct, frozen=True):
    """What is said beside a line while it is typed."""

    text: str
    tone: Tone
    icon: str
    adds_risk: bool = False


class Completion(msgspec.Struct, frozen=True):
    """A word the line may go on with."""

    text: str
    note: str = ""


class Completions(msgspec.Struct, frozen=True):
    """The words that may stand where the line ends, and where they begin."""

    options: tuple[Completion, ...] = ()
    start: int = 0


class _Problem(msgspec.Struct):
    expected: str = ""
    found: str | None = None
    column: int | None = None


class _Preview(msgspec.Struct):
    denials: list[Denial] = []
    before: dict[str, object] | None = None
    after: dict[str, object] | None = None


class _Told(msgspec.Struct):
    said: str | None = None
    adds_risk: bool | None = None
    problem: _Problem | None = None
    preview: _Preview | None = None


class _Options(msgspec.Struct, rename={"start": "from"}):
    options: list[Completion] = []
    start: int = 0


UNREAD = Reading(tr("The desk's answer could not be read."), Tone.WARNING, "triangle")


def reading_of(data: dict[str, object]) -> Reading:
    """Say how the desk reads a line, and what it would do."""
    try:
        told = msgspec.convert(data, _Told)
    except msgspec.ValidationError:
        return UNREAD
    if told.problem is not None:
        return Reading(_problem(told.problem), Tone.WARNING, "info")
    line, adds_risk, preview = said(told.said or ""), bool(told.adds_risk), told.preview
    if preview is None:
        return Reading(line, Tone.TEXT2, "tick", adds_risk)
    if preview.denials:
        codes = ", ".join(denial.code for denial in preview.denials)
        return Reading(
            tr("{said} · would be denied: {codes}", said=line, codes=codes),
            Tone.WARNING,
            "deny",
            adds_risk,
        )
    before, after = _utilization(preview.before), _utilization(preview.after)
    moved = tr(" · utilization {moved}", moved=f"{before} {ARROW} {after}") if after else ""
    return Reading(line + moved, Tone.TEXT2, "tick", adds_risk)


def _problem(problem: _Problem) -> str:
    expected, found = said(problem.expected), problem.found
    column = None if problem.column is None else problem.column + 1
    if found and column is not None:
        return tr(
            "Expected {expected}, found {found} at column {column}.",
            expected=expected,
            found=found,
            column=column,
        )
    if found:
        return tr("Expected {expected}, found {found}.", expected=expected, found=found)
    if column is not None:
        return tr("Expected {expected} at column {column}.", expected=expected, column=column)
    return tr("Expected {expected}.", expected=expected)


def _utilization(row: Mapping[str, object] | None) -> str:
    value = None if row is None else row.get("margin_utilization")
    try:
        return "" if value is None else ratio(Decimal(str(value)))
    except InvalidOperation:
        return ""


def completions_of(data: dict[str, object], text: str) -> Completions:
    """Read the words that may follow; one that is there in full already is none."""
    try:
        found = msgspec.convert(data, _Options)
    except msgspec.ValidationError:
        return Completions()
    options, start = tuple(found.options), found.start
    if not 0 <= start <= len(text):
        return Completions()
    if len(options) == 1 and options[0].text.casefold() == text[start:].casefold():
        return Completions()
    return Completions(options, start)


def takes_risk_away(line: str) -> bool:
    """Whether a line is carried out anew each time that it is sent."""
    return line.split(maxsplit=1)[0].lower() in AS_OFTEN_AS_SENT


def outcome_of(answer: Answered | Acknowledged | Denied | Previewed | None) -> Reading:
    """Say what became of a line that was sent."""
    match answer:
        case None:
            return Reading(tr("The desk has gone before it answered."), Tone.DANGER, "triangle")
        case Denied(denials=denials):
            reasons = " ".join(denial_sentence(denial) for denial in denials)
            return Reading(reasons, Tone.WARNING, "deny")
        case Previewed(denials=denials) if denials:
            reasons = " ".join(denial_sentence(denial) for denial in denials)
            return Reading(reasons, Tone.WARNING, "deny")
        case Previewed(before=before, after=after, cost=cost):
            moved = f"{_utilization(before)} {ARROW} {_utilization(after)}"
            passes = tr("It would pass: utilization {moved}.", moved=moved)
            if cost.get("leaves_reduce_only"):
                passes = tr("It would pass as reduce-only: utilization {moved}.", moved=moved)
            return Reading(passes, Tone.TEXT2, "tick")
        case Answered(about=about, data=data):
            return Reading(f"{command_word(about)}: {_flat(data)}"[:SHOWN], Tone.TEXT2, "info")
        case Acknowledged(about=about, data=data) if data.get("repeated"):
            return Reading(
                tr("{about} was accepted before: it is done once.", about=command_word(about)),
                Tone.TEXT2,
                "info",
            )
        case Acknowledged(about=about, id=identity):
            return Reading(
                tr(
                    "{about} {identity} accepted", about=command_word(about), identity=identity
                ).strip(),
                Tone.TEXT2,
                "tick",
            )


def _flat(data: Mapping[str, object]) -> str:
    """The plain figures of an answer on one line; what is nested is left to its panel."""
    plain = {key: value for key, value in data.items() if isinstance(value, str | int | bool)}
    return ", ".join(f"{key} {value}" for key, value in plain.items())


class History:
    """Lines typed before, newest last, none twice; the one being written is not lost."""

    def __init__(self, lines: list[str] | None = None) -> None:
        self.lines = list(lines or [])[-KEPT:]
        self._at: int | None = None
        self._written = ""

    def add(self, line: str) -> None:
        """Remember a line that was sent."""
        self.lines = [*(one for one in self.lines if one != line), line][-KEPT:]
        self._at = None

    def kept(self) -> list[str]:
        """Lines that may be written to disk."""
        return [line for line in self.lines if line.split(maxsplit=1)[0].lower() not in UNKEPT]

    def step(self, present: str, direction: int) -> str:
        """The line before (−1) or after; after the newest, what was being written."""
        if self._at is None:
            if direction > 0 or not self.lines:
                return present
            self._written, self._at = present, len(self.lines)
        self._at = max(0, self._at + direction)
        if self._at >= len(self.lines):
            self._at = None
            return self._written
        return self.lines[self._at]

    def search(self, part: str) -> str:
        """The newest line with these words in it; empty: none."""
        wanted = part.strip().casefold()
        return next((line for line in reversed(self.lines) if wanted in line.casefold()), "")

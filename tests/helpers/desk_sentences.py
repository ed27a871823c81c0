"""Every sentence of the desk that a trader may read, as templates, found in its source.

A sentence is a string or f-string of `desk` with words in it: `Order {id} has no trigger.` What
varies becomes a hole; a choice inside of it becomes one template for each case. What a local name
stands for is put in its place where it is glued to its neighbours, for only then it is a part of
the sentence and no sentence or word of its own.
"""

from __future__ import annotations

import ast
import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SHOWN = ("app", "cli", "engine", "execution", "io", "margin", "market", "model", "risk", "venues")

NOT_SHOWN = {
    "app/entry.py": "the command line of the program",
    "app/feed_check.py": "desk feed prints it",
    "app/folder_settings.py": "refused before a window opens",
    "app/headless.py": "the desk without a window",
    "app/importing.py": "desk import prints it",
    "app/listening.py": "options of the program",
    "app/options.py": "options of the program",
    "app/practice.py": "options of the program",
    "app/record.py": "desk record prints it",
    "app/replayed.py": "options of the program",
    "app/workstation.py": "options of the program",
    "cli/arguments.py": "options of the program",
    "cli/bench.py": "desk bench prints it",
    "cli/bench_alert.py": "desk bench prints it",
    "cli/bench_load.py": "desk bench prints it",
    "cli/bench_margin.py": "desk bench prints it",
    "cli/bench_panic.py": "desk bench prints it",
    "cli/bench_stress.py": "desk bench prints it",
    "cli/bench_ticket.py": "desk bench prints it",
    "cli/console.py": "the console, whose wording is English",
    "cli/doctor.py": "desk doctor prints it",
    "cli/documents.py": "files, which only the console reads",
    "cli/journal.py": "desk journal prints it",
    "cli/market.py": "desk market prints it",
    "cli/replay.py": "desk replay prints it",
    "cli/replay_report.py": "desk replay prints it",
    "cli/replayed_market.py": "desk market prints it",
    "cli/risk.py": "desk risk prints it",
    "cli/rules.py": "desk rules prints it",
    "cli/shipped.py": "desk risk prints it",
    "cli/testing.py": "desk test prints it",
    "engine/change.py": "contradictions of the journal, raised at the start",
    "execution/fee_tiers.py": "read from shipped files before a window opens",
    "execution/link_faults.py": "options of the program",
    "io/addresses.py": "the ready line of a market, read before a window opens",
    "io/anchor.py": "the anchor, read before a window opens",
    "io/capture_files.py": "recordings, which only the command line reads",
    "io/captures.py": "recordings, which only the command line reads",
    "io/checkout.py": "the set-up prints it",
    "io/cryptofeed.py": "recordings, which only the command line reads",
    "io/environment.py": "the set-up prints it",
    "io/failure_note.py": "read before a window opens",
    "io/folder.py": "refused before a window opens",
    "io/http.py": "why a listing was not read, which no panel tells",
    "io/hftbacktest.py": "recordings, which only the command line reads",
    "io/listings.py": "why a listing was not read, which no panel tells",
    "io/progress.py": "the set-up prints it",
    "io/recorder.py": "desk record prints it",
    "io/recording.py": "recordings, which only the command line reads",
    "io/setup.py": "the set-up prints it",
    "margin/table.py": "read from shipped files before a window opens",
    "margin/tier_checks.py": "read from shipped files before a window opens",
    "market/book.py": "why a book was lost, which goes into recordings",
    "risk/document_check.py": "documents, which only the command line reads",
    "risk/imported.py": "documents, which only the command line reads",
    "risk/instrument_row.py": "documents, which only the command line reads",
    "risk/json_place.py": "documents, which only the command line reads",
    "risk/loan_row.py": "documents, which only the command line reads",
    "risk/margin_row.py": "documents, which only the command line reads",
    "risk/pool_row.py": "documents, which only the command line reads",
    "risk/portfolio.py": "documents, which only the command line reads",
    "risk/portfolio_reader.py": "documents, which only the command line reads",
    "risk/profile.py": "rule profiles, read before a window opens",
    "risk/profile_file.py": "rule profiles, read before a window opens",
    "risk/situation.py": "documents, which only the command line reads",
    "venues/unreadable.py": "counted by reason; `desk feed` prints it",
}
"""Files of which no sentence reaches the window, and why."""

NOT_SENTENCES = {
    "print": "goes to a terminal",
    "say": "goes to a terminal",
    "add_argument": "help of the program's options",
    "arguments": "help of the program's options",
    "Arguments": "help of the program's options",
    "cast": "a type",
    "execute": "SQL",
    "create_task": "a task's name",
    "Thread": "a thread's name",
    "Process": "a process's name",
    "get": "a key",
    "startswith": "a comparison",
    "removeprefix": "a comparison",
    "Unusable": "counted by reason; `desk feed` prints it",
    "NotAnIncrement": "counted by reason; `desk feed` prints it",
    "reject": "counted by reason; `desk feed` prints it",
    "positive": "counted by reason; `desk feed` prints it",
    "not_negative": "counted by reason; `desk feed` prints it",
    "_positive": "counted by reason; `desk feed` prints it",
    "_lose_books": "why a book was lost, which goes into recordings",
    "lose": "why a book was lost, which goes into recordings",
    "BookLost": "why a book was lost, which goes into recordings",
    "InputError": "documents and files, which only the command line reads",
    "FieldError": "documents, which only the command line reads",
    "ValueError": "a mistake of ours",
    "OSError": "a mistake of ours",
    "EOFError": "recordings, which only the command line reads",
    "FileExistsError": "a mistake of ours",
    "StaleDecision": "a mistake of ours",
    "io/journal_chain.py:_refused": "what is written, not what is read",
    "engine/state.py:JournalBroken": "contradictions of the journal, raised at the start",
    "model/instrument.py:ValueError": "a mistake of ours",
}
"""Calls whose texts are no sentence to a trader, of one file or of all, and why."""

NOT_TEXTS = {
    r"[\w/-]+(, [\w/-]+)*( or [\w/-]+)?": "a pattern",
    ", | or ": "a pattern",
    "synchronous = FULL": "SQL",
    "fullfsync = ON": "SQL",
    "wal_autocheckpoint = 0": "SQL",
}
"""Texts that are no sentence, and why."""

COMPOSED = {
    "Expected {expected}, found {found}.": "app/typed.py, a line that is no command",
    "REDUCING: {reason}.": "engine/hearing.py, where all its own words are a code",
    "After this fill {said}. {missing} {settle} is missing.": "risk/margin_checks.py, its `when`",
    "After this fill and all working orders {said}. {missing} {settle} is missing.": (
        "risk/margin_checks.py, its `when`"
    ),
    "above {bound}": "engine/alert_watch.py, the bound of an alert",
    "below {bound}": "engine/alert_watch.py, the bound of an alert",
}
"""What no string in the source shows whole, and where it is put together."""

FRAMES = {
    "margin/models.py": (r"(has|is) ", "{id} ", "."),
    "margin/requirement.py": (r"(has|is) ", "{id} ", "."),
    "risk/eligibility.py": (r"(has|is) ", "{account} ", "."),
    "model/errors.py": (r"\{path\}: row", "", ": {what}"),
    "execution/venue_refusals.py": (r"[A-Z]", "{venue} {number}: ", " ({ours})"),
}
"""Files whose texts, where they begin so, are always said with something before and behind."""

_WORDS = re.compile(r"[A-Za-z]{2,}")
_MOST_CASES = 64


@dataclass(frozen=True)
class Sentence:
    """A template and where it stands."""

    text: str
    place: str

    @property
    def shape(self) -> str:
        """The template with its holes unnamed: two of one shape are one sentence."""
        return shape(self.text)


def shape(text: str) -> str:
    """Return a template with its holes unnamed."""
    return re.sub(r"\{\w+\}", "{}", text)


def sentences() -> dict[str, Sentence]:
    """Return every sentence by its shape, the first place of each."""
    found: dict[str, Sentence] = {
        shape(text): Sentence(text, f"desk/{place}") for text, place in COMPOSED.items()
    }
    for folder in SHOWN:
        for path in sorted((ROOT / "desk" / folder).rglob("*.py")):
            name = path.relative_to(ROOT / "desk").as_posix()
            if name not in NOT_SHOWN:
                for one in _Module(path.read_text(), f"desk/{name}").sentences():
                    found.setdefault(one.shape, one)
    return found | {one.shape: one for one in _sources()}


def _sources() -> Iterator[Sentence]:
    """Yield where the numbers of the rules are from, which explanations tell."""
    for path in sorted((ROOT / "resources/profiles").glob("*.toml")):
        for rule in tomllib.loads(path.read_text())["rules"].values():
            yield Sentence(rule["source"], f"resources/profiles/{path.name}")


@dataclass(frozen=True)
class _Hole:
    name: str


_Parts = tuple["str | _Hole", ...]


@dataclass
class _Module:
    source: str
    name: str
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict[ast.AST, ast.AST])

    def sentences(self) -> Iterator[Sentence]:
        tree = ast.parse(self.source)
        for node in ast.walk(tree):
            self.parents |= dict.fromkeys(ast.iter_child_nodes(node), node)
        for node in ast.walk(tree):
            if self._begins(node) and not self._excluded(node):
                for parts in self._cases(node):
                    text = self._framed(_written(_without_suffix(parts)))
                    if _stands_alone(text) and is_sentence(text):
                        yield Sentence(text.strip(), f"{self.name}:{_line(node)}")

    def _framed(self, text: str) -> str:
        begins, before, behind = FRAMES.get(self.name.removeprefix("desk/"), ("$^", "", ""))
        return before + text + behind if re.match(begins, text) else text

    def _begins(self, node: ast.AST) -> bool:
        """Whether a text begins here that is no part of a larger one."""
        if not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            return False
        parent = self.parents.get(node)
        if isinstance(node, ast.Constant):
            if not isinstance(node.value, str) or isinstance(parent, ast.Expr | ast.JoinedStr):
                return False
        if isinstance(node, ast.BinOp) and not _is_joined(node):
            return False
        return not (isinstance(parent, ast.BinOp) and _is_joined(parent))

    def _excluded(self, node: ast.AST) -> bool:
        """Whether it stands in an assertion, a type, a hole or a call that tells nobody."""
        above: ast.AST = node
        while above in self.parents and not isinstance(above, ast.FunctionDef | ast.ClassDef):
            below, above = above, self.parents[above]
            match above:
                case ast.Assert() | ast.Subscript() | ast.Compare():
                    return True
                case ast.FormattedValue() if not isinstance(self.parents[node], ast.BoolOp):
                    return True
                case ast.AnnAssign(annotation=annotation) if below is annotation:
                    return True
                case ast.Dict(keys=keys) if below in keys:
                    return not self.name.startswith("desk/risk/explain")
                case ast.Call(func=function) if below is not function:
                    called = _called(above)
                    if {called, f"{self.name.removeprefix('desk/')}:{called}"} & {*NOT_SENTENCES}:
                        return True
                case ast.DictComp(key=key) if below is key:
                    return not self.name.startswith("desk/risk/explain")
                case _:
                    pass
        return False

    def _cases(self, node: ast.AST) -> list[_Parts]:
        """Return what a text may be, one case for each choice in it."""
        match node:
            case ast.Constant(value=str() as text):
                return [_named(text)]
            case ast.JoinedStr(values=values):
                return _together(self._piece(values, n) for n in range(len(values)))
            case ast.BinOp(left=left, right=right) if _is_joined(node):
                return _together([self._cases(left), self._cases(right)])
            case ast.IfExp(body=body, orelse=other):
                return self._cases(body) + self._cases(other)
            case ast.BoolOp(op=ast.Or(), values=[first, ast.Constant() as other]):
                return [*self._cases(first), *self._cases(other)]
            case _:
                return [(_Hole(_hole_name(node)),)]

    def _piece(self, values: list[ast.expr], number: int) -> list[_Parts]:
        node = values[number]
        if isinstance(node, ast.Constant):
            return [(str(node.value),)]
        assert isinstance(node, ast.FormattedValue)
        value = node.value
        if isinstance(value, ast.IfExp | ast.BoolOp):
            cases = self._cases(value)
            return cases if any(_has_words(case) or case == ("",) for case in cases) else [
                (_Hole(_hole_name(value)),)
            ]
        if isinstance(value, ast.Call) and _is_and(value):
            one = _Hole(_hole_name(value))
            return [(one,), (one, " and ", one)]
        if isinstance(value, ast.Name | ast.Call):
            known = self._known(value)
            if known and (_is_glued(values, number) or any(_is_fragment(one) for one in known)):
                return known
        return [(_Hole(_hole_name(value)),)]

    def _known(self, node: ast.Name | ast.Call) -> list[_Parts]:
        """Return what a local name or a function of this module may say; nothing if unclear."""
        if isinstance(node, ast.Name):
            told = list(self._assigned(node))
        else:
            told = list(self._returned(node))
        if not told or not all(_is_text(one) for one in told):
            return []
        return [case for one in told for case in self._cases(one)]

    def _assigned(self, node: ast.Name) -> Iterator[ast.expr]:
        """Yield what may have been given to a name last, before it is used."""
        above: list[ast.AST] = [node]
        while not isinstance(above[-1], ast.FunctionDef):
            if above[-1] not in self.parents:
                return
            above.append(self.parents[above[-1]])
        given = [
            (one, value)
            for one in ast.walk(above[-1])
            if isinstance(one, ast.Assign) and one.lineno < node.lineno
            for name, value in _pairs(one)
            if name == node.id
        ]
        sure = max((_line(one) for one, _ in given if self.parents[one] in above), default=0)
        yield from (value for one, value in given if one.lineno >= sure)

    def _returned(self, node: ast.Call) -> Iterator[ast.expr]:
        above: ast.AST = node
        while above in self.parents:
            above = self.parents[above]
        assert isinstance(above, ast.Module)
        for function in above.body:
            if isinstance(function, ast.FunctionDef) and function.name == _called(node):
                for one in ast.walk(function):
                    if isinstance(one, ast.Return) and one.value is not None:
                        yield one.value


def is_sentence(text: str) -> bool:
    """Whether a text says something: two words at least, or one beside what varies."""
    words = {*_WORDS.findall(re.sub(r"\{\w+\}", " ", text))} - {"min", "max"}
    if text in NOT_TEXTS or text.startswith(("SELECT ", "INSERT ", "CREATE ")):
        return False
    return " " in text.strip() and any(not word.isupper() for word in words)


def _stands_alone(text: str) -> bool:
    """Whether it is no fragment; a whole sentence that is put behind another begins in a space."""
    return text[:1] not in ",;.):" and text == text.rstrip() and (
        text[:1] != " " or (text[1:2].isupper() and text.endswith("."))
    )


def _has_words(parts: _Parts) -> bool:
    return any(isinstance(part, str) and _WORDS.search(part) for part in parts)


def _is_glued(values: list[ast.expr], number: int) -> bool:
    """Whether a hole stands beside another with nothing between them."""
    beside = values[max(0, number - 1) : number] + values[number + 1 : number + 2]
    return any(isinstance(one, ast.FormattedValue) for one in beside)


def _is_fragment(parts: _Parts) -> bool:
    """Whether a text is only the part of one: it may be empty, or it ends or begins in a space."""
    text = _written(parts)
    return text != text.strip() or not text


def _is_and(call: ast.Call) -> bool:
    """Whether it writes one name, or two with `and` between them."""
    match call.func:
        case ast.Attribute(attr="join", value=ast.Constant(value=" and ")):
            return True
        case _:
            return False


def _is_text(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, str)
        case ast.JoinedStr():
            return True
        case ast.IfExp(body=body, orelse=other):
            return _is_text(body) and _is_text(other)
        case ast.BinOp():
            return _is_joined(node)
        case _:
            return False


def _is_joined(node: ast.BinOp) -> bool:
    return isinstance(node.op, ast.Add) and (_is_text(node.left) or _is_text(node.right))


def _pairs(given: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name of an assignment with what it is given."""
    for target in given.targets:
        if isinstance(target, ast.Name):
            yield target.id, given.value
        elif isinstance(target, ast.Tuple) and isinstance(given.value, ast.Tuple):
            for one, value in zip(target.elts, given.value.elts, strict=True):
                if isinstance(one, ast.Name):
                    yield one.id, value


def _together(pieces: Iterable[list[_Parts]]) -> list[_Parts]:
    cases = itertools.product(*pieces)
    return [tuple(itertools.chain(*case)) for case in itertools.islice(cases, _MOST_CASES)]


def _without_suffix(parts: _Parts) -> _Parts:
    """Leave out a whole sentence that may stand behind: `{limit}.{hint}`."""
    if len(parts) > 1 and isinstance(parts[-1], _Hole):
        before = parts[-2]
        if isinstance(before, str) and before.endswith(".") and parts[-1].name == "hint":
            return parts[:-1]
    return parts


def _written(parts: _Parts) -> str:
    """Write a template; a hole whose name is taken gets a number."""
    text, seen = "", dict[str, int]()
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        seen[part.name] = seen.get(part.name, 0) + 1
        number = seen[part.name]
        text += f"{{{part.name}{number if number > 1 else ''}}}"
    return text


def _named(text: str) -> _Parts:
    """Return a text for `str.format` with its `{}` as holes."""
    first, *rest = text.split("{}")
    return (first, *itertools.chain.from_iterable((_Hole("amount"), part) for part in rest))


def _hole_name(node: ast.AST) -> str:
    """Return what a hole is called: the last name of its expression that says something."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower() if name != "value" or isinstance(node, ast.Name) else (
                _hole_name(node.value)
            )
        case ast.Call(func=ast.Attribute(attr="join"), args=[inner]):
            return _hole_name(inner)
        case ast.Call(func=ast.Attribute(attr="lower" | "upper" | "replace" | "removesuffix" | "astimezone") as method):
            return _hole_name(method.value)
        case ast.Call(func=ast.Name(id="hint")):
            return "hint"
        case ast.Call(func=function, args=[first, *_]) if not isinstance(first, ast.Constant):
            return _hole_name(first) if _hole_name(first) != "it" else _hole_name(function)
        case ast.Call(func=function):
            return _hole_name(function)
        case ast.BinOp(left=left):
            return _hole_name(left)
        case ast.UnaryOp(operand=operand):
            return _hole_name(operand)
        case ast.Subscript(value=value):
            return _hole_name(value)
        case ast.GeneratorExp(elt=inner) | ast.ListComp(elt=inner):
            return _hole_name(inner)
        case ast.BoolOp(values=[first, *_]):
            return _hole_name(first)
        case ast.IfExp(body=body):
            return _hole_name(body)
        case _:
            return "it"


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))

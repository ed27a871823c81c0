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
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from helpers.desk_unsaid import COMPOSED, FRAMES, NOT_SENTENCES, NOT_SHOWN, NOT_TEXTS, SHOWN

ROOT = Path(__file__).resolve().parents[2]

_WORDS = re.compile(r"[A-Za-z]{2,}")
_ANOTHER_BEFORE = re.compile(r"^\{\w+\}\.? (?=[A-Z][a-z])")
"""A sentence of its own behind which this one stands."""

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
    """Return a template with its holes unnamed; a full stop at its end makes no difference."""
    return re.sub(r"\{\w+\}", "{}", text).removesuffix(".")


@cache
def sentences() -> dict[str, Sentence]:
    """Return every sentence by its shape, the first place of each."""
    found: dict[str, Sentence] = {
        shape(text): Sentence(text, f"desk/{place}") for text, place in COMPOSED.items()
    }
    for folder in SHOWN:
        for path in sorted((ROOT / "desk" / folder).rglob("*.py")):
            name = path.relative_to(ROOT / "desk").as_posix()
            if not any(fnmatch(name, pattern) for pattern in NOT_SHOWN):
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
                    text = _ANOTHER_BEFORE.sub("", text)
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
        if isinstance(node, ast.Constant) and (
            not isinstance(node.value, str) or isinstance(parent, ast.Expr | ast.JoinedStr)
        ):
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
            return (
                cases
                if any(_has_words(case) or case == ("",) for case in cases)
                else [(_Hole(_hole_name(value)),)]
            )
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
    return (
        text[:1] not in ",;.):"
        and text == text.rstrip()
        and (text[:1] != " " or (text[1:2].isupper() and text.endswith(".")))
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
        case ast.Attribute(value=owner, attr="value"):
            return _hole_name(owner)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower()
        case ast.Call():
            return _call_name(node)
        case (
            ast.BinOp(left=inner)
            | ast.UnaryOp(operand=inner)
            | ast.Subscript(value=inner)
            | ast.GeneratorExp(elt=inner)
            | ast.ListComp(elt=inner)
            | ast.BoolOp(values=[inner, *_])
            | ast.IfExp(body=inner)
        ):
            return _hole_name(inner)
        case _:
            return "it"


def _call_name(node: ast.Call) -> str:
    """Return what the answer of a call is called: as its first argument, mostly."""
    match node:
        case ast.Call(func=ast.Name(id="hint")):
            return "hint"
        case ast.Call(func=ast.Attribute(attr="lower" | "replace" | "removesuffix") as method):
            return _hole_name(method.value)
        case ast.Call(args=[first, *_]) if _hole_name(first) != "it":
            return _hole_name(first)
        case _:
            return _hole_name(node.func)


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))

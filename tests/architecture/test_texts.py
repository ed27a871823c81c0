"""No text of the window is outside translation, and none is left without its Chinese."""

import ast
import re
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest

from desk.model import commands
from ui.language import CatalogueError, catalogue, joined
from ui.viewmodels import names
from ui.viewmodels.translation import CHINESE, CONTEXT

UI = Path(__file__).parents[2] / "ui"
DESKS_OWN = "desk_"
"""Files of the catalogue whose texts are the desk's sentences, which no line of ui/ holds."""
TABLES = {"columns": ("column.title", "column.tip"), "keys.toml": ("k.text", "line.text")}
"""What `tr` may be given besides a literal: titles and tips of `Column`, texts of keys.toml."""
COLUMN_TEXTS = {"title": 1, "tip": 5}
HOLE = re.compile(r"\{(\w+)\}")
QUESTIONS = {
    "heartbeat", "goodbye", "preview", "preview_change", "ask", "blotter", "export", "moments",
    "film", "film_check", "frame", "failed",
}  # fmt: skip
"""Commands that change nothing: their answers are shown where they were asked."""
WORD = re.compile("[A-Za-z]{2}")
HOW = (
    "write it into resources/translations/zh_HK/<your area>.toml as "
    '"English with {holes}" = "中文 {holes}"'
)


@cache
def every_call() -> dict[str, list[tuple[Path, ast.Call]]]:
    """Every call of a plain name in ui/, by the name."""
    found: dict[str, list[tuple[Path, ast.Call]]] = {}
    for path in sorted(UI.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found.setdefault(getattr(node.func, "id", ""), []).append((path, node))
    return found


def calls(name: str) -> list[tuple[Path, ast.Call]]:
    return every_call().get(name, [])


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(UI.parent)}:{getattr(node, 'lineno', 0)}"


def is_literal(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def texts() -> dict[str, str]:
    """Every English text of the window → where it stands."""
    found: dict[str, str] = {}
    for path, call in calls("tr"):
        if is_literal(call.args[0]):
            found.setdefault(call.args[0].value, where(path, call))
    for path, call in calls("Column"):
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        for name, place in COLUMN_TEXTS.items():
            node = named.get(name) or (call.args[place] if place < len(call.args) else None)
            if node is not None and is_literal(node):
                found.setdefault(node.value, where(path, call))
    keys = tomllib.loads(files("resources").joinpath("keys.toml").read_text(encoding="utf-8"))
    found |= {key["text"]: f"keys.toml: {name}" for name, key in keys.items()}
    return found


def chinese_files() -> dict[str, dict[str, str]]:
    folder = files("resources").joinpath("translations").joinpath(CHINESE)
    return {
        entry.name: tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }


def test_tr_is_given_literals_only():
    tables = {name for names in TABLES.values() for name in names}
    odd = [
        f"{where(path, call)}: tr({ast.unparse(call.args[0])})"
        for path, call in calls("tr")
        if not is_literal(call.args[0]) and ast.unparse(call.args[0]) not in tables
    ]
    assert not odd, (
        "tr() takes a literal with {holes}, never an f-string or a variable "
        f"(translate where the words are written): {odd}"
    )


def test_every_text_is_translated():
    known = catalogue(CHINESE)
    missing = [
        f"{place}: {text!r}"
        for text, place in texts().items()
        if text not in known and WORD.search(HOLE.sub("", text))
    ]
    assert not missing, f"{len(missing)} texts without Chinese; {HOW}:\n" + "\n".join(missing)


def test_no_translation_is_of_a_text_that_has_gone():
    known = set(texts())
    dead = [
        f"{name}: {text!r}"
        for name, found in chinese_files().items()
        if not name.startswith(DESKS_OWN)
        for text in found
        if text not in known
    ]
    assert not dead, "no line of ui/ says this any more, take it out:\n" + "\n".join(dead)


def test_holes_are_filled_where_the_text_is_used():
    odd: list[str] = []
    for path, call in calls("tr"):
        given = {keyword.arg for keyword in call.keywords}
        if is_literal(call.args[0]) and given and None not in given:
            text = call.args[0].value.partition(CONTEXT)[0]
            if set(HOLE.findall(text)) != given:
                odd.append(f"{where(path, call)}: {text!r} is given {sorted(given)}")
    assert not odd, "\n".join(odd)


def test_no_table_of_words_is_made_before_the_language_is_known():
    """`ui.app` imports these two before it speaks."""
    todo, seen = ["ui.own_files", "ui.language"], set()
    while todo:
        name = todo.pop()
        path = UI.parent / f"{name.replace('.', '/')}.py"
        if name in seen or not path.exists():
            continue
        seen.add(name)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ui"):
                todo += [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            elif not isinstance(node, ast.FunctionDef | ast.ClassDef):
                spoken = [
                    n for n in ast.walk(node) if getattr(getattr(n, "func", 0), "id", "") == "tr"
                ]
                assert not spoken, f"{where(path, node)} speaks before the language is known"
    assert {"ui.keys", "ui.preferences", "ui.viewmodels.translation"} <= seen


def test_texts_are_chinese():
    """A text that is the same in both languages has no Latin word that a reader must know."""
    odd = [
        f"{english!r} = {words!r}"
        for english, words in catalogue(CHINESE).items()
        if english != words and not re.search("[\u3000-\uffef]", words)
    ]
    assert not odd, "\n".join(odd)


@pytest.mark.parametrize(
    ("sources", "complaint"),
    [
        ([("a", '"Buy" = "買入"'), ("b", '"Buy" = "購買"')], "elsewhere"),
        ([("a", '"Cancel {n}" = "取消 {m}"')], "holes"),
        ([("a", '"Buy" = ""')], "expected a text"),
        ([("a", '"Buy" = 1')], "expected a text"),
        ([("a", '"Buy" =')], "a:"),
    ],
)
def test_catalogue_that_contradicts_itself_is_refused(sources, complaint):
    with pytest.raises(CatalogueError, match=complaint):
        joined(sources)


def test_same_words_twice_are_no_contradiction():
    assert joined([("a", '"Buy" = "買入"'), ("b", '"Buy" = "買入"')]) == {"Buy": "買入"}


def test_clocks_follow_the_zone_of_the_trader():
    """`clock(ms)` is in the zone in force; only status bar and axis name hours of their own."""
    odd = [
        where(path, call)
        for name in ("clock", "date_time")
        for path, call in calls(name)
        if len(call.args) > 1 and path.name not in {"status.py", "chart_scale.py"}
    ]
    assert not odd, f"clock(ms) and moment(ms) know the zone; no hours here: {odd}"


def test_every_command_that_is_answered_has_a_word():
    """A code that only looks like a text of the screen is not that text: `ask` is no price."""
    tags = {kind.__struct_config__.tag for kind in get_args(commands.AnyCommand)}
    assert tags - QUESTIONS == set(names._COMMANDS)
    assert names.command_word("ask") == "Ask"

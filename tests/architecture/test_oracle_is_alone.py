"""The oracle in tests/oracle shares nothing with the desk: it would repeat the desk's mistakes."""

import ast
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "oracle"
ALLOWED = {
    "dataclasses",
    "decimal",
    "fractions",
    "functools",
    "itertools",
    "json",
    "math",
    "oracle",
}
ALLOWED_IN_TESTS = ALLOWED | {"helpers.shared", "pytest", "random"}
LOADERS = {"__import__", "exec", "eval", "compile"}


def strangers(source, allowed):
    """Whatever a module imports, or could load, beyond what it is allowed."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."] if not node.level else ["."]
        elif isinstance(node, ast.Name) and node.id in LOADERS:
            names = [node.id]
        else:
            continue
        found += [n for n in names if n not in allowed and n.partition(".")[0] not in allowed]
    return found


@pytest.mark.parametrize("path", sorted(FOLDER.glob("**/*.py")), ids=lambda path: path.name)
def test_the_oracle_imports_nothing_of_the_desk(path):
    allowed = ALLOWED_IN_TESTS if path.name.startswith("test_") else ALLOWED
    assert strangers(path.read_text(encoding="utf-8"), allowed) == []


@pytest.mark.parametrize(
    "line",
    [
        "import desk.margin.account",
        "from desk.margin import account",
        "from helpers.margin_cases import account",
        "from . import curve",
        "import importlib",
        "import fractions, ui",
        "__import__('desk')",
        "def late():\n    from desk.model.numbers import ZERO",
    ],
)
def test_a_planted_import_is_found(line):
    assert strangers(line, ALLOWED)
    assert strangers(line, ALLOWED_IN_TESTS)

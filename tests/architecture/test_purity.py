"""The core computes exactly and alone: no float, no clock, no randomness, nothing opened."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE_ROOMS = ("model", "market", "venues", "ledger", "margin", "risk", "execution", "engine")
PURE = [
    path.relative_to(ROOT).as_posix()
    for room in PURE_ROOMS
    for path in sorted((ROOT / "desk" / room).rglob("*.py"))
]

FLOAT_ALLOWED = {
    "desk/market/series.py": "charts are float64, one way",
    "desk/market/bars.py": "likewise",
    "desk/market/candles.py": "likewise: candles are made of exact trades here",
    "desk/market/heat.py": "likewise: the depth of a book, for the eye",
    "desk/market/settlements.py": "likewise: fundings as a chart marks them",
    "desk/margin/stress.py": "stress grids are float64, one way",
    "desk/margin/stress_curves.py": "likewise: the margin curves of a grid",
    "desk/margin/stress_loans.py": "likewise: the loans of a grid",
    "desk/market/correlation.py": "how two coins move together, for a picture, one way",
    "desk/risk/stress_subject.py": "stress of one account, for a picture, one way",
    "desk/risk/stress_map.py": "likewise",
    "desk/risk/contour.py": "lines of that picture",
    "desk/engine/chart_snapshot.py": "candles on their way to the chart are float64, one way",
    "desk/engine/snapshot.py": "the frame carries chart points, and the engine's own pace in ms",
    "desk/engine/frame.py": "the engine's own pace in ms is put into the frame here",
}
"""Where a float may stand at all, and why; what is not named here computes exactly."""

BANNED_IMPORTS = {
    "time", "random", "secrets", "uuid", "os", "pathlib", "io", "socket", "threading", "asyncio",
    "subprocess", "multiprocessing", "tempfile", "shutil", "logging", "urllib", "http",
    "concurrent", "signal", "locale", "platform",
}  # fmt: skip
BANNED_CALLS = {"now", "utcnow", "today", "urandom", "default_rng", "getenv"}
BANNED_NAMES = {"open", "input", "print", "id", "hash"}


def floats(tree):
    """Lines on which a float is written or named."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]


def worldly(tree):
    """What reaches for the world, the clock or chance, with its line."""
    found = []
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        found += [(node.lineno, n) for n in names if n.partition(".")[0] in BANNED_IMPORTS]
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in BANNED_CALLS:
            found.append((node.lineno, node.func.attr))
        if isinstance(node.func, ast.Name) and node.func.id in BANNED_NAMES:
            found.append((node.lineno, node.func.id))
    return found


def parsed(path):
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [path for path in PURE if path not in FLOAT_ALLOWED])
def test_exact_module_holds_no_float(path):
    assert floats(parsed(path)) == []


@pytest.mark.parametrize("path", PURE)
def test_pure_module_reaches_for_nothing(path):
    assert worldly(parsed(path)) == []


@pytest.mark.parametrize("path", FLOAT_ALLOWED)
def test_allowance_for_floats_is_still_needed(path):
    assert not (ROOT / path).exists() or floats(parsed(path))


@pytest.mark.parametrize("line", ["x = 0.1", "x: float = 1", "x = float('1')", "x = 1e3", "x = 2j"])
def test_planted_float_is_found(line):
    assert floats(ast.parse(line)) == [1]


@pytest.mark.parametrize(
    "line",
    ["import time", "from random import choice", "import os.path", "x = datetime.now()",
     "x = date.today()", "x = open('y')", "x = numpy.random.default_rng()", "x = hash('salted')"],
)  # fmt: skip
def test_planted_reach_for_the_world_is_found(line):
    assert [where for where, _ in worldly(ast.parse(line))] == [1]

"""Imports point down the house, and only some rooms touch the world: the contracts of pyproject."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# In a process of its own: import-linter sets up logging and the import path as it likes.
LINT = """
import sys
from importlinter.cli import lint_imports
sys.exit(lint_imports(no_cache=True, no_logo=True))
"""


def lint(folder):
    return subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_contracts_are_kept():
    ended = lint(ROOT)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        pytest.param(
            "desk/model/planted.py", "import desk.risk", "Imports point down", id="upwards"
        ),
        pytest.param("desk/margin/planted.py", "import time", "touch the world", id="clock"),
        pytest.param("desk/io/planted.py", "import PySide6.QtCore", "knows no Qt", id="qt-in-desk"),
        pytest.param(
            "ui/planted.py", "import desk.margin", "The window knows", id="window-computes"
        ),
        pytest.param("ui/viewmodels/planted.py", "import PySide6", "View models", id="qt-in-rows"),
    ],
)
def test_planted_import_is_found(tmp_path, module, line, contract):
    for name in ("desk", "ui"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / module).write_text(f"{line}\n")
    ended = lint(tmp_path)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    broken = ended.stdout.partition("Broken contracts")[2]
    assert contract in broken

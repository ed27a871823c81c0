"""The desk runs without a screen: its composition loads no Qt and nothing heavy of the tests."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def loaded():
    """The top-level packages that a fresh interpreter holds after importing the composition."""
    code = "import desk.app, json, sys; print(json.dumps(sorted(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {name.partition(".")[0] for name in json.loads(ended.stdout)}


def test_composition_itself_was_loaded(loaded):
    assert "desk" in loaded


@pytest.mark.parametrize("package", ["PySide6", "shiboken6", "pyqtgraph", "PyQt6"])
def test_desk_loads_no_qt(loaded, package):
    assert package not in loaded


@pytest.mark.parametrize("package", ["pytest", "hypothesis", "ui"])
def test_desk_loads_neither_tests_nor_window(loaded, package):
    assert package not in loaded

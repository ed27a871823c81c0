"""A window that imports for long goes on meanwhile: the desk hears from it, hands are served."""

import sys
from threading import Event

import pytest

from ui import late_imports


@pytest.fixture
def slow_module(tmp_path, monkeypatch):
    """A module that is not imported before `go` is set, as from a disk that does not answer."""
    go = Event()
    (tmp_path / "slow_to_import.py").write_text("import late_gate\nlate_gate.go.wait(30)\n")
    gate = type(sys)("late_gate")
    gate.go = go
    monkeypatch.setitem(sys.modules, "late_gate", gate)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(late_imports, "MODULES", ("slow_to_import", *late_imports.MODULES))
    yield go
    go.set()
    sys.modules.pop("slow_to_import", None)


def test_window_takes_frames_while_a_module_does_not_come(rig, slow_module):
    window = rig.window
    window.load_late()
    window.load_late()  # as after each paint
    window.workspace_desk.switch("monitor")
    rig.settle()
    assert window.late_panels.made == {}
    slow_module.set()
    rig.until(lambda: {"chart_btc", "chart_eth"} <= set(window.late_panels.made))


def test_module_that_cannot_be_had_does_not_hold_the_others(rig, monkeypatch):
    monkeypatch.setattr(late_imports, "MODULES", ("no_such_module_anywhere", *late_imports.MODULES))
    rig.window.load_late()
    rig.until(lambda: "stress" in rig.window.late_panels.made)

"""What the window writes is for its owner alone, whatever the umask; texts of others stay texts."""

import os
import stat

import pytest
from PySide6.QtWidgets import QLabel

from ui.alert_sound import _written_tone
from ui.drill_scores import DrillScores
from ui.picture import save_picture
from ui.policy import load_policy
from ui.preferences import Preferences, save
from ui.settings_files import change_line
from ui.viewmodels.drill import Score
from ui.window_file import WindowFile


@pytest.mark.fault("T33")
def test_everything_the_window_writes_is_private(qtbot, tmp_path):
    folder = tmp_path / "desk"
    folder.mkdir(mode=0o700)
    before = os.umask(0)
    try:
        file = WindowFile(str(folder))
        assert save(file, Preferences()) == ""
        DrillScores(file).add(Score(1_000.0, 1))
        change_line(folder / "hands.toml", "flatten", '"hold"', load_policy)
        label = QLabel("x")
        qtbot.addWidget(label)
        save_picture(label, str(folder), "UTC")
        tone = _written_tone()
    finally:
        os.umask(before)
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in written} == {".ini", ".toml", ".png"}
    for path in (*written, tone):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700, path
    tone.unlink()
    tone.parent.rmdir()

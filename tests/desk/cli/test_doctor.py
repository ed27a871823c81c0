"""`desk doctor`: names what prevents a start, and no more than that."""

import json
import os
import sys
from pathlib import Path

import pytest

from desk.cli import doctor
from desk.cli.doctor import Row, folder_rows, prevents_start, run
from desk.io import libraries
from desk.io.clock import ManualClock
from desk.io.libraries import SharedLibrary
from desk.model.errors import InputError


@pytest.fixture
def desk_folder(tmp_path):
    folder = tmp_path / "desk"
    folder.mkdir(mode=0o700)
    return folder


def rows_of(capsys):
    document = json.loads(capsys.readouterr().out)
    assert document.keys() == {"rows"}
    assert all(row.keys() == {"name", "value", "unit", "ok", "note"} for row in document["rows"])
    return {row["name"]: row for row in document["rows"]}


@pytest.mark.thorough
@pytest.mark.qt
def test_this_machine_can_start_offscreen(monkeypatch, capsys, desk_folder):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert run(["--account", str(desk_folder), "--json"]) == 0
    rows = rows_of(capsys)
    assert rows["window platform"]["value"] == "offscreen"
    assert rows["text font"]["value"] == "Inter"
    assert rows["code font"]["value"] == "JetBrains Mono"
    assert float(rows["disk sync"]["value"]) > 0
    assert list(desk_folder.iterdir()) == []


@pytest.mark.thorough
@pytest.mark.qt
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is Linux's")
def test_missing_display_prevents_a_start_under_x(monkeypatch, capsys, desk_folder):
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert run(["--account", str(desk_folder)]) == 1
    rows = rows_of(capsys)
    assert not rows["window platform"]["ok"]
    assert not rows["display"]["ok"]
    assert rows["text font"]["ok"], "fonts can be told without a display"


@pytest.fixture
def qt_rows(monkeypatch):
    """The rows of a machine on which the Qt process answers what it is told to."""

    def rows(answer, environ):
        monkeypatch.setattr(doctor, "_probe", lambda _code, _environ: answer)
        return {row.name: row for row in doctor._qt_rows(environ)}

    return rows


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="apt is Debian's")
def test_missing_library_is_named_with_its_package(monkeypatch, qt_rows):
    lacking = (SharedLibrary("libdesk-none.so.9", "libdesk-none9"),)
    monkeypatch.setattr(libraries, "OFFSCREEN_LIBRARIES", lacking)
    row = qt_rows(({}, "it died"), {"QT_QPA_PLATFORM": "offscreen"})["system libraries (offscreen)"]
    assert prevents_start(row)
    assert row.value == "1"
    assert "libdesk-none.so.9" in row.note
    assert "apt-get install -y libdesk-none9" in row.note


def test_qt_that_does_not_start_prevents_a_start(qt_rows):
    row = qt_rows(({}, "it died"), {"QT_QPA_PLATFORM": "offscreen"})["window platform"]
    assert prevents_start(row)
    assert row.note == "it died"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have a display")
def test_missing_display_is_a_warning_offscreen(qt_rows):
    answer = ({"platform": "offscreen", "screen": "800x800"}, None)
    row = qt_rows(answer, {"QT_QPA_PLATFORM": "offscreen"})["display"]
    assert not row.ok
    assert not prevents_start(row)


def test_missing_chinese_font_is_a_warning_with_its_remedy(qt_rows):
    answer = ({"platform": "xcb", "screen": "800x800", "chinese": None}, None)
    row = qt_rows(answer, {"DISPLAY": ":0"})["chinese font"]
    assert not row.ok
    assert not prevents_start(row)
    assert "fonts-noto-cjk" in row.note


def test_unknown_is_null_and_not_a_guess(qt_rows):
    rows = qt_rows(({}, "it died"), {"QT_QPA_PLATFORM": "offscreen"})
    assert [rows[name].value for name in ("window platform", "text font")] == [None, None]


@pytest.mark.parametrize(
    ("year_ms", "ok"),
    [
        pytest.param(0, False, id="never-set"),
        pytest.param(1_795_392_000_000, True, id="2026"),
        pytest.param(4_200_000_000_000, False, id="2103"),
    ],
)
def test_wall_clock_outside_its_century_is_a_warning(year_ms, ok):
    row = list(doctor._clock_rows(ManualClock(wall_ms=year_ms)))[-1]
    assert row.ok is ok
    assert not prevents_start(row)


# --- the desk folder ------------------------------------------------------------------------------


def test_folder_that_is_not_there_is_not_made(tmp_path):
    folder = tmp_path / "deep" / "desk"
    rows = list(folder_rows(folder))
    assert [row.ok for row in rows] == [True, True, True]
    assert rows[0].note == "made at the first start"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_folder_that_others_may_read_is_a_warning(desk_folder):
    desk_folder.chmod(0o755)
    row = next(folder_rows(desk_folder))
    assert not row.ok
    assert not prevents_start(row)
    assert f"chmod 700 {desk_folder}" in row.note


def test_folder_that_is_a_file_prevents_a_start(tmp_path):
    (tmp_path / "desk").write_text("")
    (row,) = folder_rows(tmp_path / "desk")
    assert prevents_start(row)
    assert "is not a folder" in row.note


def test_folder_that_cannot_be_written_prevents_a_start(monkeypatch, desk_folder):
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    (row,) = folder_rows(desk_folder)
    assert prevents_start(row)


def test_full_disk_prevents_a_start(monkeypatch, desk_folder):
    monkeypatch.setattr(doctor, "free_bytes", lambda _path: 31 << 20)
    row = {row.name: row for row in folder_rows(desk_folder)}["free space"]
    assert prevents_start(row)
    assert (row.value, row.unit) == ("31", "MiB")


def test_disk_that_does_not_sync_prevents_a_start(monkeypatch, desk_folder):
    def broken(_file):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(doctor, "sync_file", broken)
    row = {row.name: row for row in folder_rows(desk_folder)}["disk sync"]
    assert prevents_start(row)
    assert row.value is None
    assert "Input/output error" in row.note


# --- the command ----------------------------------------------------------------------------------


def test_unknown_argument_is_one_line_of_bad_usage():
    with pytest.raises(InputError, match=r"expected \[--account DIR\], found unrecognized"):
        run(["--acount", "x"])


def test_probe_that_fails_tells_its_last_word():
    assert doctor._probe("raise ValueError('no luck')", os.environ) == ({}, "ValueError: no luck")


def test_probe_that_dies_silently_tells_its_status():
    found = doctor._probe("import os; os._exit(7)", os.environ)
    assert found == ({}, "ended with 7")


def test_probe_sees_the_product():
    found, problem = doctor._probe("import json, ui; print(json.dumps({'a': ui.__file__}))", {})
    assert problem is None
    assert Path(found["a"]) == Path(doctor.desk.__file__).parents[1] / "ui/__init__.py"


def test_warning_does_not_prevent_a_start():
    assert not prevents_start(Row("x", None, None, ok=False, note="warning: y"))

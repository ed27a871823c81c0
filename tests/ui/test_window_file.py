"""The window's own file: read, written, and passed over where it cannot be used."""

import os
import random
import stat

import pytest

from ui import window_file
from ui.preferences import Preferences, load, save
from ui.window_file import FILE, LAID_ASIDE, SCHEMA, WindowFile

CHOSEN = Preferences(language="zh_HK", scheme="light", zone="UTC", sound=False, tour_seen=True)


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path)


@pytest.fixture
def at(tmp_path):
    return tmp_path / FILE


def test_what_is_put_comes_back_and_the_file_is_private(folder, at):
    file = WindowFile(folder)
    file.put("layouts", {"own-1/name": '早盤, a=b; "c" % @x', "own-1/docks": "a,b"})
    assert file.write() == ""
    assert stat.S_IMODE(at.stat().st_mode) == 0o600
    again = WindowFile(folder)
    assert again.complaints == []
    assert again.group("layouts")["own-1/name"] == '早盤, a=b; "c" % @x'
    assert again.group("layouts/own-1") == {"name": '早盤, a=b; "c" % @x', "docks": "a,b"}


def test_what_is_taken_out_is_gone_and_open_rights_are_closed(folder, at):
    file = WindowFile(folder)
    file.put("layouts", {"own-1/name": "A", "own-2/name": "B"})
    file.write()
    at.chmod(0o644)
    file.put("layouts", {"own-2/name": "B"})
    assert file.write() == ""
    assert WindowFile(folder).group("layouts") == {"own-2/name": "B"}
    assert stat.S_IMODE(at.stat().st_mode) == 0o600


def test_without_a_folder_nothing_is_written_but_all_is_remembered():
    file = WindowFile(None)
    assert save(file, CHOSEN) == ""
    assert load(file) == (CHOSEN, ())


def test_preferences_come_back(folder):
    assert load(WindowFile(folder)) == (Preferences(), ())
    assert save(WindowFile(folder), CHOSEN) == ""
    assert load(WindowFile(folder)) == (CHOSEN, ())


def test_unknown_preference_is_the_default_and_said(folder, at):
    at.write_text(
        f"[General]\nschema={SCHEMA}\n[preferences]\nlanguage=fr\nscheme=light\nsound=1\n"
    )
    preferences, complaints = load(WindowFile(folder))
    assert preferences == Preferences(scheme="light")
    assert complaints == (
        "window.ini: language: expected en, zh_HK, found 'fr'",
        "window.ini: sound: expected yes, no, found '1'",
    )


@pytest.mark.fault("T38")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[General]\nschema=99\n[preferences]\nscheme=light\n", "it is of a newer desk"),
        ("[preferences]\nscheme=light\n", "it is not of this desk (schema missing)"),
        ("[General]\nschema=-1\n", "it is not of this desk (schema -1)"),
        (f"[General]\nschema={'9' * 5_000}\n", "it is not of this desk (schema 999999999)"),
        ("x" * (window_file.MOST_BYTES + 1), "expected at most"),
    ],
)
def test_file_of_another_kind_is_laid_aside_and_said(folder, at, text, said):
    at.write_text(text)
    file = WindowFile(folder)
    assert said in file.complaints[0]
    assert len(file.complaints) == 1
    assert load(file) == (Preferences(), ())
    assert (at.parent / LAID_ASIDE).read_text() == text
    assert save(file, CHOSEN) == ""
    assert load(WindowFile(folder)) == (CHOSEN, ())


@pytest.mark.fault("T38")
def test_damaged_file_keeps_what_can_be_read(folder, at):
    at.write_text(f"[General]\nschema={SCHEMA}\n[preferences]\nscheme=light\nno equals sign here\n")
    file = WindowFile(folder)
    assert file.complaints == ["window.ini: it is damaged, what can be read of it is kept"]
    assert load(file)[0].scheme == "light"
    assert WindowFile(folder).complaints == []


def test_older_file_is_brought_to_this_schema_step_by_step(folder, at, monkeypatch):
    save(WindowFile(folder), CHOSEN)
    monkeypatch.setattr(window_file, "SCHEMA", SCHEMA + 2)
    steps = {
        SCHEMA: lambda values: values | {"preferences/zone": "HKT"},
        SCHEMA + 1: lambda values: values | {"preferences/scheme": "high contrast"},
    }
    monkeypatch.setattr(window_file, "MIGRATIONS", steps)
    preferences, _ = load(WindowFile(folder))
    assert (preferences.language, preferences.zone) == ("zh_HK", "HKT")


def test_file_that_cannot_be_read_or_written_is_said(folder, at):
    at.mkdir()
    file = WindowFile(folder)
    assert file.complaints != []
    assert file.write() != ""


OBJECT = (
    r"@Variant(\0\0\0\x7f\0\0\0\x18PySide::PyObjectWrapper\0\0\0\0@\x80\x4\x95\x35\0\0\0\0\0\0\0"
    r"\x8c\x5posix\x94\x8c\x6system\x94\x93\x94\x8c\x1a\x65\x63ho PWNED > WHERE\x94\x85\x94R\x94.)"
)
"""What Qt wrote for an object whose reading runs a command."""


@pytest.mark.parametrize("value", [OBJECT, OBJECT.replace("@", r"\x40", 1), f"a, {OBJECT}"])
def test_nothing_in_a_file_is_run(folder, at, tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    where = "./it_was_run1"  # as long as the object says
    at.write_text(
        f"[General]\nschema={SCHEMA}\n[preferences]\nzone={value.replace('WHERE', where)}"
    )
    load(WindowFile(folder))
    assert not (tmp_path / where).exists()


def test_half_a_letter_is_no_text(folder, at):
    at.write_text(f'[General]\nschema={SCHEMA}\n[layouts]\ntrade="\\ud800"\n')
    file = WindowFile(folder)
    assert file.group("layouts") == {}
    assert file.write() == ""


@pytest.mark.fault("T38")
def test_no_byte_of_a_file_can_stop_a_start(folder, at):
    save(WindowFile(folder), CHOSEN)
    sound = at.read_bytes()
    picks = random.Random(6)
    for number in range(60):
        bytes_ = bytearray(sound)
        for _ in range(picks.randrange(1, 6)):
            bytes_[picks.randrange(len(bytes_))] = picks.randrange(256)
        at.write_bytes(bytes_[: picks.randrange(1, len(bytes_) + 1)])
        os.utime(at, (number, number))  # else Qt may take it for the one it knows
        preferences, _ = load(WindowFile(folder))
        assert preferences.zone in {"HKT", "UTC"}

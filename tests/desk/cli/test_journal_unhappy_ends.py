"""`desk journal` that is stopped, has no room for its answer, or is given odd paths and numbers."""

import json
import os
import sys
from contextlib import suppress
from importlib import import_module

import pytest
from helpers.journals import write_journal

from desk.app.entry import COMMANDS, main
from desk.cli import journal as command
from desk.io.journal_reader import JournalReader

LONG = "a" * 300


@pytest.fixture
def folder(tmp_path):
    write_journal(tmp_path / "desk", 3)
    return tmp_path / "desk"


def refused(capsys, *words):
    """One line and exit 2, whatever it is that cannot be done."""
    assert main(["journal", *map(str, words)]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("desk: ")
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize("words", [["backup", "b"], ["export"], ["show"], ["seals"]], ids=" ".join)
def test_what_is_stopped_was_not_done(folder, tmp_path, capsys, monkeypatch, words):
    def stop(*_):
        raise KeyboardInterrupt

    for name in ("rows", "heads", "copy_to"):
        monkeypatch.setattr(JournalReader, name, stop)
    monkeypatch.chdir(tmp_path)
    assert "stopped before its end" in refused(capsys, *words, "--account", folder)
    assert os.listdir(tmp_path) == ["desk"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no full device")
@pytest.mark.parametrize("action", ["verify", "export", "show"])
def test_an_answer_without_room_is_no_proof_and_no_export(folder, capsys, monkeypatch, action):
    full = open("/dev/full", "w")  # noqa: SIM115
    monkeypatch.setattr(sys, "stdout", full)
    try:
        assert "No space left" in refused(capsys, action, "--json", "--account", folder)
    finally:
        with suppress(OSError):
            full.close()


@pytest.mark.parametrize(
    ("words", "code"),
    [(["risk", "check", "-"], 2), (["import", "x"], 2), (["order", "x"], 2), (["market"], 0),
     (["console"], 0), (["record"], 0)],
    ids=lambda words: " ".join(words) if isinstance(words, list) else None,
)  # fmt: skip
def test_only_what_serves_until_it_is_stopped_has_done_its_work_then(monkeypatch, words, code):
    def stop(argv):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module(COMMANDS[words[0]]), "run", stop)
    assert main(words) == code


def test_another_fault_of_the_system_is_not_passed_off_as_a_full_disk(monkeypatch):
    def broken(argv):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(command, "run", broken)
    with pytest.raises(OSError, match="Input/output"):
        main(["journal", "verify"])


@pytest.mark.parametrize("path", [LONG, "~nobody-of-that-name/desk"], ids=["long", "home"])
def test_paths_that_no_disk_takes_are_bad_input(folder, tmp_path, capsys, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    for action in ("verify", "show", "export", "seals", "film"):
        refused(capsys, action, "--seq", 1, "--account", path)
    refused(capsys, "backup", path, "--account", folder)
    refused(capsys, "restore", path, "--account", "new")
    refused(capsys, "restore", "b", "--account", path)
    refused(capsys, "export", "--sealed", path, "--account", folder)
    assert os.listdir(tmp_path) == ["desk"]


def test_a_broken_journal_in_a_folder_of_an_odd_name_is_told_on_one_line(tmp_path, capsys):
    folder = tmp_path / os.fsdecode(b"caf\xe9\n\x1b[2J")
    write_journal(folder, 3)
    (folder / "journal.anchor").unlink()
    assert main(["journal", "verify", "--json", "--account", str(folder)]) == 1
    problem = json.loads(capsys.readouterr().out)["problem"]
    assert problem.startswith(rf"{tmp_path}/caf\udce9\n\x1b[2J/journal.anchor: is missing")


@pytest.mark.parametrize(
    "words", [("--seq", 10**30), ("--seq", 0), ("--seq", -1), ("--at", "0001-01-01T00:00:00")]
)
def test_film_of_a_row_or_a_time_that_cannot_be(folder, capsys, words):
    refused(capsys, "film", *words, "--account", folder)

"""Finished days for an auditor: shown, exported, and checked without any code of the desk."""

import json
import random
import subprocess
import sys
from importlib.resources import files

import pytest
from helpers.journals import DAYS, write_days

from desk.cli.journal import run
from desk.cli.segments import CHECK
from desk.io.journal_seals import SEALS_FILE
from desk.model.errors import DeskError, InputError, JournalBroken

RECIPE = files("resources").joinpath(CHECK)


@pytest.fixture
def folder(tmp_path):
    write_days(tmp_path / "desk", 0, 9, 23.99, 24, 50, 51, 75)
    return tmp_path / "desk"


def checked(*paths, recipe=RECIPE):
    """What the recipe says, alone with the standard library; its exit code and its lines."""
    child = [sys.executable, "-I", "-S", str(recipe), *map(str, paths)]
    done = subprocess.run(child, capture_output=True, text=True, check=False, env={})
    return done.returncode, done.stdout.splitlines()


def seals_of(folder, capsys):
    assert run(["seals", "--json", "--account", str(folder)]) == 0
    return json.loads(capsys.readouterr().out)


def test_seals_are_shown_to_people_and_to_scripts(folder, capsys):
    said = seals_of(folder, capsys)
    assert [row["day"] for row in said["rows"]] == [*DAYS[:3]]
    assert (said["open"]["day"], said["unsealed"], said["problem"]) == (DAYS[3], [], None)

    assert run(["seals", "--account", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{DAYS[0]}  rows 1-3 (3)  {said['rows'][0]['seal']}"
    assert lines[3] == f"{DAYS[3]}  rows 7-7 (1)  open"


def test_a_journal_without_rows_has_no_day(tmp_path, capsys):
    write_days(tmp_path)
    said = seals_of(tmp_path, capsys)
    assert said == {"rows": [], "open": None, "unsealed": [], "problem": None}


def test_missing_and_altered_seals_are_told(folder, capsys):
    path = folder / SEALS_FILE
    whole = path.read_bytes()
    path.unlink()
    assert seals_of(folder, capsys)["unsealed"] == [*DAYS[:3]]
    assert run(["verify", "--account", str(folder)]) == 0
    out = capsys.readouterr()
    assert json.loads(out.out)["unsealed"] == [*DAYS[:3]]
    assert f"{DAYS[0]} and 2 more: no seal is written down" in out.err

    path.write_bytes(whole.replace(DAYS[1].encode(), b"2026-11-11"))
    problem = f"{path}: the seal of {DAYS[1]} is not what the journal's rows come to"
    assert seals_of(folder, capsys)["problem"] == problem
    assert run(["verify", "--json", "--account", str(folder)]) == 1
    assert json.loads(capsys.readouterr().out)["problem"] == problem
    with pytest.raises(DeskError, match="is not what the journal's rows come to"):
        run(["export", "--day", DAYS[0], "--account", str(folder)])


def test_a_day_is_exported_and_checked_with_the_standard_library_alone(folder, tmp_path, capfd):
    seals = [row["seal"] for row in seals_of(folder, capfd)["rows"]]
    for day, seal in zip(DAYS, seals, strict=False):
        assert run(["export", "--day", day, "--account", str(folder)]) == 0
        (tmp_path / day).write_text(capfd.readouterr().out, encoding="utf-8")
        assert checked(tmp_path / day) == (0, [f"{tmp_path / day} {day} {seal} holds"])


def test_days_that_are_not_finished_are_not_exported(folder):
    for day in (DAYS[3], "2026-11-19", "soon"):
        with pytest.raises(InputError, match="a day that is finished"):
            run(["export", "--day", day, "--account", str(folder)])


@pytest.mark.thorough
@pytest.mark.fault("T09")
def test_every_changed_byte_of_an_exported_day_is_found_by_the_recipe(folder, tmp_path, figure):
    run(["export", "--sealed", str(tmp_path / "out"), "--account", str(folder)])
    whole = (tmp_path / "out" / f"{DAYS[0]}.jsonl").read_bytes()
    dice, spoiled = random.Random(3), []
    for n in range(len(whole)):
        path = tmp_path / "out" / f"{n}.spoiled"
        bit = 1 << dice.randrange(8)
        path.write_bytes(whole[:n] + bytes([whole[n] ^ bit]) + whole[n + 1 :])
        spoiled.append(path)
    (tmp_path / "each.py").write_text(
        "import runpy, sys\n"
        "recipe, *paths = sys.argv[1:]\n"
        "for path in paths:\n"
        "    sys.argv = [recipe, path]\n"
        "    try:\n"
        "        runpy.run_path(recipe)\n"
        "    except SystemExit as ended:\n"
        "        if not ended.code:\n"
        "            print('PASSED', path)\n"
        "    except Exception:\n"
        "        pass\n"
    )
    _, said = checked(RECIPE, *spoiled, recipe=tmp_path / "each.py")
    assert [line for line in said if line.startswith("PASSED")] == []
    figure(f"{len(whole)} of {len(whole)} changed bytes of an exported day found by the recipe")


def test_all_days_are_exported_with_the_recipe_and_in_order_they_follow_each_other(
    folder, tmp_path, capsys
):
    out = tmp_path / "audit"
    assert run(["export", "--sealed", str(out), "--account", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["days"] == 3
    segments = [out / f"{day}.jsonl" for day in DAYS[:3]]
    assert sorted(out.iterdir()) == sorted([*segments, out / CHECK, out / SEALS_FILE])
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}
    code, lines = checked(*segments, recipe=out / CHECK)
    assert (code, len(lines)) == (0, 3)
    code, lines = checked(segments[0], segments[2])
    assert (code, lines[1].endswith("FAILED")) == (1, True)
    rows = segments[0].read_bytes().splitlines()
    segments[0].write_bytes(b"\n".join([*rows[:-1], rows[-1].replace(b"23.99", b"23.98"), b""]))
    assert checked(segments[0])[0] == 1


def test_exporting_again_adds_what_is_new_and_refuses_what_was_changed(folder, tmp_path):
    out = tmp_path / "audit"
    run(["export", "--sealed", str(out), "--account", str(folder)])
    write_days(folder, 100)
    run(["export", "--sealed", str(out), "--account", str(folder)])
    path = out / f"{DAYS[3]}.jsonl"
    assert checked(path)[0] == 0
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(InputError, match="the same as now, or no file"):
        run(["export", "--sealed", str(out), "--account", str(folder)])


@pytest.mark.parametrize("hours", [(200, 225, 250), (0, 9, 23.99, 24, 50)], ids=["other", "cut"])
def test_seals_of_another_journal_or_of_days_that_are_gone_are_not_replaced(
    folder, tmp_path, hours
):
    out = tmp_path / "audit"
    run(["export", "--sealed", str(out), "--account", str(folder)])
    before = {path: path.read_bytes() for path in out.iterdir()}
    write_days(tmp_path / "another", *hours)
    with pytest.raises(InputError, match="the beginning of the same seals, or no file"):
        run(["export", "--sealed", str(out), "--account", str(tmp_path / "another")])
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_a_broken_journal_is_not_exported(folder, tmp_path):
    (folder / "journal.anchor").write_bytes(b"")
    with pytest.raises(JournalBroken):
        run(["export", "--sealed", str(tmp_path / "audit"), "--account", str(folder)])


def test_the_recipe_is_as_long_as_an_auditor_reads():
    code = RECIPE.read_text().splitlines()
    assert len(code) <= 25
    assert "desk" not in "".join(line for line in code if "import" in line)

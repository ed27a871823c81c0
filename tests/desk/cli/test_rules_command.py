"""`desk rules show|check`."""

import json

import pytest

from desk.app.entry import main
from desk.io.resources import resource

COLUMNS = {
    "rule", "value", "unit", "origin", "source", "as_of", "floor", "ceiling", "overridable",
    "action",
}  # fmt: skip


@pytest.fixture
def profile_file(tmp_path):
    """Write the shipped profile with something changed."""

    def write(found="", instead=""):
        text = resource("profiles/hk_sfc_2026.toml").decode()
        assert found in text
        path = tmp_path / "mine.toml"
        path.write_text(text.replace(found, instead, 1))
        return str(path)

    return write


def answer(capsys, *arguments):
    status = main(["rules", *arguments])
    return status, json.loads(capsys.readouterr().out)


def test_show_writes_every_rule_and_the_hash(capsys):
    status, found = answer(capsys, "show", "hk_sfc_2026")
    assert status == 0
    assert len(found["hash"]) == 64
    assert all(set(row) == COLUMNS for row in found["rows"])
    haircut = next(row for row in found["rows"] if row["rule"] == "vaf.haircut")
    assert (haircut["value"], haircut["floor"], haircut["origin"]) == ("0.6", "0.6", "SFC")
    assert {"sc.redemption", "tax.carf"} <= set(found["later"])
    assert found["off"] == ["risk.max_daily_loss"]


def test_check_accepts_what_ships_by_name_and_by_file(capsys, profile_file):
    by_name = answer(capsys, "check", "hk_sfc_2026")
    by_file = answer(capsys, "check", profile_file())
    assert by_name == by_file
    assert by_name[0] == 0
    assert by_name[1]["accepted"] is True
    assert by_name[1]["refusal"] is None


def test_check_refuses_a_haircut_below_the_floor_with_one(capsys, profile_file):
    path = profile_file('value = "0.60"', 'value = "0.5"')
    status, found = answer(capsys, "check", path)
    assert status == 1
    assert found["accepted"] is False
    assert found["refusal"]["field"] == "vaf.haircut.value"
    assert found["refusal"]["found"] == "0.5"


def test_show_of_a_refused_profile_is_bad_input(capsys, profile_file):
    assert main(["rules", "show", profile_file('floor = "0.60"\n')]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "vaf.haircut.floor" in err


@pytest.mark.parametrize("named", ["no_such_profile", "../instruments", "/etc"])
def test_what_is_no_profile_is_bad_input(named, capsys):
    assert main(["rules", "check", named]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_that_is_no_toml_is_bad_input(tmp_path, capsys):
    path = tmp_path / "x.toml"
    path.write_text("[rules")
    assert main(["rules", "check", str(path)]) == 2
    assert f"{path}: expected TOML" in capsys.readouterr().err


@pytest.mark.parametrize("named", ["a" * 5000, "/" + "b" * 5000])
def test_a_name_longer_than_a_file_may_have_is_refused(capsys, named):
    assert main(["rules", "check", named]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "expected the name of a shipped profile, or a file" in told.err


def test_a_file_nested_without_end_is_refused(capsys, tmp_path):
    path = tmp_path / "deep.toml"
    path.write_text("a=" + "[" * 5000)
    assert main(["rules", "check", str(path)]) == 2
    assert "expected TOML, found endless nesting" in capsys.readouterr().err

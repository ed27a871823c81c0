"""The fault table says what the tests showed: of every case, with and without workers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.fault_names import FAULTS

TESTS = Path(__file__).parents[1]

SAMPLE = """
import pytest

@pytest.mark.fault("T16", "T07")
@pytest.mark.parametrize("case", ["a", "b"])
def test_two_cases(case, figure):
    figure(f"{case} of 2")

@pytest.mark.fault("T07")
def test_that_fails(figure):
    figure("seen before it failed")
    assert False

@pytest.mark.fault("T09")
def test_that_is_skipped():
    pytest.skip("not here")

@pytest.mark.fault("T12")
def test_left_out():
    pass

def test_of_no_fault():
    pass
"""


@pytest.fixture
def table(tmp_path):
    """Run a few tests in a folder of their own; what pytest said."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["helpers.fault_table"]')
    markers = "fault(number)\n slow: long\n thorough: seconds"
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\npythonpath = {TESTS} {TESTS.parent}\nmarkers = {markers}"
    )

    def run(sample, *arguments):
        (tmp_path / "test_sample.py").write_text(sample)
        plugins = ["-p", "no:pytest-qt", "-p", "no:hypothesispytest", "-p", "no:cacheprovider"]
        command = [sys.executable, "-m", "pytest", *plugins, "--strict-markers", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    return run


@pytest.mark.thorough
@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_table_has_every_fault_with_what_was_seen(table, workers):
    said = table(SAMPLE, "-m", "fault", "-k", "not left_out", "-n", workers)
    rows = said.partition(" faults ")[2].splitlines()
    at = next(i for i, row in enumerate(rows) if row.startswith("T07 "))

    assert rows[at].split()[:3] == ["T07", "risk_state_machine", "failed"]
    assert rows[at + 1].startswith("    must: ")
    assert sorted(row.strip() for row in rows[at + 2 : at + 7]) == [
        "1 failed: that fails",
        "2 passed: two cases",
        "a of 2",
        "b of 2",
        "seen before it failed",
    ]
    assert [row.split()[2] for row in rows if row.startswith(("T16 ", "T09 "))] == [
        "skipped",
        "passed",
    ]
    assert any("not here" in row for row in rows)
    assert "42 faults: 1 skipped, 1 passed, 1 failed, 39 not run" in rows


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("chosen", "size"), [("fault and not slow and not thorough", "quick"), ("fault", "slow")]
)
def test_the_table_is_written_for_machines_too(table, tmp_path, chosen, size):
    table(SAMPLE, "-m", chosen, "-k", "not left_out", "--table=faults.json")
    document = json.loads((tmp_path / "faults.json").read_text())
    rows = {row["number"]: row for row in document["rows"]}

    assert document["size"] == size
    assert document["machine"].keys() == {"processor", "cores", "kernel", "python"}
    assert document["date"].endswith("UTC")
    assert document["commit"]
    assert len(rows) == len(FAULTS)
    assert rows["T07"]["outcome"] == "failed"
    assert rows["T07"]["criterion"] == FAULTS["T07"].criterion
    two = next(test for test in rows["T07"]["tests"] if test["name"] == "two cases")
    assert two.pop("seconds") >= 0
    assert two == {
        "name": "two cases",
        "outcome": "passed",
        "counts": {"passed": 2},
        "figures": ["a of 2", "b of 2"],
    }
    assert rows["T08"]["outcome"] == "not run"
    assert rows["T09"]["tests"][0]["figures"] == ["not here"]


@pytest.mark.thorough
def test_a_run_of_the_short_tests_has_no_table(table):
    said = table(SAMPLE, "-m", "not slow")
    assert "4 passed" in said
    assert "must: " not in said


def test_a_number_that_is_no_fault_stops_the_run(table):
    said = table('import pytest\n@pytest.mark.fault("T99")\ndef test_it(): pass')
    assert "no such fault: ['T99']" in said
    assert "passed" not in said

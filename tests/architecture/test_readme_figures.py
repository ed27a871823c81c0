"""What the README says of faults and speed is what was measured, put there by command alone."""

import copy
import json
import re

import pytest
from helpers import readme_figures
from helpers.readme_figures import (
    README,
    bench_section,
    fault_section,
    keep,
    kept,
    together,
    with_sections,
)

ROW = {"number": "T01", "name": "kill9_storm", "criterion": "0 rows lost"}
TEST = {"name": "none is lost", "outcome": "passed", "counts": {"passed": 2}, "seconds": 1.0}
MACHINE = {"processor": "Some", "cores": 2, "kernel": "Linux 6.1", "python": "3.11.7"}
FAULTS = {"date": "2026-11-29 06:00 UTC", "machine": MACHINE, "commit": "abc", "size": "quick"}
BENCH = {"name": "x", "value": 9.0, "unit": "ms", "reference": 3.0, "ratio": 3.0}


def faults(outcome="passed", **test):
    tests = [TEST | {"figures": ["12 kills, 0 lost"]} | test]
    return FAULTS | {"rows": [ROW | {"outcome": outcome, "tests": tests}]}


def bench(**row):
    note = "reference: a plain loop"
    machine = {"name": "machine", "value": 2, "unit": "cores", "note": "Some; Linux 6.1"}
    return {"rows": [machine, BENCH | {"target": "<= 5", "ok": False, "note": note} | row]}


def test_both_sections_are_what_the_kept_figures_make():
    readme = README.read_text()
    assert with_sections(readme) == readme, "run tests/helpers/readme_figures.py, edit no figure"


@pytest.mark.parametrize("name", ["faults", "bench"])
def test_kept_figures_name_no_folder_of_a_machine(name):
    said = json.dumps(kept(name), ensure_ascii=False)
    assert not re.search(r"(?<![\w.<])/(home|tmp|work|root|usr|var|mnt)\b", said)


def test_a_fault_that_passed_shows_what_was_seen_and_on_what():
    said = fault_section(faults())
    assert "| T01 | kill9_storm | 0 rows lost | 12 kills, 0 lost | passed, 2 |" in said
    assert "2026-11-29 06:00 UTC" in said
    assert "2 cores of Some, Linux 6.1, Python 3.11.7" in said
    assert "desk test --faults --table" in said
    assert "Not passed" not in said


def test_a_fault_that_failed_or_was_not_run_is_said_below_the_table():
    assert "- **T01 kill9_storm** failed: 12 kills" in fault_section(faults("failed"))
    absent = faults("not run")
    absent["rows"][0]["tests"] = []
    assert "- **T01 kill9_storm** not run: its tests are longer" in fault_section(absent)


def test_a_fault_of_which_a_test_was_not_run_says_so_in_its_row():
    partly = faults()
    later = TEST | {"name": "an hour of it", "outcome": "not run", "counts": {}, "figures": []}
    partly["rows"][0]["tests"].append(later)
    assert "| passed, 2; **not run**: an hour of it |" in fault_section(partly)


def test_long_findings_are_cut_and_counted():
    said = fault_section(faults(figures=[f"{n} " + "long " * 30 for n in range(5)]))
    assert "and 4 more" in said
    assert "…" in fault_section(faults(figures=["word " * 200]))


def test_a_missed_target_is_said_with_its_whole_note():
    said = bench_section(bench(note="reference: a plain loop; " + "why " * 60))
    assert "| x | 9 ms | 3 ms | 3 × | ≤ 5 | **no** | reference: a plain loop;" in said
    assert "0 of 1 targets are met" in said
    assert said.count("why") > 60, "the note stands whole below"
    assert "Short of" not in bench_section(bench(ok=True))


def test_what_would_be_markup_is_shown_as_it_is():
    said = bench_section(bench(name="a|b <i> *c*"))
    assert r"a\|b \<i> \*c\*" in said


def test_without_kept_figures_the_sections_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(readme_figures, "KEPT", tmp_path)
    said = with_sections(README.read_text())
    assert said.count("Not measured yet.") == 2
    assert "desk test --faults --slow --table" in said
    assert with_sections(said) == said


def test_kept_figures_are_kept_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(readme_figures, "KEPT", tmp_path)
    document = faults()
    keep("faults", copy.deepcopy(document))
    assert kept("faults") == document


def test_a_readme_without_the_place_is_refused():
    with pytest.raises(SystemExit, match="no place"):
        with_sections("# desk\n")


def test_a_run_in_parts_is_one_table_and_the_later_word_counts():
    def part(**tests):
        rows = [{"name": name, "outcome": outcome} for name, outcome in tests.items()]
        return {"commit": "a", "rows": [{"number": "T01", "outcome": "?", "tests": rows}]}

    whole = together([part(one="failed", two="passed"), part(three="skipped"), part(one="passed")])
    (row,) = whole["rows"]
    assert [(test["name"], test["outcome"]) for test in row["tests"]] == [
        ("one", "passed"),
        ("two", "passed"),
        ("three", "skipped"),
    ]
    assert row["outcome"] == "passed"
    assert together([part(one="passed"), part(one="failed")])["rows"][0]["outcome"] == "failed"

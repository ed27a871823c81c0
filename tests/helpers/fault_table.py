"""The fault suite as a table: which test stands for which fault, what it saw, how it went.

A test that stands for a fault carries `@pytest.mark.fault("T01")` and hands over what it measured
by the fixture `figure`. A run of the long tests, or of the fault tests (`-m fault`), ends in the
table; `--table=FILE` writes it as JSON too. All of it goes by the reports, so it is the same with
and without xdist.
"""

import json
from pathlib import Path

import pytest
from helpers.fault_names import FAULTS
from helpers.fault_rows import NOT_RUN, OUTCOMES, fault_document, fault_rows, gathered


def pytest_addoption(parser):
    parser.addoption("--table", metavar="FILE", help="write the table of faults there, as JSON")


@pytest.fixture
def figure(record_property):
    """Call it with what the test measured, in words: it is printed and stands in the table."""

    def hand_over(text):
        print(text)
        record_property("figure", text)

    return hand_over


def pytest_itemcollected(item):
    for mark in item.iter_markers("fault"):
        unknown = [number for number in mark.args if number not in FAULTS]
        if unknown or not mark.args or mark.kwargs:
            raise pytest.UsageError(f"{item.nodeid}: no such fault: {unknown or mark}")
        item.user_properties.extend(("fault", number) for number in mark.args)


def pytest_terminal_summary(terminalreporter, config):
    expression, file = config.option.markexpr, config.option.table
    if not file and "fault" not in expression and "not slow" in expression:
        return
    said = (one for many in terminalreporter.stats.values() for one in many)
    tested = gathered(one for one in said if isinstance(one, pytest.TestReport))
    rows = fault_rows(tested)
    if tested:
        terminalreporter.section("faults")
        for line in lines(rows):
            terminalreporter.write_line(line)
    if file:
        document = fault_document(rows, expression)
        Path(file).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def lines(rows):
    """The table, line by line; a fault without a test in this run says so."""
    for row in rows:
        tests = row["tests"]
        outcome = row["outcome"] if tests else NOT_RUN
        seconds = sum(one["seconds"] for one in tests)
        yield f"{row['number']} {row['name']:<24}{outcome:<9}{seconds:7.1f} s"
        yield f"    must: {row['criterion']}"
        for test in tests:
            counts = ", ".join(f"{count} {one}" for one, count in test["counts"].items())
            yield f"    {counts}: {test['name']}"
            yield from (f"        {line}" for line in test["figures"])
    outcomes = [row["outcome"] for row in rows]
    counts = [f"{outcomes.count(one)} {one}" for one in (*OUTCOMES[::-1], NOT_RUN)]
    yield f"{len(rows)} faults: {', '.join(counts)}"

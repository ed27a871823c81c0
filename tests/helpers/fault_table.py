"""The fault suite as a table: which test stands for which fault, what it saw, how it went.

A test that stands for a fault carries `@pytest.mark.fault("T01")` and hands over what it measured
by the fixture `figure`. A run of the long tests, or of the fault tests (`-m fault`), ends in the
table. All of it goes by the reports, so it is the same with and without xdist.
"""

import re
from collections import defaultdict
from typing import NamedTuple

import pytest
from helpers.fault_names import FAULTS

OUTCOMES = ("failed", "passed", "skipped")
"""The worst first: what a row is called whose tests went differently."""


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
    expression = config.option.markexpr
    if "fault" not in expression and "not slow" in expression:
        return
    said = (one for many in terminalreporter.stats.values() for one in many)
    tested = gathered(one for one in said if isinstance(one, pytest.TestReport))
    if tested:
        terminalreporter.section("faults")
        for line in lines(tested):
            terminalreporter.write_line(line)


# --- table ----------------------------------------------------------------------------------------


class Tested:
    """What a test function showed of a fault, over all its cases."""

    def __init__(self):
        self.outcomes = defaultdict(set)
        self.figures = []
        self.seconds = 0.0

    def add(self, report):
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.outcome].add(report.nodeid)
        self.seconds += report.duration
        if report.skipped:
            self.figures.append(report.longrepr[-1].removeprefix("Skipped: "))
        if report.when == "teardown":  # the one that has all of them
            self.figures.extend(text for name, text in report.user_properties if name == "figure")

    @property
    def outcome(self):
        return next((one for one in OUTCOMES if one in self.outcomes), "not run")

    def counts(self):
        told = [(len(self.outcomes[one]), one) for one in OUTCOMES if one in self.outcomes]
        return ", ".join(f"{count} {one}" for count, one in told)


class Row(NamedTuple):
    """A fault in the table."""

    number: str
    outcome: str
    seconds: float
    tests: dict


def gathered(reports):
    """What was tested, by fault and by test function; its cases together."""
    tested = defaultdict(lambda: defaultdict(Tested))
    for report in reports:
        name = re.sub(r"\[.*", "", report.nodeid, flags=re.DOTALL).split("::")[-1]
        for key, number in report.user_properties:
            if key == "fault":
                tested[number][name].add(report)
    return tested


def row(number, tests):
    outcomes = {one.outcome for one in tests.values()}
    outcome = next((one for one in OUTCOMES if one in outcomes), "not run")
    return Row(number, outcome, sum(one.seconds for one in tests.values()), tests)


def lines(tested):
    """The table, line by line; a fault without a test in this run says so."""
    rows = [row(number, tested.get(number, {})) for number in FAULTS]
    for one in rows:
        fault = FAULTS[one.number]
        outcome = fault.untested or one.outcome if one.outcome == "not run" else one.outcome
        yield f"{one.number} {fault.name:<24}{outcome:<9}{one.seconds:7.1f} s"
        yield f"    must: {fault.criterion}"
        for name, test in one.tests.items():
            yield f"    {test.counts()}: {name.removeprefix('test_').replace('_', ' ')}"
            said = dict.fromkeys(line for text in test.figures for line in text.split("\n"))
            yield from (f"        {line}" for line in said)
    counts = [f"{sum(one.outcome == o for one in rows)} {o}" for o in (*OUTCOMES[::-1], "not run")]
    yield f"{len(rows)} faults: {', '.join(counts)}"

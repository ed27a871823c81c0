"""The rows of the fault table: of every fault what its tests showed, as plain data."""

import re
import subprocess
from collections import defaultdict
from pathlib import Path

from helpers.fault_names import FAULTS

OUTCOMES = ("failed", "passed", "skipped")
"""The worst first: what a row is called whose tests went differently."""

NOT_RUN = "not run"


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

    def row(self, name):
        counts = {one: len(self.outcomes[one]) for one in OUTCOMES if one in self.outcomes}
        said = dict.fromkeys(line for text in self.figures for line in text.split("\n"))
        return {
            "name": name.removeprefix("test_").replace("_", " "),
            "outcome": worst(counts),
            "counts": counts,
            "figures": list(said),
            "seconds": round(self.seconds, 1),
        }


def worst(outcomes):
    return next((one for one in OUTCOMES if one in outcomes), NOT_RUN)


def gathered(reports):
    """What was tested, by fault and by test function; its cases together."""
    tested = defaultdict(lambda: defaultdict(Tested))
    for report in reports:
        name = re.sub(r"\[.*", "", report.nodeid, flags=re.DOTALL).split("::")[-1]
        for key, number in report.user_properties:
            if key == "fault":
                tested[number][name].add(report)
    return tested


def fault_rows(tested):
    """A row for every fault, also for one without a test in this run."""
    rows = []
    for number, fault in FAULTS.items():
        tests = [one.row(name) for name, one in tested.get(number, {}).items()]
        rows.append(
            {
                "number": number,
                "name": fault.name,
                "criterion": fault.criterion,
                "outcome": worst({one["outcome"] for one in tests}),
                "tests": tests,
            }
        )
    return rows


def fault_document(rows, expression):
    """The rows with when, on what, of which commit and at what length they were run."""
    from desk.bench.machine import this_machine  # not for every run: some have no desk at all

    machine = this_machine()._asdict()
    date = machine.pop("date")
    return {
        "date": date,
        "machine": machine,
        "commit": commit(),
        "size": size(expression),
        "rows": rows,
    }


def size(expression):
    """How long the chosen tests may be, by the expression that chose them."""
    if "not slow" not in expression:
        return "slow"
    return "quick" if "not thorough" in expression else "thorough"


def commit():
    """The commit that stands here, with a word if more has changed since; empty outside git."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    here = Path(__file__).parent
    try:
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()

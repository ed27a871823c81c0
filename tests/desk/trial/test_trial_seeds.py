"""The whole desk, simulated: no seed breaks a promise, and a seed is the same wherever it runs."""

import os
import subprocess
import sys

import pytest
from helpers.journals import child_environment

from desk.trial.run import run_seed

SECONDS = 20.0
IN_CI = 200
BLOCK = 10

AGAIN = """
import sys
from desk.trial.run import run_seed
print(run_seed(int(sys.argv[1]), float(sys.argv[2])).digest)
"""


@pytest.mark.thorough
def test_a_seed_breaks_no_promise():
    report = run_seed(1, 8.0)

    assert report.broken == ""
    assert report.counts["commands"] > 10


@pytest.mark.thorough
def test_a_seed_is_the_same_in_another_process_with_other_hashes():
    here = run_seed(2, SECONDS)
    told = [
        subprocess.run(
            [sys.executable, "-c", AGAIN, "2", str(SECONDS)],
            env={**child_environment(), "PYTHONHASHSEED": hashes, "TZ": "Asia/Hong_Kong"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hashes in ("1", "4711")
    ]

    assert run_seed(2, SECONDS) == here
    assert told == [here.digest, here.digest]
    assert os.environ.get("PYTHONHASHSEED") != "4711"


@pytest.mark.fault("T01")
@pytest.mark.fault("T10")
@pytest.mark.fault("T15")
@pytest.mark.thorough
@pytest.mark.parametrize("first", range(1, IN_CI + 1, BLOCK))
def test_no_seed_breaks_a_promise(first, figure):
    reports = [run_seed(seed, SECONDS) for seed in range(first, first + BLOCK)]

    assert [(one.seed, one.broken) for one in reports if one.broken] == []
    figure(
        f"seeds {first}-{first + BLOCK - 1}: {sum(one.simulated_s for one in reports):.0f} s "
        f"simulated, {sum(one.counts.get('crashes', 0) for one in reports)} crashes, "
        f"{sum(one.counts.get('faults', 0) for one in reports)} faults, 0 promises broken"
    )

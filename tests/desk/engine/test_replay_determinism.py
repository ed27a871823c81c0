"""The same recording and the same commands give the same journal, bit for bit, in any process."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from helpers.replayed_story import RESTARTS, digest, journal

TESTS = Path(__file__).parents[2]


def elsewhere(hash_seed):
    """Both digests from a process of its own, whose sets and dicts hash otherwise."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent))),
    }
    command = [sys.executable, "-m", "helpers.replayed_story"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.thorough
@pytest.mark.fault("T06")
def test_two_processes_write_the_same_journal_and_so_they_do_after_restarts(figure):
    through, restarted = journal(), journal(RESTARTS)
    kinds = Counter(row.entry.type for row in through)
    wanted = {"order", "accepted", "fill", "cancelled", "rejected", "amended", "triggered"}
    assert wanted <= kinds.keys()
    assert kinds["fill"] > 10
    assert through != restarted, "a restart puts orders behind everything at their price"
    here = [digest(through), digest(restarted)]
    assert elsewhere("1") == here
    rows = sum(kinds.values())
    figure(f"{rows} rows written by 2 processes, with {len(RESTARTS)} restarts too: 1 hash")

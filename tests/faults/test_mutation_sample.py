"""T08: mutants of what decides about money, drawn by a seed, and how many of them the tests kill.

All seventeen thousand take hours and are run by hand (README, Tests). `mutmut` is no package of the
desk's: it is found on the path, in an environment that has the desk's packages beside it.
"""

import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ("pyproject.toml", "README.md", "requirements.lock", "desk", "resources", "tests", "ui")
SEED, DRAWN, LEAST_KILLED = 8, 300, 0.95
SMALL = "desk.ledger.break_even.*"
"""Run first: whatever is run, all mutants are made."""
KILLED = {"killed", "timeout"}


class Mutants:
    """A copy of the project whose mutants can be run."""

    def __init__(self, mutmut, folder):
        self._mutmut, self._folder = mutmut, folder
        for name in NEEDED:
            source = ROOT / name
            if source.is_dir():
                leave = shutil.ignore_patterns("__pycache__", "*.pyc")
                shutil.copytree(source, folder / name, ignore=leave)
            else:
                shutil.copy(source, folder)

    def run(self, *names):
        return self._do("run", *names)

    def ends(self):
        """Of each mutant how it ended, or that it was not run."""
        told = [line.split(": ") for line in self._do("results", "--all", "true").splitlines()]
        return {words[0].strip(): words[1].strip() for words in told if len(words) == 2}

    def _do(self, *words):
        done = subprocess.run(
            [self._mutmut, *words], cwd=self._folder, capture_output=True, text=True, check=False
        )
        return done.stdout


@pytest.mark.fault("T08")
@pytest.mark.slow
def test_of_three_hundred_mutants_few_live(tmp_path, figure):
    mutmut = shutil.which("mutmut")
    if mutmut is None:
        pytest.skip("mutmut is not on the path")
    mutants = Mutants(mutmut, tmp_path)
    said = mutants.run(SMALL)
    names = sorted(mutants.ends())
    assert len(names) > DRAWN, said[-2_000:]
    drawn = Random(SEED).sample(names, DRAWN)
    said = mutants.run(*drawn)
    ends = mutants.ends()
    lived = [name for name in drawn if ends[name] not in KILLED]
    figure(
        f"{DRAWN} of {len(names):,} mutants drawn: {DRAWN - len(lived)} killed; "
        f"there lived {', '.join(name.removeprefix('desk.') for name in lived)}"
    )
    assert len(lived) <= (1 - LEAST_KILLED) * DRAWN, said[-2_000:]

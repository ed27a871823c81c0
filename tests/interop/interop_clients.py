"""Third-party clients as child processes of a test, in their own environment."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from desk.io.checkout import CLIENTS, venv_folder, venv_python

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).parent / "clients"
LONGER_S = 120.0
"""What a client may take beside the time that it is told to look, on a machine with much to do."""


def run_client(program, plan):
    """Run a client on its plan and return what it saw; whatever it says beside that fails."""
    python = venv_python(venv_folder(str(ROOT), CLIENTS.venv))
    if not Path(python).exists():
        pytest.fail("the clients are not installed: run `python3 -m desk test --interop`")
    ended = subprocess.run(
        [python, "-W", "error", str(PROGRAMS / program)],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        timeout=plan["seconds"] + LONGER_S,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr[-3000:]
    return json.loads(ended.stdout)


def run_clients(program, plans):
    """Run as many clients at once as there are plans; what each saw, in order."""
    with ThreadPoolExecutor(len(plans)) as pool:
        return list(pool.map(lambda plan: run_client(program, plan), plans))

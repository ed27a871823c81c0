"""`desk test`: one red check makes the whole red, and the last line can be counted on."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from desk.cli import testing
from desk.cli.testing import Counts, run
from desk.model.errors import InputError

ROOT = Path(__file__).parents[3]
GREEN = {"lint": ("compileall", "-q", ".")}
RED = {"lint": ("json.tool", "absent.json")}

SAMPLE = """
import pytest

@pytest.mark.fault("T01")
def test_green(): pass
def test_also_green(): pass

@pytest.mark.skip(reason="not here")
def test_skipped(): pass

@pytest.mark.fault("T01")
@pytest.mark.slow
def test_long(): pass

@pytest.mark.thorough
def test_of_seconds(): pass

@pytest.mark.interop
def test_of_a_client(): pass
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project in the place of this one."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_sample.py").write_text(SAMPLE)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = -m 'not slow and not thorough and not interop' -p no:pytest-qt "
        "-p no:hypothesispytest\n"
        "markers = slow: long\n thorough: seconds\n interop: of others\n fault(number): hard\n"
    )
    monkeypatch.setattr(testing, "ROOT", tmp_path)
    monkeypatch.setattr(testing, "LINTERS", GREEN)
    monkeypatch.setattr(testing, "_WORKERS", 0)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return tmp_path


def last_line(capfd):
    return capfd.readouterr().out.splitlines()[-1]


def test_all_green_is_zero(project, capfd):
    assert run([]) == 0
    assert last_line(capfd) == "2 passed, 0 failed, 1 skipped"


def test_red_linter_makes_the_whole_red(project, monkeypatch, capfd):
    monkeypatch.setattr(testing, "LINTERS", RED)
    assert run([]) == 1
    out = capfd.readouterr().out.splitlines()
    assert out[-2:] == ["red: lint", "2 passed, 0 failed, 1 skipped"]
    assert any(line.startswith("lint") and "RED" in line for line in out)


@pytest.mark.thorough
def test_red_test_makes_the_whole_red(project, capfd):
    (project / "tests/test_bad.py").write_text("def test_bad(): assert 1 == 2")
    assert run([]) == 1
    assert last_line(capfd) == "2 passed, 1 failed, 1 skipped"


@pytest.mark.thorough
def test_error_beside_a_test_counts_as_failed(project, capfd):
    (project / "tests/test_bad.py").write_text("import nothing_of_the_kind")
    assert run([]) == 1
    assert last_line(capfd) == "0 passed, 1 failed, 0 skipped"


@pytest.mark.parametrize(("option", "passed"), [("--thorough", 3), ("--slow", 4)])
def test_option_runs_the_longer_ones_as_well(project, capfd, option, passed):
    assert run([option]) == 0
    assert last_line(capfd) == f"{passed} passed, 0 failed, 1 skipped"


@pytest.mark.parametrize(("length", "passed"), [((), 1), (("--slow",), 2)])
def test_faults_alone_are_run_of_whatever_length_is_asked_for(project, capfd, length, passed):
    assert run(["--faults", *length]) == 0
    assert last_line(capfd) == f"{passed} passed, 0 failed, 0 skipped"


@pytest.mark.thorough
@pytest.mark.parametrize("words", [("--table", "here.json"), ("--table=here.json",)])
def test_table_is_written_where_the_user_stands(project, tmp_path, monkeypatch, capfd, words):
    (project / "tests/conftest.py").write_text(
        "def pytest_addoption(parser): parser.addoption('--table')\n"
        "def pytest_sessionfinish(session):\n"
        "    open(session.config.option.table, 'w').close()\n"
    )
    stands = tmp_path / "elsewhere"
    stands.mkdir()
    monkeypatch.chdir(stands)
    assert run(["--faults", *words, "-q"]) == 0
    assert (stands / "here.json").exists()
    assert last_line(capfd) == "1 passed, 0 failed, 0 skipped"


def test_table_without_a_file_is_told(project):
    with pytest.raises(InputError, match="expected a file"):
        run(["--faults", "--table"])


def test_other_arguments_go_to_pytest(project, capfd):
    assert run(["-k", "also"]) == 0
    assert last_line(capfd) == "1 passed, 0 failed, 0 skipped"


def test_argument_that_pytest_does_not_know_is_bad_usage(project, capfd):
    assert run(["--no-such-option"]) == 2
    assert last_line(capfd) == "0 passed, 1 failed, 0 skipped"


def test_interop_runs_the_tests_of_clients_alone_the_long_ones_too(project, capfd):
    (project / "tests/interop").mkdir()
    (project / "tests/test_sample.py").rename(project / "tests/interop/test_sample.py")
    (project / "tests/test_red.py").write_text("def test_red(): assert 1 == 2")
    assert run(["--interop"]) == 0
    assert last_line(capfd) == "5 passed, 0 failed, 1 skipped"


def test_interop_without_such_tests_is_told(project):
    with pytest.raises(InputError, match="found no such folder in this version"):
        run(["--interop"])


def test_without_a_checkout_there_is_nothing_to_test(project, monkeypatch):
    monkeypatch.setattr(testing, "ROOT", project / "tests")
    with pytest.raises(InputError, match="expected a checkout with tests"):
        run([])


def test_crashed_pytest_is_a_failure_and_not_nothing(tmp_path):
    assert testing._counts(tmp_path / "absent.xml", 139) == Counts(0, 1, 0)


@pytest.mark.thorough
def test_told_to_end_it_ends_its_tests_first(project):
    (project / "tests/test_sample.py").write_text(
        "import pathlib, time\n"
        "def test_waits():\n"
        "    try:\n"
        "        pathlib.Path('started').touch()\n"
        "        while True:\n"  # signal.pause() would sleep through one that comes just before it
        "            time.sleep(0.01)\n"
        "    finally:\n"
        "        pathlib.Path('cleaned').touch()\n"
    )
    code = (
        "import pathlib, signal, sys; from desk.cli import testing\n"
        # Where this runs in the background of a shell the interrupt is ignored, by its tests too.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"testing.ROOT = pathlib.Path({str(project)!r}); testing.LINTERS = {{}}\n"
        "testing._WORKERS = 0; sys.exit(testing.run([]))"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    until = time.monotonic() + 30
    while not (project / "started").exists() and time.monotonic() < until:
        time.sleep(0.01)
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=30)
    assert child.returncode == 128 + signal.SIGTERM
    assert (project / "cleaned").exists()

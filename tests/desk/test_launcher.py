"""The launcher: a checkout sets itself up once, whatever goes wrong meanwhile."""

import ast
import base64
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from desk import __main__ as launcher
from desk.io import checkout, libraries, setup
from desk.io import stamp as stamps
from desk.io.checkout import SetupRefused, Wanted
from desk.io.environment import qt_refusal
from desk.io.libraries import SharedLibrary
from desk.io.progress import Measure, Progress, StepFailed

ROOT = Path(__file__).parents[2]
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)
# What runs before anything is installed.
LAUNCHER_IO = ("checkout", "environment", "libraries", "stamp", "setup", "progress", "disk")
LAUNCHER_MODULES = [
    "desk/__main__.py",
    *(f"desk/io/{name}.py" for name in LAUNCHER_IO),
]

AFTER_SET_UP = {"desk.app", "desk.log"}
"""Imported when everything is there: the desk itself, and how its last fault is told."""

GROUP_WHEELS = ("deskrun", "desktest", "deskinterop")

in_one_worker = pytest.mark.xdist_group("launcher")
"""What these tests share takes seconds to make."""

APP = """
def main(argv):
    import importlib.metadata, sys
    wanted = ("deskrun", "desktest", "deskinterop")
    there = {d.name: d.version for d in importlib.metadata.distributions() if d.name in wanted}
    print(sorted(there.items()), argv)
    return 7
"""


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("distributions", "python", "refused"),
    [
        pytest.param({"pyside6-essentials": "6.12.0"}, (3, 11), True, id="the-pair-that-aborts"),
        pytest.param({"shiboken6": "6.12.0"}, (3, 11), True, id="its-binding-alone"),
        pytest.param({"pyside6-essentials": "6.12.0"}, (3, 12), False, id="6.12-on-3.12"),
        pytest.param({"pyside6-essentials": "6.11.3"}, (3, 11), False, id="the-pinned-one"),
        pytest.param(
            {"pyside6-essentials": "6.11.3", "pyqt6": "6.9.0"}, (3, 13), True, id="beside-pyqt6"
        ),
    ],
)
def test_qt_pairs_that_crash_are_refused(distributions, python, refused):
    assert (qt_refusal(distributions, python) is not None) is refused


@pytest.mark.parametrize(
    ("folder", "word"),
    [
        pytest.param(
            "PySide6_Essentials-6.12.0.dist-info",
            "6.12.0",
            id="pyside-6.12.0",
            marks=pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal here"),
        ),
        pytest.param("PyQt6-6.9.1.dist-info", "PyQt6", id="pyqt6"),
    ],
)
def test_start_is_refused_with_one_sentence(tmp_path, folder, word):
    (tmp_path / "site" / folder).mkdir(parents=True)
    installed = copy_launcher(tmp_path / "installed")
    ended = start(installed, PYTHONPATH=str(tmp_path / "site"))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert word in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_old_python_is_refused_with_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(launcher, "OLDEST_PYTHON", (99, 0))
    assert launcher.main() == 2
    assert "needs Python" in capsys.readouterr().err


def test_old_python_can_read_the_launcher_at_all():
    ast.parse((ROOT / "desk/__main__.py").read_text(), feature_version=(3, 7))


@pytest.mark.parametrize("path", LAUNCHER_MODULES)
def test_launcher_needs_the_standard_library_alone(path):
    own = {name.removesuffix(".py").replace("/", ".") for name in LAUNCHER_MODULES}
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom) and node.module != "desk.io":
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            assert top in sys.stdlib_module_names or name in own | AFTER_SET_UP, name


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_ci_on_an_old_python_says_so(tmp_path):
    (tmp_path / "python3").write_text("#!/bin/sh\n[ $1 = -V ] && echo Python 3.9.2\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    ended = subprocess.run(
        [ROOT / ".ci/run"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "ci: Python 3.11 or newer is needed, python3 is Python 3.9.2\n"


# --- what a command line needs --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "platform", "wanted"),
    [
        pytest.param("", "", Wanted(("run",), "xcb", qt=True), id="window"),
        pytest.param(
            "--feed okx", "offscreen", Wanted(("run",), "offscreen", qt=True), id="unseen"
        ),
        pytest.param("--no-window", "", Wanted(("run",), "xcb", qt=False), id="no-window"),
        pytest.param("risk check -", "", Wanted(("run",), "xcb", qt=False), id="headless"),
        pytest.param("test -k x", "", Wanted(("run", "test"), "offscreen", qt=True), id="test"),
    ],
)
def test_command_line_decides_what_is_needed(line, platform, wanted):
    found = checkout.wanted_by(line.split(), {"QT_QPA_PLATFORM": platform})
    assert vars(found) == vars(wanted)


def test_lock_without_a_group_is_refused(tmp_path):
    (tmp_path / "requirements.lock").write_text("# group: run\nx==1\n")
    with pytest.raises(SetupRefused, match="expected the groups run, test, interop, found"):
        checkout.read_groups(str(tmp_path))


def test_comments_of_the_lock_are_no_requirements(tmp_path):
    (tmp_path / "requirements.lock").write_text(
        "# why\n\n# group: run\nx==1\n# group: test\ny==2\n# group: interop\nz==3\n"
    )
    assert checkout.read_groups(str(tmp_path)) == {
        "run": ["x==1"],
        "test": ["y==2"],
        "interop": ["z==3"],
    }


@pytest.mark.parametrize("text", ["", "{", "[]", '{"python": 3}', '{"python":"3","groups":1}'])
def test_stamp_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / "desk-setup.json").write_text(text)
    assert stamps.read_stamp(str(tmp_path)) is None


@pytest.fixture
def stamped(tmp_path):
    """A checkout whose environment is nothing but an interpreter and a stamp."""
    write_lock(tmp_path, "x==1", "y==2", "z==3")
    python = Path(checkout.venv_python(own_venv(tmp_path)))
    python.parent.mkdir(parents=True)
    python.touch(0o755)
    groups = {
        name: checkout.digest(lines) for name, lines in checkout.read_groups(str(tmp_path)).items()
    }
    del groups["interop"]
    stamp = stamps.Stamp(checkout.python_version(), groups, ["offscreen"])
    stamps.write_stamp(own_venv(tmp_path), stamp)
    return tmp_path


def is_ready(folder, group="run", libraries_="offscreen"):
    return checkout.is_ready(str(folder), Wanted((group,), libraries_, qt=True))


def test_ready_is_what_the_stamp_says_of_lock_python_and_libraries(stamped, monkeypatch):
    assert is_ready(stamped)
    assert is_ready(stamped, "test")
    assert not is_ready(stamped, "interop")
    with monkeypatch.context() as linux:
        linux.setattr(sys, "platform", "linux")
        assert not is_ready(stamped, libraries_="xcb")
    write_lock(stamped, "x==2", "y==2", "z==3")
    assert not is_ready(stamped)
    assert is_ready(stamped, "test")
    monkeypatch.setattr(checkout, "python_version", lambda: "3.99")
    assert not is_ready(stamped, "test")


def test_a_stamp_without_its_end_is_not_trusted(stamped):
    stamp = Path(own_venv(stamped), "desk-setup.json")
    stamp.write_text(stamp.read_text()[:-1])
    assert not is_ready(stamped)


@pytest.mark.parametrize("lean", [True, False])
def test_a_digest_is_sha_256_with_or_without_the_lean_modules(monkeypatch, lean):
    if not lean:
        for name in ("_sha2", "_sha256"):
            monkeypatch.setitem(sys.modules, name, None)
    said = hashlib.sha256(b"a\nb").hexdigest()
    assert checkout.digest(["a", "b"]) == said


def test_the_check_imports_nothing_that_a_start_would_wait_for(stamped):
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from desk.io import checkout
assert checkout.is_ready({str(stamped)!r}, checkout.Wanted(("run",), "offscreen", qt=True))
print(*({{"json", "typing", "re", "hashlib", "pathlib", "subprocess"}} & sys.modules.keys()))
"""
    # Without site: what an environment of this machine imports is not ours.
    ended = subprocess.run([BASE_PYTHON, "-ISc", code], capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("\n", "")


# --- system packages ------------------------------------------------------------------------------


@pytest.fixture
def no_libraries(monkeypatch):
    """A machine without one of the libraries, where this process may not install."""
    lacking = (SharedLibrary("libdesk-none.so.9", "libdesk-none9"),)
    monkeypatch.setattr(libraries, "OFFSCREEN_LIBRARIES", lacking)
    monkeypatch.setattr(libraries, "XCB_LIBRARIES", ())
    monkeypatch.setattr(setup, "_apt", lambda: None)
    monkeypatch.setattr(sys, "platform", "linux")


def test_missing_library_is_found_and_named(no_libraries):
    missing = libraries.missing_libraries("offscreen")
    assert libraries.packages_of(missing) == ("libdesk-none9",)


def test_package_of_two_libraries_is_named_once():
    both = (SharedLibrary("a.so", "p"), SharedLibrary("b.so", "p"), SharedLibrary("c.so", "q"))
    assert libraries.packages_of(both) == ("p", "q")


def test_without_the_right_to_install_the_line_to_type_is_told(no_libraries, monkeypatch, tmp_path):
    monkeypatch.setattr(setup.shutil, "which", lambda name: f"/usr/bin/{name}")
    (tmp_path / ".venv").mkdir()
    with pytest.raises(SetupRefused, match=r"\n  sudo apt-get install -y .*libdesk-none9$"):
        setup.set_up(str(tmp_path), Wanted(("run",), "xcb", qt=True))


def test_without_apt_the_packages_are_named(no_libraries, monkeypatch, tmp_path):
    monkeypatch.setattr(setup.shutil, "which", lambda _name: None)
    with pytest.raises(SetupRefused, match="libdesk-none9") as refused:
        setup.set_up(str(tmp_path), Wanted(("run",), "xcb", qt=True))
    assert "apt-get" not in str(refused.value)


def test_headless_command_goes_on_without_libraries(no_libraries, capsys):
    setup._accept_without(("libdesk-none9",), Wanted(("run",), "xcb", qt=False), fresh=False)
    assert "no window can be opened yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("user", "sudo_exit", "prefix"),
    [
        pytest.param(0, None, ["env"], id="root"),
        pytest.param(1000, 0, ["sudo", "-n", "env"], id="passwordless-sudo"),
        pytest.param(1000, 1, None, id="sudo-asks-for-a-password"),
        pytest.param(1000, None, None, id="no-sudo"),
    ],
)
def test_apt_is_called_only_with_the_right_to(monkeypatch, tmp_path, user, sudo_exit, prefix):
    tools = {"apt-get": 0} | ({} if sudo_exit is None else {"sudo": sudo_exit})
    for name, status in tools.items():
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(setup.os, "geteuid", lambda: user)
    called = setup._apt()
    assert (None if called is None else called[: len(prefix or ())]) == prefix


FAKE_APT = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
  *install*) [ "$(grep -c install {log})" -gt 1 ] || {{ echo "E: 404 old list"; exit 100; }};;
esac
"""


def test_old_package_lists_are_renewed_and_tried_again(monkeypatch, tmp_path):
    log = tmp_path / "log"
    for name in ("apt-get", "dpkg"):
        (tmp_path / name).write_text(FAKE_APT.format(log=log))
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(setup.glob, "glob", lambda _pattern: ["lists"])
    wanted = Wanted(("run",), "offscreen", qt=False)
    setup._install_packages(["env"], ["libgl1"], wanted, fresh=False, progress=Progress(1))
    verbs = [
        next(w for w in line.split() if w[0] != "-" and w[0].islower())
        for line in log.read_text().splitlines()[1:]
    ]
    assert verbs == ["install", "update", "install"]
    assert log.read_text().splitlines()[0] == "--configure -a"


def test_checkout_that_cannot_be_written_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(setup.os, "access", lambda path, mode: False)
    with pytest.raises(SetupRefused, match="is not writable"):
        setup.set_up(str(tmp_path), Wanted(("run",), "xcb", qt=True))


# --- steps ----------------------------------------------------------------------------------------


def test_failed_step_tells_the_end_of_what_it_said():
    progress = Progress(1)
    progress.begin("packages")
    code = "print(*range(100), sep='\\n'); raise SystemExit(3)"
    with pytest.raises(StepFailed, match=r"^packages: .* ended with 3:\n  88\n(.*\n)*  99$"):
        progress.run([sys.executable, "-c", code])


def test_step_that_cannot_be_started_is_told(tmp_path):
    with pytest.raises(StepFailed, match="cannot be started"):
        Progress(1).run([str(tmp_path / "absent")])


def test_long_step_tells_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr("desk.io.progress._TELL_EVERY_S", 0.0)
    progress = Progress(2)
    progress.begin("packages")
    said = "0 upgraded, 3 newly installed\\nUnpacking a\\nUnpacking b\\n"
    measure = Measure(done="Unpacking ", total_line=r"\d+ upgraded, (\d+) newly")
    progress.run([sys.executable, "-c", f"print('{said}', end='')"], measure)
    assert "desk: 1 of 2  packages: 2 of 3, 0 s\n" in capsys.readouterr().err


# --- the whole, in a small checkout of its own ----------------------------------------------------


def copy_launcher(folder):
    """The launcher's own modules with a small product behind them, and no lock."""
    for name in ("desk/__init__.py", "desk/io/__init__.py", *LAUNCHER_MODULES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "desk/app.py").write_text(APP)
    return folder


def make_wheel(folder, name, version):
    """A distribution with nothing in it; returns its line of a lock."""
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    texts = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [
        f"{file},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},{len(text)}"
        for file, text in texts.items()
    ]
    texts[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in texts.items():
            wheel.writestr(file, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def write_lock(folder, *lines):
    groups = zip(checkout.GROUPS, lines, strict=True)
    text = "\n".join(f"# group: {name}\n{line}\n" for name, line in groups)
    (folder / "requirements.lock").write_text(text)


def own_venv(folder, name=".venv"):
    return checkout.venv_folder(str(folder), name)


def begin(folder, *argv, **environ):
    """Start the launcher with the interpreter that an environment would be made from."""
    # No apt on this path: nothing outside the folder may be touched by a test.
    clean = {"PATH": str(folder), "HOME": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder.parent / "wheels")}
    return subprocess.Popen(
        [BASE_PYTHON, "-m", "desk", *argv],
        cwd=folder,
        env=clean | pip | environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(child):
    out, err = child.communicate(timeout=120)
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)


def start(folder, *argv, **environ):
    return finish(begin(folder, *argv, **environ))


@pytest.fixture(scope="module")
def first_starts(tmp_path_factory):
    """A checkout in which two starts met, and what each of them said."""
    if importlib.util.find_spec("ensurepip") is None:
        pytest.skip("this Python cannot make environments")
    base = tmp_path_factory.mktemp("launcher")
    (base / "wheels").mkdir()
    folder = copy_launcher(base / "checkout")
    lines = [make_wheel(base / "wheels", name, "1.0") for name in GROUP_WHEELS]
    write_lock(folder, *lines)
    children = [begin(folder, "hello"), begin(folder, "hello")]
    return folder, [finish(child) for child in children]


@pytest.fixture
def ready(first_starts, tmp_path):
    """A copy of the checkout that is set up, beside the wheels."""
    folder, _ = first_starts
    shutil.copytree(folder, tmp_path / "checkout", symlinks=True)
    shutil.copytree(folder.parent / "wheels", tmp_path / "wheels")
    return tmp_path / "checkout"


@pytest.mark.thorough
@in_one_worker
@pytest.mark.thorough
def test_two_first_starts_at_once_both_run(first_starts):
    assert [(x.returncode, x.stdout) for x in first_starts[1]] == [
        (7, "[('deskrun', '1.0')] ['hello']\n")
    ] * 2


@pytest.mark.thorough
@in_one_worker
def test_only_one_of_two_first_starts_sets_up(first_starts):
    said = "".join(ended.stderr for ended in first_starts[1])
    assert said.count("setting up this checkout") == 1
    assert said.count("1 of 2  Python environment (.venv): done in") == 1
    assert said.count("2 of 2  Python packages (run): done in") == 1


@pytest.mark.thorough
@in_one_worker
def test_second_start_sets_up_nothing(ready):
    ended = start(ready, "a", "b c")
    assert (ended.stdout, ended.stderr) == ("[('deskrun', '1.0')] ['a', 'b c']\n", "")


@pytest.mark.thorough
@in_one_worker
def test_test_command_adds_its_group(ready):
    ended = start(ready, "test")
    assert ended.stdout == "[('deskrun', '1.0'), ('desktest', '1.0')] ['test']\n"
    assert "1 of 1  Python packages (run and test)" in ended.stderr


@pytest.mark.thorough
@in_one_worker
def test_interop_command_adds_an_environment_that_the_desk_does_not_see(ready):
    ended = start(ready, "test", "--interop")
    assert ended.stdout == "[('deskrun', '1.0'), ('desktest', '1.0')] ['test', '--interop']\n"
    assert "1 of 2  Python environment (.venv-interop): done in" in ended.stderr
    assert "2 of 2  Python packages (interop): done in" in ended.stderr
    assert checkout.is_ready(str(ready), checkout.CLIENTS)
    code = "import importlib.metadata as m; print(*[d.name for d in m.distributions()])"
    clients = checkout.venv_python(own_venv(ready, ".venv-interop"))
    there = subprocess.run([clients, "-c", code], capture_output=True, text=True, check=True)
    assert set(GROUP_WHEELS) & set(there.stdout.split()) == {"deskinterop"}
    assert start(ready, "test", "--interop").stderr == ""


@pytest.mark.thorough
@in_one_worker
@pytest.mark.parametrize("line", ["test", "test -k interop", "hello --interop"])
def test_nothing_else_installs_third_party_clients(ready, line):
    start(ready, *line.split())
    assert not Path(own_venv(ready, ".venv-interop")).exists()


@pytest.mark.thorough
@in_one_worker
@pytest.mark.fault("T40")
def test_file_that_is_not_the_locked_one_is_refused(ready):
    make_wheel(ready.parent / "wheels", "desktest", "1.0")  # other bytes: zip holds the time
    with zipfile.ZipFile(ready.parent / "wheels/desktest-1.0-py3-none-any.whl", "a") as wheel:
        wheel.writestr("desktest.py", "raise SystemExit('taken over')")
    ended = start(ready, "test")
    assert ended.returncode == 2
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.thorough
@in_one_worker
@pytest.mark.parametrize(
    ("signum", "status"),
    [
        pytest.param(signal.SIGKILL, -9, id="killed", marks=pytest.mark.thorough),
        pytest.param(signal.SIGTERM, 143, id="told", marks=pytest.mark.thorough),
    ],
)
def test_renewal_that_was_cut_off_is_begun_again(ready, signum, status):
    line = make_wheel(ready.parent / "wheels", "deskrun", "2.0")
    groups = checkout.read_groups(str(ready))
    write_lock(ready, line, groups["test"][0], groups["interop"][0])
    cut_off = begin(ready, "hello")
    until = time.monotonic() + 60
    python = Path(checkout.venv_python(own_venv(ready)))
    # The interpreter is there again and pip is not yet: the worst moment.
    while not (stamps.read_stamp(own_venv(ready)) is None and python.exists()):
        assert time.monotonic() < until
        time.sleep(0.005)
    cut_off.send_signal(signum)
    assert finish(cut_off).returncode == status
    assert stamps.read_stamp(own_venv(ready)) is None
    ended = start(ready, "hello")
    assert (ended.returncode, ended.stdout) == (7, "[('deskrun', '2.0')] ['hello']\n")


@pytest.mark.thorough
@in_one_worker
def test_unfinished_set_up_is_not_trusted(ready):
    wanted = Wanted(("run",), "offscreen", qt=False)
    assert checkout.is_ready(str(ready), wanted)
    stamp = stamps.read_stamp(own_venv(ready))
    stamps.begin(own_venv(ready))
    (ready / ".venv/desk-setup.json").write_text(json.dumps(stamp._asdict()))
    assert not checkout.is_ready(str(ready), wanted)
    assert setup.must_start_afresh(str(ready))


@pytest.mark.thorough
@in_one_worker
def test_set_up_by_another_python_is_made_again(ready):
    stamp = stamps.read_stamp(own_venv(ready))
    stamps.write_stamp(own_venv(ready), stamps.Stamp("3.10", stamp.groups, stamp.libraries))
    assert setup.must_start_afresh(str(ready))


@pytest.mark.thorough
@in_one_worker
def test_environment_made_by_hand_is_kept(ready):
    (ready / ".venv/desk-setup.json").unlink()
    assert not setup.must_start_afresh(str(ready))


@pytest.mark.thorough
@in_one_worker
def test_interpreter_that_has_everything_is_used_as_it_is(first_starts, tmp_path):
    source, _ = first_starts
    folder = copy_launcher(tmp_path / "checkout")
    shutil.copy(source / "requirements.lock", folder)
    (tmp_path / "site/deskrun-9.dist-info").mkdir(parents=True)
    ended = start(folder, "hello", PYTHONPATH=str(tmp_path / "site"))
    assert (ended.returncode, ended.stderr) == (7, "")
    assert not (folder / ".venv").exists()

"""Setting a checkout up: system packages by apt, an environment, Python packages from the lock.

Where packages come from is the machine's affair: apt and pip are called as they are configured.
Progress goes to standard error. Standard library only.
"""

from __future__ import annotations

import contextlib
import glob
import importlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from desk.io import checkout, stamp
from desk.io.checkout import SetupRefused, Wanted
from desk.io.disk import open_private, try_lock
from desk.io.libraries import missing_libraries, packages_of
from desk.io.progress import Measure, Progress, StepFailed, say

_APT_LISTS = "/var/lib/apt/lists/*_Packages*"
_SETUP_LOCK = ".venv.lock"
_LOCK_RETRY_S = 0.2


def set_up(root: str, wanted: Wanted) -> None:
    """Make the checkout ready for `wanted`, cleaning up what an interrupted attempt left.

    Raises SetupRefused with a sentence where it cannot.
    """
    if not os.access(root, os.W_OK):
        raise SetupRefused(
            f"{root} is not writable, so nothing can be set up there: "
            "clone the repository into a folder of your own"
        )
    with _ending_cleanly(), _alone(root) as lock:
        if checkout.is_ready(root, wanted):  # another start did it while this one waited
            return
        fresh = must_start_afresh(root, wanted.venv)
        packages = missing_packages(fresh=fresh)
        apt = _apt() if packages else None
        if packages and apt is None:
            _accept_without(packages, wanted, fresh=fresh)
        progress = Progress(steps=1 + (apt is not None) + fresh)
        say("setting up this checkout, once")
        try:
            if apt is not None:
                _install_packages(apt, packages, wanted, fresh=fresh, progress=progress)
            if fresh:
                _make_venv(checkout.venv_folder(root, wanted.venv), lock, progress)
            _install_lock(root, wanted, lock, progress)
        except (StepFailed, OSError) as failure:
            raise SetupRefused(str(failure)) from failure
        say(f"ready after {progress.total_s():.1f} s")


def must_start_afresh(root: str, name: str = ".venv") -> bool:
    """Whether the environment is absent, broken, unfinished, or made from another lock or Python.

    One that somebody made by hand has no stamp and is kept: the lock is installed into it.
    """
    venv = checkout.venv_folder(root, name)
    if checkout.is_unfinished(venv) or not os.access(checkout.venv_python(venv), os.X_OK):
        return True
    known = stamp.read_stamp(venv)
    if known is None:
        return False
    groups = checkout.read_groups(root)
    return known.python != checkout.python_version() or any(
        checkout.digest(groups.get(name, [])) != digest for name, digest in known.groups.items()
    )


def missing_packages(*, fresh: bool) -> tuple[str, ...]:
    """Debian packages that the desk and its window lack on this machine."""
    return _venv_packages(fresh=fresh) + packages_of(missing_libraries("xcb"))


def _venv_packages(*, fresh: bool) -> tuple[str, ...]:
    importlib.invalidate_caches()
    there = all(importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip"))
    return () if there or not fresh else (f"python{checkout.python_version()}-venv",)


def _indispensable(wanted: Wanted, *, fresh: bool) -> tuple[str, ...]:
    libraries = missing_libraries(wanted.libraries) if wanted.qt else ()
    return _venv_packages(fresh=fresh) + packages_of(libraries)


def _accept_without(packages: Sequence[str], wanted: Wanted, *, fresh: bool) -> None:
    """Go on without the packages if the command can; else refuse with the line to type."""
    if shutil.which("apt-get") is None:
        sentence = f"what these Debian packages bring is missing: {', '.join(packages)}"
    else:
        lists = "" if glob.glob(_APT_LISTS) else "sudo apt-get update && "
        line = f"{lists}sudo apt-get install -y {' '.join(packages)}"
        sentence = f"system packages are missing; install them with this line:\n  {line}"
    if _indispensable(wanted, fresh=fresh):
        raise SetupRefused(sentence)
    say(f"no window can be opened yet: {sentence}")


def _apt() -> list[str] | None:
    """How apt-get is called with the right to install; None if it may not be."""
    if not sys.platform.startswith("linux") or shutil.which("apt-get") is None:
        return None
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"]
    if os.geteuid() == 0:
        return quiet
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(
        ["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return ["sudo", "-n", *quiet] if asked.returncode == 0 else None


def _install_packages(
    apt: Sequence[str],
    packages: Sequence[str],
    wanted: Wanted,
    *,
    fresh: bool,
    progress: Progress,
) -> None:
    progress.begin("system packages", ", ".join(packages))
    get = [*apt, "apt-get", "-y", "-o", "DPkg::Lock::Timeout=300"]
    # What an interrupted attempt left unpacked may be completed; nothing of the user's may go.
    careful = ["--no-install-recommends", "--no-remove", "--fix-broken"]
    install = [*get, "install", *careful, *packages]
    measure = Measure(done="Unpacking ", total_line=r"\d+ upgraded, (\d+) newly installed")
    with contextlib.suppress(StepFailed):  # apt-get says it better if this was not enough
        progress.run([*apt, "dpkg", "--configure", "-a"])
    if not glob.glob(_APT_LISTS):
        progress.run([*get, "update"])
    try:
        progress.run(install, measure)
    except StepFailed:  # old lists name packages that are gone: once more with new ones
        progress.run([*get, "update"])
        progress.run(install, measure)
    still = _indispensable(wanted, fresh=fresh)
    if still:
        raise SetupRefused(f"apt reports success, yet this is missing: {', '.join(still)}")
    progress.end()


def _make_venv(venv: str, lock: int, progress: Progress) -> None:
    progress.begin(f"Python environment ({os.path.basename(venv)})")
    if os.path.lexists(venv):
        # First what makes it look usable, should this be cut off half-way.
        with contextlib.suppress(FileNotFoundError):
            os.remove(checkout.venv_python(venv))
        shutil.rmtree(venv)
    os.mkdir(venv)
    stamp.begin(venv)
    # From inside a venv that is to be replaced, the interpreter it was made from makes the new.
    base = getattr(sys, "_base_executable", None) or sys.executable
    progress.run([base, "-m", "venv", venv], keep_open=(lock,))
    progress.end()


def _install_lock(root: str, wanted: Wanted, lock: int, progress: Progress) -> None:
    venv = checkout.venv_folder(root, wanted.venv)
    known = stamp.read_stamp(venv)
    all_groups = checkout.read_groups(root)
    # A group that is there already stays asked for, so that the stamp never forgets it.
    asked = {*wanted.groups, *(known.groups if known is not None else ())}
    names = [name for name in all_groups if name in asked]
    lines = [line for name in names for line in all_groups[name]]
    progress.begin(f"Python packages ({' and '.join(names)})")
    stamp.begin(venv)
    with tempfile.TemporaryDirectory() as folder:
        requirements = os.path.join(folder, "requirements.txt")
        with open(requirements, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        install = ["-m", "pip", "install", "--require-hashes", "--only-binary", ":all:"]
        quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        progress.run(
            [checkout.venv_python(venv), *install, *quiet, "-r", requirements],
            Measure(done="Collecting |Requirement already satisfied: ", total=len(lines)),
            keep_open=(lock,),
        )
    libraries = [name for name in ("offscreen", "xcb") if not missing_libraries(name)]
    digests = {name: checkout.digest(all_groups[name]) for name in names}
    done = stamp.Stamp(checkout.python_version(), digests, libraries)
    stamp.write_stamp(venv, done)
    progress.end()


@contextlib.contextmanager
def _alone(root: str) -> Generator[int]:
    """Hold the checkout's set-up lock; yields its descriptor.

    pip inherits the descriptor: if this process is killed, the lock lasts until pip has ended.
    """
    with open_private(Path(root, _SETUP_LOCK)) as lock:
        if not try_lock(lock):
            say("another set-up of this checkout is under way; waiting for it")
            while not try_lock(lock):
                time.sleep(_LOCK_RETRY_S)
        yield lock.fileno()


@contextlib.contextmanager
def _ending_cleanly() -> Generator[None]:
    """SIGTERM and SIGINT end the set-up and what it started; the next start resumes it."""

    def stop(signum: int, _frame: object) -> None:
        say("set-up interrupted; the next start begins it again")
        raise SystemExit(128 + signum)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""The lock: every file by its hash, no address, and exactly what pyproject asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from desk.io.checkout import read_groups

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DIRECT = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
DIRECT_TEST = [Requirement(line) for line in PROJECT["dependency-groups"]["test"]]
DIRECT_INTEROP = [Requirement(line) for line in PROJECT["dependency-groups"]["interop"]]
GROUPS = read_groups(str(ROOT))
LINE = re.compile(r"(?P<pin>\S+==\S+(?: ; .+?)?)(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)")


def pins(group):
    """Requirement of each line of a group, hashes left away."""
    return [Requirement(LINE.fullmatch(line)["pin"]) for line in GROUPS[group]]


@pytest.mark.parametrize("group", GROUPS)
def test_every_line_is_one_pin_with_hashes(group):
    assert [line[:60] for line in GROUPS[group] if not LINE.fullmatch(line)] == []


def test_lock_holds_no_address():
    assert re.findall(r"\w+://\S+|^\s*-{1,2}[\w-]+", (ROOT / "requirements.lock").read_text()) == []


@pytest.mark.parametrize(
    ("wanted", "groups"),
    [
        *(pytest.param(want, ("run",), id=want.name) for want in DIRECT),
        *(pytest.param(want, ("run", "test"), id=want.name) for want in DIRECT_TEST),
        *(pytest.param(want, ("interop",), id=want.name) for want in DIRECT_INTEROP),
    ],
)
def test_what_pyproject_asks_for_is_locked(wanted, groups):
    locked = [
        pin
        for group in groups
        for pin in pins(group)
        if canonicalize_name(pin.name) == canonicalize_name(wanted.name)
    ]
    assert locked
    for pin in locked:
        assert wanted.specifier.contains(str(pin.specifier).removeprefix("=="))


@pytest.mark.parametrize("groups", [("run", "test"), ("interop",)], ids="+".join)
def test_no_environment_gets_a_distribution_twice(groups):
    names = [canonicalize_name(pin.name) for group in groups for pin in pins(group)]
    assert sorted(names) == sorted(set(names))


def test_clients_of_others_are_not_where_the_desk_runs():
    theirs = {canonicalize_name(want.name) for want in DIRECT_INTEROP}
    assert theirs.isdisjoint(canonicalize_name(pin.name) for pin in pins("run") + pins("test"))


def test_direct_dependencies_stay_few():
    assert len(DIRECT) <= 12


def test_qt_is_pinned_to_what_was_measured():
    assert "PySide6-Essentials==6.11.3" in PROJECT["project"]["dependencies"]


def test_no_second_qt_is_locked():
    names = {canonicalize_name(pin.name) for group in GROUPS for pin in pins(group)}
    assert [name for name in names if name.startswith("pyqt") and name != "pyqtgraph"] == []


def test_this_environment_is_what_the_lock_says():
    from importlib.metadata import PackageNotFoundError, version

    different = {}
    for pin in pins("run") + pins("test"):
        if pin.marker is not None and not pin.marker.evaluate():
            continue
        try:
            found = version(pin.name)
        except PackageNotFoundError:
            found = None
        if found is None or not pin.specifier.contains(found):
            different[pin.name] = found
    assert different == {}

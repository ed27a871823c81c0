"""What the repository holds: modules of one idea, and nothing of the machine it was made on."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES_MAX = 400
# Written so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile("/(?:" + "|".join(("work", "root", "tmp", "home")) + ")/")


def repository_names():
    """What git has, or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return listed.stdout.splitlines()


def repository_files():
    """Files that git has, or would take."""
    return [name for name in repository_names() if (ROOT / name).is_file()]


@pytest.mark.parametrize("top", ["desk", "ui"])
def test_modules_are_short_enough_to_hold_one_idea(top):
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / top).rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > LINES_MAX} == {}


def test_no_two_files_of_tests_have_one_name():
    """Pytest takes the second for the first, and then runs nothing at all."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_no_file_knows_the_machine_it_was_made_on():
    found = [
        f"{name}:{number}"
        for name in repository_files()
        for number, line in enumerate(
            (ROOT / name).read_text(encoding="utf-8", errors="ignore").splitlines(), 1
        )
        if MACHINE_PATHS.search(line)
    ]
    assert found == []


def test_no_link_is_kept():
    """A link to an environment takes the place of the real one wherever it is checked out."""
    assert [name for name in repository_names() if (ROOT / name).is_symlink()] == []


def test_no_font_and_no_archive_is_kept():
    endings = (".ttf", ".otf", ".woff", ".woff2", ".whl", ".gz", ".zip", ".exe", ".so")
    assert [name for name in repository_files() if name.endswith(endings)] == []


def test_no_layout_is_asked_for_its_items():
    """A wrapper of an item that anything still holds outlives it: what Qt makes at that address
    next comes back as the item, as a window's handle did while a debugger held the
    window's frames.
    """
    asked = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "ui").rglob("*.py"))
        for name in ("itemAt(", "takeAt(", "itemAtPosition(")
        if f".{name}" in path.read_text()
    ]
    assert asked == []

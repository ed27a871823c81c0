"""T40: what the desk is made of is locked, listed, few, scanned, and builds to the same bytes."""

import json
import os
import re
import subprocess
import sys
import tomllib
import unicodedata
from hashlib import sha256
from pathlib import Path

import pytest

from desk.cli.sbom import document, locked
from desk.cli.sbom import run as sbom
from desk.model.errors import InputError

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BUILD_S = 300


@pytest.mark.fault("T40")
def test_run_dependencies_are_at_most_twelve(figure):
    direct = len(PROJECT["project"]["dependencies"])
    assert direct <= 12
    figure(f"{direct} direct dependencies, of 12 allowed")


@pytest.mark.fault("T40")
def test_the_bill_of_materials_lists_every_locked_distribution_with_its_hashes_and_licence(capsys):
    assert sbom([]) == 0
    bill = json.loads(capsys.readouterr().out)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    parts = {part["bom-ref"]: part for part in bill["components"]}
    assert parts.keys() == {one.purl for one in locked(ROOT)}
    for part in parts.values():
        (files,) = part["externalReferences"]
        assert files["hashes"]
        assert {one["alg"] for one in files["hashes"]} == {"SHA-256"}
        assert part["scope"] == "optional" or part["licenses"], part["name"]
    assert {one["ref"] for one in bill["dependencies"]} == {"desk", *parts}


@pytest.mark.fault("T40")
def test_the_bill_is_the_same_each_time_and_needs_a_lock(tmp_path):
    assert document(ROOT) == document(ROOT)
    with pytest.raises(InputError, match=r"expected a checkout with requirements\.lock"):
        document(tmp_path)
    with pytest.raises(InputError, match="no argument"):
        sbom(["--xml"])


@pytest.mark.fault("T40")
def test_no_source_turns_the_direction_of_writing_or_hides_a_letter(figure):
    """Trojan source (CVE-2021-42574): what a reader sees is what the interpreter reads."""
    files = 0
    for top in ("desk", "ui", "resources", "tests"):
        for path in (ROOT / top).rglob("*"):
            if path.suffix in {".py", ".toml"}:
                letters = set(path.read_text(encoding="utf-8"))
                odd = {c for c in letters if unicodedata.category(c) in {"Cf", "Co", "Cn"}}
                assert not odd, (path, odd)
                files += 1
    figure(f"{files} files of source and resources: 0 letters that are hidden or turn the writing")


@pytest.mark.fault("T40")
def test_what_could_run_a_text_is_nowhere():
    banned = re.compile(
        r"\b(?:pickle|marshal|shelve|yaml)\.loads?\b|(?<![\w.])(?:eval|exec)\(|shell=True"
    )
    for top in ("desk", "ui"):
        for path in (ROOT / top).rglob("*.py"):
            assert banned.findall(path.read_text()) == [], path


@pytest.mark.thorough
@pytest.mark.fault("T40")
def test_bandit_finds_nothing_of_medium_or_high_severity(figure):
    scanned = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-r", "-ll", "-f", "json", "desk", "ui"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
    )
    report = json.loads(scanned.stdout)
    assert report["errors"] == []
    assert report["metrics"]["_totals"]["loc"] > 30_000
    found = [(one["filename"], one["line_number"], one["test_id"]) for one in report["results"]]
    assert found == []
    lines = report["metrics"]["_totals"]["loc"]
    figure(f"bandit: 0 of medium or high severity in {lines:,} lines")


@pytest.mark.fault("T40")
def test_what_is_excused_from_the_scan_says_why():
    excused = [
        (path.relative_to(ROOT).as_posix(), line.strip())
        for top in ("desk", "ui")
        for path in sorted((ROOT / top).rglob("*.py"))
        for line in path.read_text().splitlines()
        if "# nosec" in line
    ]
    assert [name for name, _ in excused] == ["desk/cli/testing.py", "desk/io/disk.py"]


@pytest.mark.slow
@pytest.mark.fault("T40")
def test_the_wheel_builds_to_the_same_bytes_twice(tmp_path, figure):
    wheels = []
    for name in ("one", "two"):
        source, out = tmp_path / name, tmp_path / f"{name}-wheel"
        source.mkdir()
        kept = subprocess.run(
            ["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=False
        )
        if kept.returncode != 0:
            pytest.skip("not a git checkout")
        # A release is unpacked and built under the usual umask: rights are part of a wheel.
        subprocess.run(["tar", "-x", "-C", source], input=kept.stdout, check=True, umask=0o022)
        for path in source.rglob("*"):
            os.utime(path, (0, 1_700_000_000 + len(wheels)))
        built = subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", out, source],
            env={**os.environ, "SOURCE_DATE_EPOCH": "1767225600"},
            capture_output=True,
            text=True,
            timeout=BUILD_S,
            check=False,
            umask=0o022,
        )
        if built.returncode != 0:
            pytest.skip(f"the build's own tools are not to be had: {built.stderr[-200:]}")
        (wheel,) = out.iterdir()
        wheels.append(wheel.read_bytes())
    assert wheels[0] == wheels[1]
    figure(f"wheel built twice, at other times and places: SHA-256 {sha256(wheels[0]).hexdigest()}")


@pytest.mark.fault("T40")
def test_every_locked_distribution_is_a_wheel_by_hash(figure):
    """The set-up asks pip for hashes and wheels alone; a file with other bytes is refused there
    (`test_file_that_is_not_the_locked_one_is_refused`, against an index of the test's own)."""
    text = (ROOT / "requirements.lock").read_text()
    wanted = re.split(r"\n(?=[A-Za-z0-9])", text)
    pinned = [one for one in wanted if "==" in one.split("\n")[0] and one[0] not in "#-"]
    assert pinned
    assert [one for one in pinned if not re.search(r"--hash=sha256:[0-9a-f]{64}", one)] == []
    assert not re.search(r"--(?:extra-)?index-url|--find-links|--trusted-host|://", text)
    setup = (ROOT / "desk" / "io" / "setup.py").read_text()
    assert '"--require-hashes", "--only-binary", ":all:"' in setup
    figure(f"{len(pinned)} of {len(pinned)} locked distributions by SHA-256, wheels alone")

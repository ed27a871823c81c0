"""`desk sbom`: what the desk is made of, as CycloneDX 1.6 in JSON (ECMA-424).

Versions and hashes are the lock's, licences what the installed distributions say of themselves.
The same lock and the same environment give the same document, byte for byte: it has neither a
time nor a random serial number.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from desk.io.checkout import LOCK_FILE, SetupRefused, read_groups
from desk.io.environment import canonical_name
from desk.model.errors import InputError

GROUP = "run"
SPEC = "1.6"
ROOT = Path(__file__).resolve().parents[2]

_LINE = re.compile(
    r"(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))?(?P<hashes>(?: --hash=\S+)+)"
)
_LICENSE_CLASS = "License :: "


class Locked(NamedTuple):
    """A distribution as the lock pins it."""

    name: str
    version: str
    marker: str
    """Where it is needed; empty: everywhere."""
    hashes: tuple[str, ...]
    """SHA-256 of each of its files, hex."""

    @property
    def purl(self) -> str:
        """Its address in every list of software."""
        return f"pkg:pypi/{canonical_name(self.name)}@{self.version}"


def run(argv: Sequence[str]) -> int:
    """Print the document; raise InputError for bad usage or an installed desk without a lock."""
    if argv:
        raise InputError(source="desk sbom", expected="no argument", found=argv[0])
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document(ROOT)), indent=2))
    print()
    return 0


def document(root: Path) -> dict[str, Any]:
    """Return the document of a checkout."""
    parts = locked(root)
    desk = {
        "type": "application",
        "bom-ref": "desk",
        "name": "desk",
        "version": _version("desk") or "0.1.0",
    }
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": {"component": desk},
        "components": [_component(part) for part in parts],
        "dependencies": [
            {"ref": "desk", "dependsOn": sorted(part.purl for part in parts)},
            *({"ref": part.purl} for part in parts),
        ],
    }


def locked(root: Path) -> list[Locked]:
    """Return what the lock pins for running the desk; raise InputError where there is none."""
    try:
        lines = read_groups(str(root))[GROUP]
    except (OSError, SetupRefused) as error:
        raise InputError(
            source="desk sbom", expected=f"a checkout with {LOCK_FILE}", found=str(error)
        ) from None
    return [_locked(line) for line in lines]


def _locked(line: str) -> Locked:
    found = _LINE.fullmatch(line)
    if found is None:
        raise InputError(source=LOCK_FILE, expected="a pin with its hashes", found=line[:60])
    hashes = (one.removeprefix("--hash=sha256:") for one in found["hashes"].split())
    return Locked(found["name"], found["version"], found["marker"] or "", tuple(hashes))


def _component(part: Locked) -> dict[str, Any]:
    """One distribution. Of a pin's files a machine installs one, so that no hash is its own: they
    stand where the files come from."""
    said: dict[str, Any] = {
        "type": "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        "scope": "required" if not part.marker else "optional",
        "externalReferences": [
            {
                "type": "distribution",
                "url": f"https://pypi.org/project/{canonical_name(part.name)}/{part.version}/",
                "hashes": [{"alg": "SHA-256", "content": one} for one in part.hashes],
            }
        ],
    }
    if licences := list(_licences(part)):
        said["licenses"] = licences
    if part.marker:
        said["properties"] = [{"name": "desk:marker", "value": part.marker}]
    return said


def _licences(part: Locked) -> Iterator[dict[str, Any]]:
    """Yield what the distribution says: an SPDX expression alone, else names; nothing where it is
    not installed here, or not in this version."""
    if _version(part.name) != part.version:
        return
    told = metadata(part.name)
    if expression := _one(told, "License-Expression"):
        yield {"expression": expression}
        return
    classes = [c for c in told.get_all("Classifier") or [] if c.startswith(_LICENSE_CLASS)]
    names = [c.rpartition(" :: ")[2] for c in classes]
    short = _one(told, "License").splitlines()[:1]
    for name in dict.fromkeys(names or short):
        yield {"license": {"name": name}}


def _one(told: PackageMetadata, field: str) -> str:
    return told[field].strip() if field in told else ""


def _version(name: str) -> str | None:
    try:
        return metadata(name)["Version"]
    except PackageNotFoundError:
        return None

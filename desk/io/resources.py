"""The files that ship with the desk: instruments, margin tiers, rule profiles, icons."""

from __future__ import annotations

from importlib.resources import files


def resource(path: str) -> bytes:
    """Read one shipped file, by its path below `resources/`."""
    found = files("resources")
    for part in path.split("/"):
        found = found.joinpath(part)
    return found.read_bytes()

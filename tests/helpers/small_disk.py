"""A file system of its own, small and in memory, and a way to take its last byte."""

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest

FILLER = "filler"


@contextmanager
def small_disk(place, size):
    """Mount one at a new folder; `size` as mount says it: 64k. Skips where that is forbidden."""
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "desk-test", str(place)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        pytest.skip(f"this system does not mount a tmpfs: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place):
    """Take every free byte."""
    with open(place / FILLER, "wb", buffering=0) as filler:
        block = b"x" * (1 << 20)
        while block:
            try:
                filler.write(block)
            except OSError:
                block = block[: len(block) // 2]


def empty(place):
    """Give the room back."""
    (place / FILLER).unlink()

"""When a running desk has a snapshot of its journal made, and by whom: by a child, out of the way.

The child folds the journal itself, from the last snapshot on, at the lowest priority; the engine
waits for nothing, and what stands only in memory never gets into a snapshot.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from desk.app.runtime import Runtime
from desk.cli.snapshot import Read, believed, read_up
from desk.engine.state import DeskState
from desk.model.catalogue import Catalogue
from desk.model.events import Alerted

EVERY_ROWS = 5_000
"""Of a journal of up to 100,000 rows a start replays no more: a tenth of a second."""
OF_ALL = 20
"""Of a longer one it replays one row in so many: a snapshot costs what the whole is long."""
LEAVING_ROWS = 2_000
"""Fewer are replayed in the time that a child takes to start."""
LOOK_S = 5.0
LEAVING_S = 60.0
MANY_ORDERS = 5_000

IGNORED = "SNAPSHOT_IGNORED"
FAILED = "SNAPSHOT_FAILED"

NOTHING_READ = Read(None, None)


@contextmanager
def _without_collector() -> Generator[None]:
    """Build what stays until the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _set_aside(state: DeskState | None) -> None:
    """Let the collector pass a long state by: each walk through all of it would stop the desk."""
    if state is not None and len(state.orders) >= MANY_ORDERS:
        gc.freeze()


class Snapshots:
    """The snapshots of one desk folder."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._read = NOTHING_READ
        # As the rows were folded: the desk's own changes when a venue lists other terms.
        self._terms = msgspec.msgpack.encode(catalogue.all())
        self._runtime: Runtime | None = None
        self._seq = 0
        """Of the snapshot that is there."""
        self._note = ""

    def read(self) -> None:
        """Read the snapshot: it may take as long as the journal, which is proven meanwhile."""
        with _without_collector():
            self._read = read_up(self._folder, self._catalogue)
            _set_aside(self._read.state)

    def start(self, runtime: Runtime) -> None:
        """Put the desk back as it was, from the snapshot where it can be believed."""
        self._runtime = runtime
        with _without_collector():
            taken, self._read = believed(self._read, runtime.journal.hash_at), NOTHING_READ
            runtime.start(taken.state)
            _set_aside(runtime.engine.desk.state)
        self._note = taken.note
        self._seq = 0 if taken.state is None else taken.state.seq

    async def run(self) -> None:
        """Have one made whenever enough is new; say first why the last one was not taken."""
        if self._note:
            self._say(
                IGNORED,
                f"The journal was replayed whole; its snapshot was left aside: {self._note}.",
            )
        while True:
            await asyncio.sleep(LOOK_S)
            if failed := await self._make_if(max(EVERY_ROWS, self._seq // OF_ALL)):
                said = f"No snapshot of the journal was made, and a start takes longer: {failed}."
                self._say(FAILED, said)

    async def leave(self) -> None:
        """Have one made of what is new, once the desk is closed; give up after a minute."""
        try:
            async with asyncio.timeout(LEAVING_S):
                await self._make_if(LEAVING_ROWS)
        except TimeoutError:
            return  # the next start replays a little more

    async def _make_if(self, new_rows: int) -> str:
        assert self._runtime is not None
        seq = self._runtime.journal.head[0]
        if seq - self._seq < new_rows:
            return ""
        self._seq = seq  # one that fails is tried again after as many rows, not every five seconds
        return await make_in_child(self._folder, self._terms)

    def _say(self, code: str, message: str) -> None:
        assert self._runtime is not None
        self._runtime.tell(Alerted(severity="warning", code=code, message=message))


async def make_in_child(folder: Path, terms: bytes) -> str:
    """Have a child make the snapshot; why it could not, or nothing. It ends when this ends."""
    try:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "desk", "journal", "snapshot"),
            *("--account", str(folder), "--beside"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            start_new_session=True,
        )
    except OSError as error:  # no process or no memory is left
        return error.strerror or str(error)
    assert child.stdin is not None
    assert child.stderr is not None
    try:
        child.stdin.write(len(terms).to_bytes(4, "big") + terms)
        # Its input stays open: the system closes it however this process ends, and the child goes.
        said = await child.stderr.read()
        status = await child.wait()
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    lines = said.decode(errors="replace").strip().splitlines()
    return "" if status == 0 else (lines[-1] if lines else f"the child ended with {status}")

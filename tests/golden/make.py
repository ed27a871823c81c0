"""Write golden journals: `python -m golden.make FOLDER`, with the checkout and `tests` importable.

Run once for each schema of the journal. What it made is kept for ever and never made again: the
desk of every later version must read it to the state and the figures that are written beside it.

The journals are those of the desks that the tests of the engine drive: of all of them as few as
together say everything that a row can say (`golden.cover`).
"""

import json
import shutil
import sys
from pathlib import Path

import pytest
from golden import story
from golden.cover import all_parts, said_by
from helpers.engines import CATALOGUE, Trader

from desk.engine.state import DeskState
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_reader import JournalReader

KEPT = ("journal.db", "journal.anchor", "journal.seals")
LONGEST = 250
"""Rows of one journal."""


class Watched:
    """A plugin of pytest: every desk that a test drives, as it stood when the test had passed."""

    def __init__(self):
        self.journals = {}
        self._traders = []
        begin = Trader.__init__

        def noted(trader, *arguments, **named):
            begin(trader, *arguments, **named)
            self._traders.append(trader)

        Trader.__init__ = noted

    def pytest_runtest_logreport(self, report):
        if report.when != "call":
            return
        for number, trader in enumerate(self._traders):
            known = trader.desk.catalogue is CATALOGUE and 2 < len(trader.rows) <= LONGEST
            if report.passed and known:
                self.journals[f"{report.nodeid} {number}"] = [*trader.rows]
        self._traders.clear()


def chosen(journals):
    """The fewest of these journals that between them say all that any of them says."""
    said = {name: said_by(rows) for name, rows in journals.items()}
    wanted, taken = set().union(*said.values()), []
    while wanted:
        best = max(said, key=lambda name: (len(said[name] & wanted), -len(journals[name])))
        wanted -= said[best]
        taken.append(best)
    return taken


def figures(state):
    """What a person would compare."""
    document = state.document()
    names = ("balances", "positions", "latches", "levels", "close_outs", "lending", "programs")
    return {
        "rows": state.seq,
        "state_hash": state.hash(),
        "orders": {order.id: order.status.value for order in state.orders.values()},
        "fills": len(state.fills),
        **{name: document[name] for name in names},
    }


def replayed(folder):
    """Return the desk that a folder's journal makes."""
    state = DeskState(CATALOGUE)
    with JournalReader(folder) as reader:
        for row in reader.rows():
            state.apply(row)
    return state


def write(folder, rows):
    """Write journal, anchor, seals and what they come to into a new folder."""
    work = folder.with_name(folder.name + ".work")
    with hold_folder(work) as held:
        journal = SqliteJournal(held, reserve_bytes=64 << 10)
        for row in rows:
            journal.append([row.entry])
        head = journal.head
        journal.close()
    folder.mkdir(parents=True)
    for name in KEPT:
        if (work / name).exists():
            shutil.move(work / name, folder / name)
    shutil.rmtree(work)
    found = {"head": head, **figures(replayed(folder))}
    (folder / "figures.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    for name in ("journal.db-wal", "journal.db-shm"):
        (folder / name).unlink(missing_ok=True)


def main(folder, *tests):
    """Run the tests of the engine and keep the journals that are worth it."""
    watched = Watched()
    pytest.main(["-q", "-p", "no:cacheprovider", "-m", "not slow", *tests], plugins=[watched])
    watched.journals |= {"day": story.day(), "unguarded": story.unguarded()}
    taken = chosen(watched.journals)
    for number, name in enumerate(taken, 1):
        rows = watched.journals[name]
        sys.stdout.write(f"{number:02} {len(rows):4} rows of {name}\n")
        write(folder / f"{number:02}", rows)
    said = set().union(*(said_by(watched.journals[name]) for name in taken))
    sys.stdout.write(f"not said by any: {sorted(all_parts() - said)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])

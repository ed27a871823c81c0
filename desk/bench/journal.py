"""`desk bench journal`: a journal of a million rows, from the command to the first answer.

The journal is a real one in all but its origin: its rows are made of the parts that the engine's
rows are made of (`Change`), linked and stored as the store does, in one transaction: a million
synced appends would take an hour. Beside the start from a snapshot stands the same on an empty
folder, so that what the length costs can be told.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from desk.app.snapshots import EVERY_ROWS
from desk.bench.row import Given, Row
from desk.engine.change import Change, NewOrder
from desk.execution.outcome import Accepted, Cancelled, Filled, Outcome
from desk.io.anchor import HeadAnchor, create_anchor
from desk.io.disk import PRIVATE_FOLDER_MODE
from desk.io.journal_chain import EMPTY, Head, linked
from desk.io.journal_database import JOURNAL_FILE, connect, create_database
from desk.io.journal_reader import ANCHOR_FILE
from desk.ledger.book import WORLD, transfer
from desk.model.journal import Entry
from desk.model.orders import Fill, Liquidity, OrderTerms, OrderType, Side

ROWS = 1_000_000
READY_TARGET_S = 10.0
KILLED_ROWS = 100_000
KILLED_TARGET_S = 1.0
STARTS = 5
BEGAN_MS = 1_795_000_000_000
"""2026-11-18."""
PATIENCE_S = 300.0

_BESIDE_EMPTY = "from the command; reference: an empty folder"
_RESTORED = "both commands and the first answer; reference: to restore alone"

_BTC, _ETH = "BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE"
_FEE_RATE = Decimal("0.0005")
_SATOSHI = Decimal("0.00000001")


def long_entries(seed: int = 1) -> Iterator[Entry]:
    """Yield what a busy desk journals, without end: orders, answers, fills, cancels, levels."""
    dice, time_ms = random.Random(seed), BEGAN_MS
    postings = transfer(WORLD, "perp-1", "USDT", Decimal(1_000_000))
    deposit = Change(what={"asset": "USDT"}, content=_digest(dice), postings=postings)
    yield deposit.entry("deposit", time_ms=time_ms, client_id="deposit-1", account="perp-1")
    number = 0
    while True:
        number += 1
        time_ms += dice.randrange(200, 20_000)
        yield from _order(dice, number, time_ms)
        if number % 300 == 0:
            level = "WARNING" if number % 600 else "NORMAL"
            change = Change(what={"before": "", "marks": {}}, level=("perp-1", level))
            yield change.entry("level", time_ms=time_ms + 150, account="perp-1", reserve=True)


def _order(dice: random.Random, number: int, time_ms: int) -> Iterator[Entry]:
    terms = _terms(dice, f"order-{number}")
    what = {"instrument": terms.instrument, "side": terms.side.value, "price": str(terms.price)}
    change = Change(what=what, content=_digest(dice), orders=(NewOrder(terms=terms),))
    yield change.entry("order", time_ms=time_ms, client_id=terms.id, account="perp-1")
    yield _outcome(Accepted(order_id=terms.id, time_ms=time_ms + 50), time_ms + 50)
    fate = dice.random()
    if fate < 0.7:
        half = terms.quantity / 2
        parts = [terms.quantity] if fate < 0.45 else [half, terms.quantity - half]
        for place, part in enumerate(parts, start=1):
            yield _filled(terms, part, f"fill-{number}-{place}", time_ms + 60 + place)
        return
    cancel = Change(what={"order": terms.id}, content=_digest(dice), cancels=(terms.id,))
    client_id = f"cancel-{number}"
    yield cancel.entry("cancel", time_ms=time_ms + 90, client_id=client_id, account="perp-1")
    ended = Cancelled(
        order_id=terms.id, filled=Decimal(0), reason="cancelled", time_ms=time_ms + 140
    )
    yield _outcome(ended, time_ms + 140)


def _terms(dice: random.Random, order_id: str) -> OrderTerms:
    is_btc = dice.random() < 0.6
    price = dice.randrange(580_000, 620_000) if is_btc else dice.randrange(20_000, 21_000)
    return OrderTerms(
        id=order_id,
        account="perp-1",
        instrument=_BTC if is_btc else _ETH,
        side=dice.choice((Side.BUY, Side.SELL)),
        quantity=Decimal(dice.randrange(2, 40)) / (1_000 if is_btc else 100),
        type=OrderType.LIMIT,
        price=Decimal(price) / 10,
        post_only=dice.random() < 0.2,
    )


def _filled(terms: OrderTerms, part: Decimal, fill_id: str, time_ms: int) -> Entry:
    assert terms.price is not None
    fee = (part * terms.price * _FEE_RATE).quantize(_SATOSHI)
    fill = Fill(
        id=fill_id,
        order_id=terms.id,
        account="perp-1",
        instrument=terms.instrument,
        side=terms.side,
        quantity=part,
        price=terms.price,
        fee=fee,
        fee_asset="USDT",
        liquidity=Liquidity.TAKER,
        time_ms=time_ms,
    )
    change = Change(outcome=Filled(fill=fill), postings=transfer("perp-1", "fees", "USDT", fee))
    return change.entry("fill", time_ms=time_ms, account="perp-1", reserve=True)


def _outcome(outcome: Outcome, time_ms: int) -> Entry:
    about = str(outcome.__struct_config__.tag)
    return Change(outcome=outcome).entry(about, time_ms=time_ms, account="perp-1", reserve=True)


def _digest(dice: random.Random) -> str:
    return f"{dice.getrandbits(256):064x}"


def write_long_journal(folder: Path, rows: int, seed: int = 1) -> Head:
    """Make a desk folder whose journal has so many rows; return its head."""
    folder.mkdir(mode=PRIVATE_FOLDER_MODE)
    create_database(folder / JOURNAL_FILE)
    create_anchor(folder / ANCHOR_FILE)
    return add_long_rows(folder, EMPTY, rows, seed)


def add_long_rows(folder: Path, head: Head, rows: int, seed: int = 1) -> Head:
    """Make the journal that ends at `head` as long as that; return its head."""
    connection = connect(folder / JOURNAL_FILE, "rw")
    connection.execute("BEGIN")
    for entry in islice(long_entries(seed), head.seq, rows):
        record = linked(head, entry)
        head = Head(record.seq, record.hash)
        connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", record)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    anchor = HeadAnchor(folder / ANCHOR_FILE)
    anchor.write(head)
    anchor.close()
    return head


def measure(given: Given, rows: int = ROWS) -> list[Row]:
    """Write the journal, make its snapshot, start on it; return the rows of the table."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        long, empty = Path(place) / "long", Path(place) / "empty"
        write_long_journal(long, rows)
        made_s = _seconds("journal", "snapshot", "--account", str(long))
        verified_s = _seconds("journal", "verify", "--json", "--account", str(long))
        ready_s, empty_s = ready(long), ready(empty)
        backup, again = Path(place) / "backup", Path(place) / "again"
        backup_s = _seconds("journal", "backup", str(backup), "--account", str(long))
        restore_s = _seconds("journal", "restore", str(backup), "--account", str(again))
        shutil.rmtree(backup)
        again_s = restore_s + ready(again)
        killed_s = _ready_after_a_kill(Path(place) / "killed", min(rows, KILLED_ROWS))
    return [
        _row(
            f"ready after a kill, {min(rows, KILLED_ROWS):,} rows",
            killed_s,
            empty_s,
            KILLED_TARGET_S,
            f"{EVERY_ROWS:,} rows behind its snapshot; reference: an empty folder",
        ),
        _row(f"ready from a snapshot, {rows:,} rows", ready_s, empty_s, READY_TARGET_S),
        _row(f"journal verify, {rows:,} rows", verified_s),
        _row(f"backup, {rows:,} rows", backup_s),
        _row(f"restored and ready, {rows:,} rows", again_s, restore_s, READY_TARGET_S, _RESTORED),
        _row(f"snapshot made in a child, {rows:,} rows", made_s),
    ]


def _ready_after_a_kill(folder: Path, rows: int) -> float:
    """The median of some starts on a folder as a kill leaves it when its next snapshot was due."""
    head = write_long_journal(folder, max(1, rows - EVERY_ROWS))
    _seconds("journal", "snapshot", "--account", str(folder))
    add_long_rows(folder, head, rows)
    seconds: list[float] = []
    for _ in range(STARTS):
        began_s = time.monotonic()
        with _started(folder) as process:
            _answered(process)
            seconds.append(time.monotonic() - began_s)
            process.kill()  # a desk that leaves has its snapshot made
    return median(seconds)


def _row(
    name: str,
    seconds: float,
    reference: float | None = None,
    target: float | None = None,
    note: str = "",
) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(seconds, 2),
        "unit": "s",
        "reference": None if reference is None else round(reference, 2),
        "ratio": None if reference is None else round(seconds / reference, 2),
        "target": None if target is None else f"<= {target:g}",
        "ok": None if target is None else seconds <= target,
        "note": note or (_BESIDE_EMPTY if reference else "a whole process"),
    }


def _seconds(*arguments: str) -> float:
    began_s = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "desk", *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env=_environment(),
    )
    return time.monotonic() - began_s


def ready(folder: Path) -> float:
    """Return seconds from the command to a console's first answer: its positions."""
    began_s = time.monotonic()
    with _started(folder) as process:
        _answered(process)
        return time.monotonic() - began_s


def _started(folder: Path) -> subprocess.Popen[bytes]:
    """Start a console on a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "desk", "console", "--account", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
    )


def _answered(console: subprocess.Popen[bytes]) -> None:
    """Ask for the positions and wait for them."""
    assert console.stdin is not None
    assert console.stdout is not None
    console.stdin.write(b"positions\n")
    console.stdin.flush()
    console.stdout.readline()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}

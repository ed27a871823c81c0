"""Write a golden journal: `python -m golden.make FOLDER`, with the checkout and `tests` importable.

Run once for each schema of the journal. What it made is kept for ever and never made again: the
desk of every later version must read it to the state and the figures that are written beside it.
"""

import json
import shutil
import sys
from decimal import Decimal as D
from pathlib import Path

from helpers.engines import BTC, CATALOGUE, SPOT, Trader
from helpers.programs import ladder, twap

from desk.cli.grammar import read
from desk.cli.words import Words
from desk.engine.state import DeskState
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.io.journal_reader import JournalReader

KEPT = ("journal.db", "journal.anchor")


def lines(trader: Trader, text: str) -> None:
    """Give a desk what a trader would type."""
    for number, line in enumerate(text.strip().splitlines()):
        trader.give(read(Words(line), f"line-{len(trader.rows)}-{number}"))
        trader.run(120, step=40)


def story() -> Trader:
    """A desk that did a little of all that this schema knows."""
    trader = Trader()
    trader.deposit("400000")
    trader.market()
    lines(
        trader,
        f"""
deposit 20000 USDT
transfer 30000 USDT perp-1 spot-1
leverage ETHUSDT-PERP.BINANCE 3
alert price {BTC} above 61000 note once
alert fill {BTC}
daily-loss 90000 "Ada" "Ben" "a limit for a golden day"
disclosure {BTC}
acknowledge {BTC}@9
buy 0.1 {SPOT} limit 61000
sell 0.5 ETHUSDT-PERP.BINANCE limit 2600
pledge 1 BTC loan-1
""",
    )
    trader.buy("1", stop_loss=D(57000), take_profit=D(62000), id="in")
    trader.run(200)
    trader.buy("2", "59000", id="rests")
    lines(
        trader,
        f"""
amend rests price 58900
oco sell 1 {BTC} limit 61000 stop 58000
reverse {BTC}
cancel rests
buy 900 {BTC} limit 60000
""",
    )
    trader.run(300)
    trader.give(ladder(id="up"))
    trader.give(twap(id="slow"))
    for _ in range(3):
        trader.market()
        trader.run(2_000, step=500)
    trader.mark(BTC, "61200")
    trader.run(300)
    lines(trader, 'cancel all\nkill "the golden day is over"')
    trader.run(300)
    return trader


def figures(state: DeskState) -> dict[str, object]:
    """What a person would compare."""
    document = state.document()
    names = ("balances", "positions", "latches", "levels", "close_outs")
    return {
        "rows": state.seq,
        "state_hash": state.hash(),
        "orders": {order.id: order.status.value for order in state.orders.values()},
        "fills": len(state.fills),
        **{name: document[name] for name in names},
    }


def replayed(folder: Path) -> DeskState:
    """Return the desk that a folder's journal makes."""
    state = DeskState(CATALOGUE)
    with JournalReader(folder) as reader:
        for row in reader.rows():
            state.apply(row)
    return state


def main(folder: Path) -> None:
    """Write journal, anchor and what they come to into a new folder."""
    work = folder.with_name(folder.name + ".work")
    with hold_folder(work) as held:
        journal = SqliteJournal(held, reserve_bytes=64 << 10)
        for row in story().rows:
            journal.append([row.entry])
        head = journal.head
        journal.close()
    folder.mkdir()
    for name in KEPT:
        shutil.move(work / name, folder / name)
    shutil.rmtree(work)
    found = {"head": head, **figures(replayed(folder))}
    (folder / "figures.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    for name in ("journal.db-wal", "journal.db-shm"):
        (folder / name).unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

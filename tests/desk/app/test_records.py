"""The blotter of a running desk: pages from the journal, filters, exports, nothing blocked."""

import asyncio
import csv
import sqlite3
from contextlib import asynccontextmanager
from decimal import Decimal as D
from types import SimpleNamespace

import msgspec
import pytest
from helpers.engines import BTC, Trader
from helpers.journals import SMALL_RESERVE

from desk.app.records import Records
from desk.app.runtime import Runtime
from desk.io.clock import SystemClock
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.model.blotter import AskBlotter, BlotterFilter, BlotterPage, ExportBlotter
from desk.model.commands import Kill
from desk.model.events import Answered, Denied


@pytest.fixture(scope="module")
def traded():
    """A desk with an order of every fate."""
    trader = Trader()
    trader.market()
    trader.deposit()
    trader.buy("0.5", None, id="in-1")
    trader.run(200)
    trader.buy("0.1", "59000", id="rest-1")
    trader.run(200)
    trader.buy("1000", "60000", id="=big")  # too large: denied
    trader.give(Kill(id="k", reason="=1+1"))
    trader.run(200)
    return trader


@asynccontextmanager
async def records_of(folder, trader):
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        journal.append([row.entry for row in trader.rows])
        runtime = Runtime(trader.engine, journal, SystemClock())
        records = Records(runtime, folder)
        said = asyncio.Queue()
        runtime.listeners.append(said.put_nowait)

        async def ask(command, number=1):
            assert records.takes(command, number)
            return await asyncio.wait_for(said.get(), 10)

        try:
            yield records, ask
        finally:
            await records.stop()
            journal.close()


def run(folder, trader, scenario):
    async def whole():
        async with records_of(folder, trader) as (records, ask):
            return await scenario(records, ask)

    return asyncio.run(whole())


def page_of(answer):
    assert isinstance(answer, Answered), answer
    return msgspec.convert(answer.data, BlotterPage)


def test_the_blotter_holds_orders_fills_denials_and_cancels_newest_first(tmp_path, traded):
    async def scenario(_, ask):
        return page_of(await ask(AskBlotter()))

    rows = run(tmp_path, traded, scenario).rows
    assert [row.seq for row in rows] == sorted((row.seq for row in rows), reverse=True)
    kinds = [row.kind for row in reversed(rows) if row.kind != "alert"]
    assert kinds == ["order", "fill", "order", "denial", "cancel", "cancel"]
    by_kind = {row.kind: row for row in rows}
    denial = by_kind["denial"]
    assert denial.order_id == "=big"
    assert {"rule", "code", "origin"} <= set(msgspec.to_builtins(denial.denials[0]))
    assert denial.details["profile_hash"] == "0" * 64
    order = next(row for row in rows if row.order_id == "in-1" and row.kind == "order")
    assert order.details["mark"] == "60000"
    assert order.details["mark_age_ms"] is not None
    fill = by_kind["fill"]
    assert (fill.quantity, fill.price, fill.side) == (D("0.5"), D(60000), "BUY")
    assert fill.amount < 0


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (BlotterFilter(kinds=("denial",)), {"denial"}),
        (BlotterFilter(text="REST-1"), {"order", "cancel"}),
        (BlotterFilter(side="SELL"), set()),
        (BlotterFilter(instrument=BTC, kinds=("fill",)), {"fill"}),
        (BlotterFilter(account="nobody"), set()),
        (BlotterFilter(to_ms=1), set()),
    ],
)
def test_a_filter_leaves_only_what_is_wanted(tmp_path, traded, wanted, kinds):
    async def scenario(_, ask):
        return page_of(await ask(AskBlotter(wanted=wanted)))

    assert {row.kind for row in run(tmp_path, traded, scenario).rows} == kinds


def test_pages_follow_each_other_without_hole_or_repetition(tmp_path, traded):
    denied = next(row for row in traded.rows if row.entry.type == "denial")
    many = SimpleNamespace(engine=traded.engine, rows=[*traded.rows, *[denied] * 300])

    async def scenario(_, ask):
        found, before = [], None
        while True:
            page = page_of(await ask(AskBlotter(before_seq=before, count=40)))
            assert len(page.rows) < 40 + 60
            found += page.rows
            before = page.next_seq
            if before is None:
                return found, page_of(await ask(AskBlotter(after_seq=found[0].seq))).rows

    found, newer = run(tmp_path, many, scenario)
    seqs = [(row.seq, row.part) for row in found]
    assert len(seqs) == len(set(seqs)) >= 300
    assert newer == []


def test_an_export_is_safe_typed_and_complete(tmp_path, traded):
    async def scenario(_, ask):
        answer = await ask(ExportBlotter(id="x"))
        assert isinstance(answer, Answered)
        return answer.data

    data = run(tmp_path, traded, scenario)
    with open(data["path"], newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == data["rows"]
    denial = next(row for row in rows if row["kind"] == "denial")
    assert denial["order_id"] == "'=big"
    assert denial["denial_codes"]
    fill = next(row for row in rows if row["kind"] == "fill")
    assert fill["price_quote"] == "60000"
    assert D(fill["amount_asset"]) < 0
    assert fill["time_utc"].endswith("Z")
    assert fill["time_hkt"].endswith("+08:00")
    starts = ("=", "+", "@", "\t", "\r")
    assert not any(cell.startswith(starts) for row in rows for cell in row.values())


def test_a_disk_without_room_says_so_and_leaves_nothing(tmp_path, traded, monkeypatch):
    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("desk.io.csv_file.sync_file", full)

    async def scenario(_, ask):
        return await ask(ExportBlotter(id="x"))

    denied = run(tmp_path, traded, scenario)
    assert isinstance(denied, Denied)
    assert "Nothing was written" in denied.denials[0].message
    assert "No space left" in denied.denials[0].message
    assert not list((tmp_path / "exports").iterdir())


def test_a_damaged_row_is_said_and_not_shown(tmp_path, traded):
    async def scenario(_, ask):
        with sqlite3.connect(tmp_path / "journal.db") as other:
            other.execute("UPDATE journal SET account = 'x' WHERE seq = 2")
        return await ask(AskBlotter())

    denied = run(tmp_path, traded, scenario)
    assert isinstance(denied, Denied)
    assert denied.denials[0].code == "JOURNAL_READ"
    assert "row 2" in denied.denials[0].message


def test_more_questions_than_can_be_read_are_refused(tmp_path, traded):
    async def scenario(records, ask):
        for number in range(8):
            records.takes(AskBlotter(), number)
        return await ask(AskBlotter(), 99)

    denied = run(tmp_path, traded, scenario)
    assert (denied.command, denied.denials[0].code) == (99, "BUSY")

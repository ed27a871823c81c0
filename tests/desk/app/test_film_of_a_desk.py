"""The film of a desk that runs: moments kept, pictures that agree with the journal, no damage."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal as D

import msgspec
import pytest
from helpers.engines import BTC, MS, Trader
from helpers.journals import SMALL_RESERVE

from desk.app.filming import Filming
from desk.app.past import Past
from desk.app.runtime import Runtime
from desk.engine.frame import build_frame
from desk.engine.snapshot import FilmFrame
from desk.io.clock import SystemClock
from desk.io.film_writer import FilmBounds
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.model.commands import Deposit, Kill, NextFrame
from desk.model.events import Answered, Denied
from desk.model.film import AskFilm, AskMoments, CheckFilm, FilmChecked, MomentsPage

PATIENCE_S = 10
WANTED = NextFrame(selected=BTC, levels=7)


@pytest.fixture
def traded():
    """A desk with a position, a working order and a denial."""
    clock = SystemClock()
    trader = Trader(wall_ms=clock.wall_ms() - 2_000, now_ns=clock.boot_ns() - 2_000 * MS)
    trader.market()
    trader.deposit()
    trader.buy("0.5", None, id="in-1")
    trader.run(200)
    trader.buy("0.1", "59000", id="rest-1")
    trader.run(200)
    trader.buy("1000", "60000", id="big")  # too large: denied
    return trader


class Filmed:
    """A runtime on a journal with its film; `ask` returns what is answered."""

    def __init__(self, folder, trader, journal):
        self.runtime = Runtime(trader.engine, journal, SystemClock())
        self.film = Filming(self.runtime, folder, dict, FilmBounds(spare=0))
        self.past = Past(self.runtime, folder, self.film)
        self.said = asyncio.Queue()
        self.runtime.listeners.append(self.said.put_nowait)
        self.past.show = self.said.put_nowait

    async def ask(self, command, number=7):
        assert self.past.takes(command, number)
        while True:
            said = await asyncio.wait_for(self.said.get(), PATIENCE_S)
            if isinstance(said, FilmFrame) or said.command == number:
                return said

    def see(self, trader):
        """A window is sent a frame."""
        frame = build_frame(trader.desk, WANTED, number=1, engine_ms=0.0, notes={})
        self.film.see(frame, WANTED)
        return frame

    async def kept(self, seq):
        """Wait until the film shows a row; return its picture."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                answer = await self.ask(AskFilm(seq=seq))
                if isinstance(answer, FilmFrame) and answer.frame.journal_seq >= seq:
                    return answer.frame
                await asyncio.sleep(0.01)


@asynccontextmanager
async def filmed_desk(folder, trader):
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        journal.append([row.entry for row in trader.rows])
        desk = Filmed(folder, trader, journal)
        task = asyncio.create_task(desk.film.run())
        try:
            yield desk
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await desk.past.stop()
            await desk.film.stop()
            journal.close()


def run(folder, trader, scenario):
    async def whole():
        async with filmed_desk(folder, trader) as desk:
            return await scenario(desk)

    return asyncio.run(whole())


def test_the_picture_of_a_denial_is_what_the_window_was_sent(tmp_path, traded):
    async def scenario(desk):
        sent = desk.see(traded)
        page = msgspec.convert((await desk.ask(AskMoments(kinds=("denial",)))).data, MomentsPage)
        return page, sent, await desk.kept(page.rows[0].seq)

    page, sent, shown = run(tmp_path, traded, scenario)
    (denial,) = page.rows
    assert {"ORDER_TOO_LARGE", "MARGIN_AFTER_FILL"} & {one.code for one in denial.denials}
    assert (denial.order_id, denial.asked["price"]) == ("big", "60000")
    assert shown == sent
    assert [order.id for order in shown.orders] == ["rest-1", "in-1"]


def test_a_desk_without_a_window_films_what_happens(tmp_path, traded):
    async def scenario(desk):
        desk.runtime.give(Deposit(account="perp-1", asset="USDT", quantity=D(5), id="more"))
        return await desk.kept(desk.runtime.engine.desk.state.seq)

    shown = run(tmp_path, traded, scenario)
    assert shown.journal_seq == traded.state.seq
    assert shown.positions[0].quantity == D("0.5")


def test_every_picture_agrees_with_the_journal_and_a_forged_one_does_not(tmp_path, traded):
    async def scenario(desk):
        frame = desk.see(traded)
        await desk.kept(frame.journal_seq)
        good = await desk.ask(CheckFilm(at_ms=frame.wall_ms))
        forged = msgspec.structs.replace(
            frame,
            wall_ms=frame.wall_ms + 60_000,
            positions=[],
            fills=[],
            orders=[msgspec.structs.replace(frame.orders[0], price=D(1)), *frame.orders[1:]],
        )
        desk.film._take(forged)
        await desk.film.stop()
        return good, await desk.ask(CheckFilm(at_ms=forged.wall_ms))

    good, forged = run(tmp_path, traded, scenario)
    assert msgspec.convert(good.data, FilmChecked).differences == []
    assert msgspec.convert(good.data, FilmChecked).seq == traded.state.seq
    assert [line.split()[:2] for line in forged.data["differences"]] == [
        ["Order", "rest-1"],
        ["The", "fills"],
        ["The", "positions"],
    ]


def test_moments_name_what_a_day_looks_for(tmp_path, traded):
    async def scenario(desk):
        desk.runtime.give(Kill(id="k", reason="enough for today"))
        whole = await desk.ask(AskMoments())
        first = await desk.ask(AskMoments(after_seq=4))
        rest = await desk.ask(AskMoments(before_seq=5))
        other = await desk.ask(AskMoments(day="2020-02-29"))
        return whole, first, rest, other

    whole, first, rest, other = (
        msgspec.convert(answer.data, MomentsPage) for answer in run(tmp_path, traded, scenario)
    )
    kinds = {moment.kind for moment in whole.rows}
    assert {"money", "order", "fill", "denial", "state"} <= kinds
    assert "enough for today" in next(m.text for m in whole.rows if m.kind == "state")
    assert first.rows + rest.rows == whole.rows
    assert (whole.anchor_seq, whole.next_seq) == (whole.newest_seq, None)
    assert other.rows == []
    assert whole.day in whole.days


def test_what_is_no_day_and_what_has_no_picture_are_denied_with_the_reason(tmp_path, traded):
    async def scenario(desk):
        return await desk.ask(AskMoments(day="yesterday")), await desk.ask(AskFilm(at_ms=1))

    day, film = run(tmp_path, traded, scenario)
    assert isinstance(day, Denied)
    assert "2026-11-28" in day.denials[0].message
    assert film.denials[0].code == "NO_FILM"
    assert film.denials[0].message == "There is no picture of that time."


def test_a_disk_without_room_stops_the_film_and_not_the_desk(tmp_path, traded, monkeypatch):
    async def scenario(desk):
        desk.film._writer._free = lambda _: 0
        desk.see(traded)
        assert not await asyncio.to_thread(desk.film._write_waiting)
        desk.runtime.give(Deposit(account="perp-1", asset="USDT", quantity=D(5), id="more"))
        return await desk.ask(AskMoments(count=1))

    answer = run(tmp_path, traded, scenario)
    assert isinstance(answer, Answered)
    assert "are the journal's" in answer.data["film_note"]
    assert answer.data["rows"][0]["kind"] == "money"

"""A window that dies takes nothing else with it, whatever the desk was doing just then."""

import asyncio
import multiprocessing
from contextlib import contextmanager
from decimal import Decimal as D
from types import SimpleNamespace

from helpers.engines import Trader, order
from helpers.journals import SMALL_RESERVE

from desk.app.folder_settings import FolderSettings
from desk.app.runtime import Runtime
from desk.app.supervisor import Supervisor
from desk.io.clock import ManualClock
from desk.io.folder import hold_folder
from desk.io.journal import SqliteJournal
from desk.model.orders import OrderStatus, Side


class Window:
    """Stands in for the window process."""

    failed = False

    def __init__(self):
        self.connection, self.theirs = multiprocessing.Pipe()

    def ended_how(self):
        return "it ended"

    def end(self):
        self.theirs.close()


@contextmanager
def session_of(folder, trader):
    """A desk with that engine, as far as a supervisor asks for one."""
    with hold_folder(folder) as held:
        journal = SqliteJournal(held, reserve_bytes=SMALL_RESERVE)
        journal.append([row.entry for row in trader.rows])
        clock = ManualClock(boot_ns=trader.now_ns, wall_ms=trader.wall_ms)
        runtime = Runtime(trader.engine, journal, clock)
        try:
            yield SimpleNamespace(
                runtime=runtime, folder=folder, chosen=FolderSettings(), past=SimpleNamespace()
            )
        finally:
            journal.close()


def test_an_entry_that_fills_as_the_window_dies_still_gets_its_stop(tmp_path):
    """What a fill is told by and what protects it is one work: the pipe breaks in its middle."""
    trader = Trader()
    trader.market()
    trader.deposit()

    async def scenario(session):
        window, runtime = Window(), session.runtime
        async with Supervisor(session, window, []):
            runtime.give(order(Side.BUY, "1", "60000", id="e", stop_loss=D(58000)))
            window.end()
            runtime.clock.advance_ms(60)
            runtime.tick()

    with session_of(tmp_path, trader) as session:
        asyncio.run(scenario(session))
    orders = trader.state.orders
    assert orders["e"].status is OrderStatus.FILLED
    assert "e-sl" in orders

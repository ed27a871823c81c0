"""The whole program: engine, embedded market and window as real processes."""

import os
import signal

import pytest
from helpers.processes import desk, journal_rows
from helpers.workstation import PATIENCE_S, Hands, Workstation, alive, eventually, virtual_screen


@pytest.mark.fault("T27")
@pytest.mark.thorough
def test_a_killed_window_comes_back_and_the_desk_goes_on(tmp_path):
    with Workstation(tmp_path / "desk") as running:
        first = eventually(running.window)
        eventually((tmp_path / "desk" / "market.state").exists)
        os.kill(first, signal.SIGKILL)
        second = eventually(lambda: (w := running.window()) not in {None, first} and w)
        assert second != first
        assert running.process.poll() is None
        running.process.terminate()
        assert running.process.wait(PATIENCE_S) == 0
        eventually(lambda: not alive(second))


@pytest.mark.thorough
def test_a_killed_engine_takes_its_market_along(tmp_path):
    with Workstation(tmp_path / "desk") as running:
        window = eventually(running.window)
        market = eventually(running.market)
        running.process.kill()
        running.process.wait(PATIENCE_S)
        eventually(lambda: not alive(market))
        # The window stays to say that nobody guards the positions; it is not ours to keep.
        assert alive(window)
        os.kill(window, signal.SIGKILL)


@pytest.mark.thorough
def test_a_position_by_keys_alone(tmp_path):
    """Arm, buy from the ticket, see the fill, kill: real keys, real window."""
    folder = tmp_path / "desk"
    funded = desk("console", "--account", folder, stdin="deposit 100000 USDT id dep-1\n")
    assert funded.returncode == 0
    with (
        virtual_screen() as screen,
        Workstation(folder, DISPLAY=screen, QT_QPA_PLATFORM="xcb") as running,
    ):
        hands = Hands(screen, folder, tmp_path)
        hands.focus("ACTIVE")
        hands.keys("ctrl+shift+a", "F5", "F7", "1", "ctrl+2")
        # A desk that is starved of its processor falls silent, and that disarms. However often
        # both keys are pressed, it is one order: once it is sent the ticket is empty.
        hands.await_rows(
            "order", again=lambda: hands.keys("ctrl+Return", "ctrl+shift+a"), every_s=2
        )
        hands.await_rows("fill")
        # Once asks, twice kills.
        hands.await_rows("kill", again=lambda: hands.keys("ctrl+shift+k"), every_s=0.3)
        running.process.terminate()
        assert running.process.wait(PATIENCE_S) == 0
    rows = journal_rows(folder)
    kinds = [row["type"] for row in rows]
    assert kinds.index("order") < kinds.index("fill") < kinds.index("kill")
    filled = [row["data"]["outcome"]["fill"] for row in rows if row["type"] == "fill"]
    assert {fill["side"] for fill in filled} == {"BUY"}

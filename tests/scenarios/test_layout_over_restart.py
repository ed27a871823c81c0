"""The real program, started twice on one folder: the second shows what the first was left with."""

import pytest
from helpers.workstation import PATIENCE_S, Hands, Workstation, eventually, virtual_screen

from ui.window_file import FILE, WindowFile

pytestmark = pytest.mark.slow


def kept(folder):
    """The layout that is shown and the one text kept of it, once the file is there."""
    if not (folder / FILE).exists():
        return None
    file = WindowFile(str(folder))
    name = file.group("workspace").get("layout", "")
    return name, file.group("layouts").get(name, "")


def place(hands, title):
    """Where a window of its own lies on the screen, once there is one."""
    search = ("xdotool", "search", "--onlyvisible", "--name", title)
    found = eventually(lambda: hands.run(*search, check=False).split(), pause_s=0.2)
    words = hands.run("xdotool", "getwindowgeometry", "--shell", found[-1].decode()).decode()
    return [line for line in words.splitlines() if line.startswith(("X=", "Y=", "WIDTH", "HEIGHT"))]


def leave(running):
    running.process.terminate()
    assert running.process.wait(PATIENCE_S) == 0


def test_floating_dock_of_monitor_is_where_it_was_after_a_restart(tmp_path):
    folder = tmp_path / "desk"
    settings = {"XDG_CONFIG_HOME": str(tmp_path), "QT_QPA_PLATFORM": "xcb"}
    with virtual_screen() as screen:
        hands = Hands(screen, folder)
        with Workstation(folder, "--layout", "monitor", DISPLAY=screen, **settings) as running:
            hands.focus("ACTIVE")
            docked = eventually(lambda: kept(folder))
            assert docked[0] == "monitor"
            hands.keys("F2", "ctrl+F12")  # the market watch becomes a window of its own
            before = place(hands, "Market watch")
            eventually(lambda: kept(folder) != docked)
            leave(running)
        with Workstation(folder, DISPLAY=screen, **settings) as running:
            hands.focus("ACTIVE")
            assert place(hands, "Market watch") == before
            assert kept(folder)[0] == "monitor"
            leave(running)

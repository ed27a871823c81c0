"""The tour of the workstation by keys, in one run of the real program.

Money, a denial and the screen as it was then, back to live, an order from a ladder that floats,
another layout and back, another language: the ladder is where it was, and painted.
"""

import pytest
from helpers.workstation import PATIENCE_S, Hands, Workstation, eventually, virtual_screen

from ui.window_file import FILE, WindowFile

BTC = "BTCUSDT-PERP.BINANCE"
IN_CHINESE = ("Tab", "Right", "Tab", "Tab", "space", "space")
"""From the search to the languages, to the other one, past the zones, to the button: once it says
that the denied line would be lost, twice it does it."""

pytestmark = pytest.mark.slow


class Tour(Hands):
    """Hands that look at the windows of the screen."""

    def windows(self):
        """Titles of the windows that are shown, by id."""
        found = self.run("xdotool", "search", "--onlyvisible", "--name", ".", check=False).split()
        name = ("xdotool", "getwindowname")
        return {one: self.run(*name, one, check=False).decode().strip() for one in found}

    def await_window(self, words):
        """Wait for a window whose title has these words; its id."""

        def there():
            return [one for one, title in self.windows().items() if words in title]

        return eventually(there, pause_s=0.2)[-1]

    def place(self, window):
        """Where a window lies on the screen."""
        said = self.run("xdotool", "getwindowgeometry", "--shell", window).decode()
        return [
            line for line in said.splitlines() if line.startswith(("X=", "Y=", "WIDTH", "HEIGHT"))
        ]

    def shades(self, window):
        """How many colours are painted where a window lies."""
        left, top, wide, high = (line.partition("=")[2] for line in self.place(window))
        area = f"{wide}x{high}+{left}+{top}"
        painted = self.run("import", "-window", "root", "-crop", area, "-depth", "8", "rgb:-")
        return len({painted[n : n + 3] for n in range(0, len(painted), 3)})


def layout_of(folder):
    """The layout that the window was left in, as its file has it."""
    if not (folder / FILE).exists():
        return ""
    return WindowFile(str(folder)).group("workspace").get("layout", "")


def test_tour_by_keys_alone(tmp_path):
    folder = tmp_path / "desk"
    settings = {"XDG_CONFIG_HOME": str(tmp_path), "QT_QPA_PLATFORM": "xcb"}
    with (
        virtual_screen(3000, 1200) as screen,
        Workstation(folder, DISPLAY=screen, **settings) as running,
    ):
        hands = Tour(screen, folder)
        hands.focus("ACTIVE")
        deposit_and_be_denied(hands)
        see_the_denial_again(hands)
        trade_from_a_floating_ladder(hands)
        there_and_back_in_layouts(hands, folder)
        in_another_language(hands, running)
        hands.keys("ctrl+shift+x")
        hands.await_rows("cancelled")
        running.process.terminate()
        assert running.process.wait(PATIENCE_S) == 0
        count = hands.count()
        assert (count["deposit"], count["denial"], count["order"]) == (1, 1, 1)


def line(hands, text, kind):
    """Type a line of the command line until its row is in the journal."""

    def again():
        hands.keys("ctrl+l", "ctrl+a")
        hands.write(text)
        hands.keys("Return")

    return hands.await_rows(kind, again=again)


def deposit_and_be_denied(hands):
    line(hands, "deposit 250000 USDT", "deposit")
    hands.keys("ctrl+shift+a")
    line(hands, f"buy 100btc {BTC} limit 60000", "denial")


def see_the_denial_again(hands):
    def shown():
        hands.keys("ctrl+shift+j", "Home", "Return")
        return any("REPLAY 2" in title for title in hands.windows().values())

    eventually(shown, pause_s=1.5)
    rows = sum(hands.count().values())
    hands.keys("space", "ctrl+Return", "ctrl+b")  # it plays, and nothing can be sent
    hands.keys("Escape")
    hands.focus("ACTIVE")
    assert sum(hands.count().values()) == rows
    assert not [title for title in hands.windows().values() if "REPLAY" in title]


def trade_from_a_floating_ladder(hands):
    hands.keys("F11", "ctrl+F12")
    hands.focus("Ladder")
    hands.keys("ctrl+shift+a", "shift+F11")
    hands.write("0.2")
    hands.keys("F11", *["Down"] * 6)
    (order,) = hands.await_rows("order", again=lambda: hands.keys("ctrl+b"))
    (sent,) = [order["terms"] for order in order.data["orders"]]
    assert (sent["side"], sent["quantity"], sent["instrument"]) == ("BUY", "0.2", BTC)
    hands.await_rows("accepted")


def there_and_back_in_layouts(hands, folder):
    before = hands.place(hands.await_window("Ladder"))
    hands.focus("ACTIVE")
    hands.keys("shift+F3")
    eventually(lambda: layout_of(folder) == "monitor", pause_s=0.2)
    assert "Ladder" not in hands.windows().values()
    hands.keys("shift+F1")
    ladder = hands.await_window("Ladder")
    assert hands.place(ladder) == before
    eventually(lambda: hands.shades(ladder) > 50, pause_s=0.5)


def in_another_language(hands, running):
    before, place = running.window(), hands.place(hands.await_window("Ladder"))
    hands.keys("ctrl+comma")
    hands.focus("Settings")
    hands.write("language")
    for key in IN_CHINESE:
        hands.run("sleep", "0.3")  # a hand is no faster
        hands.keys(key)
    eventually(lambda: running.window() not in (None, before))
    hands.focus("運作中")
    ladder = hands.await_window("價梯")
    assert hands.place(ladder) == place
    eventually(lambda: hands.shades(ladder) > 50, pause_s=0.5)

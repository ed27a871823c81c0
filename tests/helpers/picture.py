"""Make the README's pictures: the real desk on the seeded market, photographed by itself (Ctrl+P).

    .venv/bin/python tests/helpers/picture.py resources/pictures [NAME …]

Trade dark, Risk dark, Trade in Traditional Chinese and light on a small screen; together at most
300 kB. Needs Xvfb, xdotool, libXtst and ImageMagick.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from helpers.processes import Console  # noqa: E402
from helpers.xscreen import Screen  # noqa: E402

from ui.preferences import Preferences, save  # noqa: E402
from ui.window_file import WindowFile  # noqa: E402

WARM_UP_S = 20
"""Long enough for the chart to show something."""
PATIENCE_S = 60
MOST_BYTES = 300_000
"""Of all pictures together."""
TRIES = ((1.0, 128), (1.0, 96), (0.9, 128), (0.9, 96), (0.8, 96), (0.8, 80))
"""Size and colours; the first that makes them small enough is taken. With fewer colours than 80 the
risk's red is lost, which is a picture of another state."""
SESSION = """\
deposit 250000 USDT
wait BTCUSDT-PERP.BINANCE ETHUSDT-PERP.BINANCE
buy 8 BTCUSDT-PERP.BINANCE market
sell 60 ETHUSDT-PERP.BINANCE market
buy 1 BTCUSDT-PERP.BINANCE limit 60500
sync"""


class Picture(NamedTuple):
    """One of them; `keys` are pressed before it is taken."""

    name: str
    layout: str
    preferences: Preferences
    screen: str = "1920x1080"
    width: int = 1280
    keys: tuple[str, ...] = ()


WRITE_AN_ORDER = ("F5", "F7", "2", "ctrl+2")
PICTURES = (
    Picture("trade", "Trade", Preferences(tour_seen=True), keys=WRITE_AN_ORDER),
    Picture("risk", "Risk", Preferences(tour_seen=True)),
    Picture(
        "trade-zh_HK",
        "Trade",
        Preferences(language="zh_HK", scheme="light", tour_seen=True),
        screen="1366x768",
        width=1200,
        keys=WRITE_AN_ORDER,
    ),
)


def main(target, *names):
    taken = {}
    with tempfile.TemporaryDirectory() as folder:
        desk = Path(folder) / "desk"
        with Console(desk) as console:
            for line in SESSION.splitlines():
                console.ask(line)
            console.end()
        for picture in PICTURES:
            if not names or picture.name in names:
                taken[picture] = shot(picture, desk)
        squeeze(taken, Path(target))


def shot(picture, folder):
    """Run the desk, let it photograph itself; the path of its picture."""
    file = WindowFile(str(folder))
    assert save(file, picture.preferences) == ""
    before = set((folder / "pictures").glob("*.png"))
    screen = Screen(picture.screen)
    command = [sys.executable, "-m", "desk", "--account", str(folder), "--layout", picture.layout]
    environment = {**os.environ, **screen.environment}
    running = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    try:
        until(lambda: any("·" in title for title in screen.titles().values()))
        time.sleep(WARM_UP_S)
        (window, *_) = screen.titles()
        screen.ask("windowfocus", "--sync", window)
        for key in picture.keys:
            screen.press(key)
            time.sleep(0.3)
        time.sleep(2)
        screen.press("ctrl+p")
        path = until(lambda: next(iter(set((folder / "pictures").glob("*.png")) - before), None))
        time.sleep(1)  # it is being written
        return path
    finally:
        running.terminate()
        running.wait(PATIENCE_S)
        screen.close()


def until(found):
    """Wait for something and return it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (it := found()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)
    return it


def squeeze(taken, target):
    """Write them with a palette, of as many colours as the room allows."""
    for scale, colours in TRIES:
        for picture, path in taken.items():
            width = ["-resize", f"{round(picture.width * scale)}x"]
            small = [*width, "-dither", "None", "-colors", str(colours)]
            written = target / f"{picture.name}.png"
            subprocess.run(["convert", str(path), *small, f"png8:{written}"], check=True)
        size = sum((target / f"{picture.name}.png").stat().st_size for picture in taken)
        if size <= MOST_BYTES:
            print(f"{len(taken)} pictures, {colours} colours at {scale}, {size:,} bytes")  # noqa: T201
            return
    raise SystemExit(f"{size:,} bytes are more than {MOST_BYTES:,}")


if __name__ == "__main__":
    main(*sys.argv[1:])

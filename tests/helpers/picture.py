"""Make the README's picture: the real desk on the seeded market, on a virtual screen.

    .venv/bin/python tests/helpers/picture.py resources/pictures/trade.png

Needs Xvfb, xdotool and ImageMagick.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 1280
COLOURS = 96
WARM_UP_S = 75
"""Long enough for the chart to show something."""

SESSION = """\
deposit 250000 USDT
wait BTCUSDT-PERP.BINANCE ETHUSDT-PERP.BINANCE
buy 8 BTCUSDT-PERP.BINANCE market
sell 60 ETHUSDT-PERP.BINANCE market
buy 1 BTCUSDT-PERP.BINANCE limit 60500
sync
"""


def main(target):
    with tempfile.TemporaryDirectory() as folder:
        desk = [sys.executable, "-m", "desk"]
        account = ["--account", f"{folder}/desk"]
        subprocess.run(
            [*desk, "console", *account],
            cwd=ROOT,
            input=SESSION,
            text=True,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        reading, writing = os.pipe()
        screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1920x1080x24", "-noreset"],
            pass_fds=[writing],
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as told:
            display = f":{told.readline().strip()}"
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        running = subprocess.Popen([*desk, *account], cwd=ROOT, env=environment)
        try:
            time.sleep(WARM_UP_S)
            found = ["xdotool", "search", "--onlyvisible", "--name", "ACTIVE"]
            window = subprocess.run(
                found, env=environment, capture_output=True, text=True, check=True
            ).stdout.split()[0]
            subprocess.run(["xdotool", "windowfocus", window], env=environment, check=True)
            keys = ["F5", "F7", "2", "ctrl+2"]
            subprocess.run(["xdotool", "key", "--delay", "80", *keys], env=environment, check=True)
            time.sleep(2)
            shrink = ["-resize", f"{WIDTH}x", "-dither", "None", "-colors", str(COLOURS)]
            grab = ["import", "-window", "root", *shrink, f"png8:{target}"]
            subprocess.run(grab, env=environment, check=True)
        finally:
            running.terminate()
            running.wait(20)
            screen.terminate()
            screen.wait(20)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

"""The worked story of the mock-ups: its documents, through the command line."""

import io
import json
from contextlib import redirect_stdout
from decimal import Decimal as D
from functools import cache
from pathlib import Path

from desk.app.entry import main

FOLDER = Path(__file__).parents[1] / "desk" / "risk" / "story"
TIMES = ("1024", "1341", "1507")
USD_PER_HKD = D("0.1285")
BTC, ETH = "BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE"


def run(verb, path, *more):
    """What `desk risk VERB` prints."""
    printed_lines = io.StringIO()
    with redirect_stdout(printed_lines):
        main(["risk", verb, str(path), *more])
    return json.loads(printed_lines.getvalue())


@cache
def ask(verb, time, *more):
    return run(verb, FOLDER / f"at_{time}.json", *more)


def account(report, name):
    return next(row for row in report["accounts"] if row["id"] == name)


def printed(found, page):
    """Whether a figure, rounded to the nearest, reads as the page has it."""
    return D(found).quantize(D(page)) == D(page)


def exact(row, **expected):
    assert {name: D(row[name]) for name in expected} == {n: D(v) for n, v in expected.items()}


def nearest(row, **expected):
    wrong = {name: row[name] for name, page in expected.items() if not printed(row[name], page)}
    assert wrong == {}

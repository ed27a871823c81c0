"""Nothing on the screen is outside translation: a window in a language that nobody speaks."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.every_text import CLOSE, OPEN

pytestmark = pytest.mark.qt

ROOT = Path(__file__).parents[2]
WORD = re.compile(r"[A-Za-z]{2,}")
INSIDE = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")

KINDS = {
    "instrument, asset, venue": (
        r"(BTC|ETH)(USD[TC])?(-PERP)?(\.BINANCE)?|USD[TC]?|HKD|"
        r"BIN(ANCE)?|OKX|BYB(IT)?|KRAKEN|KRK|DERIBIT|DRB"
    ),
    "account, order, program, alert": r"(perp|spot|loan|p|a|t|f)-(\d+|[A-Z]+)",
    "rule, profile, sheet, code": (
        r"[a-z]+\.[a-z_]+|hk_sfc_2026|perp-2026|[0-9a-f]{8}|[A-Z]+_[A-Z_]+"
    ),
    "time in force": "GTC|GTD|IOC|FOK",
    "unit": "ms|bp|min",
    "zone": "HKT|UTC",
    "key": r"Ctrl|Alt|Shift|Del|Return|Space|PgUp|PgDown|Up|Down|Left|Right|Home|End|Enter|Esc",
    "line as it is typed": "buy 0.5btc BTCUSDT-PERP.BINANCE limit 60900 sl 60000",
    "name of a file's kind": "CSV",
}
"""What may stand outside: by kind, and nothing else."""
ALLOWED = re.compile(r"(?<![\w-])(" + "|".join(KINDS.values()) + r")(?![\w])")


def outside(text):
    """What is left of a text when all that was translated is taken out, what is inside first."""
    while (less := INSIDE.sub(" ", text)) != text:
        text = less
    return ALLOWED.sub(" ", re.sub(f"{OPEN}[^{CLOSE}]*$", " ", text))


@pytest.mark.parametrize("text", ["BUY 4", "Close", "BTCUSDT alone", f"{OPEN}4{CLOSE} LIQ"])
def test_a_word_of_english_is_outside(text):
    assert WORD.search(outside(text))


@pytest.mark.parametrize(
    "text", ["BTCUSDT-PERP.BINANCE", "12 ms", "Ctrl+⇧+K", f"{OPEN}Close{CLOSE}", f"4 {OPEN}Clo…"]
)
def test_a_name_or_a_unit_is_not(text):
    assert not WORD.search(outside(text))


@pytest.mark.thorough
def test_no_text_of_the_window_is_outside_translation(tmp_path):
    report = tmp_path / "texts.json"
    paths = f"{ROOT}{os.pathsep}{ROOT / 'tests'}"
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-m", "helpers.every_text", str(report)],
        cwd=ROOT, env=environ, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert report.exists(), done.stderr[-3_000:]
    texts = json.loads(report.read_text(encoding="utf-8"))
    assert len(texts) > 1_000
    odd = [f"{where}: {text!r}" for text, where in texts.items() if WORD.search(outside(text))]
    assert not odd, (
        "write tr(…) round what the window says, said(…) round what the desk says "
        "(ui/viewmodels/translation.py), word(…) round its codes (names.py):\n" + "\n".join(odd)
    )

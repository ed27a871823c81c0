"""T34, T35: where the desk may go, what of outside it takes, and what it hands out as a table."""

import csv
import io
import re
from pathlib import Path

import pytest
from helpers.processes import desk

from desk.app.entry import main

ROOT = Path(__file__).resolve().parents[2]
HOSTS = {
    "api.binance.com", "stream.binance.com", "fapi.binance.com", "fstream.binance.com",
    "dapi.binance.com", "dstream.binance.com", "www.okx.com", "ws.okx.com", "api.bybit.com",
    "stream.bybit.com", "www.deribit.com", "api.hyperliquid.xyz", "api.coinbase.com",
    "advanced-trade-ws.coinbase.com", "api.kraken.com", "ws.kraken.com",
}  # fmt: skip
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "＝1+1")


@pytest.mark.fault("T35")
def test_the_desk_knows_the_hosts_of_the_venues_and_no_other(figure):
    """No address of the outside stands anywhere but in the venues' own constants."""
    text = {path: path.read_text() for top in ("desk", "ui") for path in (ROOT / top).rglob("*.py")}
    address = re.compile(r"""["'](?:https|wss)://([\w.-]+\.[a-z]{2,})""")
    found = {
        host: path
        for path, source in text.items()
        for host in address.findall(source)
        if path.name != "sbom.py"
    }
    assert found.keys() == HOSTS
    assert {path.parent.name for path in found.values()} == {"venues"}
    figure(f"outbound: {len(HOSTS)} hosts of the venues, none from a setting, a file or an answer")


@pytest.mark.fault("T34")
def test_no_word_of_a_trader_becomes_a_formula_in_the_export_of_the_journal(tmp_path, figure):
    folder = tmp_path / "desk"
    lines = ["deposit 100000 USDT id dep-1", "withdraw 2500.5 USDT id out-1"]
    for text in FORMULAS:
        lines += [f'kill "{text}"', f'rearm "{text}" "{text} looked at"']
    typed = desk("console", "--account", folder, stdin="\n".join(lines) + "\n")
    assert typed.returncode == 0
    exported = desk("journal", "export", "--account", folder)
    rows = list(csv.reader(io.StringIO(exported.stdout)))
    cells = [cell for row in rows for cell in row]
    assert len(rows) >= 2 * len(FORMULAS)
    assert [cell for cell in cells if re.match(r"[=+@\t\r\n＝＋－＠]|-(?!\d)", cell)] == []
    figure(f"the real export: {len(cells)} cells, 0 formulas of {2 * len(FORMULAS)} typed")


@pytest.mark.parametrize("name", ["settings.toml", "document"])
def test_no_file_of_others_steers_the_terminal_that_tells_of_it(tmp_path, capsys, name):
    odd = '"e\\u001b]0;owned\\u0007\\u202ex" = 1\n'
    (tmp_path / "settings.toml").write_text(odd)
    (tmp_path / "p.json").write_text("{" + odd.strip().replace(" = ", ": ") + "}")
    asked = {
        "settings.toml": ["console", "--account", str(tmp_path)],
        "document": ["risk", "evaluate", str(tmp_path / "p.json")],
    }[name]
    assert main(asked) == 2
    said = capsys.readouterr().err
    assert said.removesuffix("\n").isprintable(), ascii(said)

"""T24, T33 and the rights of files: no door is open, nothing is readable, no secret is written.

The whole program as it is started by a trader, with a umask that protects nothing and a secret
wherever one may be: what it leaves is then read as somebody who has taken the disk would.
"""

import base64
import gzip
import os
import stat
from pathlib import Path
from urllib.parse import quote

import pytest
from helpers.processes import Console, Market, desk
from helpers.workstation import Workstation, eventually

from desk.io.film_reader import FilmDay, film_days

BTC = "BTCUSDT-PERP.BINANCE"
CANARY = "cnry/7Qx+9Lk=Zp2Rt"
NOWHERE = "http://127.0.0.1:1"
LISTENS_TCP, LISTENS_UNIX = "0A", 0x10000
QUANTITY, CASH = "0.137", "98765.43"


def sockets_of(pid):
    """The inodes of a process's sockets."""
    links = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(os.readlink(link))
        except OSError:
            continue  # closed meanwhile
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def listening(pid):
    """Local addresses on which a process listens: TCP, UDP that is bound, and Unix sockets."""
    mine, found = sockets_of(pid), []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            # Of datagrams any socket that is bound and not connected may hear.
            open_udp = table.startswith("udp") and fields[2].endswith(":0000")
            if fields[9] in mine and (fields[3] == LISTENS_TCP or open_udp):
                found.append(fields[1].rpartition(":")[0])
    for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[6] in mine and int(fields[3], 16) & LISTENS_UNIX:
            found.append("unix")
    return found


@pytest.mark.fault("T24")
def test_engine_and_window_listen_on_nothing_and_the_market_on_loopback_alone(tmp_path, figure):
    with Workstation(tmp_path / "desk") as running:
        window = eventually(running.window)
        eventually((tmp_path / "desk" / "market.state").exists)
        market = running.market()
        eventually(lambda: listening(market))
        found = {"engine": listening(running.process.pid), "window": listening(window)}
        there = listening(market)
        figure(f"listening sockets: engine 0, window 0; market child {len(there)}, on 127.0.0.1")
        assert found == {"engine": [], "window": []}
        assert set(there) == {"0100007F"}, "127.0.0.1 in the order of /proc"


@pytest.mark.thorough
@pytest.mark.fault("T24")
def test_on_a_live_feed_there_is_nothing_at_all_that_listens(tmp_path, figure):
    """Without a market of our own there is no third process, and no socket that listens."""
    with Workstation(
        tmp_path / "desk", "--feed", "binance,okx", HTTPS_PROXY="http://127.0.0.1:1"
    ) as running:
        window = eventually(running.window)
        log = tmp_path / "desk" / "logs" / "engine.log"
        eventually(lambda: log.exists() and "is down" in log.read_text())
        assert running.market() is None
        assert (listening(running.process.pid), listening(window)) == ([], [])
        figure("on a live feed: listening sockets of engine and window 0, no market child")


@pytest.fixture
def no_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def too_open(folder):
    """Everything of a folder, itself too, that anybody but its owner may touch."""
    return {
        path.relative_to(folder).as_posix(): oct(stat.S_IMODE(path.lstat().st_mode))
        for path in (folder, *folder.rglob("*"))
        if stat.S_IMODE(path.lstat().st_mode) != (0o700 if path.is_dir() else 0o600)
    }


def forms(secret):
    """How a secret may be written: what it begins with is enough."""
    raw = secret.encode()
    yield secret[:6].encode()
    yield quote(secret, safe="")[:8].encode()
    yield raw[:6].hex().encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw)[:8]
        yield encode(b"x" + raw)[2:10]
        yield encode(b"xx" + raw)[3:11]


def pictures(folder):
    """Every frame that the window was sent, unpacked from the film."""
    for name in film_days(folder):
        day = FilmDay(folder, name)
        for _ in day.look():
            pass
        for place in range(len(day.marks)):
            yield day.picture(place)


def test_a_secret_is_found_wherever_and_however_it_is_written(tmp_path):
    """The search itself: else it would find nothing for ever."""
    for number, form in enumerate(forms(CANARY)):
        (tmp_path / f"{number}").write_bytes(b"before " + form + b" behind")
    (tmp_path / "packed.gz").write_bytes(gzip.compress(CANARY.encode()))
    assert {*hits(tmp_path, CANARY)} == {path.name for path in tmp_path.iterdir()}


def hits(folder, secret):
    """Files of a folder in which the secret is found, unpacked where they are packed."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if path.suffix == ".gz":
                data = gzip.decompress(data)
            data += b"".join(pictures(folder)) if path.suffix == ".film" else b""
            found += [path.name for form in forms(secret) if form in data]
    return found


@pytest.mark.thorough
@pytest.mark.fault("T33")
def test_a_desk_leaves_private_files_alone_and_no_secret_in_them(
    tmp_path, monkeypatch, no_umask, figure
):
    """Everything that a desk writes by itself: journal, anchor, reserve, film, listings, the
    exchange of practice, exports, logs, the window's files, a recording."""
    for name in ("DESK_API_SECRET", "BINANCE_API_KEY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://ada:{CANARY}@127.0.0.1:1" if "PROXY" in name else CANARY)
    folder, practice = tmp_path / "desk", ("--venue-faults", "lose:p=0")
    with Market(tmp_path) as market:
        with Console(folder, "--market", market.ready, *practice) as console:
            assert console.ask(f"deposit {CASH} USDT id dep-1")["type"] == "ack"
            console.ask(f"wait {BTC} 30")
            assert console.ask(f"buy {QUANTITY}btc {BTC} market id my-1")["type"] == "ack"
            console.ask("sync")
            console.end()
        with Workstation(folder, "--market", str(market.ready), *practice) as running:
            eventually(running.window)
            eventually((folder / "logs" / "window.log").exists)
            # The second desk: told to end before it listens for that, it would leave its window.
            eventually(lambda: (folder / "logs" / "engine.log").read_text().count("started") == 2)
            running.process.terminate()
            running.process.wait(60)
        recording = tmp_path / "out" / "r.jsonl.gz"
        recording.parent.mkdir(mode=0o700)
        took = desk("record", "--venue", "binance", "--market", market.ready, "--out", recording,
                    "--seconds", "1")  # fmt: skip
        exported = desk("journal", "export", "--account", folder)
        assert any(pictures(folder)), "frames were sent, and filmed"
    names = {path.name for path in folder.rglob("*")}
    assert {"journal.db", "journal.anchor", "exchange.jsonl", "engine.log", "window.log"} <= names
    assert took.returncode == 0, took.stderr
    assert too_open(folder) == {}
    assert too_open(recording.parent) == {}
    said = took.stdout + took.stderr + exported.stdout + exported.stderr
    found = [*hits(folder, CANARY), *hits(recording.parent, CANARY)]
    found += [form for form in forms(CANARY) if form in said.encode()]
    figure(f"{len(found)} hits in {len(names)} files and all output; all 0600 and 0700, umask 000")
    assert found == []
    logs = "".join(log.read_text() for log in (folder / "logs").iterdir())
    assert [number for number in (QUANTITY, CASH) if number in logs] == [], "sizes are no log's"

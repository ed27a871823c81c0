"""Whoever answers in a venue's place: bad certificates, bad handshakes, dense messages."""

import asyncio
import re
import ssl
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from helpers import binance_frames as b
from helpers.certificates import OPENSSL, Authority
from helpers.live_market import Listener
from helpers.seven_venues import seven_venues
from websockets.asyncio.server import serve

from desk.model.market_data import FeedStatus, MarkPrice
from desk.venues.protocol import SocketUrls
from ui.viewmodels.feeds import feed_rows

ROOT = Path(__file__).resolve().parents[2]

BAD = {
    "expired": "certificate has expired",
    "not yet valid": "not yet valid",
    "wrong host": "mismatch",
    "self-signed": "self-signed certificate",
    "unknown authority": "unable to get local issuer",
    "too weak": "too weak",
}


pytestmark = pytest.mark.xdist_group("certificates")  # they share what is slow to make


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    if OPENSSL is None:
        pytest.skip("openssl is not there to make certificates")
    folder = tmp_path_factory.mktemp("certificates")
    known, other = Authority(folder / "known"), Authority(folder / "other")
    return known.certificate, {
        "good": known.signed("good"),
        "expired": known.signed("expired", last="20201231000000Z"),
        "not yet valid": known.signed("early", first="20900101000000Z"),
        "wrong host": known.signed("elsewhere", names="DNS:venue.example"),
        "self-signed": known.self_signed(),
        "unknown authority": other.signed("unknown"),
        "too weak": known.signed("weak", bits=1024),
    }


async def speak(socket):
    """A venue that has one thing to say."""
    await socket.recv()
    stream = "btcusd_perp@markPrice@1s"
    await socket.send(b.wrapped(stream, b.mark(symbol="BTCUSD_PERP")).decode())
    await socket.wait_closed()


def down(listener):
    return [status.reason for status in listener.of(FeedStatus) if not status.up]


def shown_in_the_feeds(reason):
    """What the panel of feeds says while a venue's connection is down for a reason."""
    frame = seven_venues()
    feeds = [msgspec.structs.replace(one, down=reason) for one in frame.feeds]
    rows = feed_rows(msgspec.structs.replace(frame, feeds=feeds))
    return " ".join(cell.text for row in rows for cell in row.cells)


@asynccontextmanager
async def secure_venue(certificate, key, authority, monkeypatch, *, newest=None):
    """A listener on a venue with this certificate; only one authority is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")  # or it would not even offer a weak key
    context.load_cert_chain(certificate, key)
    if newest is not None:
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
    async with serve(speak, "127.0.0.1", 0, ssl=context, close_timeout=0.1) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        urls = SocketUrls(f"https://{address}", f"wss://{address}")
        listener = Listener("binance-coinm", urls)
        async with listener.running():
            yield listener


def test_a_venue_that_proves_who_it_is_is_heard(certificates, monkeypatch):
    authority, made = certificates

    async def scene():
        async with secure_venue(*made["good"], authority, monkeypatch) as listener:
            await listener.until(lambda: listener.of(MarkPrice))

    asyncio.run(scene())


@pytest.mark.fault("T35")
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_certificate_is_refused_with_its_reason_and_tried_again(
    certificates, monkeypatch, kind, figure
):
    authority, made = certificates

    async def scene():
        async with secure_venue(*made[kind], authority, monkeypatch) as listener:
            await listener.until(lambda: len(down(listener)) >= 2)
            assert not listener.of(MarkPrice)
            assert all(BAD[kind] in reason for reason in down(listener)), down(listener)
            assert BAD[kind] in shown_in_the_feeds(down(listener)[0])
            figure(f"{kind}: refused, 0 marks heard, shown in the feeds panel: {BAD[kind]}")

    asyncio.run(scene())


@pytest.mark.fault("T35")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of ssl, for versions that old
@pytest.mark.parametrize("old", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_an_old_version_of_tls_is_refused(certificates, monkeypatch, old, figure):
    authority, made = certificates

    async def scene():
        async with secure_venue(*made["good"], authority, monkeypatch, newest=old) as listener:
            await listener.until(lambda: len(down(listener)) >= 2)
            assert not listener.of(MarkPrice)
            assert all(re.search(r"cannot connect: \w", reason) for reason in down(listener))
            figure(f"{old.name}: refused, 0 marks heard, told: {down(listener)[0][:70]}")

    asyncio.run(scene())


@pytest.mark.fault("T35")
def test_nothing_in_the_desk_turns_verification_off():
    words = ("CERT_NONE", "CERT_OPTIONAL", "check_hostname", "_create_unverified", "verify_mode")
    for path in (*ROOT.glob("desk/**/*.py"), *ROOT.glob("ui/**/*.py")):
        text = path.read_text()
        assert not [word for word in words if word in text], path


@asynccontextmanager
async def answering(answer):
    """A listener on something that answers every handshake with these bytes."""

    async def serve_bytes(reader, writer):
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve_bytes, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    urls = SocketUrls(f"http://{address}", f"ws://{address}")
    listener = Listener("binance-coinm", urls)
    try:
        async with listener.running():
            yield listener
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.fault("T42")
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense",
        b"\x00" * 5_000,
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n",
        b"HTTP/1.1 503 No\r\nRetry-After: 0\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 No\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 429 No\r\nRetry-After: \xff\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 500_000,
    ],
    ids=lambda a: a[:70].decode(errors="replace"),
)
def test_no_answer_to_a_handshake_ends_the_connection(answer):
    async def scene():
        async with answering(answer) as listener:
            await listener.until(lambda: len(down(listener)) >= 1)

    asyncio.run(scene())


@pytest.mark.fault("T42")
def test_a_message_that_inflates_is_not_even_agreed_to():
    offered = []

    async def scene():
        async def note(socket):
            offered.append(socket.request.headers.get("Sec-WebSocket-Extensions"))
            await socket.wait_closed()

        async with serve(note, "127.0.0.1", 0, close_timeout=0.1) as server:
            address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            listener = Listener("okx", SocketUrls(f"http://{address}", f"ws://{address}"))
            async with listener.running():
                await listener.until(lambda: offered)

    asyncio.run(scene())
    assert set(offered) == {None}

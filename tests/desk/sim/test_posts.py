"""A venue's port takes POSTs beside GETs and websockets, however the bytes arrive."""

import asyncio
import json

import pytest
import websockets

from desk.sim import sockets


def echo(path, body):
    return sockets.json_response(200, json.dumps({"path": path, "body": body.decode()}).encode())


async def greet(connection):
    await connection.send("welcome")


async def get_only(_connection, request):
    if "Upgrade" in request.headers:
        return None
    return sockets.json_response(200, b'"got"')


def request(method, body=b"", **headers):
    lines = [f"{method} /info HTTP/1.1", "Host: x", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def answer_to(*pieces):
    """Send pieces one by one to a port that takes POSTs; return (status, body)."""
    server = await sockets.listen(
        0, converse=greet, answer=get_only, post=echo, ping_interval_s=None, ping_timeout_s=None
    )
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", sockets.port_of(server))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        head, _, body = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
        writer.close()
        return int(head.split()[1]), body
    finally:
        server.close()
        await server.wait_closed()


WHOLE = request("POST", b'{"type":"meta"}', **{"Content-Length": 15})


@pytest.mark.parametrize("size", [1, 7, len(WHOLE) - 1, len(WHOLE)])
def test_a_post_is_answered_however_it_is_cut(size):
    pieces = [WHOLE[at : at + size] for at in range(0, len(WHOLE), size)]
    status, body = asyncio.run(answer_to(*pieces))
    assert status == 200
    assert json.loads(body) == {"path": "/info", "body": '{"type":"meta"}'}


def test_a_get_that_comes_letter_by_letter_is_a_get():
    get = request("GET")
    pieces = [get[at : at + 1] for at in range(len(get))]
    assert asyncio.run(answer_to(*pieces)) == (200, b'"got"')


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (request("POST"), 411),
        (request("POST", **{"Content-Length": "-1"}), 411),
        (request("POST", **{"Content-Length": 65_537}), 413),
        (request("POST", Padding="x" * 20_000)[:-4], 431),
    ],
    ids=["no length", "bad length", "too large", "endless head"],
)
def test_a_post_that_cannot_be_read_is_refused(raw, status):
    assert asyncio.run(answer_to(raw))[0] == status


def test_websockets_still_open_on_a_port_that_takes_posts():
    async def scenario():
        server = await sockets.listen(
            0, converse=greet, answer=get_only, post=echo, ping_interval_s=None, ping_timeout_s=None
        )
        port = sockets.port_of(server)
        async with websockets.connect(f"ws://127.0.0.1:{port}/ws") as connection:
            told = await connection.recv()
        server.close()
        await server.wait_closed()
        return told

    assert asyncio.run(scenario()) == "welcome"

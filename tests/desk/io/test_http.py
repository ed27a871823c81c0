"""One request against servers that answer in every permitted way, and in some others."""

import asyncio

import pytest
from helpers import binance_frames as b
from hypothesis import given
from hypothesis import strategies as st

from desk.io.http import HttpAnswer, HttpError, _answer, request


def ask(answer, *, max_bytes=1_000, timeout_s=5.0, keep_open=False, body=None):
    """What `request` makes of an answer; returns it with the request that was sent."""

    async def scene():
        requests = []

        async def serve(reader, writer):
            head = await reader.readuntil(b"\r\n\r\n")
            requests.append(head + await reader.readexactly(len(body or b"")))
            writer.write(answer)
            if keep_open:
                await reader.read()  # until the other side goes
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/depth?symbol=X&limit=5"
        try:
            got = await request(url, max_bytes=max_bytes, timeout_s=timeout_s, body=body)
        finally:
            server.close()
            await server.wait_closed()
        return got, requests[0]

    return asyncio.run(scene())


def test_an_answer_of_known_length_does_not_wait_for_the_end_of_the_connection():
    answer, request = ask(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n{}", keep_open=True)
    assert answer == HttpAnswer(200, b"{}")
    assert request.startswith(b"GET /depth?symbol=X&limit=5 HTTP/1.1\r\nHost: 127.0.0.1:")


def test_an_answer_in_chunks_is_put_together():
    body = b.snapshot(5)
    chunks = b"".join(b"%x;x=y\r\n%s\r\n" % (len(p), p) for p in (body[:7], body[7:]))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer, _ = ask(head + chunks + b"0\r\n\r\n", keep_open=True)
    assert answer.body == body


def test_an_answer_without_length_ends_with_the_connection():
    answer, _ = ask(b"HTTP/1.0 200 OK\r\n\r\nwhole")
    assert answer.body == b"whole"


def test_a_body_is_posted_as_json():
    answer, sent = ask(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", body=b'{"type":"meta"}')
    assert answer.body == b"[]"
    assert sent.startswith(b"POST /depth?symbol=X&limit=5 HTTP/1.1\r\n")
    assert b"\r\nContent-Type: application/json\r\nContent-Length: 15\r\n" in sent
    assert sent.endswith(b'\r\n\r\n{"type":"meta"}')


def test_a_refusal_tells_how_long_to_wait_in_its_own_words():
    answer, _ = ask(b"HTTP/1.1 429 No\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n")
    assert (answer.status, answer.retry_after) == (429, "soon")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"H%d: x\r\n" % n for n in range(200)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000 + b"\r\n\r\n",
    ],
    ids=lambda a: a[:60].decode(errors="replace"),
)
def test_what_is_not_a_whole_bounded_answer_is_an_error(answer):
    with pytest.raises(HttpError):
        ask(answer)


@given(st.binary(max_size=300))
def test_any_bytes_give_an_answer_or_an_error(tail):
    async def scene():
        reader = asyncio.StreamReader(limit=1 << 14)
        reader.feed_data(tail)
        reader.feed_eof()
        return await _answer(reader, 1_000)

    try:
        answer = asyncio.run(scene())
    except (HttpError, ValueError, asyncio.IncompleteReadError):
        return  # `request` makes one kind of these
    assert answer.status >= 0


def test_a_server_that_never_answers_is_given_up():
    with pytest.raises(TimeoutError):
        ask(b"HTTP/1.1 200 OK\r\n", keep_open=True, timeout_s=0.05)

"""One HTTP request, without threads: it ends at once when its task is cancelled.

Redirects, cookies and proxies are not for this: a venue answers on its own address or not at all.
"""

from __future__ import annotations

import asyncio
from urllib.parse import SplitResult, urlsplit

import msgspec

from desk.io.tls import verified_tls

_MAX_HEADERS = 100
_LINE_BYTES = 16 << 10


class HttpError(ValueError):
    """The answer is not HTTP, is cut short, or is too long."""


class HttpAnswer(msgspec.Struct, frozen=True):
    """An answer, whatever its status."""

    status: int
    body: bytes
    retry_after: str = ""
    """What the server asked for, as it said it."""


async def request(
    url: str, *, max_bytes: int, timeout_s: float, body: bytes | None = None
) -> HttpAnswer:
    """Make a GET, or a POST of a JSON body.

    Raises OSError, TimeoutError or HttpError when there is no whole answer.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    async with asyncio.timeout(timeout_s):
        reader, writer = await asyncio.open_connection(
            parts.hostname or "",
            parts.port or (443 if secure else 80),
            ssl=verified_tls() if secure else None,
            limit=_LINE_BYTES,
        )
        try:
            writer.write(_question(parts, body))
            return await _answer(reader, max_bytes)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            raise HttpError(str(error)) from error
        finally:
            writer.transport.abort()


def _question(parts: SplitResult, body: bytes | None) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"{'GET' if body is None else 'POST'} {target} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Accept: application/json",
        "User-Agent: desk",
        "Connection: close",
    ]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + (body or b"")


async def _answer(reader: asyncio.StreamReader, max_bytes: int) -> HttpAnswer:
    version, _, rest = (await _line(reader)).partition(" ")
    if not version.startswith("HTTP/1."):
        raise HttpError("not HTTP")
    status = int(rest.partition(" ")[0])
    headers: dict[str, str] = {}
    while line := await _line(reader):
        if len(headers) >= _MAX_HEADERS:
            raise HttpError("too many headers")
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = await _body(reader, headers, max_bytes)
    return HttpAnswer(status, body, headers.get("retry-after", ""))


async def _body(reader: asyncio.StreamReader, headers: dict[str, str], max_bytes: int) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader, max_bytes)
    length = headers.get("content-length")
    if length is not None:
        return await reader.readexactly(_bounded(int(length), max_bytes))
    body = bytearray()
    while piece := await reader.read(_LINE_BYTES):
        body += piece
        _bounded(len(body), max_bytes)
    return bytes(body)


async def _chunks(reader: asyncio.StreamReader, max_bytes: int) -> bytes:
    body = bytearray()
    while size := int((await _line(reader)).partition(";")[0], 16):
        _bounded(len(body) + size, max_bytes)
        body += await reader.readexactly(size)
        await _line(reader)
    return bytes(body)


def _bounded(size: int, max_bytes: int) -> int:
    if not 0 <= size <= max_bytes:
        raise HttpError(f"{size} bytes")
    return size


async def _line(reader: asyncio.StreamReader) -> str:
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise HttpError("cut short")
    return line.decode("latin-1").strip("\r\n")

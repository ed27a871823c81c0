"""Recordings of the desk made by hand, from frames in the documented shapes."""

from helpers import binance_frames as b
from helpers import in_band_frames as f

from desk.cli.shipped import shipped
from desk.io.recording import Listing, happened_line, listing_line
from desk.io.tap import Tapped
from desk.venues.connections import protocol_of
from desk.venues.protocol import RestRequest

BTC, SWAP = "BTCUSDT-PERP.BINANCE", "BTC-USDT-SWAP.OKX"

WALL_NS = 1_800_000_000_000_000_000
BOOT_NS = 5_000_000_000
MS = 1_000_000


class Recording:
    """Lines in the order in which they are said; `write` makes a file of them."""

    def __init__(self, *instruments, started_ns=0):
        self.now_ns = started_ns
        connections = dict.fromkeys(i.connection for i in instruments)
        self.lines = [
            listing_line(
                Listing(
                    connection=connection,
                    started_wall_ns=WALL_NS + started_ns,
                    started_boot_ns=BOOT_NS + started_ns,
                    instruments=[i for i in instruments if i.connection == connection],
                )
            )
            for connection in connections
        ]
        self._paths = {
            connection: protocol_of(
                connection, [i for i in instruments if i.connection == connection]
            ).endpoints()
            for connection in connections
        }

    def say(self, connection, what, payload=b"", *, path=None, request=None, after_ms=1, **more):
        """Add a line some time after the last."""
        self.now_ns += after_ms * MS
        path = self._paths[connection][0].path if path is None else path
        tapped = Tapped(connection, path, what, BOOT_NS + self.now_ns, payload, request, **more)
        self.lines.append(happened_line(tapped, WALL_NS + self.now_ns))
        return self

    def open(self, connection, **more):
        for endpoint in self._paths[connection]:
            self.say(connection, "opened", path=endpoint.path, **more)
        return self

    def close(self, connection, reason, **more):
        for endpoint in self._paths[connection]:
            self.say(connection, "closed", reason, path=endpoint.path, **more)
        return self

    def receive(self, connection, *frames, **more):
        for frame in frames:
            self.say(connection, "received", frame, **more)
        return self

    def write(self, path):
        path.write_bytes(b"".join(self.lines))
        return str(path)


def steady(path, seconds):
    """Write a market that stands still on Binance's perpetuals and OKX: a book, marks, a top."""
    catalogue = shipped().catalogue
    recording = Recording(catalogue.get(BTC), catalogue.get(SWAP))
    recording.open(b.USDM).open("okx")
    request = RestRequest(b.USDM, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000", "BTCUSDT")
    asks = [("61000.1", "20.000")]
    recording.receive(b.USDM, b.depth_frame(99, 101, 98))
    recording.say(
        b.USDM, "answered", b.snapshot(100, asks=asks), path=request.path, request=request
    )
    recording.receive("okx", f.raw(f.okx_snapshot(10)))
    for n in range(seconds * 5):
        ms = recording.now_ns // MS
        at, last = b.START_MS + ms, 101 + 5 * n
        recording.receive(
            b.USDM,
            b.depth_frame(last + 1, last + 5, last, time_ms=at),
            b.wrapped("btcusdt@markPrice@1s", b.mark(time_ms=at)),
        )
        recording.receive(
            "okx",
            f.raw(f.okx_mark(ms=f.START_MS + ms)),
            f.raw(f.okx_book(10 + n, 11 + n, ms=f.START_MS + ms)),
        )
        recording.now_ns += 196 * MS
    return recording.write(path)

"""Recordings of the desk made by hand, from frames in the documented shapes."""

from desk.io.recording import Listing, happened_line, listing_line
from desk.io.tap import Tapped
from desk.venues.connections import protocol_of

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

    def receive(self, connection, *frames, **more):
        for frame in frames:
            self.say(connection, "received", frame, **more)
        return self

    def write(self, path):
        path.write_bytes(b"".join(self.lines))
        return str(path)

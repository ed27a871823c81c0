"""The sockets that a desk has open to a venue: whether they are still the same."""


def open_sockets(session, connection):
    """Those of a connection, by path."""
    pump = session.feeds._connections[connection].connection._live
    return {path: live.socket for path, live in pump._live.items()}

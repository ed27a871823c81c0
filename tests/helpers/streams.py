"""Which streams a protocol wants, and which of them the venue has shown."""


def wanted(protocol):
    return {stream.name for stream in protocol.streams()}


def active(protocol):
    return {stream.name for stream in protocol.streams() if stream.active}

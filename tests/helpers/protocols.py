"""Every protocol with the shipped instruments of its connection."""

from desk.cli.shipped import shipped
from desk.venues.connections import protocol_of

CONNECTIONS = tuple(sorted(shipped().catalogue.connections()))


def protocol(connection):
    return protocol_of(connection, shipped().catalogue.of_connection(connection).values())

"""The outside world: clock, sockets, journal store, pipe, settings."""

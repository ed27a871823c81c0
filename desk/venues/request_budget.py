"""How many requests a venue still allows on a socket: a bucket of tokens that fills steadily."""

from __future__ import annotations


class RequestBudget:
    """A bucket of `capacity` tokens, full on a new socket, one more every `refill_ns`."""

    __slots__ = ("_as_of_ns", "_capacity", "_refill_ns", "_tokens")

    def __init__(self, capacity: int, refill_ns: int) -> None:
        self._capacity = capacity
        self._refill_ns = refill_ns
        self._tokens = capacity
        self._as_of_ns = 0

    def restart(self, now_ns: int) -> None:
        """Fill it: the socket is new."""
        self._tokens, self._as_of_ns = self._capacity, now_ns

    def take(self, tokens: int, now_ns: int) -> bool:
        """Take tokens, or none and return False when there are too few."""
        gained = max(0, now_ns - self._as_of_ns) // self._refill_ns
        self._tokens = min(self._capacity, self._tokens + gained)
        self._as_of_ns += gained * self._refill_ns
        if tokens > self._tokens:
            return False
        self._tokens -= tokens
        return True

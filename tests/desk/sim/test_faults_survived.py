"""Faults end, and the desk's own protocols have every book again, level by level."""

import asyncio

import dialect_follower
import dollar_follower
import pytest
from helpers.streams import active, wanted
from socket_client import served

from desk.model.market_data import BookLost

BOOKS = {"okx": "books", "coinbase": "level2", "kraken": "book"}
HEALED_MS = 22_000
FAULTS = {
    "old": "old@{book}:for=3s:by=1s",
    "late": "late@{book}:for=3s:by=2s",
    "stall": "stall:at=3s:for=3s",
    "hostile": "hostile@{book}:p=0.05:for=8s",
    "nested": "nested@{book}:p=0.02:for=8s",
    "giant": "giant@{book}:p=0.02:for=8s",
    "stamps": "stamps:at=2s:for=5s",
    "partial": "partial:p=0.3:for=4s",
    "reorder": "reorder@{book}:p=0.02:for=8s",
    "dup": "dup@{book}:p=0.05:for=8s",
}
QUICK = [
    ("okx", "old"),
    ("okx", "hostile"),
    ("kraken", "old"),
    ("kraken", "partial"),
    ("coinbase", "stall"),
    ("coinbase", "hostile"),
]
UNSEEN = {("coinbase", "old")}
"""The connection's numbers do not say of when a snapshot is: only a crossed book would show it."""


async def followed(dialect, spec):
    """Follow a venue under faults and beyond; return the follower, its books checked."""
    helper = dialect_follower if dialect == "okx" else dollar_follower
    async with served(dialect=dialect, faults=spec) as venue:
        follower = helper.Follower(dialect, await helper.listed(venue, dialect))
        await follower.follow(venue, HEALED_MS)
        helper.check_books(follower, venue)
        return follower


@pytest.mark.parametrize(
    ("dialect", "fault"),
    [
        pytest.param(d, f, marks=pytest.mark.thorough if (d, f) in QUICK else pytest.mark.slow)
        for d in BOOKS
        for f in FAULTS
        if (d, f) not in UNSEEN
    ],
)
def test_the_desk_has_every_book_again_after_a_fault(dialect, fault):
    follower = asyncio.run(followed(dialect, FAULTS[fault].format(book=BOOKS[dialect])))
    protocol = follower.protocol
    missing = wanted(protocol) - active(protocol)
    assert not {name for name in missing if not name.startswith("candle")}  # another socket's
    if fault in {"hostile", "nested"}:
        assert protocol.counters.rejected > 0
        assert follower.counted[BookLost] > 0

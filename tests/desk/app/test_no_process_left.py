"""A system that has no process or no memory to give: what needs a child waits, the desk goes on."""

import asyncio
import errno
import os

import pytest

from desk.app.snapshots import make_in_child
from desk.io.market_child import start_market
from desk.model.errors import FeedError

REFUSED = os.strerror(errno.EAGAIN)


@pytest.fixture(autouse=True)
def _no_process(monkeypatch):
    async def refuse(*_, **__):
        raise OSError(errno.EAGAIN, REFUSED)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)


def test_no_snapshot_is_made_and_it_is_said(tmp_path):
    assert asyncio.run(make_in_child(tmp_path, b"")) == REFUSED


def test_the_embedded_market_is_one_that_did_not_start(tmp_path):
    with pytest.raises(FeedError, match=REFUSED):
        asyncio.run(start_market(tmp_path / "market.state", []))

"""Whoever reads a console's answers may go at any moment: the desk ends, and has not failed."""

import asyncio
import errno
import io
import os

import pytest

from desk.app.consoles import console
from desk.app.options import Options
from desk.crash import read_report
from desk.io.folder import hold_folder
from desk.io.journal_proof import ProofAhead
from desk.log import ENGINE
from desk.model.errors import InputError

NO_PIPE = BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
NO_ROOM = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Output(io.StringIO):
    """Takes so many lines, and then no more."""

    def __init__(self, lines, refusal):
        super().__init__()
        self.left, self.refusal = lines, refusal

    def write(self, text):
        if self.left == 0:
            raise self.refusal
        self.left -= 1
        return super().write(text)


@pytest.mark.parametrize(
    ("refusal", "raised", "said"),
    [(NO_PIPE, BrokenPipeError, "Broken pipe"), (NO_ROOM, InputError, "standard output")],
)
def test_answers_that_go_nowhere_end_the_desk_and_are_no_fault_of_it(
    tmp_path, monkeypatch, refusal, raised, said
):
    async def no_market(_):
        await asyncio.Event().wait()

    monkeypatch.setattr("desk.app.feeds.Feeds.run", no_market)
    monkeypatch.setattr(
        "sys.stdin", io.StringIO("status\ndeposit 1 USDT\nkill nobody-reads-this\n")
    )
    monkeypatch.setattr("sys.stdout", Output(1, refusal))
    folder = tmp_path / "desk"
    held = hold_folder(folder)
    with pytest.raises(raised, match=said):
        asyncio.run(console(Options(account=str(folder), window=False), held, ProofAhead(held)))
    assert read_report(folder, ENGINE) == ""
    assert "HALTED" not in (folder / "logs" / "engine.log").read_text(), "nothing more was taken"

"""Says when the file of sealed days is not what the journal comes to; the desk goes on."""

from __future__ import annotations

import asyncio

from desk.app.runtime import Runtime
from desk.model.events import Alerted

CODE = "SEALS"
LOOK_S = 5.0


async def tell_seals(runtime: Runtime) -> None:
    """Tell it at the start, and again whenever something else is wrong."""
    said = ""
    while True:
        note = runtime.journal.seals_note
        if note and note != said:
            message = f"The sealed days beside the journal do not stand as they should: {note}."
            runtime.tell(Alerted(severity="warning", code=CODE, message=message))
        said = note
        await asyncio.sleep(LOOK_S)

"""A desk that speaks the pipe's protocol and nothing else: frames by credit, answers by number."""

import multiprocessing
import os
import socket
import time
from decimal import Decimal as D

import msgspec
from helpers.candles import candles_of
from PySide6.QtCore import QEvent

from desk.engine.snapshot import EventMessage, FilmFrame, Hello, Request
from desk.model.blotter import AskBlotter, ExportBlotter
from desk.model.commands import (
    AnyCommand,
    Ask,
    Heartbeat,
    NextFrame,
    PreviewOrder,
    WindowClosing,
)
from desk.model.events import Acknowledged, Answered, ClosingAsked, Denial, Denied, Previewed
from desk.model.film import (
    AskFilm,
    AskMoments,
    CheckFilm,
    DaySeal,
    FilmChecked,
    FilmSpan,
    MomentsPage,
)

DENIALS = [
    Denial(
        code="MARGIN_CALL",
        rule="perp.initial_margin",
        message="perp-1 is in margin call since 15:01:12: only orders that reduce a position pass",
    ),
    Denial(
        code="MARGIN_AFTER_FILL",
        rule="perp.initial_margin",
        message="After this fill utilization would be 108.3%; the limit is 100.0%. "
        "112,316 USDT of collateral is missing.",
    ),
    Denial(
        code="LEVERAGE_OVER_CAP",
        rule="perp.max_leverage",
        message="Leverage would be 5.42×; the cap is 5.00×.",
    ),
]


PIPE_BYTES = 1 << 20


def _widen(connection):
    """Make room for several frames: nobody reads while a test sends, so a full pipe would wait
    for ever."""
    with socket.socket(fileno=os.dup(connection.fileno())) as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIPE_BYTES)


class FakeDesk:
    """The engine's end of a pipe; `theirs` is the window's."""

    def __init__(self, frame=None):
        self.ours, self.theirs = multiprocessing.Pipe()
        _widen(self.ours)
        self.frame = frame
        self.commands = []
        self.events = 0
        self.deny = False
        self.leaves_reduce_only = False
        self.answers = True
        self.orders, self.positions = [], []
        self.unknown, self.programs = [], []
        self.credit = 0
        self.candles = candles_of
        """Answers a `ChartWanted`; None: nobody does."""
        self.data_of = {}
        """What questions are answered with, by what they are about."""
        self.moments = []
        """Of the only day there is."""
        self.film = []
        """Pictures, oldest first."""
        self.differences = []
        self._decode = msgspec.msgpack.Decoder(AnyCommand).decode
        self._encode = msgspec.msgpack.Encoder().encode
        self._request = msgspec.msgpack.Decoder(Request).decode

    # ---- out --------------------------------------------------------------------------------

    def greet(self, **changes):
        fields = {"engine_pid": 1, "desk_folder": "d", "restart_argv": [], "crash_report": ""}
        self._send(Hello(**fields | changes))

    def send_frame(self, frame=None):
        self.frame = frame or self.frame
        self._send(self.frame)

    def tell(self, event, number=None):
        self.events = self.events + 1 if number is None else number
        sent_ns = self.frame.ts_ns if self.frame is not None else 0
        self._send(EventMessage(number=self.events, sent_ns=sent_ns, event=event))

    def _send(self, message):
        self.ours.send_bytes(self._encode(message))

    # ---- in ---------------------------------------------------------------------------------

    def take(self):
        """Read what waits and answer it; return the commands."""
        taken = []
        while not self.ours.closed and self.ours.poll(0):
            try:
                request = self._request(self.ours.recv_bytes())
            except (EOFError, ConnectionResetError):
                self.close()
                break
            command = self._decode(request.payload)
            taken.append(command)
            self.commands.append((request.number, command))
            if self.answers:
                try:
                    past = isinstance(command, AskMoments | AskFilm | CheckFilm)
                    (self._answer_past if past else self._answer)(request.number, command)
                except BrokenPipeError:  # it has closed since it asked
                    self.close()
        return taken

    def sent(self, kind):
        """Every command of a kind so far."""
        return [command for _, command in self.commands if isinstance(command, kind)]

    def _answer(self, number, command):
        if isinstance(command, NextFrame):
            if self.frame is not None:
                charts = [] if self.candles is None else list(map(self.candles, command.charts))
                self._send(msgspec.structs.replace(self.frame, charts=charts))
        elif isinstance(command, Heartbeat):
            pass
        elif isinstance(command, PreviewOrder):
            self.tell(self.preview(number, command))
        elif isinstance(command, WindowClosing):
            if command.choice is None:
                asked = ClosingAsked(
                    command=number,
                    orders=self.orders,
                    positions=self.positions,
                    unknown=self.unknown,
                    programs=self.programs,
                )
                self.tell(asked)
            else:
                about = "reopen" if command.choice == "reopen" else "goodbye"
                self.tell(Acknowledged(command=number, about=about, id=""))
        elif isinstance(command, Ask) and command.about in self.data_of:
            said = Answered(command=number, about=command.about, data=self.data_of[command.about])
            self.tell(said)
        elif isinstance(command, AskBlotter | ExportBlotter):
            about = "blotter" if isinstance(command, AskBlotter) else "export"
            data = self.data_of.get(about, {"rows": [], "next_seq": None, "newest_seq": 1})
            data = data(command) if callable(data) else data
            self.tell(Answered(command=number, about=about, data=data))
        elif self.deny:
            word = msgspec.to_builtins(command)["command"]
            self.tell(Denied(command=number, about=word, id=command.id, denials=DENIALS))
        else:
            word = msgspec.to_builtins(command)["command"]
            self.tell(Acknowledged(command=number, about=word, id=command.id))

    def _answer_past(self, number, command):
        about = command.__struct_config__.tag
        if isinstance(command, AskMoments):
            rows = [one for one in self.moments if one.seq > command.after_seq]
            page = MomentsPage(
                day=command.day or "2026-11-19",
                days=["2026-11-19", "2026-11-18"],
                rows=rows[::-1] if command.day in {"", "2026-11-19"} else [],
                next_seq=None,
                newest_seq=max((one.seq for one in self.moments), default=0),
                anchor_seq=48_211,
                anchor_hash="9f3c" * 16,
                seal=DaySeal(first_seq=1, last_seq=9, seal="5ea1" * 16)
                if command.day == "2026-11-18"
                else None,
                film=[FilmSpan(from_ms=self.film[0].wall_ms, to_ms=self.film[-1].wall_ms)]
                if self.film
                else [],
                film_note="",
            )
            self.tell(Answered(command=number, about=about, data=msgspec.to_builtins(page)))
        elif isinstance(command, CheckFilm):
            checked = FilmChecked(seq=7, differences=self.differences)
            self.tell(Answered(command=number, about=about, data=msgspec.to_builtins(checked)))
        else:
            self._answer_film(number, command)

    def _answer_film(self, number, command):
        if command.seq is not None:
            found = [one for one in self.film if one.journal_seq >= command.seq][:1]
        else:
            found = [one for one in self.film if one.wall_ms <= command.at_ms][-1:]
        if not found:
            why = Denial(code="NO_FILM", rule="", message="There is no picture of that time.")
            self.tell(Denied(command=number, about="film", id="", denials=[why]))
            return
        later = [one.wall_ms for one in self.film if one.wall_ms > found[0].wall_ms]
        next_ms = later[0] if later else None
        self._send(FilmFrame(number=number, frame=found[0], next_ms=next_ms))

    def preview(self, number, command):
        leg = getattr(command.order, "first", command.order)  # of two that cancel one another
        row = {
            "margin_utilization": "0.63874",
            "margin_ratio": "0.01757",
            "available_margin": "613875.56",
            "common_move_to_close_out": "-0.30403",
            "maintenance_margin": "29860.02",
            "leverage": "2.959",
            "positions": [
                {
                    "instrument": leg.instrument,
                    "quantity": "50",
                    "liquidation_price": "30859.40",
                }
            ],
        }
        after = row | {
            "margin_utilization": "0.65310",
            "margin_ratio": "0.01829",
            "available_margin": "589532",
            "common_move_to_close_out": "-0.29731",
            "leverage": "3.031",
            "positions": [
                {
                    "instrument": leg.instrument,
                    "quantity": "52",
                    "liquidation_price": "31916.53",
                }
            ],
        }
        return Previewed(
            command=number,
            id=command.order.id,
            accepted=not self.deny,
            denials=DENIALS if self.deny else [],
            before=row,
            after=after,
            cost={
                "quantity": "2",
                "notional": str(D("121960.00")),
                "expected_price": "60980.0",
                "slippage_bps": "0.0",
                "fee": "24.39",
                "quantity_base": "2",
                "value": "121960.00",
                "contracts": None,
                "average_price": None,
                "worst_price": None,
                "levels": 0,
                "fee_rate": "0.0002",
                "fee_asset": "USDT",
                "liquidity": "maker",
                "liquidation_distance": "0.477",
                "loss_at_stop": None if getattr(leg, "stop_loss", None) is None else "-2219.90",
                "loss_share": "0.0013",
                "largest": "1.25" if self.deny else None,
                "leaves_reduce_only": self.leaves_reduce_only,
            },
        )

    # ---- life -------------------------------------------------------------------------------

    def serve(self, app, ms):
        """Answer for a while, letting the window's loop run."""
        until = time.monotonic() + ms / 1_000
        while time.monotonic() < until:
            self.take()
            app.processEvents()
            # A loop that runs deletes what is to be deleted later; processEvents alone does not.
            app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            time.sleep(0.002)

    def close(self):
        self.ours.close()

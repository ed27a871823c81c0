"""The way through the whole window: a rich desk, every tab, dialog, menu, strip and banner."""

import time
from decimal import Decimal as D

from helpers.fake_desk import DENIALS, FakeDesk
from helpers.frames import (
    BTC,
    ETH,
    WALL_MS,
    empty_desk,
    feed,
    margin_call_desk,
    order,
    risky_desk,
)
from helpers.no_sleep import NoSleep
from PySide6.QtCore import QPoint

from desk.engine.alert_snapshot import AlertRuleView, AlertView
from desk.engine.order_snapshot import ExecutionView, ProgramView
from desk.engine.setting_snapshot import SettingView
from desk.engine.snapshot import IndexSourceView, IndexView, QualityView, RateView, StreamView
from ui.pump import Pump
from ui.theme import dress
from ui.ticket_desk import open_setting
from ui.viewmodels.draft import Form
from ui.viewmodels.loan_forms import deposit_form, exchange_rate_form, firm_capital_form
from ui.window import DeskWindow
from ui.wire import SocketWire

PATIENCE_S = 60.0
VENUES = ("BINANCE", "OKX", "BYBIT", "KRAKEN")


def rich_desk():
    """Everything at once that a frame can say."""
    working = [
        order(),
        order("t-119", type="STOP", price=None, trigger=D("60000.0"), status="WAITING",
              reduce_only=True, side="SELL"),
        order("t-120", status="UNKNOWN", unanswered_since_ms=WALL_MS - 9_000),
        order("t-121", type="TRAILING_STOP", price=None, trigger=D("60100.0"), trail=D(500),
              side="SELL", status="WAITING"),
        order("t-122", cancelling=True, queue_ahead=D("3.2"), oco="o-1", program="p-1"),
        order("t-123", status="CANCELLED"),
    ]  # fmt: skip
    return risky_desk(
        orders=working,
        durable=False,
        state="REDUCING",
        latches=["REDUCING: stopped by the trader"],
        feeds=[
            feed(),
            feed("OKX", age_ms=60_000, down="connection refused"),
            feed("DERIBIT", age_ms=None, down="no route"),
        ],
        executions=[EXECUTION],
        programs=[program("RUNNING"), program("ENDED")],
        alerts=[alert("danger"), alert("warning"), alert("info", seen=True)],
        alert_rules=[alert_rule(state) for state in ("WATCHING", "RAISED", "DONE", "BLIND")],
        streams=[stream(state) for state in ("LIVE", "STALE", "SILENT", "QUIET")]
        + [stream("LIVE", active=False)],
        quality=[quality(BTC), quality(ETH, diverging=True, blocked="the mark diverges")],
        indices=[index("BTC"), index("ETH", state="THIN", votes=1)],
        rates=[RateView(asset="USDT", usd=D("1.0001"), assumed=True)],
        setting=SETTING,
    )


EXECUTION = ExecutionView(
    venue="BINANCE", is_paper=True, up=True, since_ms=WALL_MS - 60_000, note="comparing", unknown=1,
    types=["LIMIT", "MARKET"], tifs=["GTC"], post_only=True, reduce_only=False, amend=True,
    cancel_on_disconnect_s=None, latency_ms=12, reconciled_ms=WALL_MS - 5_000,
)  # fmt: skip
SETTING = SettingView(
    account="perp-1", instrument=BTC, leverage=D(3), max_leverage=D(5), margin_mode="cross",
    flat=False, working=2,
)  # fmt: skip


def program(state):
    return ProgramView(
        id=f"p-{state}", kind="twap", account="perp-1", instrument=BTC, side="BUY", quantity=D(4),
        sent=D(1), filled=D(1), average_price=D(61000), orders=[], state=state,
        note="" if state == "RUNNING" else "the desk was halted", started_ms=WALL_MS - 60_000,
        ends_ms=WALL_MS + 60_000, next_ms=WALL_MS + 10_000,
    )  # fmt: skip


def alert(severity, *, seen=False):
    return AlertView(
        number=len(severity), severity=severity, code="FEED_STALE", message="the feed is stale",
        alert=None, instrument=BTC, account=None, event_ms=WALL_MS - 70_000, latency_ms=12,
        sound=False, seen=seen,
    )  # fmt: skip


def alert_rule(state):
    return AlertRuleView(
        id=f"a-{state}", kind="price", instrument=BTC, account=None, above=D(65_000), below=None,
        level="", note="", sound=False, repeats=True, state=state, value=D("61010.5"),
    )  # fmt: skip


def stream(state, *, active=True):
    return StreamView(
        connection="binance-usdm", name=f"btcusdt@{state}{active}", kind="book", instrument=BTC,
        active=active, age_ms=40, limit_ms=None if state == "QUIET" else 5_000, messages=7,
        state=state,
    )  # fmt: skip


def quality(instrument, *, diverging=False, blocked=""):
    return QualityView(
        instrument=instrument, quality="LIVE", book_state="SYNCED", mark_age_ms=38, book_age_ms=41,
        gaps=1, crossed=0, jumps=2, deviation=D("0.0001"), diverging=diverging, blocked=blocked,
    )  # fmt: skip


def index(base, *, state="CONSENSUS", votes=3):
    standings = ("counted", "held", "left out", "silent")
    return IndexView(
        base=base, value=D("61004.2"), state=state, votes=votes,
        sources=[
            IndexSourceView(venue=venue, price=D("61004.2"), standing=standing,
                            deviation=D("0.0002"), assumed=standing == "held", age_ms=40)
            for venue, standing in zip(VENUES, standings, strict=True)
        ],
    )  # fmt: skip


class Tour:
    """A window and the desk behind it; every stop is shown, painted and gathered."""

    def __init__(self, app, gathered):
        self.app, self.gathered = app, gathered
        self._painted = []
        self.desk = FakeDesk(rich_desk())
        self.desk.data_of = ANSWERS
        self.pump = Pump(SocketWire(self.desk.theirs), now_ns=NoSleep())
        self.window = DeskWindow(dress(app), self.pump)
        self.window.resize(1920, 1080)
        self.window.show()
        self.pump.start()

    def until(self, condition):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, "the window did not come so far"
            self.desk.take()
            self.app.processEvents()

    def settle(self):
        seen = []
        self.pump.framed.connect(seen.append)
        self.until(lambda: len(seen) >= 2)
        self.pump.framed.disconnect(seen.append)

    def stop(self, where):
        """Paint everything that can be seen, then gather."""
        self.app.processEvents()
        for widget in self.app.topLevelWidgets():
            if widget.isVisible() and widget not in self._painted:
                self._painted.append(widget)
                widget.grab()
        self.gathered.widgets(where)

    def paint(self, widget):
        """Paint a part again, for it says something else now."""
        widget.grab()

    def show(self, frame):
        self.desk.frame = frame
        self.window.display.pacing.hurry()
        self.settle()


ANSWERS = {
    "cure": {
        "actions": [
            {"account": "perp-1", "kind": kind,
             "asset_or_instrument": BTC if kind == "reduce" else "USDT",
             "quantity": "1000", "cost": "12.5", "margin_ratio_after": "0.02",
             "utilization_after": "0.7", "sufficient": kind == "reduce"}
            for kind in ("add_cash", "add_collateral", "add_margin", "reduce", "repay", "pledge")
        ]
    },
    "client": {"client": None},
    "disclosure": {
        "name": "perp-2026", "instrument": BTC, "acknowledged": False, "profile": "hk_sfc_2026",
        "profile_hash": "4f1c9ae2", "sections": [{"title": "What it is", "text": "A contract."}],
    },
}  # fmt: skip


def tour(app, gathered):
    it = Tour(app, gathered)
    window = it.window
    it.until(lambda: window.display.selected is not None)
    window.load_late()
    it.until(lambda: window.chart.plot is not None)
    it.settle()
    it.stop("first")
    _panels(it)
    _ticket(it)
    _dialogs(it)
    _menus(it)
    _questions(it)
    it.show(margin_call_desk())
    it.paint(window)
    it.stop("margin call")
    it.show(empty_desk())
    it.paint(window)
    it.stop("empty")


def _panels(it):
    window = it.window
    for name, dock in window.area.docks.items():
        dock.raise_()
        it.settle()
        it.paint(dock)
        it.stop(f"dock {name}")
    for tabs in (window.orders.tabs, window.feeds.tabs):
        for tab in tabs.tabs:
            tab.setChecked(True)
            it.settle()
            it.paint(window.orders)
            it.stop("tab")
    window.resize(1366, 768)
    it.settle()
    it.paint(window)
    it.stop("small")
    window.resize(1920, 1080)


def _ticket(it):
    window = it.window
    window.arming.toggle()
    window.ticket.type.more.setChecked(True)
    for form in Form:
        window.ticket.type.choose(form.name)
        it.settle()
        it.paint(window.ticket)
        it.stop(f"form {form.name}")
    window.ticket.type.choose("LIMIT")
    window.ticket.price.setText("60980.0")
    window.ticket.quantity.setText("2")
    it.until(lambda: window.ticket.state.is_preview_current)
    it.paint(window.ticket)
    it.stop("preview")
    window.ticket.denials.show_denials(tuple(DENIALS), "")
    it.paint(window.ticket)
    it.stop("denials")
    window.ladder.quantity.setText("0.5")
    window.arming.disarm("")


def _dialogs(it):
    window, surfaces = it.window, it.window.surfaces
    open_setting(window)
    window.help.show()
    it.stop("help")
    window.alerts.ask()
    window.orders.orders.select_key("t-118")
    window.arming.toggle()
    window.order_desk.amend()
    surfaces.client()
    it.stop("forms")
    for what in ("pledge", "securities", "draw", "repay", "credit_limit"):
        surfaces.loan(what, "loan-1")
        it.stop(what)
    for form in (
        deposit_form("perp-1", "USDT", "5"),
        exchange_rate_form("HKD"),
        firm_capital_form("HKD"),
    ):
        surfaces._form(form)
        it.stop("money")
    surfaces.override("vaf.loans_to_capital")
    it.stop("override")
    surfaces.daily_loss()
    it.stop("daily loss")
    surfaces.prefer("perp-1")
    it.stop("prefer")
    surfaces.take_back(window.pump.frame.overrides[0].rule)
    it.stop("take back")
    for key, ask in (
        ("cures", lambda: surfaces.cures("perp-1")),
        ("form", surfaces.edit_client),
        ("sheet", lambda: surfaces.disclosure(BTC)),
    ):
        surfaces.open.pop(key, None)
        ask()
        it.until(lambda key=key: key in surfaces.open)
        it.stop(key)
    window.watch.explain(BTC, QPoint(10, 10))
    it.stop("explained")


def _menus(it):
    window = it.window
    at = QPoint(10, 10)
    window.order_desk.open_menu(at)
    it.stop("orders' menu")
    window.order_desk.menu.close()
    window.positions.grid._offer(window.positions.grid.grid.rows[0].key, at)
    it.stop("positions' menu")
    window.positions.grid.menu.close()
    window.watch._offer(BTC, at)
    it.stop("watch menu")
    for menu in window.watch.findChildren(type(window.positions.grid.menu)):
        menu.close()


def _questions(it):
    window = it.window
    commands, panic = window.commands, window.panic
    asks = (
        panic.cancel_all, panic.flatten, panic.kill, commands.rearm, window.drill.begin,
        lambda: commands.close_part("perp-1", BTC, 50), lambda: commands.reverse("perp-1", BTC),
    )  # fmt: skip
    for ask in asks:
        window.strip.dismiss()
        ask()
        it.stop("strip")
    window.strip.dismiss()

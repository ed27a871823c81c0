"""A day of the trader's hands on the real program, under Xvfb.

Deposit, arm, buy with a bracket, amend, close a half, kill, be refused, rearm with a reason. What
was done is read from the journal: each command as it was meant, and once. `DESK_PICTURES` names a
folder for a screenshot at every station.
"""

import os
from decimal import Decimal as D
from pathlib import Path

import pytest
from helpers.frames import empty_desk, normal_desk, position
from helpers.twin import Twin
from helpers.workstation import PATIENCE_S, Hands, Workstation, virtual_screen

from ui.panels.ladder_places import ROW
from ui.theme import dress

BTC = "BTCUSDT-PERP.BINANCE"

pytestmark = pytest.mark.slow


@pytest.fixture(params=[(1920, 1080), (1366, 768)], ids=["full", "small"])
def size(request):
    return request.param


@pytest.fixture
def hands(request, tmp_path, size):
    """Hands at a desk that has just been started for the first time."""
    folder = tmp_path / "desk"
    pictures = os.environ.get("DESK_PICTURES")
    if pictures is not None:
        pictures = Path(pictures) / request.node.name
        pictures.mkdir(parents=True, exist_ok=True)
    settings = {"XDG_CONFIG_HOME": str(tmp_path), "QT_QPA_PLATFORM": "xcb"}
    with (
        virtual_screen(*size) as screen,
        Workstation(folder, DISPLAY=screen, **settings) as running,
    ):
        hands = Hands(screen, folder, pictures)
        hands.focus("ACTIVE")
        yield hands
        running.process.terminate()
        assert running.process.wait(PATIENCE_S) == 0


def terms(entry):
    """What each order of an entry asked for."""
    return [order["terms"] for order in entry.data["orders"]]


def fields(order, *names):
    return tuple(order[name] for name in names)


def check_day(hands, *, orders, amends):
    """What every such day leaves in the journal, beside its orders."""
    count = hands.count()
    assert (count["deposit"], count["order"], count["amend"]) == (1, orders, amends)
    assert (count["close"], count["kill"], count["rearm"]) == (1, 1, 1)
    (refused,) = hands.rows("denial")
    assert [d["code"] for d in refused.data["what"]["denials"]] == ["STATE_HALTED"]
    (rearmed,) = hands.rows("rearm")
    assert fields(rearmed.data["what"], "name", "reason") == ("Li Wei", "reviewed the book")
    kinds = [entry.type for entry in hands.rows()]
    order = ("deposit", "order", "bracket", "amend", "close", "kill", "denial", "rearm")
    assert sorted(order, key=kinds.index) == list(order)


def test_a_day_by_keys_alone(hands):
    def submit():
        hands.keys("ctrl+Return")

    hands.keys("ctrl+l")
    hands.write("deposit 100000 US")
    hands.look("completion")
    hands.await_rows("deposit", again=lambda: hands.keys("Tab", "Return"))
    hands.keys("ctrl+shift+a", "F5", "ctrl+2", "F7")
    hands.write("0.8")
    hands.keys("shift+F7")
    hands.write("63000")
    hands.keys("shift+F8")
    hands.write("59000")
    hands.look("bracket written")
    # The same draft keeps its id: pressed again before it is sent, it is still one order.
    hands.await_rows("bracket", again=submit, every_s=0.3)
    hands.keys("ctrl+1", "F7")
    hands.write("0.5")
    hands.keys("F8", "ctrl+a")
    hands.write("60500")
    hands.await_rows("order", 2, again=submit, every_s=0.3)
    hands.look("bought, one rests")

    bought, resting = [terms(entry)[0] for entry in hands.rows("order")]
    names = ("instrument", "side", "type", "quantity", "price", "take_profit", "stop_loss")
    bracket = ("63000", "59000")
    assert fields(bought, *names) == (BTC, "BUY", "MARKET", "0.8", None, *bracket)
    assert fields(resting, *names) == (BTC, "BUY", "LIMIT", "0.5", "60500", *bracket)

    amend_by_form(hands, "60520")
    half_by_key(hands)
    reduce_by_line(hands)
    killed_and_refused(hands)
    hands.keys("ctrl+shift+r")
    hands.write("Li Wei")
    hands.keys("Tab")
    hands.write("reviewed the book")
    hands.look("rearm")
    hands.keys("Tab", "space")
    hands.await_rows("rearm")
    hands.look("rearmed")
    check_day(hands, orders=3, amends=1)


def amend_by_form(hands, price):
    """The order that was accepted last stands selected or is found by the arrows."""
    resting = hands.rows("order")[1].id
    hands.keys("F4", "End", "ctrl+e")
    hands.focus("mend")
    hands.keys("ctrl+a")
    hands.write(price)
    hands.look("amend")
    hands.keys("Tab", "Tab", "space")
    (entry,) = hands.await_rows("amend")
    hands.focus("ACTIVE")
    (amended,) = entry.data["amends"]
    assert fields(amended, "order_id", "price", "quantity") == (resting, price, "0.5")


def half_by_key(hands):
    hands.keys("F3")
    hands.await_rows("close", again=lambda: hands.keys("Home", "ctrl+alt+2"))
    (close,) = [terms(entry)[0] for entry in hands.rows("close")]
    assert fields(close, "side", "quantity", "reduce_only") == ("SELL", "0.400", True)
    hands.await_rows("fill", 2)
    hands.look("half closed")


def reduce_by_line(hands):
    """A line with what Tab completes, once in the middle and once at the end."""
    hands.keys("ctrl+l")
    hands.write(f"sell 0.1btc {BTC[:-4]}")
    hands.keys("Tab")
    hands.write("limit 61500 redu")
    hands.look("line")
    hands.await_rows("order", 3, again=lambda: hands.keys("Tab", "Return"))
    (line,) = terms(hands.rows("order")[-1])
    names = ("instrument", "side", "type", "quantity", "price", "reduce_only")
    assert fields(line, *names) == (BTC, "SELL", "LIMIT", "0.1", "61500", True)


def killed_and_refused(hands):
    """Killed; the ticket says why it sends nothing, and the line is refused."""
    hands.keys("ctrl+shift+k")
    hands.look("kill asked")
    hands.await_rows("kill", again=lambda: hands.keys("ctrl+shift+k"))
    (kill,) = hands.rows("kill")
    assert len(kill.data["cancels"]) == 1, "what could add risk, and not what protects"
    hands.keys("ctrl+shift+a", "F5", "F7")
    hands.write("0.3")
    hands.keys("ctrl+Return")
    hands.look("killed")
    assert hands.count()["order"] == 3
    hands.keys("ctrl+l")
    hands.write(f"buy 0.1btc {BTC} limit 60000")
    hands.await_rows("denial", again=lambda: hands.keys("Return"))
    hands.look("refused")


# ---- by mouse -----------------------------------------------------------------------------------


def simulated(**more):
    """A desk of the mode that a first start has: its tag is as wide as that of the real window."""
    return normal_desk(mode="SIMULATED", **more)


@pytest.fixture
def twin(qapp, size, tmp_path):
    twin = Twin(dress(qapp), empty_desk(), size, tmp_path / "twin")
    yield twin
    twin.let_go()


def test_a_day_by_the_mouse(hands, twin):
    """Nothing is typed but figures, a name and a reason."""
    window = twin.window
    deposit = twin.spot(window.strip.buttons["deposit"])
    hands.look("first start")
    hands.await_rows("deposit", again=lambda: hands.click(deposit))
    twin.show(simulated(positions=[], orders=[]))
    bought_by_mouse(hands, twin)
    twin.show(simulated(positions=[position()], orders=[]))
    ladder_by_mouse(hands, twin)

    (key,) = [row.key for row in window.positions.grid.grid.rows]
    half = twin.spot(
        window.positions.grid.viewport(), window.positions.grid.button_rect(key, 50).center()
    )
    hands.await_rows("close", again=lambda: hands.click(half))
    (close,) = [terms(entry)[0] for entry in hands.rows("close")]
    assert fields(close, "side", "quantity", "reduce_only") == ("SELL", "0.400", True)
    hands.look("half closed")

    hands.click(twin.spot(window.status.kill))
    window.panic.kill()
    twin.show(simulated(positions=[position()], orders=[]))
    hands.look("kill asked")
    kill = twin.spot(window.strip.buttons["do"])
    hands.await_rows("kill", again=lambda: hands.click(kill))
    window.strip.dismiss()

    halted = simulated(positions=[position()], orders=[], state="HALTED", latches=["killed."])
    twin.show(halted)
    hands.click(twin.spot(window.status.arm))
    # The ladder asks the desk about what is meant, and the desk refuses.
    hands.await_rows("denial", again=lambda: hands.click(twin.ladder_cell(-2, "bid")))
    hands.look("refused")
    rearmed_by_mouse(hands, twin, halted)
    check_day(hands, orders=2, amends=1)


def bought_by_mouse(hands, twin):
    window, ticket = twin.window, twin.window.ticket
    hands.click(twin.spot(window.status.arm))
    hands.click(twin.spot(ticket.side.buttons["BUY"]))
    hands.click(twin.spot(ticket.type.buttons["MARKET"]))
    written = {
        ticket.quantity: "0.8",
        ticket.terms.take_profit: "63000",
        ticket.terms.stop_loss: "59000",
    }
    for field, text in written.items():
        hands.click(twin.spot(field))
        hands.write(text)
    hands.look("bracket written")
    hands.await_rows("bracket", again=lambda: hands.click(twin.spot(ticket.submit)), every_s=0.5)
    hands.look("bought")
    (bought,) = terms(*hands.rows("order"))
    names = ("instrument", "side", "type", "quantity", "take_profit", "stop_loss")
    assert fields(bought, *names) == (BTC, "BUY", "MARKET", "0.8", "63000", "59000")


def ladder_by_mouse(hands, twin):
    """A click places, a drag amends, a right click cancels."""
    ladder = twin.window.ladder
    hands.click(twin.spot(ladder.adders[0]))
    hands.await_rows("order", 2, again=lambda: hands.click(twin.ladder_cell(-4, "bid")))
    (placed,) = terms(hands.rows("order")[1])
    names = ("side", "type", "quantity", "post_only")
    assert fields(placed, *names) == ("BUY", "LIMIT", "0.1", True)
    chip = accent_tint(twin), twin.own_orders()
    hands.look("placed")

    def drag():
        x, y = hands.find(*chip)
        hands.drag((x, y), (x, y + 2 * ROW))

    (entry,) = hands.await_rows("amend", again=drag)
    (amended,) = entry.data["amends"]
    assert fields(amended, "order_id", "quantity") == (placed["id"], "0.1")
    assert D(amended["price"]) == D(placed["price"]) - 20
    hands.await_rows("amended")
    hands.look("dragged")
    hands.await_rows("cancel", again=lambda: hands.click(hands.find(*chip), button=3))
    (gone,) = hands.await_rows("cancelled")
    assert gone.data["outcome"]["order_id"] == placed["id"]


def accent_tint(twin):
    return twin.window.theme.color("accent_tint").getRgb()[:3]


def rearmed_by_mouse(hands, twin, halted):
    window = twin.window
    hands.click(twin.spot(window.banner.action))
    window.commands.rearm()
    for name in window.strip.fields:
        window.strip.fields[name].setText("long enough")
    twin.show(halted)
    for name, text in (("name", "Li Wei"), ("reason", "reviewed the book")):
        hands.click(twin.spot(window.strip.fields[name]))
        hands.write(text)
    hands.look("rearm")
    hands.await_rows("rearm", again=lambda: hands.click(twin.spot(window.strip.buttons["rearm"])))
    hands.look("rearmed")

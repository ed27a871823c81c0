"""Lock screen, sleep, end of session: over a real bus."""

import signal
import subprocess
from shutil import which
from typing import NamedTuple

import pytest
from PySide6.QtCore import QObject
from PySide6.QtDBus import QDBusConnection
from shiboken6 import isValid

from ui.away import Away
from ui.bus import BusCall, place_of

pytestmark = pytest.mark.qt


@pytest.fixture
def bus():
    """A message bus of the test's own: its address."""
    if which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed")
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield Bus(daemon.stdout.readline().strip(), daemon)
    for name in ("org.freedesktop.login1.Session", "org.freedesktop.ScreenSaver"):
        QDBusConnection.disconnectFromBus(f"desk-{name}")
    daemon.send_signal(signal.SIGCONT)
    daemon.terminate()
    daemon.wait(10)
    daemon.stdout.close()


class Bus(NamedTuple):
    address: str
    daemon: subprocess.Popen


def say(address, path, what, *words):
    subprocess.run(["dbus-send", f"--bus={address}", "--type=signal", path, what, *words],
                   check=True)  # fmt: skip


def test_lock_sleep_and_screen_saver_are_heard_over_the_bus(qtbot, bus):
    owner = QObject()
    away = Away(owner)
    away.listen(bus.address, bus.address)
    qtbot.waitUntil(lambda: away.heard == 4)
    session, manager = "/org/freedesktop/login1/session/_31", "/org/freedesktop/login1"
    for path, what, words, said in (
        (session, "org.freedesktop.login1.Session.Lock", (), "the screen was locked"),
        (manager, "org.freedesktop.login1.Manager.PrepareForSleep", ("boolean:true",), "to sleep"),
        ("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged", ("boolean:true",),
         "the screen was locked"),
    ):  # fmt: skip
        with qtbot.waitSignal(away.left, timeout=5_000) as heard:
            say(bus.address, path, what, *words)
        assert said in heard.args[0]


def test_a_bus_that_takes_the_connection_and_says_nothing_holds_nobody_up(qtbot, bus, monkeypatch):
    """Its socket is there and listens; Qt would wait for it, and the window with it."""
    monkeypatch.setattr("ui.bus.WAIT_MS", 50)
    bus.daemon.send_signal(signal.SIGSTOP)
    owner = QObject()
    away = Away(owner)
    away.listen(bus.address, bus.address)
    calls = away.findChildren(BusCall)
    assert len(calls) == 2
    qtbot.waitUntil(lambda: not any(isValid(call) for call in calls))
    assert away.heard == 0


@pytest.mark.parametrize(
    "address",
    ["unix:path=/nowhere", "tcp:host=x,port=1", "unix:", "autolaunch:", "unix:path=%00"],
)
def test_what_is_no_bus_of_this_machine_is_not_waited_for(qtbot, address):
    owner = QObject()
    call = BusCall(owner, address, lambda: pytest.fail("nobody is there"))
    qtbot.waitUntil(lambda: not isValid(call))


def test_an_address_is_read_as_the_bus_writes_it():
    assert place_of("unix:path=/run/a%2db,guid=1f;tcp:host=x") == ("/run/a-b", False)
    assert place_of("unix:abstract=/run/x,guid=1f") == ("/run/x", True)
    assert place_of("launchd:env=X") == ("", False)


@pytest.mark.fault("T20")
def test_a_clock_that_ran_on_asleep_tells_that_the_machine_slept(qapp):
    slept = [0]
    owner = QObject()
    away = Away(owner, lambda: slept[0])
    why = []
    away.left.connect(why.append)
    away.look()
    assert why == []
    slept[0] = 90_000_000_000
    away.look()
    away.look()
    assert why == ["the machine was asleep"]


def test_the_real_clocks_tell_of_no_sleep_while_the_test_runs(qapp):
    owner = QObject()
    away = Away(owner)
    why = []
    away.left.connect(why.append)
    away.look()
    assert why == []


@pytest.mark.fault("T20")
def test_the_window_disarms_when_somebody_may_have_left(rig):
    rig.arm()
    rig.window.away.locked()
    assert not rig.window.arming.is_armed()
    assert "the screen was locked" in rig.window.footer.accessibleName()

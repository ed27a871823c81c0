"""Lock screen, sleep, end of session: over a real bus."""

import subprocess
from shutil import which

import pytest
from PySide6.QtCore import QObject
from PySide6.QtDBus import QDBusConnection

from ui.away import Away

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
    yield daemon.stdout.readline().strip()
    QDBusConnection.disconnectFromBus("test")
    daemon.terminate()
    daemon.wait(10)
    daemon.stdout.close()


def say(address, path, what, *words):
    subprocess.run(["dbus-send", f"--bus={address}", "--type=signal", path, what, *words],
                   check=True)  # fmt: skip


def test_lock_sleep_and_screen_saver_are_heard_over_the_bus(qtbot, bus):
    connection = QDBusConnection.connectToBus(bus, "test")
    assert connection.isConnected()
    owner = QObject()
    away = Away(owner)
    assert away.listen(connection, connection) == 4
    session, manager = "/org/freedesktop/login1/session/_31", "/org/freedesktop/login1"
    for path, signal, words, said in (
        (session, "org.freedesktop.login1.Session.Lock", (), "the screen was locked"),
        (manager, "org.freedesktop.login1.Manager.PrepareForSleep", ("boolean:true",), "to sleep"),
        ("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged", ("boolean:true",),
         "the screen was locked"),
    ):  # fmt: skip
        with qtbot.waitSignal(away.left, timeout=5_000) as heard:
            say(bus, path, signal, *words)
        assert said in heard.args[0]


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


def test_the_window_disarms_when_somebody_may_have_left(rig):
    rig.arm()
    rig.window.away.locked()
    assert not rig.window.arming.is_armed()
    assert "the screen was locked" in rig.window.footer.accessibleName()

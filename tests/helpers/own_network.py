"""A network of our own: a loopback that can be made to swallow everything, as a dead cable does.

It belongs to one thread and what that starts, and is gone with it. Linux, and only for root.
"""

import asyncio
import ctypes
import os
import shutil
import subprocess
import threading

import pytest

CLONE_NEWNET = 0x40000000
SWALLOW = ("qdisc", "add", "dev", "lo", "root", "blackhole")
PASS = ("qdisc", "del", "dev", "lo", "root")


class OwnNetwork:
    """The way to a venue on the loopback of this thread's network, as `helpers.proxy` has one."""

    def __init__(self):
        self._swallows = False

    def set(self, mode):
        """`black hole`: no packet arrives any more, not even a SYN; `pass`: all do."""
        swallows = mode == "black hole"
        if swallows != self._swallows:
            subprocess.run(["tc", *(SWALLOW if swallows else PASS)], check=True)
            self._swallows = swallows


def run_in_own_network(scene):
    """Run `scene(network)` on a loop in a thread with a network of its own; skip where that is
    not allowed."""
    why, came = [], []

    def work():
        if refused := _unshare():
            why.append(refused)
            return
        try:
            came.append((asyncio.run(scene(OwnNetwork())), None))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            came.append((None, error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if why:
        pytest.skip(why[0])
    ((result, error),) = came
    if error is not None:
        raise error
    return result


def _unshare():
    """Give this thread a network with a loopback alone; say why that did not go."""
    if not (shutil.which("tc") and shutil.which("ip")):
        return "no tc and ip to cut a network with"
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        return f"no network of our own: {os.strerror(ctypes.get_errno())}"
    up = (["ip", "link", "set", "lo", "up"], ["tc", *SWALLOW], ["tc", *PASS])
    for command in up:
        tried = subprocess.run(command, check=False, capture_output=True, text=True)
        if tried.returncode:
            return f"no way to cut this network: {tried.stderr.strip()}"
    return ""

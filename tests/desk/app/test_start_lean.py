"""What a start of the desk does not do: it is ready the sooner."""

import ssl

import pytest
from helpers.journals import run_child

from desk.app.options import VENUES, Options
from desk.app.session import Session
from desk.io.folder import hold_folder
from desk.io.tls import verified_tls
from desk.sim.dialects import DIALECTS


@pytest.mark.thorough
def test_the_engine_reads_neither_the_simulator_nor_numpy():
    """A desk starts without what only its market, its charts and its stress need."""
    said = run_child(
        "import sys, desk.app.consoles, desk.app.headless\n"
        "print(sorted({m.split('.')[1] for m in sys.modules if m.startswith('desk.sim')}"
        " | {'numpy'} & sys.modules.keys()))"
    )
    assert said == "[]\n"


def test_the_venues_that_the_embedded_market_is_asked_for_are_those_it_speaks():
    """The options name every dialect, in its order."""
    assert tuple(DIALECTS) == VENUES


def test_no_certificate_is_read_for_a_market_on_this_machine(tmp_path, monkeypatch):
    """A start on loopback reads no certificates."""

    def read(*_):
        raise AssertionError("certificates were read")

    monkeypatch.setattr(ssl, "create_default_context", read)
    folder = tmp_path / "desk"
    Session(Options(account=str(folder)), hold_folder(folder)).close()


def test_the_certificates_are_read_once_and_again_when_others_are_named(monkeypatch, tmp_path):
    """All connections share one context, of the authorities that the environment names now."""
    first = verified_tls()
    assert verified_tls() is first
    assert first.verify_mode is ssl.CERT_REQUIRED
    assert first.check_hostname
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "others.pem"))
    assert verified_tls() is not first

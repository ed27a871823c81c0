"""Certificates and host names are verified; there is no switch."""

from __future__ import annotations

import ssl
from functools import lru_cache


def verified_tls() -> ssl.SSLContext:
    """Return the context of every connection; to be asked for when a socket needs it.

    The system's certificates take a twentieth of a second to read: a start reads them for no
    connection on this machine, and once for all others.
    """
    return _reading(ssl.get_default_verify_paths())


@lru_cache(maxsize=1)
def _reading(paths: ssl.DefaultVerifyPaths) -> ssl.SSLContext:
    """The environment may name other authorities: those of `paths` are the ones it names now."""
    return ssl.create_default_context()

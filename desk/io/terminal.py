"""Whether whoever is at the other end of a standard stream has gone."""

from __future__ import annotations

import errno
import os
import stat
from typing import TextIO


def has_gone(error: OSError, stream: TextIO) -> bool:
    """Return whether an error of a stream says so: a pipe without its reader, a terminal closed.

    The same error of a file is a disk that fails.
    """
    if isinstance(error, BrokenPipeError):
        return True
    return error.errno == errno.EIO and stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)

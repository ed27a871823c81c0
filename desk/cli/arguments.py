"""Command line arguments: bad usage is bad input, one line and exit 2."""

from __future__ import annotations

import argparse
from typing import NoReturn

from desk.model.errors import InputError

Lines = argparse.RawDescriptionHelpFormatter
"""Keeps the lines of a help text as they were written."""


class Arguments(argparse.ArgumentParser):
    """An argument parser that raises InputError instead of printing and leaving."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Refuse: say how it is used and what was found."""
        usage = " ".join(self.format_usage().removeprefix("usage: ").split())
        raise InputError(source=self.prog, expected=usage, found=message)

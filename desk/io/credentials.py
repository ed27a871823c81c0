"""Credentials of venues: in the keyring of the system, else in memory for one session.

Public data need none, and no gateway is live yet: this is where one will keep its keys. There is
no third place: without a keyring nothing is written, in no file and in no form. What is kept or
read is hidden from every log from then on.
"""

from __future__ import annotations

from typing import Protocol, cast

from desk.model.errors import InputError
from desk.redaction import hide

SERVICE = "desk"
LONGEST = 4_096

KEPT = "Credentials are kept in {name}."
SESSION_ONLY = "Credentials last for this session only: {why}."
"""What the screen says of the place."""


class Backend(Protocol):
    """What is needed of a keyring; it may raise anything."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept, None for nothing."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        ...


class Credentials:
    """Secrets by name, such as `binance/api-secret`."""

    def __init__(self, backend: Backend | None = None, why: str = "there is no keyring") -> None:
        self._backend = backend
        self._why = why
        self._memory: dict[str, str] = {}

    @property
    def durable(self) -> bool:
        """Whether they outlive the session."""
        return self._backend is not None

    @property
    def name(self) -> str | None:
        """What the keyring is called; None: there is none."""
        return None if self._backend is None else self._backend.name

    @property
    def place(self) -> str:
        """Where they are, in a sentence."""
        if self._backend is None:
            return SESSION_ONLY.format(why=self._why)
        return KEPT.format(name=self._backend.name)

    def get(self, name: str) -> str | None:
        """Return a secret; None: there is none."""
        found = self._memory.get(name)
        if found is None and self._backend is not None:
            try:
                found = self._backend.get_password(SERVICE, name)
            except Exception as error:  # noqa: BLE001 - a keyring may raise anything
                self._give_up(error)
        if found is not None:
            hide(found)
        return found

    def put(self, name: str, secret: str) -> None:
        """Keep a secret; `durable` says afterwards whether it outlives the session.

        Raises InputError for one that no venue gives out, without repeating it.
        """
        if not (0 < len(secret) <= LONGEST and secret.isprintable()):
            raise InputError(
                source=name,
                expected=f"1 to {LONGEST} printable characters",
                found=f"{len(secret)} that are not",
            )
        hide(secret)
        if self._backend is not None:
            try:
                self._backend.set_password(SERVICE, name, secret)
            except Exception as error:  # noqa: BLE001 - a keyring may raise anything
                self._give_up(error)
            else:
                self._memory.pop(name, None)
                return
        self._memory[name] = secret

    def forget(self, name: str) -> bool:
        """Forget a secret everywhere; False: the keyring may still have it."""
        self._memory.pop(name, None)
        if self._backend is None or self.get(name) is None:
            return self._backend is not None
        try:
            self._backend.delete_password(SERVICE, name)
        except Exception as error:  # noqa: BLE001 - a keyring may raise anything
            self._give_up(error)
            return False
        return True

    def _give_up(self, error: Exception) -> None:
        """A keyring that fails is none: locked, gone, or asked in vain."""
        self._why = f"{self.name} failed ({type(error).__name__})"
        self._backend = None


def system_credentials() -> Credentials:
    """Return credentials in the system's keyring, or in memory where it has none to be trusted."""
    try:
        import keyring

        found = keyring.get_keyring()
        usable = found.priority > 0 and not _writes_plain_text(found)
    except Exception as error:  # noqa: BLE001 - a keyring may raise anything
        return Credentials(why=f"the keyring failed ({type(error).__name__})")
    if not usable:
        return Credentials(why=f"{found.name} keeps nothing safely")
    return Credentials(cast("Backend", found))


def _writes_plain_text(backend: object) -> bool:
    """Whether a backend, or one that it chains to, keeps secrets in a file as they are."""
    chained = cast("list[object]", getattr(backend, "backends", []))
    kinds = [type(backend), *(type(one) for one in chained)]
    return any("plaintext" in f"{kind.__module__}.{kind.__name__}".lower() for kind in kinds)

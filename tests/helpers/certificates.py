"""Certificates made for a test: an authority of its own, and what it should not have signed."""

import shutil
import subprocess
from pathlib import Path

OPENSSL = shutil.which("openssl")

_CONFIG = """
[ca]
default_ca = own
[own]
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
"""


class Authority:
    """Signs certificates for 127.0.0.1 and `localhost`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        self._config = folder / "openssl.cnf"
        self._config.write_text(_CONFIG.format(folder=folder))
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        self.certificate = folder / "authority.pem"
        self._key = folder / "authority.key"
        self._make_own(self.certificate, self._key, "/CN=Authority of a test")

    def signed(
        self,
        name: str,
        *,
        names: str = "IP:127.0.0.1,DNS:localhost",
        first: str = "20200101000000Z",
        last: str = "20991231000000Z",
        bits: int = 2048,
    ) -> tuple[Path, Path]:
        """Return certificate and key of a server."""
        certificate, key, request = (self._folder / f"{name}.{x}" for x in ("pem", "key", "csr"))
        self._run(
            "req", "-new", "-newkey", f"rsa:{bits}", "-nodes", "-keyout", key, "-out", request,
            "-subj", "/CN=venue", "-addext", f"subjectAltName={names}",
        )  # fmt: skip
        self._run(
            "ca", "-batch", "-in", request, "-out", certificate, "-notext",
            "-cert", self.certificate, "-keyfile", self._key, "-startdate", first, "-enddate", last,
        )  # fmt: skip
        return certificate, key

    def self_signed(self) -> tuple[Path, Path]:
        """Return a certificate that nobody but its owner has signed."""
        certificate, key = self._folder / "self.pem", self._folder / "self.key"
        extension = ("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        self._make_own(certificate, key, "/CN=venue", *extension)
        return certificate, key

    def _make_own(self, certificate: Path, key: Path, subject: str, *more: str) -> None:
        self._run(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650",
            "-keyout", key, "-out", certificate, "-subj", subject, *more,
        )  # fmt: skip

    def _run(self, command: str, *arguments: object) -> None:
        subprocess.run(
            [OPENSSL, command, "-config", self._config, *map(str, arguments)],
            check=True,
            capture_output=True,
            timeout=60,
        )

"""TLS to the server, as docs/iris.md has it set up: the driver's own, before a stand-in's door."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inventory.iris.setup.conftest import Run
from tests.support.superserver import Superserver

OPENSSL = shutil.which("openssl") or ""
pytestmark = pytest.mark.skipif(not OPENSSL, reason="openssl, which makes certificates, is missing")

BOTH_VERSIONS = "TLSMinVersion=16\nTLSMaxVersion=32\n"


def make_certificates(directory: Path) -> None:
    """An authority, a certificate for ``localhost`` signed by it, and another authority."""

    def openssl(*arguments: str) -> None:
        subprocess.run([OPENSSL, *arguments], cwd=directory, check=True, capture_output=True)

    key = ("-newkey", "rsa:2048", "-nodes", "-keyout")
    for name in ("authority", "stranger"):
        openssl("req", "-x509", *key, f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
    openssl("req", *key, "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (directory / "names").write_text("subjectAltName=DNS:localhost")
    openssl(
        *("x509", "-req", "-in", "server.csr", "-out", "server.pem", "-extfile", "names"),
        *("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"),
    )


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes from one socket to the other until either ends, then end both."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Doorkeeper(threading.Thread):
    """Takes TLS on a port of its own and hands what was said to the server in plain."""

    def __init__(self, server: Superserver, directory: Path) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(directory / "server.pem", directory / "server.key")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with plain, contextlib.suppress(OSError):
            client = self._context.wrap_socket(plain, server_side=True)
            with client, socket.create_connection(("127.0.0.1", self._server.port)) as server:
                back = threading.Thread(target=pump, args=(server, client), daemon=True)
                back.start()
                pump(client, server)
                back.join()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the certificates are."""
    directory = tmp_path_factory.mktemp("tls")
    make_certificates(directory)
    return directory


@pytest.fixture
def door(stocked: Superserver, certificates: Path) -> Iterator[Doorkeeper]:
    """A server that is reached by TLS alone."""
    door = Doorkeeper(stocked, certificates)
    door.start()
    yield door
    door.close()


@pytest.fixture(autouse=True)
def sections(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver's settings file: as it should be, and in several wrong ways."""
    both = "VerifyPeer=1\nVerifyHost=1\n"
    sections = {
        "coffeeco": f"{both}{BOTH_VERSIONS}CAfile={certificates}/authority.pem",
        "stranger": f"{both}{BOTH_VERSIONS}CAfile={certificates}/stranger.pem",
        "no-versions": f"{both}CAfile={certificates}/authority.pem",
        "any-host": f"VerifyPeer=1\n{BOTH_VERSIONS}CAfile={certificates}/authority.pem",
        "anybody": f"VerifyPeer=0\n{BOTH_VERSIONS}",
    }
    file = certificates / "tls.ini"
    file.write_text("".join(f"[{name}]\n{text}\n\n" for name, text in sections.items()))
    monkeypatch.setenv("ISC_SSLconfigurations", str(file))


def url(door: Doorkeeper, host: str, section: str) -> str:
    return f"iris://shop:pw@{host}:{door.port}/USER?tls={section}"


def test_a_shop_sells_over_tls_when_authority_and_name_are_right(
    door: Doorkeeper, run: Run, hurried: None
) -> None:
    said = run(url(door, "localhost", "coffeeco"), "check_inventory")
    assert (said.code, said.error) == (0, "")
    assert said.line("✓ server lets the shop in").endswith("/USER, over TLS")


@pytest.mark.parametrize(
    ("host", "section"),
    [("localhost", "stranger"), ("127.0.0.1", "coffeeco"), ("localhost", "no-versions")],
    ids=["another authority", "another name", "versions not given"],
)
def test_a_server_that_cannot_prove_itself_hears_no_password(
    door: Doorkeeper, stocked: Superserver, run: Run, host: str, section: str
) -> None:
    said = run(url(door, host, section), "check_inventory")
    assert said.code == 2
    assert f"section [{section}]" in said.remedy_of("server lets the shop in")
    assert stocked.messages.total == 0


@pytest.mark.parametrize(
    ("host", "section"),
    [("127.0.0.1", "any-host"), ("127.0.0.1", "anybody")],
)
def test_settings_that_verify_less_are_as_weak_as_the_manual_warns(
    door: Doorkeeper, run: Run, hurried: None, host: str, section: str
) -> None:
    assert run(url(door, host, section), "check_inventory").code == 0

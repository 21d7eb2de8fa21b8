"""A proxy on loopback that leads every https address to one plain-http server, for clients that go by a site's name."""

from __future__ import annotations

import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_CHUNK = 65536


def certificate(folder: Path, names: list[str]) -> tuple[Path, Path]:
    """A certificate for those names, and its key, made with openssl; whoever is to believe it is told its path."""
    found, key = folder / "certificate.pem", folder / "key.pem"
    alternatives = ",".join(f"DNS:{name}" for name in names)
    command = [shutil.which("openssl") or "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=sandbox", "-addext", f"subjectAltName={alternatives}"]
    subprocess.run([*command, "-keyout", key, "-out", found], check=True, capture_output=True)
    return found, key


@contextmanager
def gate(pair: tuple[Path, Path], port: int) -> Iterator[str]:
    """The address of a proxy (for HTTPS_PROXY); behind it, whatever https host is asked for is that local port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    with _Gate(("127.0.0.1", 0), _Connection) as server:
        server.context, server.port = context, port
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class _Gate(socketserver.ThreadingTCPServer):
    daemon_threads = True
    context: ssl.SSLContext
    port: int


class _Connection(socketserver.StreamRequestHandler):
    """One CONNECT: the TLS ends here, what is inside goes on to the port."""

    rbufsize = 0
    server: _Gate

    def handle(self) -> None:
        """Open the way, then carry bytes until either side ends."""
        while self.rfile.readline().strip():
            pass
        self.connection.sendall(_ESTABLISHED)
        try:
            inner = self.server.context.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            return  # a client that hangs up at once or does not believe the certificate says so itself
        with inner, socket.create_connection(("127.0.0.1", self.server.port)) as site:
            back = threading.Thread(target=_carry, args=(site, inner), daemon=True)
            back.start()
            _carry(inner, site)
            back.join()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)

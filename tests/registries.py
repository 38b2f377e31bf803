"""Registries on loopback: the real docker-registry in four modes, and a stub that lies as told."""

import base64
import contextlib
import functools
import hashlib
import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hull.trust import verifying

USER, PASSWORD = "test", "s3cret"


class Registry(NamedTuple):
    """A running registry. `address` is host:port; `ca` a certificate to trust (TLS only)."""

    address: str
    ca: str = ""


@contextlib.contextmanager
def plain() -> Iterator[Registry]:
    """Run docker-registry without TLS and without passwords."""
    with tempfile.TemporaryDirectory() as base, _serve(base, {}, "") as address:
        yield Registry(address)


@contextlib.contextmanager
def tls() -> Iterator[Registry]:
    """Run docker-registry behind TLS, its certificate made by an authority of our own."""
    with tempfile.TemporaryDirectory() as base:
        ca, certificate, key = certificates(base)
        tls = {"certificate": certificate, "key": key}
        with _serve(base, {}, ca, tls) as address:
            yield Registry(address, ca)


@contextlib.contextmanager
def htpasswd() -> Iterator[Registry]:
    """Run docker-registry that wants a name and a password."""
    with tempfile.TemporaryDirectory() as base:
        words = ["htpasswd", "-Bbn", USER, PASSWORD]
        with open(f"{base}/htpasswd", "wb") as file:
            file.write(subprocess.run(words, capture_output=True, check=True).stdout)
        with _serve(base, {"htpasswd": {"realm": "test, with comma", "path": f"{base}/htpasswd"}}, "") as address:
            yield Registry(address)


@contextlib.contextmanager
def token(anonymous: tuple[str, ...] = ("pull",)) -> Iterator[Registry]:
    """Run docker-registry that wants bearer tokens of a token server in this process.

    Without a password a token allows `anonymous` actions, with it all that are asked.
    """
    with tempfile.TemporaryDirectory() as base:
        certificate, key = _self_signed(base)
        with served(functools.partial(_issue, certificate, key, anonymous)) as stub:
            auth = {"realm": f"http://{stub.address}/token", "service": "test", "issuer": "test issuer"}
            with _serve(base, {"token": {**auth, "rootcertbundle": certificate}}, "") as address:
                yield Registry(address)


@contextlib.contextmanager
def _serve(base: str, auth: dict[str, Any], ca: str, tls: dict[str, str] | None = None) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = {
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": f"{base}/data"}, "delete": {"enabled": True}},
        "http": {"addr": address, **({"tls": tls} if tls else {})},
        **({"auth": auth} if auth else {}),
    }
    with open(f"{base}/config.yml", "w") as file:
        json.dump(config, file)  # JSON is YAML
    env = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}  # it would obey them
    with open(f"{base}/log", "wb") as log:
        server = subprocess.Popen(["docker-registry", "serve", f"{base}/config.yml"], stdout=log, stderr=log, env=env)
    try:
        _await(f"{'https' if tls else 'http'}://{address}/v2/", ca, server, f"{base}/log")
        yield address
    finally:
        server.terminate()
        server.wait(10)


def _await(url: str, ca: str, server: "subprocess.Popen[bytes]", log: str) -> None:
    context = verifying(_text(ca)) if ca else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    for _ in range(500):
        try:
            opener.open(url, timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except urllib.error.URLError:
            if server.poll() is not None:
                with open(log) as file:
                    raise AssertionError(file.read()) from None
            time.sleep(0.02)  # nothing tells when a registry listens
        else:
            return
    raise AssertionError(f"{url} does not answer")


def certificates(base: str, host: str = "IP:127.0.0.1,DNS:localhost") -> tuple[str, str, str]:
    """Make an authority and a certificate it signed, as Docker's own recipe does: neither says what its key is for.

    Return the paths of the authority, the certificate and its key.
    """
    ca, ca_key, key, request = (f"{base}/{name}" for name in ("ca.pem", "ca.key", "key.pem", "request.pem"))
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-batch"]
    _openssl(*new, "-x509", "-days", "2", "-subj", "/CN=hull test authority", "-keyout", ca_key, "-out", ca)
    _openssl(*new, "-subj", "/CN=registry", "-keyout", key, "-out", request)
    with open(f"{base}/names", "w") as file:
        file.write(f"subjectAltName={host}\n")
    sign = ["openssl", "x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2"]
    _openssl(*sign, "-extfile", f"{base}/names", "-out", f"{base}/certificate.pem")
    return ca, f"{base}/certificate.pem", key


def _text(path: str) -> str:
    with open(path) as file:
        return file.read()


def _self_signed(base: str) -> tuple[str, str]:
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-batch", "-subj", "/CN=tokens"]
    _openssl(*words, "-keyout", f"{base}/token.key", "-out", f"{base}/token.pem")
    return f"{base}/token.pem", f"{base}/token.key"


def _openssl(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


class Request(NamedTuple):
    """What a stub was asked; header names in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """What a stub answers. `cut` closes the connection after that many bytes of the body; status 0 without a word.

    `stall` keeps the connection open at the cut until the event is set.
    """

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut: int = -1
    stall: threading.Event | None = None


Answer = Callable[[Request], Reply]


class Stub(NamedTuple):
    """A running stub and what it was asked so far."""

    address: str
    requests: list[Request]


@contextlib.contextmanager
def served(answer: Answer, certificate: str = "", key: str = "") -> Iterator[Stub]:
    """Serve `answer` over HTTP on loopback, with TLS if there is a certificate."""
    requests: list[Request] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            request = Request(self.command, path, urllib.parse.parse_qs(query), headers, body)
            requests.append(request)
            self.reply(answer(request))

        def reply(self, reply: Reply) -> None:
            if not reply.status:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            if not any(name.lower() == "content-length" for name, _ in reply.headers):
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.close_connection |= _write(self.wfile, reply, silent=self.command == "HEAD")

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 (the library's names)

        def log_message(self, *_: Any) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Stub(f"127.0.0.1:{server.server_address[1]}", requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(http.server.ThreadingHTTPServer):
    """One that takes it calmly when a client goes away; other errors of an answer are printed."""

    daemon_threads = True

    def handle_error(self, *client: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*client)


def _write(file: Any, reply: Reply, *, silent: bool) -> bool:
    """Write a reply's body as far as it goes; return whether the connection ends there."""
    if not silent:
        file.write(reply.body if reply.cut < 0 else reply.body[: reply.cut])
    if reply.stall is not None:
        file.flush()
        reply.stall.wait(30)
    return reply.cut >= 0


def image_answer(blobs: dict[str, bytes], tags: dict[str, str], kind: str = "") -> Answer:
    """Return the answer of an honest registry that holds `blobs`, each repository the same; `kind` a Content-Type."""

    def answer(request: Request) -> Reply:
        what, _, key = request.path.removeprefix("/v2/").rpartition("/")
        if what.endswith("/manifests"):
            key = tags.get(key, key)
        if request.path == "/v2/":
            return Reply()
        if key not in blobs:
            return Reply(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
        default = (
            json.loads(blobs[key]).get("mediaType", "") if what.endswith("/manifests") else "application/octet-stream"
        )
        headers = (("Content-Type", kind or default),)
        start = request.headers.get("range", "").removeprefix("bytes=").rstrip("-")
        if start:
            total = len(blobs[key])
            part = ("Content-Range", f"bytes {start}-{total - 1}/{total}")
            return Reply(206, blobs[key][int(start) :], (*headers, part))
        return Reply(200, blobs[key], headers)

    return answer


class Memory:
    """A registry in memory that takes uploads; `fault` may answer in its place."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.uploads: dict[str, bytearray] = {}
        self.tags: dict[str, str] = {}
        self.fault: Callable[[Request], Reply | None] = lambda _: None

    def __call__(self, request: Request) -> Reply:
        return self.fault(request) or self.honest(request)

    def honest(self, request: Request) -> Reply:
        """Answer as the specification says."""
        if "/blobs/uploads/" in request.path:
            return self._upload(request)
        key = request.path.rpartition("/")[2]
        if request.method == "PUT":
            digest = f"sha256:{hashlib.sha256(request.body).hexdigest()}"
            self.blobs[digest] = request.body
            self.tags[key] = digest
            return Reply(201, b"", (("Docker-Content-Digest", digest),))
        return image_answer(self.blobs, self.tags)(request)

    def _upload(self, request: Request) -> Reply:
        key = request.path.rpartition("/")[2]
        if request.method == "POST":
            key = str(len(self.uploads))
            self.uploads[key] = bytearray()
            return Reply(202, b"", (("Location", f"{request.path}{key}?state=1"),))
        if key not in self.uploads:
            return Reply(404, b"{}")
        have = self.uploads[key]
        if request.method in ("PUT", "DELETE"):
            return self._end(request, key)
        if request.method == "PATCH":
            start = int(request.headers.get("content-range", "0-").partition("-")[0])
            if start != len(have):
                return Reply(416, b"{}")
            have += request.body
        place = (("Location", f"{request.path}?state={len(have)}"), ("Range", f"0-{max(len(have) - 1, 0)}"))
        return Reply(202 if request.method == "PATCH" else 204, b"", place)

    def _end(self, request: Request, key: str) -> Reply:
        whole = bytes(self.uploads[key] + request.body)
        if request.method == "DELETE":
            del self.uploads[key]
            return Reply(204)
        digest = request.query["digest"][0]
        if digest != f"sha256:{hashlib.sha256(whole).hexdigest()}":
            return Reply(400, b'{"errors":[{"message":"digest invalid"}]}')
        del self.uploads[key]
        self.blobs[digest] = whole
        return Reply(201)


def _issue(certificate: str, key: str, anonymous: tuple[str, ...], request: Request) -> Reply:
    expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    said = request.headers.get("authorization")
    if said is not None and said != expected:
        return Reply(401, b"{}")
    access = []
    for scope in request.query.get("scope", []):
        kind, name, actions = scope.split(":")
        granted = [action for action in actions.split(",") if said or action in anonymous]
        access.append({"type": kind, "name": name, "actions": granted})
    body = json.dumps({"token": _jwt(certificate, key, access)}).encode()
    return Reply(200, body, (("Content-Type", "application/json"),))


def _jwt(certificate: str, key: str, access: list[dict[str, Any]]) -> str:
    with open(certificate) as file:
        chain = "".join(line.strip() for line in file if "-----" not in line)
    now = int(time.time())
    claims = {
        "iss": "test issuer", "sub": "", "aud": "test", "exp": now + 300, "nbf": now - 10, "iat": now,
        "jti": hashlib.sha256(os.urandom(16)).hexdigest(), "access": access,
    }  # fmt: skip
    head = {"typ": "JWT", "alg": "RS256", "x5c": [chain]}
    text = b".".join(_base64url(json.dumps(part).encode()) for part in (head, claims))
    sign = ["openssl", "dgst", "-sha256", "-sign", key]
    signature = subprocess.run(sign, input=text, capture_output=True, check=True).stdout
    return (text + b"." + _base64url(signature)).decode()


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")

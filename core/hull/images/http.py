"""HTTP for registries over urllib3: time-outs, proxies, TLS by settings, redirects followed by hand.

Authorization goes to the origin (scheme, host, port) it was meant for only (B27, CVE-2022-23538). Plain HTTP
is spoken with this machine, and with hosts that config.toml calls insecure; nobody is redirected down to it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from hull.config import RegistrySettings, Settings
from hull.errors import Bug, RegistryError
from hull.images import pools, refusals, tls
from hull.images.urls import PORTS, Origin, is_loopback, joined, names, origin, shown
from hull.light import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from urllib3 import BaseHTTPResponse, PoolManager

OK = 200
CONNECT, READ = 15, 60
PIECE = 1 << 17
REDIRECTS = 5
RETRIES = 3
WAIT_MOST = 60
_REDIRECTING = {"GET": (301, 302, 303, 307, 308), "HEAD": (301, 302, 303, 307, 308)}
_KEEPING = (307, 308)  # the method and the body stay what they are


class UnreachableError(RegistryError):
    """Nobody answered, or the connection broke on the way: what was sent may have arrived."""


class Answer(NamedTuple):
    """A response with its body unread, whether the asked origin itself gave it, and the URL that did."""

    response: "BaseHTTPResponse"
    own: bool
    url: str

    def read(self, most: int) -> bytes:
        """Return the body, cut off after `most` bytes; one that breaks off before its end is an error."""
        import urllib3

        try:
            data = self.response.read(most)
        except urllib3.exceptions.HTTPError as error:
            raise unreachable(origin(self.url), error) from None
        return bytes(data)


class Http:
    """A pool of connections. `settings` decide on TLS and plain HTTP."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pools: dict[tuple[tls.Trust, str], PoolManager] = {}

    def allows_plain(self, host: str, port: int) -> bool:
        """Whether plain HTTP may be spoken with a host."""
        return is_loopback(host) or self._settings_of(host, port).insecure

    def get(self, url: str, headers: dict[str, str], body: bytes | None = None) -> "AbstractContextManager[Answer]":
        """Return what yields the answer to a GET, with a body: POST."""
        return self.ask("POST" if body else "GET", url, headers, body)

    @contextmanager
    def ask(self, method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> Iterator[Answer]:
        """Yield an answer, redirects followed; a busy server is asked again, and waited for as it asks."""
        start = origin(url)
        for _ in range(REDIRECTS + 1):
            response = self._patient(method, url, headers, body)
            try:
                moved = response.status in _REDIRECTING.get(method, _KEEPING)
                target = response.headers.get("Location") if moved else None
                if target is None:
                    yield Answer(response, origin(url) == start, url)
                    return
            finally:
                response.close()
            url = joined(url, target)
            self._check_redirect(start, origin(url), url)
            if origin(url) != start:
                headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
        raise RegistryError(
            f"cannot fetch from {start.host}: more than {REDIRECTS} redirects", "the registry is broken"
        )

    def _check_redirect(self, start: Origin, target: Origin, url: str) -> None:
        if target.scheme == "http" and start.scheme == "https":
            raise RegistryError(
                f"cannot follow {start.host} to {shown(url)}: it leads from HTTPS to plain HTTP",
                "tell the registry's owner",
            )
        if target.scheme == "http" and not self.allows_plain(target.host, target.port):
            raise RegistryError(f"cannot follow {start.host} to {shown(url)}: plain HTTP", _insecure_hint(target))

    def _patient(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> "BaseHTTPResponse":
        for attempt in range(RETRIES + 1):
            answer = self._once(method, url, headers, body)
            if answer.status not in refusals.BUSY or attempt == RETRIES:
                break
            wait = delay(answer.headers.get("Retry-After", ""), attempt)
            if wait is None or refusals.is_quota(answer.status, dict(answer.headers.items()), b""):
                break
            answer.close()
            time.sleep(wait)
        return answer

    def _once(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> "BaseHTTPResponse":
        import urllib3

        where = origin(url)
        if where.scheme == "http" and not self.allows_plain(where.host, where.port):
            raise RegistryError(f"cannot ask {where.host}: plain HTTP is refused", _insecure_hint(where))
        headers = {"User-Agent": "hull", **headers}
        if body and len(body) > PIECE:
            headers["Content-Length"] = str(len(body))
        for again in (method in _REDIRECTING, False):
            try:
                return self._pool(where, url).request(
                    method, url, headers=headers, body=_sent(body), redirect=False, retries=False, preload_content=False
                )
            except urllib3.exceptions.ProtocolError as error:
                if not again:  # a kept connection may end just when it is used again: what only asks, asks once more
                    raise unreachable(where, error) from None
            except urllib3.exceptions.HTTPError as error:
                raise unreachable(where, error) from None
        raise Bug("no answer and no error from a registry", "report it")

    def _settings_of(self, host: str, port: int) -> RegistrySettings:
        named = self._settings.registry(names(host, port)[0])
        return named if any(named) or port not in PORTS.values() else self._settings.registry(names(host, port)[-1])

    def _pool(self, where: Origin, url: str) -> "PoolManager":
        proxy = pools.proxy(where, url)
        secured = where.scheme == "https" or proxy.startswith("https")
        trust = tls.of(self._settings_of(where.host, where.port), names(where.host, where.port)) if secured else None
        key = (trust or tls.Trust(), proxy)
        if key not in self._pools:
            self._pools[key] = pools.make(trust, proxy, timeout=(CONNECT, READ), blocksize=PIECE)
        return self._pools[key]


def _sent(body: bytes | None) -> Any:
    """Return a body to send: a large one in pieces, since the time-out of a send counts for all that it is given."""
    if body is None or len(body) <= PIECE:
        return body
    import io

    return io.BytesIO(body)


def delay(asked: str, attempt: int) -> float | None:
    """Return how long to wait for a busy server, in seconds: as it asks, a number or a date; None: for too long."""
    if asked.strip().isdigit():
        wait = float(asked)
    elif asked:
        from email.utils import parsedate_to_datetime

        try:
            wait = max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
        except ValueError:
            wait = 0.2 * 4**attempt
    else:
        wait = 0.2 * 4**attempt
    return wait if wait <= WAIT_MOST else None


def unreachable(where: Origin, error: Exception) -> UnreachableError:
    """Return the error for a host that cannot be talked to."""
    reason = getattr(error, "reason", None) or error
    hint = "check the name, the network and the proxy variables"
    if "CERTIFICATE_VERIFY_FAILED" in str(reason):
        hint = f'trust its authority: [registry."{where.host}:{where.port}"] ca = "/path/to/ca.pem" in config.toml'
    return UnreachableError(f"cannot reach {where.host}:{where.port}: {_words(reason)}", hint)


def _words(reason: Exception) -> str:
    """Return what the system said, where that is behind it: urllib3's own words show its objects."""
    inner: BaseException | None = reason
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__
    return str(reason)[:300]


def _insecure_hint(where: Origin) -> str:
    return f'[registry."{where.host}:{where.port}"] insecure = true in config.toml allows it'

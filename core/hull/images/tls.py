"""TLS with a registry: whom to trust and which certificate to show.

The system's authorities (SSL_CERT_FILE moves them), config.toml's `ca`, `cert` and `key`, and the directories that
docker and podman share: HOST[:PORT]/*.crt is an authority, NAME.cert with NAME.key a certificate of the user's.
"""

import os

from hull import trust as trust_
from hull.config import RegistrySettings
from hull.errors import RegistryError, UserError
from hull.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ssl import SSLContext

SYSTEM = ("/etc/containers/certs.d", "/etc/docker/certs.d")
_HINT = "correct `ca`, `cert` and `key` in config.toml, or the files in certs.d"


class Trust(NamedTuple):
    """What one host's connections use; equal values can share a pool. `pairs` are certificates with their keys."""

    insecure: bool = False
    authorities: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


def of(asked: RegistrySettings, names: tuple[str, ...], environ: dict[str, str] | None = None) -> Trust:
    """Return what settings and certs.d say of a host; `names` are its directories' possible names."""
    env = dict(os.environ) if environ is None else environ
    authorities = [asked.ca] if asked.ca else []
    pairs = [(asked.cert, asked.key or asked.cert)] if asked.cert else []
    for directory in directories(env):
        for name in names:
            found = _in(f"{directory}/{name}")
            authorities += found.authorities
            pairs += found.pairs
    return Trust(asked.insecure, tuple(authorities), tuple(pairs))


def directories(env: dict[str, str]) -> tuple[str, ...]:
    """Return where certs.d may be, the user's own first."""
    config = env.get("XDG_CONFIG_HOME") or (f"{env['HOME']}/.config" if env.get("HOME") else "")
    own = (f"{config}/containers/certs.d", f"{config}/docker/certs.d") if config else ()
    return (*own, *SYSTEM)


def _in(directory: str) -> Trust:
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return Trust()
    authorities = tuple(f"{directory}/{name}" for name in names if name.endswith(".crt"))
    pairs = []
    for name in names:
        stem, dot, kind = name.rpartition(".")
        if dot and kind == "cert":
            if f"{stem}.key" not in names:
                raise UserError(f"cannot use {directory}/{name}: its key {stem}.key is not beside it", _HINT)
            pairs.append((f"{directory}/{name}", f"{directory}/{stem}.key"))
    return Trust(False, authorities, tuple(pairs))


def context(trust: Trust) -> "SSLContext":
    """Return a TLS context; a file that cannot be used is an error that names it."""
    made = trust_.verifying()
    for path in trust.authorities:
        try:
            made.load_verify_locations(path)
        except OSError as error:
            raise RegistryError(f"cannot use the authority {path}: {error}", _HINT) from None
    for certificate, key in trust.pairs:
        try:
            made.load_cert_chain(certificate, key, password=_no_password)
        except OSError as error:
            raise RegistryError(f"cannot use the certificate {certificate}: {error}", _HINT) from None
    if trust.insecure:
        trust_.forgo(made)
    return made


def _no_password() -> str:
    """Refuse an encrypted key: OpenSSL would ask on the terminal."""
    raise UserError("cannot use an encrypted key for a registry", "openssl pkey -in KEY -out PLAIN, mode 0600")

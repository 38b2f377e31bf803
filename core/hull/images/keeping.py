"""Keep and forget credentials in the files that docker, podman and skopeo share, or in the helpers these name.

A file is replaced whole, by rename, mode 0600; what else it holds stays as it is.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from hull.errors import HostError
from hull.images import auth, helpers
from hull.images.credentials import Credentials
from hull.light import Any


def keep(registry: str, found: Credentials, environ: dict[str, str]) -> str:
    """Store credentials for a registry; return the helper or the file that has them now.

    Where the registry has an entry already, it is replaced: another file's would not be seen behind it.
    """
    path = _place(registry, environ)
    server = _key(registry, path)
    with _locked(path):
        data = auth.read(path) if os.path.exists(path) else {}
        helper = auth.helper_of(data, registry)
        auths = data.setdefault("auths", {})
        for key in auth.keys(registry, ""):
            auths.pop(key, None)
        if helper:
            helpers.store(helper, _server(registry), found)
            auths[server] = {}
        else:
            auths[server] = {"identitytoken": found.token} if found.token else {"auth": found.basic.partition(" ")[2]}
        _write(path, data)
    return f"docker-credential-{helper}" if helper else path


def forget(registry: str, environ: dict[str, str]) -> list[str]:
    """Remove a registry's credentials everywhere; return where there were any."""
    gone = []
    for path in auth.files(environ):
        if not os.path.exists(path):
            continue
        with _locked(path):
            data = auth.read(path)
            auths = data.get("auths") or {}
            keys = [key for key in auth.keys(registry, "") if key in auths]
            helper = auth.helper_of(data, registry)
            if helper and (keys or helpers.get(helper, _server(registry))) and helpers.erase(helper, _server(registry)):
                gone.append(f"docker-credential-{helper}")
            for key in keys:
                del auths[key]
            if keys:
                _write(path, data)
                gone.append(path)
    return gone


def registries(environ: dict[str, str]) -> list[str]:
    """Return every registry that a file has an entry for."""
    found: dict[str, None] = {}
    for path in auth.files(environ):
        if os.path.exists(path):
            data = auth.read(path)
            for key in (*(data.get("auths") or {}), *(data.get("credHelpers") or {})):
                name = str(key).partition("://")[2] or str(key)
                found[name.partition("/")[0]] = None
    return ["docker.io" if name == "index.docker.io" else name for name in found]


def _place(registry: str, environ: dict[str, str]) -> str:
    """Return the file for a registry: where it has an entry, else Docker's if that names a store, else podman's."""
    files = auth.files(environ)
    there = [path for path in files if os.path.exists(path)]
    for path in there:
        data = auth.read(path)
        if registry in (data.get("credHelpers") or {}) or set(auth.keys(registry, "")) & set(data.get("auths") or {}):
            return path
    if environ.get("REGISTRY_AUTH_FILE"):
        return files[0]
    docker = files[-1]
    if environ.get("DOCKER_CONFIG") or (docker in there and auth.read(docker).get("credsStore")):
        return docker
    return files[-2]


def _key(registry: str, path: str) -> str:
    """Return the name of an entry: Docker's own file calls Docker's registry by its old address."""
    return _server(registry) if os.path.basename(path) == "config.json" else registry


def _server(registry: str) -> str:
    return auth.DOCKER_KEY if registry == "docker.io" else registry


@contextmanager
def _locked(path: str) -> Iterator[None]:
    """Hold the directory of a file against another login of ours."""
    import fcntl

    directory = os.path.dirname(os.path.realpath(path))
    try:
        os.makedirs(directory, 0o700, exist_ok=True)
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise HostError(f"cannot keep credentials in {directory}: {error.strerror}", "set REGISTRY_AUTH_FILE") from None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _write(path: str, data: dict[str, Any]) -> None:
    """Replace the file (what a link leads to, where it is one) whole, readable by its owner alone from the start."""
    import json

    target = os.path.realpath(path)
    scratch = f"{target}.{os.urandom(8).hex()}"
    try:
        fd = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(fd, "w", encoding="utf-8") as file:
            file.write(json.dumps(data, indent="\t") + "\n")
            file.flush()
            os.fsync(fd)
        os.rename(scratch, target)
    except OSError as error:
        raise HostError(f"cannot write {path}: {error.strerror}", "set REGISTRY_AUTH_FILE to a file of yours") from None
    finally:
        with suppress(FileNotFoundError):
            os.unlink(scratch)

"""Carry a context to another machine as a tar in Docker's own shape."""

import os
from contextlib import nullcontext

from hull.commands import _contexts
from hull.commands._contexts import PEMS
from hull.contexts.context import DOCKER, HULL, MOST, Context
from hull.contexts.stored import Stored
from hull.errors import Conflict, UserError
from hull.light import Any

KNOWN = ("meta.json", *(f"tls/docker/{field}.pem" for field in PEMS))


def packed(context: Context) -> bytes:
    """Return the tar that export writes: Docker's own, so that its import takes it."""
    import io
    import json
    import tarfile

    if not context.host:
        raise UserError("cannot export the context default: it is this machine", "hull context ls lists the others")
    whole = _contexts.document(context)
    meta = {key: whole[key] for key in ("Name", "Metadata", "Endpoints")}
    meta["Metadata"] = {**meta["Metadata"], "Hull": context.kind}
    files = {"meta.json": json.dumps(meta)}
    files |= {f"tls/docker/{field}.pem": getattr(context, field) for field in PEMS if getattr(context, field)}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o600
            tar.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


def save(context: Context, path: str) -> str:
    """Write that tar to a new file, for its owner alone: keys are in it."""
    data = packed(context)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Conflict(f"cannot write {path}: {error.strerror}", "name another file") from None
    with open(fd, "wb") as file:
        file.write(data)
    return f"Written file {path!r}"


def unpack(listed: Stored, name: str, path: str) -> None:
    """Keep what such a tar holds, Docker's or hull's, under a name."""
    import json
    import sys
    import tarfile

    try:
        with (
            nullcontext(sys.stdin.buffer) if path == "-" else open(path, "rb") as file,
            tarfile.open(fileobj=file, mode="r|*") as tar,
        ):
            known = (entry for entry in tar if entry.isfile() and entry.name in KNOWN)
            texts = {entry.name: _text(tar.extractfile(entry)) for entry in known}
        meta = json.loads(texts["meta.json"])
        kind = meta.get("Metadata", {}).get("Hull", DOCKER)
        endpoint = meta["Endpoints"]["docker"]
        made = Context(name, endpoint["Host"], kind, meta.get("Metadata", {}).get("Description", ""))
        pems: dict[str, Any] = {field: texts.get(f"tls/docker/{field}.pem", "") for field in PEMS}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, tarfile.TarError) as error:
        raise UserError(
            f"cannot import {path}: no context is in it ({error})", "docker context export makes one"
        ) from None
    if kind not in (HULL, DOCKER):
        raise UserError(f"cannot import {path}: a context of the kind {kind!r}", "update hull")
    _contexts.check(made._replace(**pems))
    listed.add(made._replace(skip_verify=bool(endpoint.get("SkipTLSVerify")), **pems))


def _text(file: Any) -> str:
    return str(file.read(MOST).decode())

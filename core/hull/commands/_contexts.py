"""Contexts as `hull context` shows, makes and carries them. Source of words and shapes: docker context's reference."""

import os

from hull.contexts import chosen
from hull.contexts.context import DEFAULT, DOCKER, HULL, LOCAL, Context, checked, parse
from hull.contexts.stored import Stored
from hull.errors import UserError
from hull.light import Any, NamedTuple

HEADINGS = {"Name": "NAME", "Description": "DESCRIPTION", "DockerEndpoint": "ENDPOINT", "Error": "ERROR"}
PEMS = ("ca", "cert", "key")


class ContextRow(NamedTuple):
    """One context; `kind` is local, hull or docker, `error` why it does not answer."""

    name: str
    current: bool
    description: str
    endpoint: str
    error: str
    kind: str

    def placeholders(self) -> dict[str, Any]:
        """Return what a template sees."""
        return {
            "Name": self.name,
            "Current": self.current,
            "Description": self.description,
            "DockerEndpoint": self.endpoint,
            "Endpoint": self.endpoint,
            "Kind": self.kind,
            "Error": self.error,
            "Marked": f"{self.name} *" if self.current else self.name,
        }

    @staticmethod
    def headings() -> dict[str, Any]:
        """Return the columns of the placeholders."""
        return {**HEADINGS, "Marked": "NAME", "Endpoint": "ENDPOINT", "Kind": "KIND", "Current": "CURRENT"}

    @staticmethod
    def layout(_rows: Any) -> tuple[str, ...]:
        """Return the columns of the table."""
        return ("Marked", "Description", "DockerEndpoint", "Error")


class Asked(NamedTuple):
    """What create and update were told, as words."""

    name: str
    host: str = ""
    docker: str = ""
    description: str | None = None
    source: str = ""


def stored() -> Stored:
    """Return the list of this user."""
    from hull import paths

    return Stored(paths.find().config, dict(os.environ))


def current() -> str:
    """Return the chosen context's name, "" for this machine."""
    return chosen.name("")


def rows(listed: Stored) -> list[ContextRow]:
    """Return a row for each, what does not answer with the reason."""
    from hull import paths
    from hull.contexts import probing

    found, now = listed.all(), current() or DEFAULT
    why = probing.errors(found, paths.find().runtime)
    return [
        ContextRow(one.name, one.name == now, one.description, _endpoint(one), why[one.name], one.kind) for one in found
    ]


def _endpoint(context: Context) -> str:
    return context.host or ("this machine" if context.kind == LOCAL else "")


def make(listed: Stored, asked: Asked, *, new: bool) -> str:
    """Keep what was asked under its name; return that."""
    checked(asked.name)
    if new:
        base = (
            listed.find(asked.source)._replace(name=asked.name, owner="hull") if asked.source else Context(asked.name)
        )
    else:
        base = listed.find(asked.name)
        if base.owner != "hull":
            raise UserError(f"cannot update {asked.name}: it is Docker's", f"docker context update {asked.name} …")
    made = _addressed(base, asked)
    if not made.host:
        raise UserError("cannot make a context without an address", f"hull context create {asked.name} ssh://HOST")
    if asked.description is not None:
        made = made._replace(description=asked.description)
    check(made)
    (listed.add if new else listed.write)(made)
    return made.name


def _addressed(base: Context, asked: Asked) -> Context:
    if asked.docker:
        if asked.host:
            raise UserError("cannot use an address together with --docker", "leave out one of them")
        return base._replace(kind=DOCKER, **_fields(asked.docker))
    if not asked.host:
        return base
    kind = HULL if parse(asked.host).scheme == "ssh" else DOCKER
    return base._replace(host=asked.host, kind=kind)


def check(context: Context) -> None:
    """Refuse an address that leads nowhere, half of a pair of keys, and TLS where none can be."""
    address = parse(context.host)
    if bool(context.cert) != bool(context.key):
        raise UserError("cannot prove who asks by half of a pair", "--docker host=…,cert=FILE,key=FILE")
    if context.secure and address.scheme != "tcp":
        raise UserError(f"cannot use TLS on {context.host}", "it is for tcp://HOST:PORT")


def _fields(text: str) -> dict[str, Any]:
    """Parse --docker: host=ADDRESS[,ca=FILE,cert=FILE,key=FILE,skip-tls-verify=BOOL]."""
    found: dict[str, Any] = {}
    for word in text.split(","):
        key, equals, value = word.partition("=")
        if key in PEMS and value:
            found[key] = _read(value)
        elif key == "host" and value:
            found[key] = value
        elif key == "skip-tls-verify" and equals:
            found["skip_verify"] = value.lower() in ("true", "1")
        else:
            raise UserError(f"cannot read --docker {text!r}: {word!r}", "host=ADDRESS,ca=FILE,cert=FILE,key=FILE")
    return found


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path}: {getattr(error, 'strerror', None) or 'not PEM'}", "check it") from None


def document(context: Context) -> dict[str, Any]:
    """Return what `inspect` prints, in the shape of Docker's; no secret is in it."""
    tls = [f"{field}.pem" for field in PEMS if getattr(context, field)]
    return {
        "Name": context.name,
        "Metadata": {"Description": context.description} if context.description else {},
        "Endpoints": {"docker": {"Host": context.host, "SkipTLSVerify": context.skip_verify}},
        "TLSMaterial": {"docker": tls} if tls else {},
        "Hull": {"Kind": context.kind, "Owner": context.owner},
    }

"""`hull login`."""

import sys

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING, Annotated
from hull.log import Event

if TYPE_CHECKING:
    from hull.images.credentials import Credentials

AUTHFILE = Flag("the file to use, in place of REGISTRY_AUTH_FILE and the usual ones", metavar="FILE", complete="path")


def login(
    engine: Engine,
    registry: Annotated[str, Word("HOST[:PORT]; Docker Hub if none is said", "REGISTRY")] = "",
    *,
    username: Annotated[str, Flag("who; asked for on a terminal", "u", "NAME")] = "",
    password: Annotated[str, Flag("the password; others see it in the list of processes", "p", "TEXT")] = "",
    password_stdin: Annotated[bool, Flag("read the password from standard input")] = False,
    get_login: Annotated[bool, Flag("print who is logged in, do nothing")] = False,
    authfile: Annotated[str, AUTHFILE] = "",
) -> str:
    """Log in to a registry.

    The registry is asked first; what it takes is kept in a credential helper where one is configured, else in the
    auth.json or config.json that docker, podman and skopeo read, too.
    """
    from hull import config
    from hull.images import auth, keeping
    from hull.images import login as asking

    environ = environment(authfile)
    host, settings = asking.name(registry), config.load(engine.paths.config)
    known = auth.find(host, "", environ)
    if get_login:
        if not known:
            raise UserError(f"not logged in to {host}", f"hull login {host}")
        return known.user or "<token>"
    asked = bool(username or password or password_stdin)
    if password:
        engine.events(Event("warning", "", "--password is seen by others: use --password-stdin"))
    found = known if known and not asked else _ask(host, username, password, from_input=password_stdin)
    asking.check(host, found, settings)
    if found is not known:
        place = keeping.keep(host, found, environ)
        engine.events(Event("note", "", f"credentials are kept in {place}"))
    return "Login Succeeded"


def environment(authfile: str) -> dict[str, str]:
    """Return the environment in which credentials are looked for."""
    import os

    return {**os.environ, "REGISTRY_AUTH_FILE": authfile} if authfile else dict(os.environ)


def _ask(host: str, user: str, password: str, *, from_input: bool) -> "Credentials":
    from hull.images.credentials import Credentials

    if from_input:
        if password or not user:
            raise UserError("cannot read the password: --password-stdin needs --username, and no --password", "-u NAME")
        password = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    elif not (user and password):
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UserError(
                f"cannot ask who you are at {host}: there is no terminal", "hull login -u NAME --password-stdin < FILE"
            )
        user, password = user or _line("Username: "), password or _hidden("Password: ")
    if not user or not password:
        raise UserError(f"cannot log in to {host}: name or password is empty", "hull login -u NAME --password-stdin")
    if ":" in user:
        raise UserError(f"cannot log in to {host}: a name holds no colon", "check the name")
    return Credentials(user, password)


def _line(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _hidden(prompt: str) -> str:
    import getpass

    return getpass.getpass(prompt, sys.stderr)

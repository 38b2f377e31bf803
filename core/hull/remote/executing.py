"""One more program in a container of another engine."""

import os

from hull.commands import _words
from hull.errors import HullError, UserError
from hull.light import Any
from hull.remote.running import UPGRADE, Streams, code_of
from hull.remote.there import Asked, There, container


def exec_(there: There, asked: Asked) -> Streams | None:
    """Run a program in a running container."""
    if not asked.command:
        raise UserError("cannot exec: no command given", "hull exec CONTAINER COMMAND [ARG…]")
    shown = not asked.detach
    body = {
        "Cmd": list(asked.command),
        "Env": list(_words.environment(asked.env, asked.env_file, dict(os.environ))),
        "WorkingDir": asked.workdir or "",
        "User": asked.user or "",
        "Tty": asked.tty,
        "AttachStdin": asked.interactive and shown,
        "AttachStdout": shown,
        "AttachStderr": shown,
    }
    ident = str(there.post(container(asked.container, "exec"), body)["Id"])
    if asked.detach:
        there.post(f"/exec/{ident}/start", {"Detach": True, "Tty": asked.tty})
        return None
    said = b'{"Detach": false, "Tty": %s}' % (b"true" if asked.tty else b"false")
    headers = {**UPGRADE, "Content-Type": "application/json"}
    try:
        answer = there.client.call("POST", f"/exec/{ident}/start", None, said, headers)
    except HullError as error:
        error.exit_code = code_of(error)
        raise

    def resize(height: int, width: int) -> None:
        try:
            there.post(f"/exec/{ident}/resize", h=height, w=width)
        except HullError:
            return  # it has just ended

    def code() -> int:
        found: dict[str, Any] = there.get(f"/exec/{ident}/json")
        return int(found.get("ExitCode") or 0)

    return Streams(answer, lambda: None, code, tty=asked.tty, stdin=asked.interactive, resize=resize, send=None)

"""What the caller grants a build: secrets and agents by id, credentials. Read when a step asks, kept nowhere."""

import os
import stat

from hull.errors import UserError
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hull.images.credentials import Credentials


class Granted:
    """`--secret` and `--ssh`, read as far as words can be."""

    def __init__(self, secrets: tuple[str, ...] = (), agents: tuple[str, ...] = ()) -> None:
        self._secrets = dict(map(_secret, secrets))
        self.agents = dict(map(_agent, agents))

    def secret(self, ident: str) -> bytes | None:
        """Return a secret's content, None where none was granted; one that cannot be read is an error."""
        if ident not in self._secrets:
            return None
        kind, value = self._secrets[ident]
        if kind == "env":
            if value not in os.environ:
                raise UserError(f"cannot give the secret {ident}: there is no variable {value}", f"export {value}=…")
            return os.environ[value].encode("utf-8", "surrogateescape")
        try:
            with open(value, "rb") as file:
                return file.read()
        except OSError as error:
            raise UserError(f"cannot give the secret {ident}: {value}: {error.strerror}", "check the path") from None

    def credentials(self, registry: str) -> "Credentials | None":  # noqa: ARG002 (a client's know more)
        """Return who the caller is at a registry (HOST[:PORT]) in this build; None: as the user's own files say."""
        return None


def _secret(word: str) -> tuple[str, tuple[str, str]]:
    """Read --secret: id=NAME[,src=FILE|,env=VARIABLE]."""
    fields = dict(part.partition("=")[::2] for part in word.split(","))
    source = fields.get("src") or fields.get("source") or ""
    ident, variable = fields.get("id") or os.path.basename(source), fields.get("env", "")
    if not ident or (source and variable):
        raise UserError(f"cannot read the secret {word!r}", "write --secret id=NAME,src=FILE or id=NAME,env=VARIABLE")
    if variable or (not source and fields.get("type") != "file" and ident in os.environ):
        return ident, ("env", variable or ident)
    return ident, ("file", os.path.abspath(source or ident))


def _agent(word: str) -> tuple[str, str]:
    """Read --ssh: default, or ID[=SOCKET]."""
    ident, _, path = word.partition("=")
    found = path or os.environ.get("SSH_AUTH_SOCK", "")
    if not found:
        raise UserError(f"cannot give the agent {ident}: SSH_AUTH_SOCK is not set", "eval $(ssh-agent); ssh-add")
    try:
        mode = os.stat(found).st_mode
    except OSError as error:
        raise UserError(f"cannot give the agent {ident}: {found}: {error.strerror}", "eval $(ssh-agent)") from None
    if not stat.S_ISSOCK(mode):
        raise UserError(f"cannot give the agent {ident}: {found} is no agent's socket", "ssh-add a key, --ssh default")
    return ident, os.path.abspath(found)

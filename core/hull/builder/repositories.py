"""Fetch git repositories: by this machine's git, secluded, with the credentials that the caller has granted."""

import os
import shutil
from base64 import b64encode
from urllib.parse import urlsplit

from hull.builder import secluding
from hull.builder.secluding import Seclusion
from hull.builder.workshop import Workshop
from hull.dockerfile import git
from hull.dockerfile.contexts import SCP, Context
from hull.errors import HostError, UserError

LONGEST = 600.0  # seconds one git command may take
PATH = "/usr/local/bin:/usr/bin:/bin"
AUTHORITIES = ("GIT_SSL_CAINFO", "SSL_CERT_FILE")
AGENT = "/run/agent"


def fetch(shop: Workshop, context: Context, place: str, *, keep: bool = False, asked: bool = False) -> tuple[str, str]:
    """Fetch a repository into the empty `place`; return the directory that is meant, and the commit.

    `asked`: the caller wrote its address on the command line, so the caller's own agent may sign for it.
    """
    program, shown = _program()
    env = {**git.environment(os.environ), "PATH": f"{os.path.dirname(program)}:{PATH}", **_authorized(shop, context)}
    files = [(os.environ[name], f"/run/{name}") for name in AUTHORITIES if os.path.isfile(os.environ.get(name, ""))]
    env |= {os.path.basename(target): target for _, target in files}
    known = os.path.expanduser("~/.ssh/known_hosts")
    if over_ssh(context) and os.path.isfile(known):
        files.append((known, f"{secluding.HOME}/.ssh/known_hosts"))
    agent = _agent(shop, asked=asked) if over_ssh(context) else ""
    env |= {"SSH_AUTH_SOCK": AGENT} if agent else {}
    where = Seclusion(place, (*shown, *files), agent)

    def run(*words: str) -> str:
        done = secluding.run(shop, where, [program, *git.argv(words)[1:]], env, LONGEST)
        if done.code:
            said = done.errors.decode(errors="replace").strip().splitlines() or [f"exit {done.code}"]
            raise UserError(f"cannot fetch: git {words[0]}: {said[-1]}", _hint(context))
        return done.output.decode(errors="replace")

    commit = git.checkout(run, context, place, keep_git=keep)
    return git.resolve(context, place), commit


def over_ssh(context: Context) -> bool:
    """Whether a repository is reached by ssh."""
    return context.location.startswith("ssh://") or SCP.match(context.location) is not None


def _program() -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return git's path, and what must be shown for it where it is no part of the system."""
    found = shutil.which("git")
    if found is None:
        raise HostError("cannot fetch a git context: git is not here", "install git, or build from a directory")
    path = os.path.realpath(found)
    if path.startswith(tuple(f"{place}/" for place in secluding.SYSTEM)):
        return path, ()
    prefix = os.path.dirname(os.path.dirname(path))
    if prefix in {"/", os.path.realpath(os.path.expanduser("~"))}:
        raise HostError(f"cannot seclude {path}: it lies among the caller's own files", "install git for the system")
    return path, ((prefix, prefix),)


def _agent(shop: Workshop, *, asked: bool) -> str:
    if shop.owner is not None:
        return ""  # root's containers are not the agent's user
    return shop.granted.agents.get("default", "") or (os.environ.get("SSH_AUTH_SOCK", "") if asked else "")


def _authorized(shop: Workshop, context: Context) -> dict[str, str]:
    """Return the variables that let git send what --secret GIT_AUTH_TOKEN or GIT_AUTH_HEADER holds to this one host."""
    parts = urlsplit(context.location)
    if parts.scheme not in {"http", "https"}:
        return {}
    host = parts.netloc.rpartition("@")[2]
    header = ""
    for name in ("GIT_AUTH_TOKEN", "GIT_AUTH_HEADER"):
        value = shop.granted.secret(f"{name}.{host}") or shop.granted.secret(name)
        if value is not None and not header:
            token = b64encode(b"x-access-token:" + value.strip()).decode()
            header = f"basic {token}" if name == "GIT_AUTH_TOKEN" else value.decode(errors="replace").strip()
    if not header:
        return {}
    key = f"http.{parts.scheme}://{host}/.extraHeader"
    return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": f"Authorization: {header}"}


def _hint(context: Context) -> str:
    if over_ssh(context):
        return "check the address and the ref; ssh takes keys of an agent (ssh-add, --ssh default) and known hosts only"
    return "check the address, the ref and your access to it: --secret id=GIT_AUTH_TOKEN,src=FILE"

"""A git repository as a build context, by the git program: one commit, without its history where the server can."""

import os
import shutil
import subprocess

from hull.dockerfile.contexts import Context
from hull.errors import HostError, UserError

# A repository decides nothing about this host: no hooks, no filters of its own, no transports that run programs.
SETTINGS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.symlinks=true", "protocol.ext.allow=never",
    "protocol.file.allow=user", "advice.detachedHead=false", "init.defaultBranch=main",
)  # fmt: skip
LONGEST = 600.0  # seconds one git command may take


def checkout(context: Context, directory: str, *, keep_git: bool = False) -> str:
    """Fill the empty `directory` with the files that the context names; return the commit's hash.

    Submodules are fetched, as Docker does. Without `keep_git` the .git directories are gone after. The context's own
    directory must be `resolve`d: a link in the repository may lead out of it.
    """
    if shutil.which("git") is None:
        raise HostError("cannot fetch a git context: git is not here", "install git, or build from a directory")
    _git(directory, "init", "--quiet")
    _git(directory, "remote", "add", "--", "origin", context.location)
    commit = _fetch(context, directory)
    _git(directory, "checkout", "--quiet", "--detach", "--force", commit)
    _git(directory, "submodule", "update", "--quiet", "--init", "--recursive", "--depth=1")
    if not keep_git:
        _remove_git(directory)
    return commit


def resolve(context: Context, directory: str) -> str:
    """Return where the context's own directory is in a checkout; one that leaves the checkout is an error."""
    root = os.path.realpath(directory)
    place = os.path.realpath(os.path.join(root, context.directory))
    if place != root and not place.startswith(f"{root}/"):
        raise UserError(f"cannot build from {context.location}: {context.directory} leads out of the repository")
    if not os.path.isdir(place):
        raise UserError(
            f"cannot build from {context.location}: it has no directory {context.directory}", "write URL#REF:DIRECTORY"
        )
    return place


def _fetch(context: Context, directory: str) -> str:
    """Fetch and return one commit; a server that cannot send so little sends everything."""
    try:
        _git(directory, "fetch", "--quiet", "--depth=1", "--no-tags", "--", "origin", context.ref or "HEAD")
    except UserError:
        _git(directory, "fetch", "--quiet", "--tags", "--", "origin", *([] if context.ref else ["HEAD"]))
        names = [f"refs/remotes/origin/{context.ref}", f"refs/tags/{context.ref}", context.ref]
        return _find(directory, names if context.ref else ["FETCH_HEAD"])
    return _find(directory, ["FETCH_HEAD"])


def _find(directory: str, names: list[str]) -> str:
    """Return the commit that the first known of these names means: a short hash is no name a server would send."""
    for name in names:
        try:
            return _git(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()
        except UserError:
            continue
    raise UserError(f"cannot find {names[-1]} in the repository", "name a branch, a tag or a commit's hash")


def _git(directory: str, *words: str) -> str:
    settings = [part for setting in SETTINGS for part in ("-c", setting)]
    argv = ["git", *settings, *words]
    pipe = subprocess.PIPE
    try:
        done = subprocess.run(
            argv, cwd=directory, env=_environment(), stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, check=False,
            timeout=LONGEST,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UserError(f"cannot fetch: git {words[0]} took more than {LONGEST:.0f} s", "try again later") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit {done.returncode}"]
        raise UserError(f"cannot fetch: git {words[0]}: {said[-1]}", "check the address, the ref and your access to it")
    return done.stdout.decode(errors="replace")


def _environment() -> dict[str, str]:
    """Return git's environment: no questions, no repository but this one, only the transports a context may name."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name == "GIT_SSH_COMMAND"
    }
    return {
        **kept, "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "http:https:ssh:git", "GIT_LFS_SKIP_SMUDGE": "1",
        "LC_ALL": "C",
    }  # fmt: skip


def _remove_git(directory: str) -> None:
    for place, directories, files in os.walk(directory):
        if ".git" in directories:
            directories.remove(".git")
            shutil.rmtree(os.path.join(place, ".git"))
        elif ".git" in files:  # a submodule's
            os.unlink(os.path.join(place, ".git"))

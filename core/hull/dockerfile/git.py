"""A git repository as a context, by the git program: one commit, without its history where the server can.

Whoever executes says how git runs (`Git`): a repository's bytes are a stranger's.
"""

import os
import shutil
from collections.abc import Callable, Mapping

from hull.dockerfile.contexts import Context
from hull.errors import UserError

# A repository decides nothing about this host: no hooks, no filters of its own, no transports that run programs.
SETTINGS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.symlinks=true", "protocol.ext.allow=never",
    "protocol.file.allow=never", "advice.detachedHead=false", "init.defaultBranch=main",
)  # fmt: skip
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
Git = Callable[..., str]  # the words of one command, run in the checkout; what it wrote, or a UserError


def argv(words: tuple[str, ...]) -> list[str]:
    """Return the whole command line of a git command."""
    return ["git", *[part for setting in SETTINGS for part in ("-c", setting)], *words]


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return git's environment: no questions, only the transports a context may name, nothing of the caller's."""
    kept = {name: value for name, value in environ.items() if name.lower() in PROXIES}
    return {
        **kept, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "/bin/false", "GIT_ALLOW_PROTOCOL": "http:https:ssh:git",
        "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ForwardAgent=no -o ClearAllForwardings=yes",
    }  # fmt: skip


def checkout(git: Git, context: Context, directory: str, *, keep_git: bool = False) -> str:
    """Fill the empty `directory`, git's own, with the files that the context names; return the commit's hash.

    Submodules are fetched, as Docker does. Without `keep_git` the .git directories are gone after. The context's own
    directory must be `resolve`d: a link in the repository may lead out of it.
    """
    git("init", "--quiet")
    git("remote", "add", "--", "origin", context.location)
    commit = _fetch(git, context)
    if not commit.startswith(context.commit.lower()):
        raise UserError(
            f"cannot use {context.location}: it has the commit {commit}, not {context.commit}",
            "the repository was changed; look at it",
        )
    git("checkout", "--quiet", "--detach", "--force", commit)
    if context.submodules:
        git("submodule", "update", "--quiet", "--init", "--recursive", "--depth=1")
    if not (keep_git or context.keep_git):
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


def _fetch(git: Git, context: Context) -> str:
    """Fetch and return one commit; a server that cannot send so little sends everything."""
    ref = context.ref or context.commit
    try:
        git("fetch", "--quiet", "--depth=1", "--no-tags", "--", "origin", ref or "HEAD")
    except UserError:
        git("fetch", "--quiet", "--tags", "--", "origin", *([] if ref else ["HEAD"]))
        names = [f"refs/remotes/origin/{ref}", f"refs/tags/{ref}", ref]
        return _find(git, names if ref else ["FETCH_HEAD"])
    return _find(git, ["FETCH_HEAD"])


def _find(git: Git, names: list[str]) -> str:
    """Return the commit that the first known of these names means: a short hash is no name a server would send."""
    for name in names:
        try:
            return git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()
        except UserError:
            continue
    raise UserError(f"cannot find {names[-1]} in the repository", "name a branch, a tag or a commit's hash")


def _remove_git(directory: str) -> None:
    for place, directories, files in os.walk(directory):
        if ".git" in directories:
            directories.remove(".git")
            shutil.rmtree(os.path.join(place, ".git"))
        elif ".git" in files:  # a submodule's
            os.unlink(os.path.join(place, ".git"))

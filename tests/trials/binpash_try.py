"""The command line of binpash/try, answered by hull: its own tests call this in place of their `try`.

Their sandbox is a directory: ours holds one file, the name of a hull try. HULL_TRY_PROGRAM is how to start hull.
"""

import contextlib
import getopt
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from typing import NamedTuple

MARK = ".hull-try"
INPUT, FAILED = 2, 1  # their exit codes beside the command's own
TELLS = "\nChanges detected in the following files:\n"


class Asked(NamedTuple):
    """Their flags."""

    commit: str = "ask"  # ask, all, no
    where: str = ""  # the sandbox named by -N
    hide: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    network: bool = True


def main(argv: list[str]) -> int:
    asked, words = parse(argv)
    if not words:
        return INPUT
    if words[0] in ("summary", "commit") or (words[0] == "explore" and len(words) > 1):
        return _existing(asked, words[0], asked.where or (words[1] if len(words) > 1 else ""))
    if asked.where and not os.path.isdir(asked.where):
        return _fail(f"could not find sandbox directory '{asked.where}'")
    place = asked.where or tempfile.mkdtemp(suffix=".try-1")
    command = [_shell()] if words == ["explore"] else _line(words)
    return _settle(asked, place, _try(asked, place, command))


def parse(argv: list[str]) -> tuple[Asked, list[str]]:
    """Return their flags and what follows."""
    asked = Asked()
    flags, words = getopt.getopt(argv, "yvnhxE:I:i:t:N:U:L:")
    for flag, value in flags:
        match flag:
            case "-y" | "-n":
                asked = asked._replace(commit="all" if flag == "-y" else "no")
            case "-N":
                asked = asked._replace(where=value, commit="no")
            case "-i":
                asked = asked._replace(hide=(*asked.hide, os.path.abspath(value)))
            case "-I":
                asked = asked._replace(only=(*asked.only, value))
            case "-E":
                asked = asked._replace(without=(*asked.without, value))
            case "-x":
                asked = asked._replace(network=False)
            case _:
                raise SystemExit(_fail(f"hull has nothing like {flag}"))
    return asked, words


def _existing(asked: Asked, verb: str, place: str) -> int:
    if not os.path.isdir(place):
        return _fail(f"could not find directory {place}")
    if verb == "explore":
        return _settle(asked, place, _try(asked, place, [_shell()]))
    effects = _effects(asked, place)
    if verb == "commit":
        return _keep(place, list(effects)) if effects else 0
    if effects:
        print("\n".join((TELLS, *effects.values())))
    return 0 if effects else FAILED


def _line(words: list[str]) -> list[str]:
    return [_shell(), "-c", 'eval "$1"', "try", " ".join(words)]


def _shell() -> str:
    for shell in (os.environ.get("TRY_SHELL", ""), os.environ.get("SHELL", "")):
        if os.access(shell, os.X_OK) and os.path.basename(shell) != "fish":
            return shell
    return "/bin/sh"


def _try(asked: Asked, place: str, command: list[str]) -> int:
    name, known = _name(place)
    flags = [f"--hide={path}" for path in asked.hide] + (["--net"] if asked.network else [])
    status = _hull("try", *(("--in", name) if known else ("--name", name, *flags)), "--", *command).returncode
    with open(f"{place}/{MARK}", "w", encoding="utf-8") as file:
        file.write(name)
    return status


def _settle(asked: Asked, place: str, status: int) -> int:
    """Do what follows a command: keep, ask, or say where its changes are."""
    effects = _effects(asked, place) if asked.commit != "no" else {}
    if asked.commit == "all" and effects:
        return _keep(place, list(effects)) or status
    if asked.commit == "ask" and effects:
        return _ask(place, effects) or status
    if asked.commit == "no" and not asked.where:
        print(place)
    return status


def _ask(place: str, effects: dict[str, str]) -> int:
    print("\n".join((TELLS, *effects.values(), "", "Commit these changes? [y/i/N] ")), file=sys.stderr, end="")
    sys.stderr.flush()
    answer = sys.stdin.readline().strip().lower()
    if answer == "i":
        effects = _chosen(effects)
    if not effects or answer not in ("y", "yes", "i"):
        print("Not committing.", file=sys.stderr)
        return 0
    return _keep(place, list(effects))


def _chosen(effects: dict[str, str]) -> dict[str, str]:
    with tempfile.NamedTemporaryFile("w+", suffix=".try-1") as file:
        print("\n".join(effects.values()), file=file, flush=True)
        subprocess.run([os.environ.get("EDITOR", "vi"), file.name], check=True)
        with open(file.name, encoding="utf-8") as edited:
            left = set(edited.read().splitlines())
    return {path: line for path, line in effects.items() if line in left}


def _effects(asked: Asked, place: str) -> dict[str, str]:
    """Return the changed paths as their summary names them."""
    done = _hull("diff", "--json", _name(place)[0], stdout=subprocess.PIPE)
    document = json.loads(done.stdout) if done.returncode == 0 else []
    changes = document["changes"] if isinstance(document, dict) else document
    told = {change["path"]: _told(change) for change in changes}
    return {path: f"{path} ({word})" for path, word in told.items() if word and _wanted(asked, path)}


def _wanted(asked: Asked, path: str) -> bool:
    return (not asked.only or any(re.search(each, path) for each in asked.only)) and not any(
        re.search(each, path) for each in asked.without
    )


def _told(change: dict[str, object]) -> str:
    old, new = change.get("old"), change.get("new")
    was, now = (side["kind"] if isinstance(side, dict) else "" for side in (old, new))
    if not now:
        return "deleted"
    if now == "link":
        return "symlink"
    if now == "directory":
        return "" if was == "directory" else "replaced with dir" if was else "created dir"
    return "modified" if was else "added"


def _keep(place: str, paths: list[str]) -> int:
    return _hull("keep", "--in", _name(place)[0], *paths, stdout=subprocess.DEVNULL).returncode


def _name(place: str) -> tuple[str, bool]:
    """Return the try that a sandbox stands for, and whether it was started before."""
    with contextlib.suppress(FileNotFoundError), open(f"{place}/{MARK}", encoding="utf-8") as file:
        return file.read(), True
    return f"s{os.stat(place).st_ino}-{os.getpid()}", False


def _hull(*words: str, **options: object) -> "subprocess.CompletedProcess[bytes]":
    program = shlex.split(os.environ["HULL_TRY_PROGRAM"])
    return subprocess.run([*program, *words], check=False, **options)  # type: ignore[call-overload, no-any-return]


def _fail(reason: str) -> int:
    print(f"try: {reason}", file=sys.stderr)
    return INPUT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

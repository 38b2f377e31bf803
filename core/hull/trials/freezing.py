"""What is done to a container's own layers on the disk: by this process where it may, else by a confined child.

    python -m hull.trials.freezing ACTION WORD…

    swap DIRECTORY FROZEN LIKE BASE    storage.snapshots.swap; BASE is 1 where LIKE's owner is not to be taken
    copy UPPER TARGET BEFORE AFTER     freezing_copy.copy by the index in the file BEFORE ("" for none); the new one
                                       goes to the file AFTER; answers `entries`, or `uncovered`
    same UPPER BEFORE                  answers `same`: whether the upper is as that index says
    enter TARGET NAME                  give a finished layer its place
    weigh LAYER…                       answers `weights`: entries and bytes of each
    compose TARGET LAYER…              one layer of several, lowest first, by further names of their files

The child is root of a user namespace with the container's map: files of all its users are the caller's there. Its
answer is one JSON object, the last line of standard error.
"""

import json
import os
import sys
from collections.abc import Callable

from hull.engine import Engine
from hull.errors import HostError
from hull.images import answers
from hull.images.answers import Answer
from hull.light import Any
from hull.storage import snapshots
from hull.trials import freezing_index
from hull.trials.freezing_index import Index


def run(engine: Engine, flavour: str, action: str, *words: str) -> Answer:
    """Do one of the actions; what the caller may not do or is too deep for it is done by the child, from its beginning.

    `flavour` is the id map that the files were made under.
    """
    try:
        return ACTIONS[action](*words, own=os.geteuid() != 0)
    except (PermissionError, RecursionError):
        if action in ("copy", "compose"):
            remove(engine, flavour, words[0] if action == "compose" else words[1])
            os.mkdir(words[0] if action == "compose" else words[1])
    argv = [sys.executable, "-P", "-m", "hull.trials.freezing", action, *words]
    with engine.confine(argv, flavour, stderr=-1, stdin=-3, stdout=-3) as child:
        said = child.communicate()[1]
    return answers.heard(said, child.returncode, "freezing files", "cannot freeze files", "hull doctor")


def remove(engine: Engine, flavour: str, path: str, again: str = "hull fsck tries it again") -> None:
    """Remove a tree of the store, whoever of the container's users owns what is in it, and however deep it is.

    Root needs no child's rights, and a child could not remove what lies in root's own directory.
    """
    import shutil
    from subprocess import PIPE, Popen

    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
    except (PermissionError, RecursionError):
        argv = ["/bin/rm", "-rf", "--one-file-system", "--", path]
        with engine.confine(argv, flavour, stderr=PIPE) if os.geteuid() else Popen(argv, stderr=PIPE) as child:
            told = child.communicate()[1].decode(errors="replace").strip()
        if os.path.lexists(path):
            raise HostError(f"cannot remove {path}: {told}", again) from None


def read(path: str) -> Any:
    """Return what a JSON file holds, None where there is none or it was cut off."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return None


def write(path: str, value: Any) -> None:
    """Write a JSON file, whole."""
    with open(f"{path}.new", "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(value, file, separators=(",", ":"))
    os.rename(f"{path}.new", path)


def _swap(directory: str, frozen: str, like: str, base: str, *, own: bool = False) -> Answer:  # noqa: ARG001
    owner = None
    if base:
        found = os.stat(directory)  # root's containers: of the mapped root, who owns work and has owned upper
        work = os.stat(f"{directory}/work")
        owner = (work.st_uid, work.st_gid) if os.geteuid() == 0 else (found.st_uid, found.st_gid)
    snapshots.swap(directory, frozen, like, owner)
    return {}


def _copy(upper: str, target: str, before: str, after: str, *, own: bool = False) -> Answer:
    from hull.trials import freezing_copy

    known: Index | None = read(before) if before else None
    try:
        done = freezing_copy.copy(upper, target, known, own=own)
    except freezing_copy.Uncovered:
        return {"uncovered": True}
    write(after, done.seen)
    return {"entries": done.entries}


def _same(upper: str, before: str, *, own: bool = False) -> Answer:  # noqa: ARG001
    return {"same": freezing_index.look(upper) == read(before)}


def _enter(target: str, name: str, *, own: bool = False) -> Answer:  # noqa: ARG001
    os.rename(target, name)
    return {}


def _compose(target: str, *layers: str, own: bool = False) -> Answer:  # noqa: ARG001
    from hull.images import squashing

    squashing.squash(target, list(layers), link=True)
    return {}


def _weigh(*layers: str, own: bool = False) -> Answer:  # noqa: ARG001
    found = []
    for layer in layers:
        signs = [sign for path, names in freezing_index.look(layer).items() if path != "." for sign in names.values()]
        found.append((len(signs), sum({sign[0]: sign[2] for sign in signs}.values())))
    return {"weights": found}


ACTIONS: dict[str, Callable[..., Answer]] = {
    "swap": _swap,
    "copy": _copy,
    "same": _same,
    "compose": _compose,
    "enter": _enter,
    "weigh": _weigh,
}


def main(argv: list[str]) -> int:
    """Do one of them as the child; return the exit code."""
    from hull.images.files import make_room

    os.umask(0)
    make_room()
    return answers.tell(lambda: ACTIONS[argv[1]](*argv[2:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv))

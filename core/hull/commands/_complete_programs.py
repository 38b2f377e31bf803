"""Which programs a container or an image has: an index per image, kept in the runtime directory, made once.

A container's is its image's, but for the directories that it has changed itself: those are listed again when they
change again. A link counts as a program; where it leads is not looked up.
"""

import os

from hull.commands._complete_tree import Tree
from hull.light import NamedTuple

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FORM = "hull programs 1\n"
MOST = 20_000  # names of one directory

Index = dict[str, tuple[str, ...]]


class Inside(NamedTuple):
    """The files that a command will see, and what it is started with. `image` is the image's id, "" for the host.

    `lower` is the image's part of `tree`; `upper` what may change, None for an image that is no container's.
    """

    tree: Tree
    lower: Tree
    upper: Tree | None
    image: str
    path: str
    workdir: str
    ident: str = ""


class Programs:
    """The indexes that were asked for, kept."""

    def __init__(self) -> None:
        self._images: dict[tuple[str, str], Index] = {}
        self._changed: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}

    def find(self, inside: Inside, prefix: str, runtime: str) -> list[tuple[str, str]]:
        """Return the programs whose name begins so and the directory of each, the first in PATH."""
        found: dict[str, str] = {}
        for directory, names in self._index(inside, runtime).items():
            own = inside.upper.changed(directory) if inside.upper is not None else 0
            for name in self._again(inside, directory, own) if own else names:
                if name.startswith(prefix):
                    found.setdefault(name, directory)
        return sorted(found.items())

    def _index(self, inside: Inside, runtime: str) -> Index:
        if not inside.image:
            return dict.fromkeys(_places(inside), ())
        key = (inside.image, inside.path)
        if key not in self._images:
            file = f"{runtime}/completion/{inside.image.rpartition(':')[2][:32]}"
            index = _load(file, inside.path)
            if index is None:
                index = {place: _names(inside.lower, place) for place in _places(inside)}
                _save(file, inside.path, index)
            self._images[key] = index
        return self._images[key]

    def _again(self, inside: Inside, directory: str, changed: int) -> tuple[str, ...]:
        key = (inside.ident, directory)
        if self._changed.get(key, (0, ()))[0] != changed:
            self._changed[key] = (changed, _names(inside.tree, directory))
        return self._changed[key][1]


def _places(inside: Inside) -> list[str]:
    """Return the directories of PATH, each under the path that no link is in, once."""
    found = (inside.tree.place(word) for word in inside.path.split(":") if word.startswith("/"))
    return list(dict.fromkeys(place for place in found if place))


def _names(tree: Tree, directory: str) -> tuple[str, ...]:
    entries = tree.entries(directory, modes=True)
    names = sorted(one.name for one in entries if (one.runs or one.kind == "link") and one.name.isprintable())
    return tuple(names[:MOST])


def _load(file: str, path: str) -> Index | None:
    """Return what another process has kept, None where nothing fits."""
    try:
        with open(file, encoding="utf-8") as kept:
            text = kept.read()
    except (OSError, UnicodeDecodeError):
        return None
    head = f"{FORM}{path}\n"
    if not text.startswith(head):
        return None
    index: Index = {}
    for section in text[len(head) :].split("\n\n"):
        directory, *names = section.split("\n")
        if directory:
            index[directory] = tuple(names)
    return index


def _save(file: str, path: str, index: Index) -> None:
    """Keep an index for others; where that fails it is made again."""
    if "\n" in path or not all(place.isprintable() for place in index):
        return
    text = FORM + path + "\n" + "\n\n".join("\n".join((place, *names)) for place, names in index.items())
    scratch = f"{file}.{os.urandom(4).hex()}"
    try:
        os.makedirs(os.path.dirname(file), 0o700, exist_ok=True)
        with open(scratch, "x", encoding="utf-8") as made:
            made.write(text)
        os.rename(scratch, file)
    except OSError:
        return

"""Words that are read inside a container: its programs, its files, its users."""

from collections.abc import Iterator

from hull.commands._complete_here import HOST, Here
from hull.commands._complete_programs import PATH, Inside, Programs
from hull.commands._complete_tree import Entry, Tree
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hull.model import Image
    from hull.state.containers import Container

LINKS_MOST = 30  # links of one directory whose targets are looked up: each is a walk


def of_container(here: Here, word: str) -> Inside | None:
    """Return the inside of the container that a word means."""
    row = here.container(word)
    if row is None:
        return None
    own = _own(here, row)
    lowers = row.config.layers or ("/",)
    tree = Tree((*lowers, *own), _mounts(here, row))
    changing = Tree(own) if row.config.layers else tree
    workdir = row.spec.workdir or row.config.workdir or "/"
    return Inside(tree, Tree(lowers), changing, row.config.id, _path(row.config.env, row.spec.env), workdir, row.id)


def _own(here: Here, row: "Container") -> tuple[str, ...]:
    """Return the layers that are the container's own, lowest first."""
    from hull.storage import snapshots

    rows = here.db.rows("SELECT layers FROM stacks WHERE container = ?", row.id)
    names = tuple(str(rows[0][0]).split()) if rows else ()
    return snapshots.stack(here.paths, row.id, names).all


def of_image(here: Here, word: str) -> Inside | None:
    """Return the inside of the image that a word means; `host` is this machine."""
    if word == HOST:
        tree = Tree(("/",))
        return Inside(tree, tree, tree, "", here.environ.get("PATH", PATH), "/", HOST)
    image = here.image(word)
    if image is None:
        return None
    return _of(image)


def _of(image: "Image") -> Inside:
    tree = Tree(image.layers)
    return Inside(tree, tree, None, image.id, _path(image.env), image.workdir or "/")


def _path(*environments: tuple[str, ...]) -> str:
    words = [word for env in environments for word in env if word.startswith("PATH=")]
    return words[-1][5:] if words else PATH


def _mounts(here: Here, row: "Container") -> dict[str, str]:
    """Return the host directories that are mounted in a container, by where."""
    import os

    found = {}
    for mount in row.spec.mounts:
        source = f"{here.paths.volumes}/{mount.source}/_data" if mount.kind == "volume" else mount.source
        if mount.kind in ("bind", "volume") and os.path.isdir(source):
            found[mount.target] = source
    return found


def programs(here: Here, known: Programs, inside: Inside, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield what may be started: a name of PATH, or a path."""
    if "/" in prefix:
        yield from ((path, about) for path, about in paths(inside, prefix, modes=True) if about != "file")
        return
    yield from known.find(inside, prefix, here.paths.runtime)


def paths(inside: Inside, prefix: str, *, modes: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the paths that begin so and what each is, directories with a slash at the end."""
    above, slash, start = prefix.rpartition("/")
    place = f"{above}{slash}" if prefix.startswith("/") else f"{inside.workdir.rstrip('/')}/{above}"
    links = 0
    for entry in sorted(inside.tree.entries(place, modes=modes)):
        if not entry.name.startswith(start) or (entry.name.startswith(".") and not start.startswith(".")):
            continue
        kind, links = entry.kind, links + (entry.kind == "link")
        if kind == "link" and links <= LINKS_MOST:
            kind = inside.tree.kind(f"{place.rstrip('/')}/{entry.name}") or "link"
        mark = "/" if kind == "directory" else ""
        yield f"{above}{slash}{entry.name}{mark}", _about(entry, kind)


def _about(entry: Entry, kind: str) -> str:
    return "program" if entry.runs else kind


def users(inside: Inside, file: str = "/etc/passwd") -> Iterator[tuple[str, str]]:
    """Yield the names of /etc/passwd or /etc/group and their numbers."""
    for line in inside.tree.read(file).decode(errors="replace").splitlines():
        name, _, rest = line.partition(":")
        if name and rest.count(":") >= 2:  # noqa: PLR2004 (name, password, id, …)
            yield name, f"id {rest.split(':')[1]}"

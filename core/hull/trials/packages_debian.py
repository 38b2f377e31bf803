"""Packages of Debian's dpkg: its status file on both sides, and the lists of files."""

from collections.abc import Iterator

from hull.trials.changes import REMOVED, Change, Entry
from hull.trials.packages import MOST, Contents, Found, compared, texts

PLACE = "/var/lib/dpkg"
INFO = f"{PLACE}/info/"
# What apt and dpkg write on the way: bookkeeping of every change of packages.
BOOKS = (
    "/var/lib/dpkg/", "/var/lib/apt/", "/var/cache/apt/", "/var/cache/debconf/", "/var/log/apt/", "/var/cache/man/",
    "/var/cache/swcatalog/", "/var/lib/systemd/deb-systemd-helper-enabled/",
)  # fmt: skip
LOGS = ("/var/log/dpkg.log", "/var/log/alternatives.log", "/etc/ld.so.cache", "/var/cache/ldconfig/aux-cache")


def found(known: dict[str, Change], contents: Contents) -> list[Found]:
    """Return the packages that came, went and changed."""
    status = known.get(f"{PLACE}/status")
    if status is None or "type" in status.what:
        return []
    old, new = texts(status, contents)
    rows = compared("apt", dict(installed(old)), dict(installed(new)))
    made = [Found(row, frozenset(_files(row.name, row.verb == "removed", known, contents))) for row in rows]
    books = {path for path in known if path.startswith(BOOKS) or path in LOGS or f"{path}/" in BOOKS}
    books -= {path for one in made for path in one.owned}
    return [made[0]._replace(owned=made[0].owned | books), *made[1:]] if made else []


def installed(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and version of each installed package; a foreign architecture is part of the name."""
    stanzas = [dict(_fields(stanza)) for stanza in text.split("\n\n")]
    native = next((one.get("Architecture") for one in stanzas if one.get("Package") == "dpkg"), None)
    for one in stanzas:
        if one.get("Status", "").endswith(" installed") and "Package" in one:
            architecture = one.get("Architecture", "all")
            foreign = native is not None and architecture not in (native, "all")
            yield f"{one['Package']}:{architecture}" if foreign else one["Package"], one.get("Version", "")


def _fields(stanza: str) -> Iterator[tuple[str, str]]:
    for line in stanza.split("\n"):
        key, colon, value = line.partition(": ")
        if colon and key in ("Package", "Status", "Version", "Architecture"):
            yield key, value.strip()


def _files(name: str, removed: bool, known: dict[str, Change], contents: Contents) -> Iterator[str]:
    """Yield the files of a package: those of its old list, where it is gone, too."""
    places = [path for path in known if path.startswith((f"{INFO}{name}.", f"{INFO}{name}:"))]
    yield from places
    for change in [known[path] for path in places if path.endswith(".list")]:
        old, new = texts(change, contents)
        yield from _merged(old)
        yield from _merged(new)
    if removed and f"{INFO}{name}.list" not in known:
        gone = Change(REMOVED, f"{INFO}{name}.list", old=Entry("file", 0o644, 0, 0, 1, 0))
        yield from _merged(contents.old(gone, MOST)[1].decode("utf-8", "surrogateescape"))


def _merged(text: str) -> Iterator[str]:
    """Yield paths; those below /bin, /sbin and /lib lie in /usr where these are links."""
    for line in text.split("\n"):
        if line.startswith("/") and line != "/.":
            yield line
            if line.startswith(("/bin/", "/sbin/", "/lib/", "/lib64/")):
                yield f"/usr{line}"

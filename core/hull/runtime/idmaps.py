"""Decide how the caller's ids become a container's: --userns auto, keep-id[:uid=N,gid=N], single.

The caller's name comes from the password database by uid, never from the environment; /etc/subuid and /etc/subgid are
keyed by that name or by the number, on as many lines as there are. Source of the format: subuid(5).
"""

import os

from hull import log
from hull.errors import HostError, UserError
from hull.kernel import programs
from hull.model import Identity, IdMap

WORDS = ("auto", "keep-id", "single")
FULL = 2**32 - 1  # what the first user namespace maps


def find(userns: str = "auto", events: log.Events = log.silent) -> Identity:
    """Return the maps for `userns` as --userns takes it.

    auto: id 0 is the caller and 1… the caller's subordinate range; without a range, or without the helpers that map it,
    the caller alone. keep-id: the caller's own ids seen unchanged, or as the numbers it names, the range around them.
    single: the caller alone.
    For root, every id inside comes from a subordinate range: nothing inside is the host's root.
    """
    if userns == "host":
        raise UserError(
            "cannot use --userns host: a container's root would be you on this machine",
            "leave --userns out, or take --userns keep-id to keep your own ids",
        )
    word, colon, _ = userns.partition(":")
    if word not in WORDS or (colon and word != "keep-id"):
        raise UserError(f"cannot use --userns {userns}: unknown", f"one of {', '.join(WORDS)}, keep-id:uid=N,gid=N")
    own = kept(userns) if word == "keep-id" else None
    if os.geteuid() == 0:
        from hull.runtime import rootmaps

        return rootmaps.find(userns, events)
    if userns == "single":
        return single()
    keys = {_name(os.geteuid()), str(os.geteuid())}
    uids, gids = subordinate("/etc/subuid", keys), subordinate("/etc/subgid", keys)
    missing = _missing(uids, gids)
    if own is not None:
        if missing:
            raise HostError(f"cannot keep your ids: {missing}", "hull doctor shows how to get a subordinate range")
        return keep(uids, gids, own)
    return (
        single() if missing else Identity("range", spread(os.geteuid(), uids), spread(os.getegid(), gids), _helpers())
    )


def single() -> Identity:
    """Return the map that needs nobody's help: id 0 is the caller, there is no other."""
    return Identity("single", (IdMap(0, os.geteuid(), 1),), (IdMap(0, os.getegid(), 1),))


def keep(uids: list[tuple[int, int]], gids: list[tuple[int, int]], inside: tuple[int, int]) -> Identity:
    """Return the map in which the caller's ids are those `inside` and every other id is a subordinate one."""
    mine = around(os.geteuid(), uids, inside[0]), around(os.getegid(), gids, inside[1])
    return Identity("keep-id", *mine, _helpers())


def kept(userns: str) -> tuple[int, int] | None:
    """Return the uid and gid that keep-id gives the caller inside; None for other words."""
    word, _, rest = userns.partition(":")
    if word != "keep-id":
        return None
    own = {"uid": os.geteuid(), "gid": os.getegid()}
    for field in rest.split(",") if rest else ():
        key, _, number = field.partition("=")
        if key not in own or not (number.isascii() and number.isdecimal()) or int(number) >= FULL:
            raise UserError(f"cannot use --userns {userns}", "write keep-id:uid=N,gid=N")
        own[key] = int(number)
    return own["uid"], own["gid"]


def spread(own: int, ranges: list[tuple[int, int]]) -> tuple[IdMap, ...]:
    """Return extents: 0 is `own`, 1… the ranges one after another."""
    extents, inside = [IdMap(0, own, 1)], 1
    for start, count in ranges:
        extents.append(IdMap(inside, start, count))
        inside += count
    return tuple(extents)


def around(own: int, ranges: list[tuple[int, int]], place: int | None = None) -> tuple[IdMap, ...]:
    """Return extents: `own` is seen as `place`, or as itself; the ids below and above it are the ranges, in order.

    Ranges too short to reach it leave a gap below it.
    """
    seen = own if place is None else place
    extents, inside = [], 0
    for start, count in ranges:
        if inside < seen < inside + count:
            below = seen - inside
            extents += [IdMap(inside, start, below), IdMap(seen + 1, start + below, count - below)]
        else:
            extents.append(IdMap(inside + (inside >= seen), start, count))
        inside += count
    return tuple(sorted([*extents, IdMap(seen, own, 1)]))


def fuse_options(identity: Identity) -> str:
    """Return fuse-overlayfs's options that show layers unpacked under `spread` as they were, seen from keep-id's ids.

    Its words are ON-DISK:SHOWN:COUNT, the first as the container's user namespace sees the file. What was unpacked as 0
    is the caller's on the disk, what was unpacked as 1… the ranges', in order. The kernel's overlay cannot do it.
    """
    if identity.flavour != "keep-id":
        return ""
    return ",".join(
        f"{option}={':'.join(f'{on_disk}:{shown}:{count}' for on_disk, shown, count in _shown(extents, own))}"
        for option, extents, own in (
            ("uidmapping", identity.uids, os.geteuid()),
            ("gidmapping", identity.gids, os.getegid()),
        )
    )


def subordinate(path: str, keys: set[str]) -> list[tuple[int, int]]:
    """Return the (start, count) ranges that a subuid(5) file gives to any of `keys`, in the file's order.

    Of lines that overlap the first counts; lines that cannot be read as a range are passed over, as is any with id 0.
    """
    ranges: list[tuple[int, int]] = []
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return ranges
    for line in lines:
        fields = line.strip().split(":")
        if len(fields) == 3 and fields[0] and fields[0] in keys and fields[1].isdecimal() and fields[2].isdecimal():  # noqa: PLR2004
            start, count = int(fields[1]), int(fields[2])
            free = all(start + count <= s or s + c <= start for s, c in ranges)
            if count and start and start + count <= FULL and free:
                ranges.append((start, count))
    return ranges


def _shown(extents: tuple[IdMap, ...], own: int) -> list[tuple[int, int, int]]:
    """Return (on disk, shown, count) triplets of a keep-id map; `own` is the caller's id on this host."""
    triplets: list[tuple[int, int, int]] = []
    shown = 1
    for extent in extents:
        if extent.outside == own and extent.length == 1:
            triplets.insert(0, (extent.inside, 0, 1))
        else:
            triplets.append((extent.inside, shown, extent.length))
            shown += extent.length
    return triplets


def _missing(uids: list[tuple[int, int]], gids: list[tuple[int, int]]) -> str:
    """Return why a range cannot be used, "" if it can; a helper that is there but powerless is an error (B71)."""
    if not uids or not gids:
        return f"{'/etc/subgid' if uids else '/etc/subuid'} has no range for {_name(os.geteuid()) or os.geteuid()}"
    for name in ("newuidmap", "newgidmap"):
        path = programs.find(name)
        if not path:
            return f"{name} is not installed"
        if not programs.raises(path):
            raise HostError(
                f"cannot map a subordinate range: {path} is neither set-uid root nor has file capabilities here",
                f"as root: chmod u+s {path}, or reinstall its package; or run with --userns single",
            )
    return ""


def _helpers() -> tuple[str, str]:
    return (programs.find("newuidmap"), programs.find("newgidmap"))


def _name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""

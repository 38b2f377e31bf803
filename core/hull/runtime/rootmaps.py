"""Give root's containers ids that are nobody's: a subordinate range of root, found or set aside once."""

import os

from hull import log
from hull.errors import HostError, UserError
from hull.kernel import programs
from hull.model import Identity, IdMap
from hull.runtime import idmaps

OWNERS = {"root", "0", "hull"}
SIZE = 65536
LOWEST, HIGHEST = (
    0x70000000,
    2**31,
)  # what systemd's table of ids leaves unused: clear of people's ranges and of nspawn's


def find(userns: str, events: log.Events, uidfile: str = "/etc/subuid", gidfile: str = "/etc/subgid") -> Identity:
    """Return maps whose ids all come from a range of root's; the kernel lets root write them.

    Inside another user namespace, root is not the host's: its own ids, all of them, are handed on.
    """
    if userns.startswith("keep-id"):
        raise UserError("cannot keep your ids: they are root's", "leave --userns out, or run as an ordinary user")
    own = _extents("/proc/self/uid_map"), _extents("/proc/self/gid_map")
    if own[0] != [(0, idmaps.FULL)]:
        return idmaps.single() if userns == "single" else _nested(*own)
    uids, gids = _ranges(uidfile), _ranges(gidfile)
    if not uids or not gids:
        start = allocate(uidfile, gidfile)
        text = f"set aside ids {start} to {start + SIZE - 1} for root's containers in {uidfile} and {gidfile}"
        events(log.Event("warning", "root", text))
        uids, gids = _ranges(uidfile), _ranges(gidfile)
    if not uids or not gids:
        raise HostError(f"cannot find root's range in {uidfile} and {gidfile}", "check that both have the same line")
    count = 1 if userns == "single" else SIZE
    flavour = "single" if userns == "single" else "range"
    return Identity(flavour, (IdMap(0, uids[0], count),), (IdMap(0, gids[0], count),))


def allocate(uidfile: str, gidfile: str) -> int:
    """Set a free range aside for root with usermod, which locks the files; return its start."""
    import subprocess

    usermod = programs.find("usermod")
    start = free(taken(uidfile, gidfile))
    last = start + SIZE - 1
    hint = f"as root: echo root:{start}:{SIZE} | tee -a {uidfile} {gidfile}"
    if not usermod:
        raise HostError("cannot set aside ids for root's containers: usermod is not installed", hint)
    words = [usermod, "--add-subuids", f"{start}-{last}", "--add-subgids", f"{start}-{last}", "root"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HostError(f"cannot set aside ids for root's containers: {done.stderr.strip()}", hint)
    return start


def free(ranges: list[tuple[int, int]], lowest: int = LOWEST) -> int:
    """Return the lowest start, in steps of SIZE, of SIZE ids that overlap none of the (start, count) ranges."""
    for start in range(lowest, HIGHEST - SIZE, SIZE):
        if all(start + SIZE <= s or s + c <= start for s, c in ranges):
            return start
    raise HostError("cannot set aside ids for root's containers: all are taken", "see /etc/subuid and /etc/subgid")


def _ranges(path: str) -> list[int]:
    return [start for start, count in idmaps.subordinate(path, OWNERS) if count >= SIZE]


def taken(*paths: str) -> list[tuple[int, int]]:
    """Return every range of subuid files, whoever's, and every id that a user or a group has."""
    import grp
    import pwd

    ranges = [(p.pw_uid, 1) for p in pwd.getpwall()] + [(g.gr_gid, 1) for g in grp.getgrall()]
    for path in filter(os.path.exists, paths or ("/etc/subuid", "/etc/subgid")):
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.strip().split(":")
                if len(fields) == 3 and fields[1].isdecimal() and fields[2].isdecimal():  # noqa: PLR2004
                    ranges.append((int(fields[1]), int(fields[2])))
    return ranges


def _extents(path: str) -> list[tuple[int, int]]:
    """Return the (inside, count) extents of this process's own map."""
    with open(path, encoding="ascii") as file:
        return [(int(words[0]), int(words[2])) for words in (line.split() for line in file)]


def _nested(uids: list[tuple[int, int]], gids: list[tuple[int, int]]) -> Identity:
    """Return maps that hand on what this user namespace has: one line an extent, no line over two (FACTS P9)."""
    flavour = "range" if sum(count for _, count in uids) > 1 else "single"
    return Identity(flavour, tuple(IdMap(i, i, n) for i, n in uids), tuple(IdMap(i, i, n) for i, n in gids))

"""The words of ps: options become columns, a process becomes their values. Source: ps(1) of procps."""

import os
import time
from collections.abc import Callable

from hull.errors import UserError
from hull.light import Any, NamedTuple
from hull.runtime.members import Member, boot_time
from hull.runtime.usage import PAGE, TICK, machine_memory

IGNORED = "eAaxwHT"  # everything is shown, in full width
DAY, MINUTE = 86_400, 60
Many = tuple[str, ...]


class Column(NamedTuple):
    """One column: the keyword that makes its value, and its header."""

    key: str
    header: str


def _preset(text: str) -> list[Column]:
    return [Column(key, header) for key, _, header in (word.partition(":") for word in text.split())]


FULL = _preset("user:UID pid:PID ppid:PPID c:C stime:STIME tty:TTY time:TIME args:CMD")
USERS = _preset(
    "user:USER pid:PID pcpu:%CPU pmem:%MEM vsz:VSZ rss:RSS tty:TTY stat:STAT stime:START time:TIME args:COMMAND"
)
PLAIN = _preset("pid:PID tty:TTY time:TIME comm:CMD")


class Moment(NamedTuple):
    """What values are relative to: seconds since the epoch."""

    now: float
    boot: float

    @classmethod
    def take(cls) -> "Moment":
        """Return the present."""
        return cls(time.time(), boot_time())

    def started(self, member: Member) -> float:
        """Return when a process began."""
        return self.boot + member.start / TICK

    def age(self, member: Member) -> float:
        """Return the seconds that a process has lived, never 0."""
        return max(self.now - self.started(member), 1 / TICK)


def columns(words: Many) -> list[Column]:
    """Return what ps options ask to see; none is `-ef`, as Docker's default is."""
    asked, preset = list(words) or ["-ef"], PLAIN
    chosen: list[Column] = []
    while asked:
        word = asked.pop(0)
        letters, own = word.lstrip("-"), word.startswith("-")
        for at, letter in enumerate(letters, 1):
            if letter in "oO":
                text = letters[at:] or (asked.pop(0) if asked else "")
                chosen += _listed(text, word)
                break
            if letter == "f" and own:
                preset = FULL
            elif letter == "u" and not own:
                preset = USERS
            elif letter not in IGNORED or word.startswith("--"):
                raise UserError(f"cannot show processes with the ps option {word}", "use -ef, aux, or -o COLUMN,…")
    return chosen or preset


def _listed(text: str, word: str) -> list[Column]:
    found = []
    name, equals, header = text.partition("=")  # the rest of the word is the last column's header
    for key in (key for key in name.replace(",", " ").split() if key):
        if key not in VALUES:
            raise UserError(f"cannot show the column {key!r}", f"columns: {', '.join(sorted(VALUES))}")
        found.append(Column(key, HEADERS.get(key, key.upper())))
    if not found:
        raise UserError(f"the ps option {word} needs columns", "as -o pid,user,args")
    return [*found[:-1], Column(found[-1].key, header)] if equals else found


def value(column: Column, member: Member, moment: Moment) -> str:
    """Return one cell."""
    return str(VALUES[column.key](member, moment))


def _user(member: Member, number: bool = False) -> str:
    import pwd

    try:
        with open(f"/proc/{member.pid}/status", encoding="ascii", errors="replace") as file:
            uid = next(int(line.split()[2]) for line in file if line.startswith("Uid:"))
        return str(uid) if number else pwd.getpwuid(uid).pw_name
    except (OSError, StopIteration):
        return "?"
    except KeyError:
        return str(uid)


def command_line(member: Member) -> str:
    """Return the program's words, its name in brackets where there are none."""
    try:
        with open(f"/proc/{member.pid}/cmdline", "rb") as file:
            words = file.read().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        words = ""
    return words or f"[{member.name}]"


def _terminal(member: Member) -> str:
    major, minor = os.major(member.terminal), os.minor(member.terminal)
    if 136 <= major < 144:  # noqa: PLR2004 (the kernel's numbers of pts)
        return f"pts/{(major - 136) * 256 + minor}"
    return "?" if not member.terminal else f"tty{minor}" if major == 4 else f"{major}:{minor}"  # noqa: PLR2004


def _start(member: Member, moment: Moment) -> str:
    began = time.localtime(moment.started(member))
    now = time.localtime(moment.now)
    if moment.now - moment.started(member) < DAY and began.tm_mday == now.tm_mday:
        return time.strftime("%H:%M", began)
    return time.strftime("%b%d" if began.tm_year == now.tm_year else "%Y", began)


def _span(seconds: float, *, hours: bool) -> str:
    days, rest = divmod(int(seconds), DAY)
    text = f"{rest // 60 % 60:02}:{rest % 60:02}"
    if hours or days or rest >= 60 * MINUTE:
        text = f"{rest // 3600:02}:{text}"
    return f"{days}-{text}" if days else text


def _share(member: Member, moment: Moment) -> float:
    return 100 * member.ticks / TICK / moment.age(member)


def _state(member: Member) -> str:
    flags = ("<" if member.nice < 0 else "N" if member.nice > 0 else "") + ("s" if member.session == member.pid else "")
    return member.state + flags + ("l" if member.threads > 1 else "")


VALUES: dict[str, Callable[[Member, Moment], Any]] = {
    "pid": lambda m, _: m.pid,
    "ppid": lambda m, _: m.parent,
    "pgid": lambda m, _: m.group,
    "sid": lambda m, _: m.session,
    "uid": lambda m, _: _user(m, number=True),
    "user": lambda m, _: _user(m),
    "comm": lambda m, _: m.name,
    "args": lambda m, _: command_line(m),
    "c": lambda m, t: int(_share(m, t)),
    "pcpu": lambda m, t: f"{_share(m, t):.1f}",
    "pmem": lambda m, _: f"{100 * m.resident * PAGE / machine_memory():.1f}",
    "vsz": lambda m, _: m.virtual >> 10,
    "rss": lambda m, _: m.resident * PAGE >> 10,
    "tty": lambda m, _: _terminal(m),
    "stat": lambda m, _: _state(m),
    "s": lambda m, _: m.state,
    "stime": _start,
    "lstart": lambda m, t: time.strftime("%c", time.localtime(t.started(m))),
    "etime": lambda m, t: _span(t.age(m), hours=False),
    "etimes": lambda m, t: int(t.age(m)),
    "time": lambda m, _: _span(m.ticks / TICK, hours=True),
    "nlwp": lambda m, _: m.threads,
    "ni": lambda m, _: m.nice,
    "pri": lambda m, _: 39 - m.priority,
}
ALIASES = {
    "euser": "user", "euid": "uid", "ucmd": "comm", "cmd": "args", "command": "args", "%cpu": "pcpu", "%mem": "pmem",
    "vsize": "vsz", "rssize": "rss", "rsz": "rss", "tt": "tty", "tname": "tty", "state": "s", "start": "stime",
    "start_time": "stime", "bsdstart": "stime", "cputime": "time", "bsdtime": "time", "thcount": "nlwp", "nice": "ni",
    "pgrp": "pgid", "sess": "sid", "session": "sid", "cputimes": "time",
}  # fmt: skip
VALUES |= {alias: VALUES[name] for alias, name in ALIASES.items()}
HEADERS = {
    "comm": "COMMAND", "ucmd": "CMD", "args": "COMMAND", "pcpu": "%CPU", "pmem": "%MEM", "etime": "ELAPSED",
    "etimes": "ELAPSED", "lstart": "STARTED", "stat": "STAT", "tty": "TT", "tt": "TT", "tname": "TTY", "state": "S",
    "nice": "NI", "cputime": "TIME", "rsz": "RSZ", "vsize": "VSZ", "rssize": "RSS",
}  # fmt: skip

"""The words of a plan: one row an op, in the launcher's table too (a test compares them).

A plan is a sequence of ops; an op is its word followed by a fixed number of arguments. Encoded (`encode`) it is
NUL-terminated words: `hull-plan`, `1`, every op, `end`. No argument can hold a NUL, none is optional.
"""

from collections.abc import Iterable, Sequence

from hull.errors import UserError
from hull.light import NamedTuple

MAGIC = ("hull-plan", "1")
MAX_BYTES = 4 << 20
INHERITED = "/proc/self/fd/"  # how a plan names a descriptor that its launcher inherits

Op = tuple[str, ...]


class Word(NamedTuple):
    """One op's arguments, the stage that walks it, and how it reads in `hull run --plan`."""

    arguments: tuple[str, ...]
    stage: str
    text: str


# Stages in order of time. prepare: the launcher, before any clone. monitor: whoever stays beside a detached container,
# over all its runs. identity: ids of the new user namespace. namespaces:
# clone. helpers: beside the container, started as soon as their namespace exists. mounts: pid 1, before pivot_root.
# settings: pid 1, after it. program: the program's own process. finish: the launcher, after the last process is gone.
OPS: dict[str, Word] = {
    "id": Word(("id",), "prepare", "call it {0}"),
    "status": Word(("path",), "prepare", "append what happens to {0}, one JSON object a line"),
    "events": Word(("path", "attributes"), "prepare", "append Docker's events to {0}, with the attributes {1}"),
    "volume": Word(("name", "attributes"), "prepare", "  and that the volume {0} is mounted and unmounted, with {1}"),
    "monitor": Word(("socket",), "monitor", "detach: stay beside the container, answer on {0}"),
    "input": Word((), "monitor", "keep its standard input open, for whoever attaches"),
    "attach": Word(("socket", "options"), "monitor", "attach to the streams of the monitor at {0} ({1})"),
    "client": Word(("socket", "options"), "monitor", "have {0} at its streams from the beginning ({1})"),
    "log": Word(
        ("driver", "path", "bytes", "files"), "monitor", "log by {0} to {1}, a new file each {2} bytes, {3} files"
    ),
    "restart": Word(("policy", "most"), "monitor", "start it again: {0}, {1} times at most (0: no limit)"),
    "stop": Word(("signal", "ms"), "monitor", "stop it with signal {0}, kill it {1} ms later (-1: never)"),
    "health": Word(
        ("interval", "timeout", "retries", "start-period", "start-interval"),
        "monitor",
        "probe its health each {0} ms, {1} ms long, unhealthy after {2}; for {3} ms each {4} ms, no failure counts",
    ),
    "health-arg": Word(("word",), "monitor", "  argument {0}"),
    "cgroup": Word(("path",), "prepare", "join the control group {0}; who made it removes it at the end"),
    "userns-join": Word(("path",), "identity", "enter the kept user namespace {0}"),
    "userns-new": Word((), "identity", "make a user namespace (nested in the joined one, if any)"),
    "uid-map": Word(("inside", "outside", "count"), "identity", "uids {0}… inside are {1}… outside, {2} of them"),
    "gid-map": Word(("inside", "outside", "count"), "identity", "gids {0}… inside are {1}… outside, {2} of them"),
    "map-helpers": Word(("newuidmap", "newgidmap"), "identity", "let {0} and {1} write the maps, side by side"),
    "setgroups-deny": Word((), "identity", "give up setgroups (the kernel's price of a map without a helper)"),
    "hold": Word((), "identity", "say ready, keep the namespaces until standard input ends; run nothing"),
    "hand-out": Word((), "identity", "hand descriptors of its network namespaces out by standard input; run nothing"),
    "namespace": Word(("kind",), "namespaces", "make a {0} namespace"),
    "namespace-join": Word(("kind", "path"), "namespaces", "enter the {0} namespace {1}"),
    "keep": Word(("path",), "namespaces", "keep {0} open until the container ends"),
    "join": Word(
        ("pid", "start", "kinds"), "namespaces", "enter the {2} namespaces of process {0} started at tick {1}"
    ),
    "share": Word(
        ("pid", "start", "kinds"), "namespaces", "be in the {2} namespaces of process {0} started at tick {1}"
    ),
    "nftables": Word(("batch",), "namespaces", "filter its network before anything runs in it ({0:.24}…)"),
    "unreachable": Word(("network",), "namespaces", "let no route lead to {0}"),
    "helper": Word(("name", "ready"), "helpers", "start {0} beside the container, ready by {1}"),
    "helper-arg": Word(("word",), "helpers", "  argument {0}"),
    "helper-request": Word(("socket", "text"), "helpers", "  ask {0}: {1}"),
    "root-overlay": Word(("upper", "work"), "mounts", "root: overlay, changes go to {0}, work in {1}"),
    "lower": Word(("path",), "mounts", "  above {0}"),
    "lower-fuse": Word(("path",), "mounts", "  above what the helper that takes @FUSE serves, mounted on {0}"),
    "root-bind": Word(("path",), "mounts", "root: the directory {0} itself"),
    "root-fuse": Word((), "mounts", "root: a FUSE file system served by the helper that takes @FUSE"),
    "root-readonly": Word((), "mounts", "make the root read-only once everything is mounted"),
    "mount": Word(("type", "target", "flags", "options"), "mounts", "mount {0} on {1} ({2}) {3}"),
    "fill": Word(("volume", "target"), "mounts", "copy what is at {1} into {0}, if that is empty"),
    "fill-below": Word(
        ("volume", "path", "target"), "mounts", "copy what is at {2} into {1} below {0}, if that is empty"
    ),
    "bind": Word(("source", "target", "flags"), "mounts", "bind {0} on {1} ({2})"),
    "bind-below": Word(("base", "path", "target", "flags"), "mounts", "bind {1}, found below {0}, on {2} ({3})"),
    "overlay": Word(
        ("upper", "work", "path", "target", "flags"),
        "mounts",
        "overlay on {3} ({4}), changes go to {0}, work in {1}; show what {2} is in it",
    ),
    "device": Word(("source", "target"), "mounts", "show the device {0} at {1}"),
    "symlink": Word(("text", "target"), "mounts", "link {1} to {0}"),
    "mkdir": Word(("target", "mode"), "mounts", "make the directory {0}, mode {1}"),
    "mask": Word(("target",), "mounts", "hide {0}"),
    "readonly": Word(("target",), "mounts", "make {0} read-only"),
    "hostname": Word(("name",), "settings", "set the host name {0}"),
    "domainname": Word(("name",), "settings", "set the domain name {0}"),
    "sysctl": Word(("key", "value"), "settings", "set {0} to {1}"),  # @GROUPS: the first and the last group there is
    "loopback": Word((), "settings", "bring the loopback interface up"),
    "signals-inside": Word((), "settings", "let it signal its own processes alone (kernels since 6.12)"),
    "init": Word((), "settings", "stay as pid 1: reap, forward signals"),
    "rlimit": Word(("name", "soft", "hard"), "program", "limit {0} to {1} (hard {2})"),
    "oom-score": Word(("score",), "program", "set the OOM score adjustment {0}"),
    "user": Word(("who",), "program", "become {0}, by the container's passwd and group"),
    "group": Word(("who",), "program", "add the group {0}"),
    "own": Word(("target",), "program", "give everything mounted on {0} to that user"),
    "umask": Word(("mode",), "program", "set the umask {0}"),
    "capabilities": Word(("bounding", "ambient"), "program", "keep the capabilities {0}, ambient {1}"),
    "no-new-privileges": Word((), "program", "give up set-uid and file capabilities"),
    "seccomp": Word(("filter",), "program", "install a seccomp filter ({0:.24}…)"),
    "workdir": Word(("path",), "program", "start in {0}, made if missing"),
    "env": Word(("assignment",), "program", "{0}"),
    "home": Word((), "program", "set HOME by the container's passwd, unless it is set"),
    "terminal": Word(("mode",), "program", "terminal: {0}"),
    "stream": Word(("descriptor", "how", "path"), "program", "{1} {2} as its stream {0} (same: what that one is)"),
    "streams-closed": Word((), "program", "refuse directories as its streams, make files that it reads read-only"),
    "arg": Word(("word",), "program", "argument {0}"),
    "glob": Word(("options", "pattern"), "program", "as arguments, the files that match {1} ({0})"),
    "stand-in": Word(("errand",), "program", "execute nothing: {0}"),
    "remove": Word(("path",), "finish", "remove {0}"),
    "remove-volume": Word(("path",), "finish", "remove the volume {0}, unless another container took it"),
    "remove-untouched": Word(("path",), "finish", "remove {0}, if nothing was changed in it"),
    "then": Word(("word",), "finish", "at the very end become the program with the argument {0}"),
}


def encode(plan: Iterable[Op]) -> bytes:
    """Return the plan as the launcher reads it. A NUL inside a word or an unknown op is an error here, not there."""
    words: list[str] = [*MAGIC]
    for op in plan:
        if len(op) != len(OPS[op[0]].arguments) + 1:
            message = f"cannot encode the op {op!r}: wrong number of arguments"
            raise ValueError(message)
        words.extend(op)
    words.append("end")
    if any("\0" in word for word in words):
        raise UserError("cannot pass a NUL byte to a container", "remove it from the arguments or the environment")
    data = b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in words)
    if len(data) > MAX_BYTES:
        raise UserError(f"cannot start: {len(data)} bytes of arguments and environment, the most is {MAX_BYTES}")
    return data


def describe(plan: Sequence[Op]) -> list[str]:
    """Return one readable line an op, in order, arguments escaped."""
    return [f"{op[0]:<18} {OPS[op[0]].text.format(*(repr(a)[1:-1] for a in op[1:]))}" for op in plan]

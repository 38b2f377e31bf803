"""Compare the walk of layers with a scan of whole trees: `python -m tests.trials.walking_rig PLACE CHECK [COUNT]`.

Random trees are changed through overlays that the kernel makes, so every mark is its own. Runs as root of a user
namespace with a mount namespace of its own; a difference is hypothesis' shrunk counterexample and exit code 1.
"""

import ctypes
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress

from hull.images.tree import ORIGIN
from hull.kernel import stacking, syscalls
from hull.trials import walking_entries
from hull.trials.changes import ADDED, CHANGED, OWNER, REMOVED, TYPE, Entry
from hull.trials.stacks import BASE, Found, Part
from hull.trials.walking import HOST, View, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DETACH = ctypes.CDLL(None).umount2
NAMES = ("a", "b", "c", "ü\n")
BEFORE = [
    ("mkdir", "a/a"),
    ("mkdir", "c/b"),
    *(("write", path, b"x") for path in ("b", "a/b", "a/a/a", "c/a", "c/b/a")),
]
KNOWN = ("a", "a/a", "a/b", "a/a/a", "b", "c", "c/a", "c/b", "c/b/a")  # most operations are to meet something
PATHS = st.sampled_from(KNOWN) | st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
TEXTS = st.sampled_from([b"", b"x", b"y", b"long" * 50])
TIMES = st.sampled_from([1, 10**18 + 1])
WORDS = st.one_of(
    st.tuples(st.just("write"), PATHS, TEXTS),
    st.tuples(st.just("append"), PATHS, TEXTS),
    st.tuples(st.just("touched"), PATHS, TIMES),
    st.tuples(st.just("mkdir"), PATHS),
    st.tuples(st.just("remove"), PATHS),
    st.tuples(st.just("again"), PATHS),
    st.tuples(st.just("rename"), PATHS, PATHS),
    st.tuples(st.just("link"), PATHS, PATHS),
    st.tuples(st.just("symlink"), PATHS, PATHS),
    st.tuples(st.just("chmod"), PATHS, st.sampled_from([0o700, 0o644, 0o4755])),
    st.tuples(st.just("xattr"), PATHS, TEXTS),
    st.tuples(st.just("fifo"), PATHS),
)
SCRIPTS = st.lists(WORDS, max_size=8)


def write(place, data, *, how=os.O_TRUNC):
    fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | how, 0o644)
    os.write(fd, data)
    os.close(fd)


def remove(place):
    shutil.rmtree(place) if os.path.isdir(place) and not os.path.islink(place) else os.unlink(place)


def again(place):
    """Leave a directory that hides what was in it."""
    remove(place)
    os.mkdir(place)


DONE = {
    "write": write,
    "append": lambda place, data: write(place, data, how=os.O_APPEND),
    "touched": lambda place, time: os.utime(place, ns=(time, time), follow_symlinks=False),
    "mkdir": os.makedirs,
    "remove": remove,
    "again": again,
    "chmod": os.chmod,
    "xattr": lambda place, data: os.setxattr(place, "user.test", data, follow_symlinks=False),
    "fifo": os.mkfifo,
    "symlink": lambda place, target: os.symlink(target, place),
}


def do(root, word, path, *rest):
    """Carry one out as a program would; what cannot be is passed over."""
    place = f"{root}/{path}"
    with suppress(OSError, shutil.Error):
        if word == "rename":
            os.rename(place, f"{root}/{rest[0]}")
        elif word == "link":
            os.link(place, f"{root}/{rest[0]}", follow_symlinks=False)
        else:
            DONE[word](place, *rest)


def scan(root):
    """Return every entry of a tree, with its bytes."""
    found = {}
    for directory, below, files in os.walk(root):
        fd = os.open(directory, os.O_RDONLY)
        for name in (*below, *files):
            status = os.stat(name, dir_fd=fd, follow_symlinks=False)
            side = walking_entries.side(name, Found(Part(BASE, fd), status))
            data = pathlib.Path(directory, name).read_bytes() if stat.S_ISREG(status.st_mode) else b""
            found[f"{directory}/{name}"[len(root) :]] = (side.entry, data)
        os.close(fd)
    return found


def expected(new, old):
    """Return (kind, path, what) as whole trees tell them."""
    rows = []
    for path in sorted({*new, *old}, key=lambda path: path.split("/")):
        above = path.rpartition("/")[0]
        if path not in old:
            rows.append((ADDED, path, ()))
        elif path not in new:
            if not above or (above in new and new[above][0].kind == "directory"):
                rows.append((REMOVED, path, ()))
        elif what := differing(*old[path], *new[path]):
            rows.append((CHANGED, path, what))
    return rows


def differing(old: Entry, before: bytes, new: Entry, after: bytes):
    if old.kind != new.kind:
        return (TYPE,)
    pairs = {
        "content": before != after or old.target != new.target,
        "mode": old.mode != new.mode,
        "owner": (old.uid, old.gid) != (new.uid, new.gid),
        "xattr": old.xattrs != new.xattrs,
        "time": old.mtime != new.mtime,
    }
    return tuple(word for word, differs in pairs.items() if differs)


def mounted(place, layers, upper, script):
    """Change the stack through an overlay, return what it shows after that."""
    work, point = (f"{place}/{name}{os.urandom(4).hex()}" for name in ("work", "point"))
    os.mkdir(work)
    os.mkdir(upper)
    os.mkdir(point)
    root = stacking.overlay(layers, upper, work)
    syscalls.move_mount(root, -100, os.fsencode(point))
    os.close(root)
    for words in script:
        do(point, *words)
    found = scan(point)
    DETACH(os.fsencode(point), 2)
    return found


@given(st.lists(WORDS, max_size=12), st.lists(SCRIPTS, min_size=1, max_size=3), st.booleans())
def compare(first, scripts, on_host):
    """Take any two states of a stack and compare them both ways."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1]) as place:
        base = f"{place}/base"
        os.mkdir(base)
        for words in (*BEFORE, *first):
            do(base, *words)
        layers, states = [base], [scan(base)]
        for number, script in enumerate(scripts):
            layers.append(f"{place}/layer{number}")
            states.append(mounted(place, layers[:-1], layers[-1], script))
        for one in range(len(states)):
            for other in range(len(states)):
                check(base, layers, states, (one, other), on_host=on_host)


def check(base, layers, states, pair, *, on_host):
    new, old = (tuple(layers[1 : 1 + at]) for at in pair)
    view = View(new, old, HOST if on_host else (base,), ())
    fd = os.open(base, os.O_RDONLY)
    rows = []
    for change, based in told(view, fd):
        what = change.what
        if based and on_host and change.kind == CHANGED and what != (TYPE,):
            owners = (change.old.uid, change.old.gid) != (change.new.uid, change.new.gid)
            what = tuple(
                w for w in ("content", "mode", "owner", "xattr", "time") if w in what or (w == OWNER and owners)
            )
        if (change.kind != CHANGED or what) and change.path != "/":
            rows.append((change.kind, change.path, what))
    os.close(fd)
    assert rows == expected(states[pair[0]], states[pair[1]]), (new, old)


def walked(layers, base):
    """Return (kind, path) of one stack over a base."""
    fd = os.open(base, os.O_RDONLY)
    try:
        return [(change.kind, change.path) for change, _ in told(View(tuple(layers), (), (base,), ()), fd)]
    finally:
        os.close(fd)


def marks():
    """Hide by an attribute (Linux 6.7): the kernel's merged view, where it knows them, is the witness."""
    base, upper = (f"{sys.argv[1]}/{name}" for name in ("base", "upper"))
    for name in ("hidden", "shown", "kept"):
        os.makedirs(f"{base}/d/{name}")
    os.makedirs(f"{upper}/d")
    os.setxattr(f"{upper}/d", "user.overlay.opaque", b"x")
    for name in ("hidden", "shown"):
        pathlib.Path(upper, "d", name).touch()
    os.setxattr(f"{upper}/d/hidden", "user.overlay.whiteout", b"")
    found = walked([upper], base)
    assert ("removed", "/d/hidden") in found, found
    assert ("changed", "/d/shown") in found, found
    assert not any(path.startswith("/d/kept") for _, path in found)
    if tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 7):
        fd = stacking.overlay([base, upper])
        assert sorted(os.listdir(f"/proc/self/fd/{fd}/d")) == ["kept", "shown"]


def deep():
    """Go 1,200 levels down, past the longest path and the usual number of descriptors."""
    import resource

    base, upper = (f"{sys.argv[1]}/{name}" for name in ("base", "upper"))
    os.mkdir(base)
    os.mkdir(upper)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    start = os.open(".", os.O_RDONLY)
    os.chdir(upper)
    for _ in range(1200):
        os.mkdir("directory")
        os.chdir("directory")
    for name in ("new\nline", b"\xff\x1b[31m", ".wh.x"):
        os.close(os.open(name, os.O_CREAT))
    os.fchdir(start)
    found = walked([upper], base)
    subprocess.run(["rm", "-rf", upper], check=True)
    assert len(found) == 1203
    assert max(len(path) for _, path in found) > 10_000
    assert {path.rpartition("/")[2] for _, path in found[1200:]} == {"new\nline", "\udcff\x1b[31m", ".wh.x"}


def unread():
    """Tell by sizes and times: a process that opens a fifo waits, one that reads 10 GiB takes long."""
    base, upper = (f"{sys.argv[1]}/{name}" for name in ("base", "upper"))
    for place, tail in ((base, b""), (upper, b"x")):
        os.mkdir(place)
        for name in ("sparse", "later"):
            with open(f"{place}/{name}", "wb") as file:
                file.truncate(10 << 30)
                file.seek(10 << 30)
                file.write(tail if name == "sparse" else b"")
        os.utime(f"{place}/later", ns=(1, 1 + len(tail)))
        os.mkfifo(f"{place}/fifo", 0o600 + len(tail))
        os.mknod(f"{place}/socket", 0o140600 + len(tail))
    opened = set()
    sys.addaudithook(lambda event, words: opened.add(str(words[0])) if event == "open" else None)
    found = walked([upper], base)
    assert [path for _, path in found] == ["/fifo", "/later", "/socket", "/sparse"], found
    assert not opened & {"fifo", "socket", "sparse", "later"}, opened


def placeholders():
    """Leave out what a start makes to mount over, and the time that this gives a directory; nothing else."""
    base, made, used = (f"{sys.argv[1]}/{name}" for name in ("base", "made", "used"))
    for place in (f"{base}/etc", f"{base}/home/there", f"{made}/etc", f"{made}/dev", f"{made}/a/b", f"{used}/dev/x"):
        os.makedirs(place)
    pathlib.Path(made, "etc/hosts").touch()
    for place in (f"{base}/etc", f"{base}/home", f"{base}/home/there"):
        os.utime(place, ns=(1, 1))
    os.makedirs(f"{used}/home")
    skipped = ("dev", "etc/hosts", "a/b/c", "home/there")
    os.mkdir(f"{made}/a/b/c")

    def between(new, old):
        fd = os.open(base, os.O_RDONLY)
        rows = [(one.kind, one.path, one.what) for one, _ in told(View(new, old, (base,), skipped), fd)]
        os.close(fd)
        return rows

    assert between((made,), ()) == []
    assert between((), (made,)) == []
    assert between((used,), ()) == [("added", "/dev", ()), ("added", "/dev/x", ()), ("changed", "/home", ("time",))]
    pathlib.Path(made, "etc/hosts").write_text("127.0.0.1 me")
    assert between((made,), ()) == [("added", "/etc/hosts", ())]


def unseen():
    """Tell attributes of a copy as removed only where they were shown, a mirror shows none; a new file has its own."""
    base, upper = (f"{sys.argv[1]}/{name}" for name in ("base", "upper"))
    for place in (base, upper):
        for name in ("in/gone", "out/gone", "out/new", "out/replaced"):
            pathlib.Path(place, name).parent.mkdir(parents=True, exist_ok=True)
            pathlib.Path(place, name).touch()
            os.utime(f"{place}/{name}", ns=(1, 1))
        for name in ("in", "out"):
            os.utime(f"{place}/{name}", ns=(1, 1))
    for name in ("in/gone", "out/gone", "out/replaced"):
        os.setxattr(f"{base}/{name}", "user.mine", b"1")
    for name in ("in/gone", "out/gone", "out/new"):
        os.setxattr(f"{upper}/{name}", ORIGIN, b"")  # as the kernel marks what it copied up
    os.setxattr(f"{upper}/out/new", "user.mine", b"1")
    fd = os.open(base, os.O_RDONLY)
    found = [(one.path, one.what) for one, _ in told(View((upper,), (), (base,), (), (), ("/in",)), fd)]
    assert found == [(f"/{name}", ("xattr",)) for name in ("in/gone", "out/new", "out/replaced")], found


CHECKS = {"unseen": unseen, "placeholders": placeholders, "marks": marks, "deep": deep, "unread": unread}

if __name__ == "__main__":
    if sys.argv[2] == "compare":
        budget = settings(
            max_examples=int(sys.argv[3]), deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        budget(compare)()
    else:
        CHECKS[sys.argv[2]]()

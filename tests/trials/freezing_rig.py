"""Copy uppers in use, case by case, and look at what the copies show: `python -m tests.trials.freezing_rig PLACE`.

Runs as root of a user namespace with a mount namespace of its own: the kernel's overlay makes every mark itself.
"""

import os
import pathlib
import resource
import shutil
import sys
import tempfile

from hull.images import squashing
from hull.kernel import stacking
from hull.trials import freezing_copy
from hull.trials.freezing_index import look


class Upper:
    """A mounted overlay over a base with `a/x`, `a/y` and `f`, and the copies that were made of its upper."""

    def __init__(self, place):
        self.place = place
        for name in ("base/a", "upper", "work"):
            os.makedirs(f"{place}/{name}")
        for name in ("a/x", "a/y", "f"):
            pathlib.Path(f"{place}/base/{name}").write_text("base")
        self.root = f"/proc/self/fd/{stacking.overlay([f'{place}/base'], f'{place}/upper', f'{place}/work')}"
        self.copies = []
        self.seen = None

    def copy(self):
        """Copy what changed; return how many entries that took."""
        self.copies.append(f"{self.place}/copy{len(self.copies)}")
        os.mkdir(self.copies[-1])
        done = freezing_copy.copy(f"{self.place}/upper", self.copies[-1], self.seen)
        self.seen = done.seen
        return done.entries

    def shown(self, layers=None):
        """Return the files that the copies over the base show, with their content."""
        fd = stacking.overlay([f"{self.place}/base", *(self.copies if layers is None else layers)])
        found = {}
        for directory, _, files in os.walk(f"/proc/self/fd/{fd}"):
            for name in files:
                path = f"{directory}/{name}"
                found[path.removeprefix(f"/proc/self/fd/{fd}/")] = pathlib.Path(path).read_text()
        os.close(fd)
        return found

    def write(self, name, text, how="w"):
        with open(f"{self.root}/{name}", how, encoding="utf-8") as file:
            file.write(text)


def replaced(upper):
    """Replace a directory, and find the new one alone in the copies."""
    shutil.rmtree(f"{upper.root}/a")
    os.mkdir(f"{upper.root}/a")
    upper.write("a/z", "new")
    upper.copy()
    assert upper.shown() == {"a/z": "new", "f": "base"}


def replaced_before_the_first_copy(upper):
    replaced(upper)


def replaced_between_two_copies(upper):
    upper.write("a/x", "1")
    upper.copy()
    replaced(upper)


def removed_between_two_copies(upper):
    os.makedirs(f"{upper.root}/n/m")
    upper.write("n/m/one", "1")
    upper.write("n/two", "2")
    upper.copy()
    os.unlink(f"{upper.root}/n/two")
    shutil.rmtree(f"{upper.root}/n/m")
    upper.copy()
    assert upper.shown() == {"a/x": "base", "a/y": "base", "f": "base"}


def written_in_place_far_below(upper):
    os.makedirs(f"{upper.root}/n/m/o")
    upper.write("n/m/o/one", "1")
    upper.write("n/m/two", "2")
    upper.copy()
    upper.write("n/m/o/one", "3", "r+")
    assert upper.copy() == 1
    assert upper.shown()["n/m/o/one"] == "3"
    assert sorted(os.listdir(f"{upper.copies[-1]}/n/m")) == ["o"]


def nothing_between_two_copies(upper):
    upper.write("f", "1")
    assert upper.copy()
    upper.shown()
    assert not upper.copy()


def two_names_of_one_file(upper):
    upper.write("one", "1")
    os.link(f"{upper.root}/one", f"{upper.root}/a/two")
    upper.copy()
    assert os.path.samefile(f"{upper.copies[0]}/one", f"{upper.copies[0]}/a/two")
    upper.write("a/two", "2", "r+")
    upper.copy()
    assert os.path.samefile(f"{upper.copies[1]}/one", f"{upper.copies[1]}/a/two")
    assert (upper.shown()["one"], upper.shown()["a/two"]) == ("2", "2")


def many_files_of_two_names(upper):
    os.mkdir(f"{upper.root}/n")
    for count in range(100):
        upper.write(f"n/{count}", str(count))
        os.link(f"{upper.root}/n/{count}", f"{upper.root}/a/{count}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        upper.copy()
        os.mkdir(f"{upper.place}/one")
        squashing.squash(f"{upper.place}/one", upper.copies)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for made in (upper.copies[0], f"{upper.place}/one"):
        assert all(os.path.samefile(f"{made}/a/{count}", f"{made}/n/{count}") for count in range(100))
    assert upper.shown([f"{upper.place}/one"]) == upper.shown()


def holes_stay_holes(upper):
    with open(f"{upper.root}/f", "wb") as file:
        file.truncate(1 << 30)
        file.seek(1 << 29)
        file.write(b"x")
    upper.copy()
    found = os.stat(f"{upper.copies[0]}/f")
    assert found.st_size == 1 << 30
    assert found.st_blocks < 1 << 10
    with open(f"{upper.copies[0]}/f", "rb") as file:
        file.seek((1 << 29) - 1)
        assert file.read(3) == b"\0x\0"


def written_twice_in_one_tick(upper):
    upper.write("f", "0")
    upper.copy()
    for count in range(20):
        upper.write("f", f"{count:02}")
        upper.copy()
        upper.write("f", f"{count + 50:02}", "r+")
        upper.copy()
        assert upper.shown()["f"] == f"{count + 50:02}", count


def uncovered(upper):
    os.unlink(f"{upper.root}/a/x")
    upper.copy()
    os.unlink(f"{upper.place}/upper/a/x")  # by hand: overlayfs takes no mark away
    try:
        upper.copy()
    except freezing_copy.Uncovered:
        return
    raise AssertionError


def odd_kinds(upper):
    import socket
    import stat

    os.mkfifo(f"{upper.root}/fifo", 0o622)
    os.symlink("a/x", f"{upper.root}/link")
    os.chmod(f"{upper.root}/f", 0o4751)
    os.setxattr(f"{upper.root}/f", "user.test", b"1")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{upper.root}/socket")
    upper.copy()
    os.mkdir(f"{upper.place}/one")
    squashing.squash(f"{upper.place}/one", upper.copies)
    assert stat.S_ISSOCK(os.lstat(f"{upper.place}/one/socket").st_mode)
    made = {name: os.lstat(f"{upper.copies[0]}/{name}").st_mode for name in ("fifo", "link", "f", "socket")}
    assert [stat.S_IFMT(made[name]) for name in ("fifo", "link", "socket")] == [
        stat.S_IFIFO,
        stat.S_IFLNK,
        stat.S_IFSOCK,
    ]
    assert (stat.S_IMODE(made["f"]), stat.S_IMODE(made["fifo"])) == (0o4751, 0o622 & ~UMASK)
    assert os.getxattr(f"{upper.copies[0]}/f", "user.test") == b"1"
    assert os.readlink(f"{upper.copies[0]}/link") == "a/x"


def somebody_elses(upper):
    upper.write("f", "1")
    os.setegid(0)
    os.mkdir(f"{upper.place}/other")
    own = freezing_copy.os.getegid
    freezing_copy.os.getegid = lambda: 1
    try:
        freezing_copy.copy(f"{upper.place}/upper", f"{upper.place}/other", None, own=True)
    except PermissionError:
        return
    finally:
        freezing_copy.os.getegid = own
    raise AssertionError


def several_become_one(upper):
    os.setxattr(f"{upper.root}/a", "user.test", b"1")
    upper.write("a/x", "1")
    os.makedirs(f"{upper.root}/n/m")
    upper.write("n/m/o", "1")
    upper.copy()
    os.removexattr(f"{upper.root}/a", "user.test")
    shutil.rmtree(f"{upper.root}/n")
    os.unlink(f"{upper.root}/a/y")
    upper.copy()
    os.makedirs(f"{upper.root}/n")
    upper.write("n/p", "2")
    shutil.rmtree(f"{upper.root}/a")
    upper.write("a", "a file")
    upper.copy()
    for count in (2, 3):
        one = f"{upper.place}/one{count}"
        os.mkdir(one)
        squashing.squash(one, upper.copies[:count], link=True)
        assert upper.shown([one]) == upper.shown(upper.copies[:count]), count
        if count == 2:
            assert "user.test" not in os.listxattr(f"{one}/a")
            assert os.path.samefile(f"{one}/a/x", f"{upper.copies[0]}/a/x")


def looks_agree(upper):
    upper.write("f", "1")
    assert look(f"{upper.place}/upper") == look(f"{upper.place}/upper")
    before = look(f"{upper.place}/upper")
    upper.write("a/x", "2")
    assert look(f"{upper.place}/upper") != before


UMASK = 0o022
CASES = {
    case.__name__: case
    for case in (
        replaced_before_the_first_copy, replaced_between_two_copies, removed_between_two_copies,
        written_in_place_far_below, nothing_between_two_copies, two_names_of_one_file, written_twice_in_one_tick,
        many_files_of_two_names, holes_stay_holes, uncovered, odd_kinds, somebody_elses, several_become_one,
        looks_agree,
    )
}  # fmt: skip


def main():
    os.umask(UMASK)
    failed = []
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory(dir=sys.argv[1], ignore_cleanup_errors=True) as place:
            try:
                case(Upper(place))
            except Exception as error:  # noqa: BLE001 (all are told)
                failed.append(f"{name}: {type(error).__name__} {error}")
    sys.stdout.write("\n".join(failed))
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())

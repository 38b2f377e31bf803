"""How a tree is cut into pieces: what is mounted where, against trees that are not this machine's."""

import os
from pathlib import Path

import pytest
from hull.errors import HostError
from hull.storage import trialplan
from hull.storage.trialmounts import Mounted
from hull.storage.trialplan import DIRECTORY, FILE, LINK, OTHER, Host, outermost, owned, whole

TREE = (
    *("/boot", "/boot/efi", "/boot/grub", "/etc", "/home", "/home/ann", "/home/ann/p", "/proc", "/run", "/sys", "/dev"),
    *("/snap", "/snap/core", "/snap/core/1", "/snap/core/2", "/tmp", "/usr", "/var", "/var/lib", "/var/log"),
)
FILES = {"/swapfile": 8 << 30, "/boot/vmlinuz": 9 << 20, "/snap/README": 100, "/etc/hosts": 20}
LINKS = ("/bin", "/snap/core/current")
SOCKETS = ("/snap/socket",)


class Fake:
    """A tree of names; `unlisted` may not be listed, of these `passed` may be passed."""

    def __init__(self, unlisted: tuple[str, ...] = (), passed: tuple[str, ...] = ()) -> None:
        self.unlisted, self.passed = unlisted, passed
        self.kinds = {
            **dict.fromkeys(TREE, DIRECTORY), **dict.fromkeys(FILES, FILE),
            **dict.fromkeys(LINKS, LINK), **dict.fromkeys(SOCKETS, OTHER),
        }  # fmt: skip

    def kind(self, path: str) -> str:
        if path not in self.kinds:
            raise FileNotFoundError(2, "No such file or directory", path)
        return self.kinds[path]

    def names(self, path: str) -> list[str]:
        if path in self.unlisted:
            raise PermissionError(13, "Permission denied", path)
        return [os.path.basename(one) for one in self.kinds if os.path.dirname(one) == path]

    def closed(self, path: str) -> bool:
        return path in self.unlisted and path not in self.passed

    def small(self, path: str) -> bool:
        return FILES[path] < trialplan.SMALL


def mounts(*paths: str) -> tuple[Mounted, ...]:
    return tuple(Mounted(path, "ext4") for path in ("/", *paths))


def test_without_mounts_every_directory_is_a_piece_and_the_container_has_its_own() -> None:
    found = whole(mounts("/proc", "/sys", "/dev", "/run/user/1000", "/run"), Fake())
    assert found.pieces == ("/boot", "/etc", "/home", "/snap", "/tmp", "/usr", "/var")
    assert found.directories == ("/", "/dev", "/proc", "/run", "/sys")
    assert (found.links, found.copies, found.binds) == (("/bin",), (), ("/swapfile",))


def test_a_directory_with_a_mount_below_it_is_split_and_the_mount_is_a_piece() -> None:
    found = whole(mounts("/boot/efi", "/snap/core/1", "/snap/core/2"), Fake())
    assert {"/boot/efi", "/boot/grub", "/snap/core/1", "/snap/core/2"} <= set(found.pieces)
    assert {"/boot", "/snap", "/snap/core"} <= set(found.directories)
    assert not {"/boot", "/snap", "/snap/core"} & set(found.pieces)
    assert found.links == ("/bin", "/snap/core/current")
    assert (found.copies, found.binds) == (("/snap/README",), ("/boot/vmlinuz", "/swapfile"))
    assert "/snap/socket" in found.left


def test_a_mount_on_a_mount_splits_the_first() -> None:
    found = whole(mounts("/home", "/home/ann", "/home/ann/p"), Fake())
    assert "/home/ann/p" in found.pieces
    assert {"/home", "/home/ann"} <= set(found.directories)


def test_a_file_that_is_mounted_over_is_no_piece() -> None:
    found = whole(mounts("/etc/hosts"), Fake())
    assert "/etc" in found.directories
    assert "/etc/hosts" in found.copies


def test_what_is_hidden_by_name_is_an_empty_directory_and_need_not_be_planned() -> None:
    found = whole(mounts("/boot/efi"), Fake(), ("/boot/efi",))
    assert "/boot/efi" in found.directories
    assert "/boot/efi" not in found.pieces
    assert "/boot/grub" in found.pieces
    assert "/boot" in whole(mounts("/boot/efi"), Fake(unlisted=("/boot",)), ("/boot",)).directories


def test_a_mount_below_a_directory_that_cannot_be_listed_stops_the_start() -> None:
    with pytest.raises(HostError, match="cannot show /boot/efi in a try: /boot, above it") as caught:
        whole(mounts("/boot/efi"), Fake(unlisted=("/boot",), passed=("/boot",)))
    assert "--hide /boot leaves" in caught.value.hint


def test_a_directory_with_too_many_names_to_mount_each_stops_the_start() -> None:
    look = Fake()
    look.kinds.update({f"/tmp/{number}": DIRECTORY for number in range(trialplan.MOST + 1)})
    with pytest.raises(HostError, match="cannot show /tmp/m in a try: /tmp, above it, has 2001 names") as caught:
        whole(mounts("/tmp/m"), look)
    assert "--hide /tmp leaves" in caught.value.hint
    assert "/tmp" in whole(mounts("/tmp/m"), look, ("/tmp",)).directories
    assert "/tmp" in whole(mounts(), look).pieces


def test_a_closed_directory_costs_no_mount() -> None:
    found = whole(mounts("/boot/efi"), Fake(unlisted=("/boot/grub", "/home", "/var"), passed=("/var",)))
    assert {"/boot/grub", "/home"} <= set(found.directories) & set(found.left)
    assert not {"/boot/grub", "/home"} & set(found.pieces)
    assert "/var" in found.pieces, "what can be passed is seen by its name"


def test_a_directory_that_is_gone_meanwhile_is_none() -> None:
    class Going(Fake):
        def names(self, path: str) -> list[str]:
            if path == "/boot":
                raise FileNotFoundError(2, "No such file or directory", path)
            return super().names(path)

    assert not [path for path in whole(mounts("/boot/efi"), Going()).pieces if path.startswith("/boot")]


def test_what_the_caller_can_see_nothing_of_is_told_and_stops_nothing() -> None:
    found = whole(mounts("/boot/efi"), Fake(unlisted=("/boot",)))
    assert "/boot" in found.directories
    assert "/boot" in found.left
    assert "/boot/efi" not in found.pieces


def test_two_hundred_mounts() -> None:
    look = Fake()
    points = [f"/var/lib/m{number}" for number in range(200)]
    look.kinds.update(dict.fromkeys(points, DIRECTORY))
    found = whole(mounts(*points), look)
    assert set(points) <= set(found.pieces)
    assert "/var/log" in found.pieces


CHAIN = [("/home", 0), ("/home/ann", 7), ("/home/ann/p", 7), ("/home/ann/p/q", 7)]


@pytest.mark.parametrize(
    ("mounted", "expected"),
    [
        ((), "/home/ann"),
        (("/home/ann",), "/home/ann"),
        (("/home/ann/snap/x",), "/home/ann/p"),
        (("/home/ann/p/q",), "/home/ann/p/q"),
        (("/home/ann/p/q/r",), ""),
    ],
)
def test_the_topmost_directory_of_the_caller_s_own_that_nothing_is_mounted_below(
    mounted: tuple[str, ...], expected: str
) -> None:
    assert owned(CHAIN, 7, mounts(*mounted)) == expected


def test_nothing_of_the_container_s_own_places_is_the_caller_s() -> None:
    assert not owned([("/run", 0), ("/run/user", 0), ("/run/user/7", 7)], 7, mounts())
    assert not owned(CHAIN, 8, mounts())
    assert not owned([], 7, mounts())
    assert not owned([("/srv", 5), ("/srv/ann", 7)], 7, mounts()), "what is above is neither root's nor the caller's"


def test_a_tree_within_a_tree_is_one_piece() -> None:
    assert outermost(["/home/ann/p", "", "/home/ann", "/home/annex"]) == ("/home/ann", "/home/annex")


def test_the_machine_answers_what_the_planner_asks(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "f").write_bytes(b"x" * 10)
    (tmp_path / "l").symlink_to("f")
    os.mkfifo(tmp_path / "p")
    look = Host()
    kinds = {name: look.kind(str(tmp_path / name)) for name in look.names(str(tmp_path))}
    assert kinds == {"d": DIRECTORY, "f": FILE, "l": LINK, "p": OTHER}
    assert look.small(str(tmp_path / "f"))
    (tmp_path / "f").write_bytes(b"x" * (trialplan.SMALL + 1))
    assert not look.small(str(tmp_path / "f"))
    (tmp_path / "d").chmod(0)
    assert look.closed(str(tmp_path / "d")) is (os.geteuid() != 0)
    (tmp_path / "d").chmod(0o700)
    assert trialplan.chain(f"{tmp_path}/d/none") == trialplan.chain(f"{tmp_path}/d")
    assert trialplan.chain(f"{tmp_path}/d")[-1] == (f"{tmp_path}/d", os.geteuid())


def test_the_kernel_s_own_file_systems_are_empty_wherever_they_are_mounted() -> None:
    points = (*mounts("/snap/core/2"), Mounted("/snap/core/1", "proc"), Mounted("/snap/core/1/x", "binfmt_misc"))
    found = whole(points, Fake())
    assert "/snap/core/1" in found.directories
    assert "/snap/core/1" in found.left
    assert "/snap/core/1" not in found.pieces
    assert "/snap/core/2" in found.pieces

"""The host changes while a container sees it: what was read stays whole, what is opened anew is the new file."""

import os

import pytest

from tests.launcher.conftest import Box
from tests.launcher.mirrored import Shell, server

pytestmark = pytest.mark.needs("fuse")
ENTRIES = int(os.environ.get("HULL_MIRROR_ENTRIES", "5000"))


def replace(box: Box, name: str, text: str, like: str = "") -> None:
    """Put another file in a name's place, with the times of `like`."""
    box.write(f"{name}.new", text)
    if like:
        found = os.stat(f"{box.layer}/{like}")
        os.utime(f"{box.layer}/{name}.new", ns=(found.st_atime_ns, found.st_mtime_ns))
    os.rename(f"{box.layer}/{name}.new", f"{box.layer}/{name}")


def test_a_file_that_was_replaced_is_the_new_one_when_opened(box: Box) -> None:
    box.write("file", "first\n")
    shell = Shell(box)
    assert shell.ask("cat /file; exec 5</file") == "first\n"
    replace(box, "file", "other\n", like="file")
    assert shell.ask("cat /file") == "other\n"
    replace(box, "file", "a longer one\n")
    assert shell.ask("cat /file") == "a longer one\n"
    os.unlink(f"{box.layer}/file")
    assert "cat: can't open" in shell.ask("cat /file")


def test_an_open_file_is_read_to_its_end_whatever_has_its_name(box: Box) -> None:
    for name in ("gone", "replaced"):
        box.write(name, "first\nsecond\n")
    shell = Shell(box)
    assert shell.ask("exec 5</gone 6</replaced") == ""
    os.unlink(f"{box.layer}/gone")
    replace(box, "replaced", "x\n")
    believed = 5.1  # seconds: until then the kernel asks nobody
    assert shell.ask(f"sleep {believed}; read a <&5; echo $a; read a <&6; read a <&6; echo $a") == "first\nsecond\n"
    assert shell.ask("exec 5</replaced; read a <&5; echo $a") == "x\n"


def test_what_grew_is_copied_whole(box: Box) -> None:
    """The size that the kernel believes is older than the file: a copy of that size would lose what came last."""
    box.write("log", "first\n")
    os.utime(f"{box.layer}/log", (0, 0))
    shell = Shell(box)
    for line in ("second", "third", "fourth"):
        before = shell.ask("cat /log")
        with open(f"{box.layer}/log", "a") as file:
            file.write(f"{line}\n")
        assert shell.ask("cat /log") == f"{before}{line}\n"
    with open(f"{box.layer}/log", "a") as file:
        file.write("last\n")
    assert shell.ask("echo mine >> /log; cat /log") == f"{before}fourth\nlast\nmine\n"


def test_a_link_that_leads_elsewhere_is_followed_there(box: Box) -> None:
    for name in ("one", "two"):
        box.write(f"{name}/file", f"{name}\n")
    os.symlink("one", f"{box.layer}/link")
    shell = Shell(box)
    assert shell.ask("cat /link/file; readlink /link") == "one\none\n"
    os.symlink("two", f"{box.layer}/link.new")
    os.rename(f"{box.layer}/link.new", f"{box.layer}/link")
    assert shell.ask("cat /link/file; readlink /link") == "two\ntwo\n"


def test_a_directory_that_becomes_a_link_leads_nowhere(box: Box) -> None:
    """Else whoever may change a directory of the host could lead the server to what is hidden inside."""
    box.write("a/key", "mine\n")
    for name in ("key", "other"):
        box.write(f"hidden/{name}", "told\n")
    shell = Shell(box)
    assert shell.ask("cat /a/key") == "mine\n"
    os.rename(f"{box.layer}/a", f"{box.layer}/b")
    os.symlink("hidden", f"{box.layer}/a")
    for name in ("key", "other", "k*"):
        assert "told" not in shell.ask(f"cat /a/{name}")
    assert "other" not in shell.ask("ls /a")


def test_a_file_that_becomes_a_pipe_is_not_opened(box: Box) -> None:
    """A server that opened it would wait for whoever writes, and all who look at files with it."""
    box.write("file", "first\n")
    shell = Shell(box)
    assert shell.ask("cat /file") == "first\n"
    os.unlink(f"{box.layer}/file")
    os.mkfifo(f"{box.layer}/file")
    assert "can't open" in shell.ask("cat /file; ls /etc > /dev/null")


def test_names_and_holes_and_many_entries(box: Box) -> None:
    odd = os.fsdecode(b"\xff\xfe\n ")
    os.mkdir(f"{box.layer}/many")
    for number in range(ENTRIES):
        os.close(os.open(f"{box.layer}/many/{number}", os.O_CREAT | os.O_WRONLY, 0o644))
    with open(f"{box.layer}/{odd}", "w") as file:
        file.write("odd\n")
    with open(f"{box.layer}/sparse", "wb") as file:
        file.truncate(5 << 30)
        file.seek(5 << 30)
        file.write(b"end\n")
    shell = Shell(box)
    assert shell.ask(r"cat /$(printf '\377\376')*") == "odd\n"
    assert shell.ask(f"ls /many | wc -l; ls /many | sort -n | uniq | wc -l; ls -l /many/{ENTRIES - 1} | wc -l") == (
        f"{ENTRIES}\n{ENTRIES}\n1\n"
    )
    assert shell.ask("tail -c 4 /sparse; stat -c %s /sparse") == f"end\n{(5 << 30) + 4}\n"
    assert shell.ask("echo more >> /sparse; tail -c 9 /sparse") == "end\nmore\n"
    assert os.stat(f"{box.upper}/sparse").st_blocks < 1 << 16, "holes were filled"
    assert shell.ask("rm -rf /many && ls -d /many").endswith("No such file or directory\n")


def test_no_descriptor_is_left_open(box: Box) -> None:
    shell = Shell(box)
    script = "for i in 1 2 3 4 5 6 7 8 9; do cat /etc/* > /dev/null; ls -lR /bin /etc > /dev/null; done; echo done"
    assert shell.ask(script) == "done\n"
    place = f"/proc/{server(shell.child.pid)}/fd"
    before = len(os.listdir(place))
    assert shell.ask(f"{script}; {script}") == "done\ndone\n"
    assert len(os.listdir(place)) <= before + 2

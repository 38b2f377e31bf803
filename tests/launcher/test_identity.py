"""Who the program is: by the container's own passwd and group, numbers before names, HOME unless it is set."""

import os

import pytest

from tests.launcher.conftest import Box

SHOW = 'echo "$(id -u):$(id -g) $(grep ^Groups: /proc/self/status | cut -f2 | sed "s/ *$//") $HOME"'


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("root", "0:0 10 /root"),
        ("0", "0:0 10 /root"),
        ("user", "5:6 10 20 /home/user"),
        ("5", "5:6 10 20 /home/user"),
        ("user:wheel", "5:10  /home/user"),
        ("5:20", "5:20  /home/user"),
        ("4321", "4321:0  /"),
        ("4321:77", "4321:77  /"),
        ("7", "7:0  /"),
    ],
)
def test_user(ranged: Box, who: str, expected: str) -> None:
    done = ranged.sh(SHOW, extra=(("user", who), ("home",)))
    assert done.out.strip() == expected, done.err


def test_groups_are_added_by_name_and_number(ranged: Box) -> None:
    done = ranged.sh(SHOW, extra=(("user", "4321"), ("group", "extra"), ("group", "99"), ("home",)))
    assert done.out.strip() == "4321:0 20 99 /"


@pytest.mark.parametrize(("assignment", "home"), [("HOME=/asked", "/asked"), ("HOME=", ""), ("HOMER=1", "/root")])
def test_home_only_where_it_is_not_set(box: Box, assignment: str, home: str) -> None:
    assert box.sh("echo $HOME", extra=(("env", assignment), ("home",))).out == f"{home}\n"


@pytest.mark.parametrize(
    ("op", "reason"),
    [
        (("user", "nobody-here"), "cannot become the user nobody-here: the container's /etc/passwd has none"),
        (("user", "root:nobody-here"), "cannot join the group nobody-here"),
        (("group", "nobody-here"), "cannot join the group nobody-here"),
        (("user", "4294967295"), "cannot become the user 4294967295"),
    ],
)
def test_an_unknown_name_starts_nothing(box: Box, op: tuple[str, str], reason: str) -> None:
    done = box.sh("echo started", extra=(op,))
    assert (done.code, done.out) == (125, "")
    assert reason in done.err


def test_with_one_id_another_is_refused_with_the_reason(single: Box) -> None:
    done = single.sh("id", extra=(("user", "5"),))
    assert done.code == 125
    assert "/etc/subuid" in done.err


@pytest.mark.parametrize("what", ["fifo", "link to zero", "link to the host", "directory", "huge"])
def test_accounts_are_read_inside_only_and_never_hang(box: Box, what: str) -> None:
    path = f"{box.layer}/etc/passwd"
    os.unlink(path)
    if what == "fifo":
        os.mkfifo(path)
    elif what == "link to zero":
        os.symlink("/dev/zero", path)
    elif what == "link to the host":
        os.symlink("../" * 40 + "etc/passwd", path)  # stays inside, where it is itself
    elif what == "directory":
        os.mkdir(path)
    else:
        os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), (1 << 20) + 1)
    done = box.sh("echo started", extra=(("user", "daemon"),))
    assert (done.code, done.out) == (125, "")
    assert "passwd" in done.err


def test_a_passwd_without_end_of_line_and_with_rubbish(ranged: Box) -> None:
    ranged.write("etc/passwd", "\n:::::\nshort\nuser:x:notanumber:6::/a:\n#c\nuser:x:5:6::/home/last")
    assert ranged.sh(SHOW, extra=(("user", "user"), ("home",))).out.strip() == "5:6 10 20 /home/last"


def test_roots_own_groups_do_not_come_along(box: Box) -> None:
    inherited = () if os.geteuid() else (4, 27)

    def join() -> None:
        if inherited:
            os.setgroups(inherited)

    done = box.run("grep", "^Groups:", "/proc/self/status", preexec_fn=join)
    assert not set(done.out.split()[1:]) & {str(group) for group in inherited}

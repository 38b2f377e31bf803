"""hull try by real programs: what changes inside and what does not outside, by both engines, as whoever runs this."""

import fcntl
import os
import subprocess
import sys

import pytest

from tests.commandline import remove_tree
from tests.commands.tries import Tries

ENGINES = (
    pytest.param("fuse", marks=pytest.mark.needs("fuse")),
    pytest.param("kernel", marks=pytest.mark.needs("ordinary")),
)


@pytest.mark.single_id
@pytest.mark.parametrize("engine", ENGINES)
def test_what_changes_inside_is_there_the_next_time_and_nowhere_outside(tries: Tries, engine: str) -> None:
    (tries.home / "text").write_text("old\n")
    (tries.home / "gone").write_text("")
    script = "echo new >>text; rm gone; mkdir -p deep/er; echo x >deep/er/file; umask; pwd"
    done = tries("--name", f"a-{engine}", "--engine", engine, "sh", "-c", script, umask=0o027, check=True)
    assert done.stdout.decode().split() == ["0027", str(tries.home)]
    assert sorted(os.listdir(tries.home)) == ["gone", "text"]
    assert (tries.home / "text").read_text() == "old\n"
    again = tries.out("--in", f"a-{engine}", "sh", "-c", "cat text deep/er/file; ls; exit 0")
    assert again.split() == ["old", "new", "x", "deep", "text"]


@pytest.mark.needs("fuse", "ordinary", "range")
def test_root_s_files_change_inside_with_owners_and_modes(tries: Tries) -> None:
    before = os.stat("/etc/passwd")
    script = (
        "rm -r /etc/skel; echo x:x:77:77::/:/bin/sh >>/etc/passwd; tail -n1 /etc/passwd; chown 33:44 /etc/hostname;"
        " chmod 600 /etc/hostname; stat -c '%u %g %a' /etc/hostname /etc/passwd;"
        " mkdir -p /etc/skel/new; ls -A /etc/skel; touch /usr/bin/made; id -u;"
        " echo secret >/root/mine && cat /root/mine"
    )
    lines = tries.out("sh", "-c", script).splitlines()
    assert lines == ["x:x:77:77::/:/bin/sh", "33 44 600", "0 0 644", "new", "0", "secret"]
    after = os.stat("/etc/passwd")
    assert (after.st_ino, after.st_mtime_ns, after.st_size) == (before.st_ino, before.st_mtime_ns, before.st_size)
    assert os.path.isdir("/etc/skel")
    assert not os.path.exists("/etc/skel/new")
    assert not os.path.exists("/usr/bin/made")


def test_it_ends_as_the_program_does_and_hands_its_words_on_as_they_are(tries: Tries) -> None:
    assert tries("sh", "-c", "exit 7").returncode == 7
    assert tries("/no/such/program").returncode == 127
    assert tries("/etc/passwd").returncode == 126
    words = ("a b", "", "$HOME", "--in", "*", "-d", "tab\tnew\nline", "'\"")
    assert tries.out("printf", "<%s>", *words) == "".join(f"<{word}>" for word in words)
    assert tries("sh", "-c", "cat; echo err >&2", input=b"in\n").stdout == b"in\n"
    assert tries(env={"SHELL": "/bin/echo"}).stdout == b"\n", "the caller's shell, where nothing is named"


def test_it_is_closed_and_knows_its_user(tries: Tries) -> None:
    (tries.home / ".ssh").mkdir(mode=0o700)
    (tries.home / ".ssh" / "id_rsa").write_text("key")
    script = (
        "ls -A ~/.ssh | wc -l; ls /sys/class/net; echo $HOME; echo ${API_TOKEN-none} $PLAIN;"
        f" ls -A {tries.cli.root} 2>&1 | wc -l; ls /run;"
        " unshare -U true 2>/dev/null && echo nested; ls /proc | grep -c '^[0-9]'"
    )
    lines = tries.out("sh", "-c", script, env={"API_TOKEN": "t", "PLAIN": "p"}).split()
    assert lines[:6] == ["0", "lo", str(tries.home), "none", "p", "0"]
    assert lines[6:8] == ["lock", "user"]
    assert "nested" not in lines
    assert int(lines[-1]) < 10


@pytest.mark.parametrize("engine", ENGINES)
def test_tries_beside_and_on_each_other_do_not_mix(tries: Tries, engine: str) -> None:
    """The store is where it usually is, in the home directory: below a tree that an overlay covers."""
    (tries.home / "f").write_text("host\n")
    store = {"HULL_ROOT": f"{tries.home}/.hull"}
    flags = ("--engine", engine, "--name")
    for name in ("one", "two"):
        tries(*flags, name, "sh", "-c", f"echo {name} >>f; touch only-{name}", env=store, check=True)
    seen = ("sh", "-c", "cat f; ls")
    assert tries.out("--in", "one", *seen, env=store).split() == ["host", "one", "f", "only-one"]
    script = "cat f; echo three >>f; rm only-one; ls"
    assert tries.out(*flags, "up", "--on", "one", "sh", "-c", script, env=store).split() == ["host", "one", "f"]
    assert tries.out("--in", "one", *seen, env=store).split() == ["host", "one", "f", "only-one"]
    assert tries.out("--in", "up", "cat", "f", env=store).split() == ["host", "one", "three"]
    assert (tries.home / "f").read_text() == "host\n"
    tries.hull("drop", "--all", env=store, check=True)
    remove_tree(store["HULL_ROOT"])


def test_a_try_that_runs_is_joined_and_is_not_dropped(tries: Tries, children: list["subprocess.Popen[bytes]"]) -> None:
    name = "joined"
    words = tries.cli.argv("try", "--name", name, "sh", "-c", "touch here; echo up; read line")
    held = subprocess.Popen(
        words, env=tries.env, cwd=tries.home, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )  # fmt: skip
    children.append(held)
    assert held.stdout is not None
    assert held.stdin is not None
    assert held.stdout.readline() == b"up\n"
    assert tries.out("--in", name, "sh", "-c", "ls; umask", umask=0o077).split() == ["here", "0077"]
    refused = tries.hull("drop", name)
    assert refused.returncode == 125
    assert b"it is running" in refused.stderr
    assert b"hull drop --force joined" in refused.stderr
    assert tries.hull("drop").returncode == 125, "the latest that has ended: there is none"
    held.stdin.close()
    assert held.wait(60) == 1
    assert tries.hull("drop", check=True).stdout.decode().split() == [name]


def test_nothing_is_left_of_one_in_which_nothing_was_changed(tries: Tries) -> None:
    def left() -> int:
        return len(set(os.listdir(f"{tries.cli.root}/containers")) - before)

    before = set(os.listdir(f"{tries.cli.root}/containers"))
    tries("sh", "-c", "cat /etc/passwd; ls ~; : >new; rm new", check=True)
    assert left() == 0, "the launcher removes it: no other command came since"
    tries("chmod", "700", ".", check=True)
    assert left() == 1, "a mode is a change"
    tries("--name", "kept", "true", check=True)
    tries("touch", "changed", check=True)
    tries("--plan", "true", check=True)
    assert len(tries.names()) == left() == 3
    assert "kept" in tries.names()


def test_one_that_somebody_is_busy_with_keeps_no_other_from_starting(tries: Tries) -> None:
    before = set(os.listdir(f"{tries.cli.root}/containers"))
    tries("touch", "changed", check=True)
    (ident,) = set(os.listdir(f"{tries.cli.root}/containers")) - before
    held = os.open(f"{tries.cli.root}/containers/{ident}", os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        tries("true", check=True, timeout=20)
    finally:
        os.close(held)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--in", "none-such", "true"), "no such container"),
        (("-w", "/no/such/place", "true"), "there is no such directory"),
        (("--profile", "none", "true"), "none"),
        (("--allow", "none", "true"), "there is no such hole"),
        (("--on", "a", "--from", "b", "true"), "leave out one"),
        (("--keep", "--rm", "true"), "leave out one"),
        (("--keep", "-d", "true"), "nobody could be asked"),
        (("--hide", "~/no/such", "true"), "there is nothing of that name"),
        (("--hide", "/etc", "--from", "busybox", "true"), "nothing of this machine is in a try from busybox"),
    ],
)
def test_what_cannot_be_is_said_and_leaves_nothing(tries: Tries, words: tuple[str, ...], reason: str) -> None:
    done = tries(*words)
    assert done.returncode == 125
    assert reason in done.stderr.decode()
    assert tries.names() == []


def test_the_store_and_a_directory_that_is_gone_are_no_places_to_start_in(tries: Tries) -> None:
    done = tries("true", cwd=tries.cli.root)
    assert b"it is hidden inside" in done.stderr
    env = {**tries.env, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))}  # none is relative
    for words in (("true",), ("--rw", "x", "true")):
        (tries.home / "d").mkdir()
        script = f"cd d && rmdir ../d && exec {' '.join(tries.cli.argv('try', *words))}"
        gone = subprocess.run(["sh", "-c", script], env=env, cwd=tries.home, capture_output=True, check=False)
        assert gone.returncode == 125
        assert b"the current directory was removed" in gone.stderr


def test_from_an_image_it_is_a_closed_container_of_it(tries: Tries) -> None:
    done = tries(
        "--name", "img", "--from", "busybox", "sh", "-c", "echo x >/made; ls /sys/class/net; ls /home 2>&1 | wc -l"
    )
    assert done.stdout.decode().split()[0] == "lo", done.stderr
    assert tries.out("--in", "img", "cat", "/made") == "x\n"
    assert tries.out("--from", "img", "cat", "/made") == "x\n"
    script = 'echo "$PLAIN-$GIVEN"; pwd'
    flags = ("--from", "busybox", "-e", "GIVEN=1", "-w", "/tmp")
    assert tries.out("--name", "own", *flags, "sh", "-c", script, env={"PLAIN": "p"}).split() == ["-1", "/tmp"]
    assert tries.out("--in", "own", "sh", "-c", script, env={"PLAIN": "p"}).split() == ["-1", "/tmp"]
    assert tries.out("--in", "own", input=b"echo $0").startswith("sh"), "what the image names"


def test_it_can_be_left_to_itself_and_be_seen(tries: Tries) -> None:
    ident = tries.out("-d", "--name", "away", "sh", "-c", "touch f; exec sleep 1000").strip()
    assert tries.hull("ps", "-q", "--no-trunc", "--filter", "trial=true", check=True).stdout.decode().split() == [ident]
    assert tries.hull("exec", "away", "ls", check=True).stdout == b"f\n"
    assert tries.hull("drop", "--force", "away", check=True).stdout == b"away\n"


@pytest.mark.parametrize("flags", [("--hide", "/etc"), ("--profile", "strict"), ("--ulimit", "nproc=9")])
def test_what_was_decided_is_not_said_again_in_vain(tries: Tries, flags: tuple[str, ...]) -> None:
    tries("--name", "decided", "true", check=True)
    done = tries("--in", "decided", *flags, "touch", "file")
    assert done.returncode == 125
    assert b"that was decided when it was made" in done.stderr
    assert b"hull try --on decided" in done.stderr


def test_the_latest_is_the_one_that_went_on_last(tries: Tries) -> None:
    for name in ("first", "second"):
        tries("--name", name, "touch", name, check=True)
    tries("--in", "first", "true", check=True)
    assert b"/first" in tries.hull("diff", check=True).stdout
    assert tries.hull("drop", check=True).stdout == b"first\n", "what was looked at"
    assert tries.names() == ["second"]
    assert tries.hull("drop", "second", "second", check=True).stdout == b"second\n"


def test_the_plan_is_printed_and_nothing_is_made(tries: Tries) -> None:
    lines = tries.out("--plan", "true").splitlines()
    assert any(line.startswith("root-overlay") for line in lines)
    assert any(line.startswith("arg ") and line.endswith(" true") for line in lines)
    before = os.listdir(f"{tries.cli.root}/containers")
    tries("--plan", "--profile", "offline", "true", check=True)  # it gives directories away to other ids
    assert os.listdir(f"{tries.cli.root}/containers") == before
    assert tries.names() == []


@pytest.mark.needs("fuse", "ordinary", "range")
def test_who_keeps_their_uid_sees_root_s_root_directory(tries: Tries) -> None:
    script = "stat -c %u / /usr ~; touch /made 2>/dev/null || echo refused; echo x >new"
    lines = tries.out("--name", "own", "--profile", "offline", "sh", "-c", script).split()
    assert lines == ["0", "0", str(os.geteuid()), "refused"]
    assert tries.out("--in", "own", "-w", "/tmp", "stat", "-c", "%u", "/").split() == ["0"]
    tries.hull("keep", "own", check=True)
    assert (tries.home / "new").read_text() == "x\n"
    assert tries("--profile", "offline", "true", check=True).returncode == 0
    assert tries.names() == ["own"]


def test_what_was_recorded_is_a_script_that_does_the_same(tries: Tries) -> None:
    (tries.home / "a b").mkdir()
    tries("--record", "--name", "rec", "-e", "X=it's", "sh", "-c", 'echo "$X" >one', check=True)
    tries("--in", "rec", "-w", "a b", "touch", "two three", check=True)
    tries("--in", "rec", "sh", input=b"", check=True)
    lines = tries.hull("recipe", "rec", check=True).stdout.decode()
    assert lines.startswith("#!/bin/sh\n")
    assert not os.path.exists(tries.home / "one")
    subprocess.run(["sh", "-c", lines], cwd="/", env=tries.env, check=True)
    assert (tries.home / "one").read_text() == "it's\n"
    assert os.listdir(tries.home / "a b") == ["two three"]
    tries("--name", "unrecorded", "touch", "f", check=True)
    refused = tries.hull("recipe", "unrecorded")
    assert (refused.returncode, b"--record" in refused.stderr) == (125, True)


def test_from_an_image_what_was_recorded_is_a_containerfile_and_it_can_be_an_image(tries: Tries) -> None:
    tries("--record", "--name", "made", "--from", "busybox", "sh", "-c", "echo 1 >/one", check=True)
    tries("--in", "made", "-w", "/", "touch", "/two", check=True)
    lines = tries.hull("recipe", "made", check=True).stdout.decode().splitlines()
    assert "FROM busybox" in lines
    assert [line for line in lines if line.startswith("RUN")] == ["RUN echo 1 >/one", 'RUN ["touch", "/two"]']
    tries.hull("commit", "made", "tried:1", check=True)
    seen = tries.hull("run", "--rm", "--network", "none", "tried:1", "ls", "/one", "/two", check=True)
    assert seen.stdout.split() == [b"/one", b"/two"]
    tries("--name", "here", "touch", "f", check=True)
    refused = tries.hull("commit", "here", "x")
    assert (refused.returncode, b"--from IMAGE" in refused.stderr) == (125, True)


def test_a_try_in_a_try_is_refused_with_the_reason(tries: Tries) -> None:
    words = tries.cli.argv("try", "true")
    done = tries(*words, env={"HULL_ROOT": tries.cli.root})
    assert done.returncode == 125
    assert b"cannot try inside the try " in done.stderr
    assert b"--on" in done.stderr


def test_what_ended_well_is_kept_at_the_end_where_that_was_asked(tries: Tries) -> None:
    flags = ("--keep", "--name", "whole")
    done = tries(*flags, "sh", "-c", "echo kept >new; cat", input=b"piped", check=True)
    assert done.stdout == b"piped", "what is said of the keep is no part of the program's output"
    assert b"hull undo" in done.stderr
    assert (tries.home / "new").read_text() == "kept\n"
    tries.hull("undo", check=True)
    assert not os.path.exists(tries.home / "new")
    assert tries("--keep", "sh", "-c", "touch other; exit 4").returncode == 4
    assert not os.path.exists(tries.home / "other")


def test_the_report_tells_what_there_is_to_do_and_of_nothing_nothing_is_left(tries: Tries) -> None:
    done = tries("--report", "--name", "told", "sh", "-c", "touch a b; exit 3")
    assert (done.returncode, done.stdout) == (3, b"")
    first, network, *_withheld, ways = done.stderr.decode().splitlines()
    assert first == "try told: 2 added"
    assert "--net" in network
    assert ways == "hull diff told · hull keep told · hull drop told"
    assert tries("--report", "sleep", "1.5").stderr.decode().splitlines() == ["try: nothing was changed"]
    assert tries.names() == ["told"]
    assert tries("--rm", "--report", "touch", "x", check=True).stderr == b""
    assert tries.names() == ["told"]


@pytest.mark.needs("fuse", "range")
def test_a_change_to_a_directory_alone_is_one(tries: Tries) -> None:
    attribute = "import os; os.setxattr('inner', 'user.x', b'1')"
    (tries.home / "inner").mkdir()
    for words in (("chown", "33", "/var/opt"), (sys.executable, "-c", attribute)):
        assert tries("--report", *words, check=True).stderr.splitlines()[0].endswith(b": 1 changed"), words
    assert len(tries.names()) == 2

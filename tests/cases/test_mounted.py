"""What `-v` and `--mount` promise, with real containers: sources of every kind, and what goes on across a bind."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases.conftest import MakeImage, Up
from tests.commandline import CommandLine, Done

pytestmark = [pytest.mark.single_id, pytest.mark.as_root]
ALONE = ("--network", "none")


def run(cli: CommandLine, *words: str) -> Done:
    return cli("run", "--rm", *ALONE, *words)


def sh(cli: CommandLine, script: str, *flags: str) -> str:
    return cli("run", "--rm", *ALONE, *flags, "busybox", "sh", "-c", script, check=True).stdout.decode()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give a directory that a container's root may use, whoever that is on this host."""
    path = tmp_path / "place"
    path.mkdir()
    path.chmod(0o777)
    return path


def test_v_makes_a_missing_source_and_mount_does_not(cli: CommandLine, place: Path) -> None:
    assert sh(cli, "stat -c %F /m", "-v", f"{place}/a/b:/m") == "directory\n"
    assert (place / "a/b").stat().st_uid == os.geteuid()
    done = run(cli, "--mount", f"type=bind,source={place}/none,target=/m", "busybox", "true")
    assert (done.returncode, b"no such file" in done.stderr, b"mkdir -p" in done.stderr) == (125, True, True)
    assert not (place / "none").exists()


def test_sources_that_are_no_directories(cli: CommandLine, place: Path) -> None:
    (place / "link").symlink_to("file")
    (place / "file").write_text("text\n")
    os.mkfifo(place / "fifo", 0o666)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(place / "socket"))
    flags = [word for name in ("link", "fifo", "socket") for word in ("-v", f"{place}/{name}:/m/{name}")]
    assert sh(cli, "cat /m/link; for n in link fifo socket; do stat -c %F /m/$n; done", *flags).splitlines() == [
        "text", "regular file", "fifo", "socket",
    ]  # fmt: skip
    server.close()
    (place / "dangling").symlink_to("nothing")
    done = run(cli, "-v", f"{place}/dangling:/m", "busybox", "true")
    assert (done.returncode, b"cannot bind" in done.stderr) == (125, True)


def test_a_directory_with_odd_bytes(cli: CommandLine, place: Path) -> None:
    odd = os.fsencode(place) + b'/a,b "c":\xff\n\xe2\x82\xac'
    os.mkdir(odd)
    with open(odd + b"/file", "w") as file:
        file.write("odd\n")
    field = os.fsdecode(odd).replace('"', '""')
    assert sh(cli, "cat /m/file", "--mount", f'type=bind,"source={field}",target=/m') == "odd\n"


def test_a_source_that_vanishes_between_plan_and_start(cli: CommandLine, place: Path) -> None:
    (place / "d").mkdir()
    name = f"vanish-{os.getpid()}"
    cli(
        "create",
        *ALONE,
        "--name",
        name,
        "--mount",
        f"type=bind,source={place}/d,target=/m",
        "busybox",
        "true",
        check=True,
    )
    (place / "d").rmdir()
    done = cli("start", "-a", name)
    cli("rm", name, check=True)
    assert (done.returncode, b"no such file or directory" in done.stderr) == (125, True)


@pytest.mark.needs("fuse", "ordinary", "program:fuse-overlayfs", "program:fusermount3")
def test_a_source_on_fuse(cli: CommandLine, place: Path) -> None:
    for name in ("lower", "upper", "work", "merged"):
        (place / name).mkdir()
    (place / "lower/file").write_text("fuse\n")
    options = f"lowerdir={place}/lower,upperdir={place}/upper,workdir={place}/work"
    done = subprocess.run(["fuse-overlayfs", "-o", options, f"{place}/merged"], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no FUSE mount for this user: {done.stderr!r}")
    try:
        assert sh(cli, "cat /m/file", "-v", f"{place}/merged:/m:ro") == "fuse\n"
    finally:
        subprocess.run(["fusermount3", "-u", f"{place}/merged"], check=True)


WATCHER = r"""
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char room[4096];
    int fd = inotify_init();

    if (argc < 2 || inotify_add_watch(fd, argv[1], IN_CREATE) < 0)
        return 1;
    write(1, "ready\n", 6);
    if (read(fd, room, sizeof room) <= 0)
        return 1;
    puts(((struct inotify_event *)room)->name);
    return 0;
}
"""


@pytest.mark.needs("program:cc")
def test_file_watching_works_across_a_bind_both_ways(cli: CommandLine, up: Up, place: Path, tmp_path: Path) -> None:
    from hull.kernel import syscalls

    watcher = tmp_path / "watcher"
    build = ["cc", "-static", "-w", "-x", "c", "-o", str(watcher), "-"]
    subprocess.run(build, input=WATCHER, text=True, check=True)
    binds = ("-v", f"{place}:/m", "-v", f"{watcher}:/watcher:ro")
    inside = up(f"watch-{os.getpid()}", "exec /watcher /m", *binds)
    assert inside.stdout is not None
    (place / "outside").write_text("")
    assert inside.stdout.readline() == b"outside\n"
    fd = syscalls.inotify()
    syscalls.inotify_add(fd, os.fsencode(place), syscalls.IN_CREATE)
    sh(cli, "touch /m/inside", *binds)
    assert b"inside" in os.read(fd, 4096)
    os.close(fd)


def test_a_hundred_mounts(cli: CommandLine, place: Path) -> None:
    flags = []
    for number in range(100):
        (place / str(number)).write_text(f"{number}\n")
        flags += ["-v", f"{place}/{number}:/m/{number}:ro"]
    assert sh(cli, "cat /m/* | sort -n | tail -n 1; grep -c ' /m/' /proc/mounts", *flags) == "99\n100\n"


def test_an_image_is_mounted_beside_the_root(cli: CommandLine, make_image: MakeImage) -> None:
    image = make_image({"data/file": b"image\n", "data/below/deep": b"deep\n"})
    where = f"type=image,source={image},target=/i"
    assert sh(cli, "cat /i/data/file; touch /i/x 2> /dev/null || echo refused", "--mount", where) == "image\nrefused\n"
    assert sh(cli, "cat /i/deep", "--mount", f"{where},image-subpath=data/below") == "deep\n"
    name = f"image-{os.getpid()}"
    words = (
        "--name",
        name,
        "--mount",
        f"{where},rw=true",
        "busybox",
        "sh",
        "-c",
        "echo own >> /i/data/file; cat /i/data/file",
    )
    assert cli("run", *ALONE, *words, check=True).stdout == b"image\nown\n"
    assert cli("start", "-a", name, check=True).stdout == b"image\nown\nown\n"
    refused = cli("rmi", image)
    assert (refused.returncode, name.encode() in refused.stderr) == (125, True)
    cli("rm", name, check=True)
    assert sh(cli, "cat /i/data/file", "--mount", where) == "image\n"


@pytest.mark.needs("ordinary")
def test_changes_over_a_directory_are_the_containers_own(cli: CommandLine, place: Path) -> None:
    (place / "file").write_text("mine\n")
    (place / "file").chmod(0o666)
    assert (
        sh(cli, "echo more >> /m/file; touch /m/new; cat /m/file; ls /m", "-v", f"{place}:/m:O")
        == "mine\nmore\nfile\nnew\n"
    )
    assert (place / "file").read_text() == "mine\n"
    assert os.listdir(place) == ["file"]


@pytest.mark.needs("range")
def test_u_gives_a_volume_to_the_user(cli: CommandLine) -> None:
    volume = f"given-{os.getpid()}"
    sh(cli, "mkdir /v/d; touch /v/d/f", "-v", f"{volume}:/v")
    words = (
        "-u",
        "12:34",
        "-v",
        f"{volume}:/v:U",
        "busybox",
        "sh",
        "-c",
        "touch /v/d/own; stat -c %u:%g /v /v/d /v/d/f",
    )
    done = run(cli, *words)
    assert done.stdout.split() == [b"12:34"] * 3, done.stderr
    assert b"U gives all of the volume" in done.stderr
    cli("volume", "rm", volume, check=True)


def test_a_part_of_a_volume(cli: CommandLine) -> None:
    volume = f"part-{os.getpid()}"
    sh(cli, "mkdir -p /v/a/b; echo part > /v/a/b/file; ln -s / /v/out", "-v", f"{volume}:/v")
    mount = f"type=volume,source={volume},target=/m,volume-subpath"
    assert sh(cli, "cat /m/file", "--mount", f"{mount}=a/b") == "part\n"
    for path, reason in (("none", b"No such file"), ("out", b"a link leads out of it")):
        done = run(cli, "--mount", f"{mount}={path}", "busybox", "true")
        assert (done.returncode, b"below the source %b: %b" % (path.encode(), reason) in done.stderr) == (125, True)


def test_a_read_only_root_with_a_tmpfs(cli: CommandLine) -> None:
    script = (
        "touch /x 2> /dev/null || echo refused; touch /t/x && df -k /t | tail -n 1 | awk '{print $2}'; stat -c %a /t"
    )
    flags = ("--read-only", "--mount", "type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=700")
    assert sh(cli, script, *flags) == "refused\n1024\n700\n"


def test_relabelling_says_that_it_does_nothing(cli: CommandLine, place: Path) -> None:
    if os.path.exists("/sys/fs/selinux/enforce"):
        pytest.skip("needs a machine without SELinux: this one has it")
    done = run(cli, "-v", f"{place}:/m:Z", "busybox", "true")
    assert (done.returncode, b"no effect" in done.stderr) == (0, True)


def test_two_first_users_of_a_volume_see_one_whole_copy(cli: CommandLine, make_image: MakeImage) -> None:
    image = make_image({f"data/{number:04}": b"x" * 100 for number in range(2000)})
    volume = f"raced-{os.getpid()}"
    words = ("run", "--rm", *ALONE, "-v", f"{volume}:/data", image, "sh", "-c", "ls /data | wc -l; cat /data/* | wc -c")
    started = [cli.popen(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    for process in started:
        out, err = process.communicate(timeout=60)
        assert out == b"2000\n200000\n", err
    cli("volume", "rm", volume, check=True)


def test_a_detached_container_tells_of_its_volume(cli: CommandLine) -> None:
    name = f"told-{os.getpid()}"
    cli("run", "-d", *ALONE, "--name", name, "-v", f"{name}:/v", "busybox", "sleep", "1000", check=True)
    cli("stop", "-t", "0", name, check=True)
    cli("rm", name, check=True)
    cli("volume", "rm", name, check=True)
    told = cli(
        "events", "--since", "1h", "--until", "0s", "--filter", f"volume={name}", "--format", "{{.Action}}", check=True
    )
    assert told.stdout.split() == [b"create", b"mount", b"unmount", b"destroy"]


@pytest.mark.needs("root")
def test_a_slave_receives_what_is_mounted_later(cli: CommandLine, place: Path) -> None:
    """In a mount namespace of the test's own: the shared tmpfs, the container, and the mount that comes later."""
    (place / "later").mkdir()
    script = f"""
import subprocess, sys
mount = lambda *words: subprocess.run(["mount", *words], check=True)
mount("--make-rprivate", "/")
mount("-t", "tmpfs", "-o", "mode=777", "none", "{place}")
mount("--make-shared", "{place}")
import os
os.mkdir("{place}/later")
for word, expected in (("rslave", "there"), ("rprivate", "absent")):
    inside = "echo ready; read x; test -e /m/later/file && echo there || echo absent"
    argv = [*sys.argv[1:], "run", "-i", "--rm", "--network", "none", "-v", "{place}:/m:" + word, "busybox"]
    child = subprocess.Popen([*argv, "sh", "-c", inside], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\\n"
    mount("-t", "tmpfs", "none", "{place}/later")
    open("{place}/later/file", "w").close()
    said = child.communicate("x\\n")[0]
    assert said == expected + "\\n", (word, said)
    subprocess.run(["umount", "{place}/later"], check=True)
"""
    argv = ["unshare", "--mount", sys.executable, "-c", script, *cli.argv()]
    done = subprocess.run(argv, env=cli.env(), capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.needs("root")
def test_idmap_shows_the_owners_of_the_disk(cli: CommandLine, place: Path) -> None:
    (place / "file").write_text("")
    os.chown(place / "file", 1234, 1235)
    assert sh(cli, "stat -c %u:%g /m/file", "-v", f"{place}:/m:idmap") == "1234:1235\n"
    assert sh(cli, "stat -c %u:%g /m/file", "-v", f"{place}:/m") == "65534:65534\n"


@pytest.mark.needs("ordinary")
def test_idmap_is_refused_where_the_kernel_does(cli: CommandLine, place: Path) -> None:
    done = run(cli, "-v", f"{place}:/m:idmap", "busybox", "true")
    assert (done.returncode, b"only whoever mounted" in done.stderr) == (125, True)
    assert stat.S_IMODE(place.stat().st_mode) == 0o777

"""What is mounted, where it may not go, and what a hostile image cannot do about it."""

import os
import stat

import pytest

from tests.launcher.conftest import DEVICES, SYSTEM, Box


def source(box: Box, name: str = "source") -> str:
    path = f"{box.base}/{name}"
    os.mkdir(path)
    with open(f"{path}/file", "w") as file:
        file.write("from outside\n")
    box.give(path)
    return path


def test_bind_makes_its_mount_point(box: Box) -> None:
    place = source(box)
    binds = (("bind", place, "/a/b/c", "rec"), ("bind", f"{place}/file", "/d/e", "ro"))
    done = box.sh("cat /a/b/c/file /d/e; echo x > /d/e", extra=binds)
    assert done.out == "from outside\n" * 2
    assert "Read-only file system" in done.err
    assert stat.S_ISREG(os.lstat(f"{box.upper}/d/e").st_mode) if os.geteuid() == 0 else True


@pytest.mark.parametrize("flags", ["ro", "ro,rec"])
def test_a_read_only_bind_is(box: Box, flags: str) -> None:
    done = box.sh("touch /m/x", extra=(("bind", source(box), "/m", flags),))
    assert done.code == 1
    assert "Read-only" in done.err


def test_flags_are_in_force(box: Box) -> None:
    extra = (("bind", source(box), "/m", "nosuid,nodev,noexec"), ("mount", "tmpfs", "/t", "noatime,ro,exec", ""))
    done = box.sh("grep -E ' /[mt] ' /proc/mounts", extra=extra)
    bind, tmpfs = (set(line.split()[3].split(",")) for line in done.out.splitlines())
    assert {"nosuid", "nodev", "noexec"} <= bind
    assert {"noatime", "ro"} <= tmpfs


def test_an_unknown_flag_starts_nothing(box: Box) -> None:
    done = box.sh("true", extra=(("bind", source(box), "/m", "nosuide"),))
    assert done.code == 125
    assert "nosuide" in done.err


def test_optional_and_missing_sources(box: Box) -> None:
    assert box.sh("true", extra=(("bind", "/nothing", "/m", "optional"),)).code == 0
    done = box.sh("true", extra=(("bind", "/nothing", "/m", ""),))
    assert done.code == 125
    assert "cannot bind /nothing: No such file or directory" in done.err


def test_links_in_the_image_lead_inside_only(box: Box) -> None:
    outside = f"{box.base}/outside"
    os.mkdir(outside)
    os.chmod(outside, 0o777)
    os.symlink(outside, f"{box.layer}/absolute")
    os.symlink("../" * 30 + outside[1:], f"{box.layer}/upward")
    os.symlink("/made/later", f"{box.layer}/dangling")
    place = source(box)
    targets = ("/absolute/x", "/upward/y", "/dangling/z")
    done = box.sh(f"cat {' '.join(f'{t}/file' for t in targets)}", extra=tuple(("bind", place, t, "") for t in targets))
    assert done.out == "from outside\n" * 3, done.err
    assert os.listdir(outside) == []


def test_a_link_that_names_itself_is_refused(box: Box) -> None:
    os.symlink("loop", f"{box.layer}/loop")
    done = box.sh("true", extra=(("bind", source(box), "/loop/x", ""),))
    assert done.code == 125


@pytest.mark.parametrize("name", ["proc", "sys", "dev"])
@pytest.mark.parametrize("kind", ["link", "file"])
def test_the_kernels_places_must_be_directories(box: Box, name: str, kind: str) -> None:
    outside = f"{box.base}/outside"
    os.mkdir(outside)
    os.chmod(outside, 0o777)
    if kind == "link":
        os.symlink("/tmp/elsewhere", f"{box.layer}/{name}")
    else:
        box.write(name, "")
    done = box.sh("true")
    assert done.code == 125
    assert f"/{name}" in done.err
    assert os.listdir(outside) == []


def test_devices_are_devices(box: Box) -> None:
    done = box.sh("head -c 3 /dev/zero | wc -c; echo x > /dev/null; echo x > /dev/full")
    assert done.out == "3\n"
    assert "No space left" in done.err
    done = box.sh("true", extra=(("device", source(box), "/dev/x"),))
    assert "it is not a device" in done.err


def test_mask_hides_files_and_directories_and_ignores_what_is_not_there(box: Box) -> None:
    box.write("secret/file", "s3cret")
    box.write("other", "s3cret")
    masks = tuple(("mask", target) for target in ("/secret", "/other", "/nothing", "/secret/file/below", "/proc/keys"))
    done = box.sh("ls /secret; cat /other /proc/keys; touch /secret/x", extra=masks)
    assert done.out == ""
    assert "Read-only" in done.err


def test_mask_uses_no_null_of_the_image(box: Box) -> None:
    os.symlink("/etc/passwd", f"{box.layer}/null")
    done = box.sh("cat /etc/group; echo x > /etc/group; cat /etc/group", extra=(("mask", "/etc/group"),))
    assert (done.code, done.out) == (0, "")


def test_readonly_paths(box: Box) -> None:
    done = box.sh(
        "echo 1 > /proc/sys/kernel/domainname; touch /etc/x; touch /tmp/y; echo done",
        extra=(("readonly", "/proc/sys"), ("readonly", "/etc"), ("readonly", "/nothing")),
    )
    assert done.err.count("Read-only") == 2, done.err
    assert done.out == "done\n"


def test_root_readonly_leaves_the_mounts_writable(box: Box) -> None:
    extra = (("root-readonly",), ("mount", "tmpfs", "/scratch", "nosuid,nodev", "size=1m"))
    done = box.sh("touch /x; touch /scratch/x && echo written", extra=extra)
    assert "Read-only" in done.err
    assert done.out == "written\n"


def test_links_and_directories(box: Box) -> None:
    extra = (("symlink", "/proc/self/fd", "/dev/fd"), ("mkdir", "/var/spool/x", "1777"), ("mkdir", "/etc", "700"))
    done = box.sh("readlink /dev/fd; stat -c %a /var/spool/x /var /etc", extra=extra)
    assert done.out.split() == ["/proc/self/fd", "1777", "755", "755"], done.err


def test_nothing_mounted_reaches_the_host(box: Box) -> None:
    with open("/proc/self/mountinfo") as file:
        before = file.read()
    box.sh("mount | wc -l", extra=(("mount", "tmpfs", "/scratch", "", ""),))
    with open("/proc/self/mountinfo") as file:
        assert file.read() == before


def test_the_old_root_is_gone(box: Box) -> None:
    done = box.sh("grep -c . /proc/mounts; grep ' / ' /proc/mounts; ls /proc/1/root 2>&1")
    lines = done.out.splitlines()
    assert int(lines[0]) == len(SYSTEM) + 1
    assert len([line for line in lines if " / overlay " in line]) == 1


def test_optional_mounts_may_fail(box: Box) -> None:
    assert box.sh("true", extra=(("mount", "nosuchfs", "/x", "optional", ""),)).code == 0
    done = box.sh("true", extra=(("mount", "nosuchfs", "/x", "", ""),))
    assert done.code == 125
    assert "cannot mount nosuchfs on /x: No such device" in done.err


@pytest.mark.needs("root")
def test_a_covered_proc_is_shown_read_only_with_one_warning(box: Box) -> None:
    """Also CASES B69. The cover is mounted in a private view of the host's."""

    def cover() -> None:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.unshare(0x20000) == 0
        assert libc.mount(None, b"/", None, 0x44000, None) == 0
        assert libc.mount(b"none", b"/proc/fs", b"tmpfs", 0, None) == 0

    done = box.sh("test -d /proc/self && echo there; echo 1 > /proc/sys/kernel/domainname", preexec_fn=cover)
    assert done.out == "there\n", done.err
    assert done.err.splitlines()[0].startswith("hull: warning: /proc")
    assert "Read-only" in done.err.splitlines()[1]


def test_sysctls_are_set_before_they_turn_read_only(box: Box) -> None:
    extra = (
        ("sysctl", "net.ipv4.ip_unprivileged_port_start", "81"),
        ("sysctl", "net.ipv4.conf.lo.forwarding", "1"),
        ("readonly", "/proc/sys"),
    )
    done = box.sh(
        "cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/conf/lo/forwarding", extra=extra
    )
    assert done.out == "81\n1\n", done.err


def test_every_group_there_is_may_ping(box: Box) -> None:
    done = box.sh(
        "cat /proc/sys/net/ipv4/ping_group_range /proc/self/gid_map",
        extra=(("sysctl", "net.ipv4.ping_group_range", "@GROUPS"),),
    )
    first, *extents = ([int(word) for word in line.split()] for line in done.out.splitlines())
    assert first == [min(e[0] for e in extents), max(e[0] + e[2] - 1 for e in extents)], done


@pytest.mark.parametrize("key", ["", "kernel..x", "net.//.//.x", "no.such.key", "kernel.hung_task_panic"])
def test_a_sysctl_that_cannot_be_set_starts_nothing(box: Box, key: str) -> None:
    done = box.sh("true", extra=(("sysctl", key, "1"),))
    assert done.code == 125


def test_a_minimal_root_needs_no_system_mounts(box: Box) -> None:
    done = box.run("echo", "alone", system=DEVICES[:0], drop=("loopback",))
    assert (done.code, done.out) == (0, "alone\n"), done.err


@pytest.mark.parametrize(("flags", "below"), [("ro,rec", 1), ("ro,rec,ro-top", 0)])
@pytest.mark.needs("root")
def test_what_lies_below_a_read_only_bind(box: Box, flags: str, below: int) -> None:
    place = source(box)
    os.mkdir(f"{place}/below")

    def mount_below() -> None:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.unshare(0x20000) == 0
        assert libc.mount(None, b"/", None, 0x44000, None) == 0
        assert libc.mount(b"none", f"{place}/below".encode(), b"tmpfs", 0, b"mode=777") == 0

    done = box.sh(
        "touch /m/x; a=$?; touch /m/below/x; echo $a $?", extra=(("bind", place, "/m", flags),), preexec_fn=mount_below
    )
    assert done.out == f"1 {below}\n", done.err


def volume(box: Box) -> str:
    """Return a directory that the container's root owns, empty."""
    path = f"{box.base}/volume"
    os.mkdir(path)
    box.give(path)
    return path


def test_a_part_of_a_volume_is_found_inside_it(box: Box) -> None:
    place, outside = volume(box), source(box, "outside")
    os.mkdir(f"{place}/real")
    with open(f"{place}/real/file", "w") as file:
        file.write("inside\n")
    refused = {"missing": "No such file or directory"}
    for name, text in (("root", "/real"), ("up", "../volume/real"), ("out", outside), ("twice", "out")):
        os.symlink(text, f"{place}/{name}")
        refused[name] = "a link leads out of it"
    os.symlink("./sub/../real", f"{place}/link")
    os.mkdir(f"{place}/sub")
    extra = tuple(("bind-below", place, name, f"/{name}", "") for name in ("real", "link"))
    done = box.sh("cat /real/file /link/file", extra=extra)
    assert done.out == "inside\n" * 2, done.err
    for name, reason in refused.items():
        done = box.sh("true", extra=(("fill-below", place, name, "/etc"), ("bind-below", place, name, "/m", "")))
        assert done.code == 125
        assert f"cannot find below the source {name}: {reason}" in done.err
    done = box.sh("cat /m", extra=(("bind-below", place, "real/file", "/m", "ro"),))
    assert done.out == "inside\n", done.err


def layers(box: Box) -> tuple[str, str]:
    places = f"{box.base}/one", f"{box.base}/two"
    for place in places:
        os.makedirs(f"{place}/etc")
        with open(f"{place}/etc/{os.path.basename(place)}", "w") as file:
            file.write(f"{place[-3:]}\n")
        for path in (place, f"{place}/etc", f"{place}/etc/{os.path.basename(place)}"):
            box.give(path)
    return places


def test_layers_of_their_own_are_stacked_beside_the_roots(box: Box) -> None:
    one, two = layers(box)
    upper, work = f"{box.base}/u", f"{box.base}/w"
    for place in (upper, work):
        os.mkdir(place)
        box.give(place)
    extra = (
        ("overlay", "", "", "", "/ro", "ro,nosuid"), ("lower", one), ("lower", two),
        ("overlay", upper, work, "", "/rw", ""), ("lower", one),
        ("overlay", "", "", "etc", "/part", "ro"), ("lower", one), ("lower", two),
        ("overlay", "", "", "etc/one", "/file", "ro"), ("lower", one), ("lower", two),
    )  # fmt: skip
    done = box.sh(
        "cat /ro/etc/* /part/* /file; touch /ro/x /part/x; echo new > /rw/etc/one; cat /rw/etc/*; "
        "test -e /etc/one || grep -c overlay /proc/mounts",
        extra=extra,
    )
    assert done.out == "one\ntwo\none\ntwo\none\nnew\n5\n", done.err
    assert done.err.count("Read-only") == 2
    assert os.listdir(f"{upper}/etc") == ["one"]
    with open(f"{one}/etc/one") as file:
        assert file.read() == "one\n"


def test_a_tmpfs_may_begin_with_what_it_covers(box: Box) -> None:
    box.write("spool/file", "kept\n", 0o640)
    extra = (("mount", "tmpfs", "/spool", "copy-up,ro", ""), ("mount", "tmpfs", "/none", "copy-up", ""))
    done = box.sh("cat /spool/file; stat -c %a /spool/file; touch /none/x; touch /spool/x", extra=extra)
    assert done.out == "kept\n640\n"
    assert done.err.count("Read-only") == 1


def test_a_volume_is_filled_once_and_a_killed_copy_is_finished(box: Box) -> None:
    place = volume(box)
    box.write("data/a/file", "image\n")
    box.write("data/b", "image\n")
    extra = (("fill", place, "/data"), ("bind", place, "/data", ""))
    assert box.sh("cat /data/a/file /data/b; echo own > /data/b", extra=extra).out == "image\nimage\n"
    assert box.sh("cat /data/b; rm -r /data/a", extra=extra).out == "own\n"
    assert box.sh("ls /data", extra=extra).out == "b\n"
    os.setxattr(place, "user.hull.filling", b"")
    assert box.sh("cat /data/a/file /data/b", extra=extra).out == "image\nimage\n"
    assert "user.hull.filling" not in os.listxattr(place)
    os.mkdir(f"{place}/part")
    box.give(f"{place}/part")
    extra = (("fill-below", place, "part", "/data"), ("bind-below", place, "part", "/data", ""))
    assert box.sh("cat /data/a/file; rm -r /data/a", extra=extra).out == "image\n"
    assert box.sh("ls /data", extra=extra).out == "b\n"


def test_a_lock_of_a_stranger_keeps_no_container_from_starting(box: Box) -> None:
    import fcntl

    place = volume(box)
    box.write("data/file", "image\n")
    fd = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        done = box.sh("cat /data/file", extra=(("fill", place, "/data"), ("bind", place, "/data", "")))
    finally:
        os.close(fd)
    assert done.out == "image\n", done.err


def test_the_later_of_two_first_users_waits_for_the_copy(box: Box) -> None:
    """A copier holds the lock and has marked the volume: nobody starts on the half of it."""
    import fcntl
    import threading

    place = volume(box)
    os.setxattr(place, "user.hull.filling", b"")
    fd = os.open(place, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    box.write("data/file", "image\n")

    def copy() -> None:
        with open(f"{place}/file", "w") as file:
            file.write("first\n")
        box.give(f"{place}/file")
        os.removexattr(place, "user.hull.filling")
        os.close(fd)

    later = threading.Timer(1.5, copy)
    later.start()
    done = box.sh("cat /data/file", extra=(("fill", place, "/data"), ("bind", place, "/data", "")))
    later.join()
    assert done.out == "first\n", done.err


@pytest.mark.needs("range")
def test_own_gives_a_volume_and_nothing_that_is_mounted_in_it(box: Box) -> None:
    place, other = volume(box), source(box, "other")
    os.makedirs(f"{place}/a/b")
    os.symlink("/etc/passwd", f"{place}/link")
    for path in (f"{place}/a", f"{place}/a/b", f"{place}/link", f"{other}/file"):
        box.give(path)
    extra = (
        ("bind", place, "/v", ""), ("bind", other, "/v/other", ""), ("bind", f"{other}/file", "/v/one", ""),
        ("user", "user"), ("own", "/v"),
    )  # fmt: skip
    paths = "/v /v/a/b /v/link /v/other /v/other/file /v/one /etc/passwd"
    done = box.sh(f"stat -c %u:%g {paths}", extra=extra, identity=box.identity)
    assert done.out.split() == ["5:6"] * 3 + ["0:0"] * 4, done.err


@pytest.mark.needs("root")
def test_idmap_shows_the_ids_of_the_disk(box: Box) -> None:
    place = source(box)
    os.chown(f"{place}/file", 5, 6)
    os.chown(place, 0, 0)
    done = box.sh("stat -c %u:%g /m /m/file", extra=(("bind", place, "/m", "idmap"),))
    assert done.out.split() == ["0:0", "5:6"], done.err


@pytest.mark.needs("ordinary")
def test_idmap_is_refused_with_the_reason(box: Box) -> None:
    done = box.sh("true", extra=(("bind", source(box), "/m", "idmap"),))
    assert done.code == 125
    assert "only whoever mounted its file system" in done.err

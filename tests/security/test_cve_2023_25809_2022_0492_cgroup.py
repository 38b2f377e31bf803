"""No control group but the container's own can be written, and no v1 hierarchy, with its release_agent, is there."""

from tests.security.conftest import Run

WRITES = """
    for file in $(find /sys/fs/cgroup -maxdepth 2 -type f 2>/dev/null | head -400); do
        if (echo 0 >"$file") 2>/dev/null; then echo "wrote $file"; fi
    done
    mkdir /sys/fs/cgroup/new 2>/dev/null && echo made
    find / -xdev -name release_agent 2>/dev/null; echo end
"""


def test_cve_2023_25809_nothing_in_the_cgroup_tree_is_writable(run: Run) -> None:
    assert run("busybox", "sh", "-c", WRITES).stdout == b"end\n"


def test_cve_2023_25809_the_mount_is_read_only(run: Run) -> None:
    mounts = run("busybox", "cat", "/proc/self/mountinfo").stdout.decode().splitlines()
    for line in mounts:
        fields = line.split()
        kind = fields[fields.index("-") + 1]
        assert kind != "cgroup", "a v1 hierarchy"
        if kind in ("cgroup2", "sysfs"):
            assert "ro" in fields[5].split(","), line


def test_cve_2022_0492_a_new_namespace_to_mount_it_in_is_refused(run: Run) -> None:
    for flags in ("-Ur", "-m", "-Urm", "-n", "-p"):
        done = run("busybox", "unshare", flags, "true")
        assert done.returncode != 0, (flags, done)
        assert b"Operation not permitted" in done.stderr
    done = run("busybox", "sh", "-c", "mkdir /tmp/c && mount -t cgroup -o rdma cgroup /tmp/c")
    assert b"denied" in done.stderr or b"not permitted" in done.stderr, done

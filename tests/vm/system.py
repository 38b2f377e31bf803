"""The virtual machine's own system: a small Debian with a login user, built once and kept until its recipe changes.

Built with mmdebstrap, as root or inside a user namespace; published by rename, so that a half-built one is never used.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from typing import NamedTuple

SUITE = "bookworm"  # its kernel, 6.1, has no lowerdir+: the older paths run there
PYTHON = (3, 11)  # the suite's, which the project's compiled modules must be built for
USER = "tester"
SINGLE = "single"  # has no subordinate ids
SIZE = "3G"
PACKAGES = (
    *("linux-image-cloud-amd64", "initramfs-tools", "zstd", "kmod", "udev"),
    *("systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd"),
    *("uidmap", "slirp4netns", "passt", "fuse-overlayfs", "python3", "busybox-static", "iproute2", "procps"),
)
# The initial file system holds what finds the disk, no more: it is unpacked at every boot, slowly.
EARLY = (
    'mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"',
    'echo MODULES=list > "$1/etc/initramfs-tools/conf.d/tests"',
    'printf "%s\\n" virtio_pci virtio_blk ext4 > "$1/usr/share/initramfs-tools/modules.d/tests"',
)
UNIT = """[Unit]
Description=The project's tests
RequiresMountsFor=/project
After=systemd-user-sessions.service systemd-logind.service
[Service]
Type=oneshot
ExecStart=/bin/sh /project/start
StandardInput=null
StandardOutput=file:/dev/ttyS0
StandardError=inherit
[Install]
WantedBy=multi-user.target
"""
IDLE = "serial-getty@ttyS0.service getty@tty1.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer"
FSTAB = "/dev/vda / ext4 defaults 0 0\n/dev/vdb /project ext4 ro 0 0\n"
# useradd gives the user subordinate ids; lingering starts the user's service manager at boot.
LATE = (
    f'chroot "$1" useradd --create-home --shell /bin/bash {USER}',
    f'chroot "$1" useradd --create-home --shell /bin/bash -K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0 {SINGLE}',
    f'mkdir -p "$1/var/lib/systemd/linger" "$1/project" && touch "$1/var/lib/systemd/linger/{USER}"',
    f'printf "%s" "{FSTAB}" > "$1/etc/fstab"',
    f'printf "%s" "{UNIT}" > "$1/etc/systemd/system/project-tests.service"',
    'chroot "$1" systemctl enable --quiet project-tests.service',
    f'chroot "$1" systemctl mask --quiet {IDLE}',
)


class System(NamedTuple):
    """A bootable Debian: the disk is never written to, a boot works on a throw-away copy."""

    disk: str
    kernel: str
    initrd: str


def cache() -> str:
    """Return where things that are dear to make are kept."""
    return os.environ.get("HULL_TEST_CACHE") or os.path.expanduser("~/.cache/hull-tests")


def ensure() -> System:
    """Return the system, built if it is not kept from an earlier run; those of other recipes go."""
    recipe = "\n".join((SUITE, SIZE, *PACKAGES, *EARLY, *LATE))
    name = f"vm-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    place = f"{cache()}/{name}"
    if not os.path.isdir(place):
        os.makedirs(cache(), exist_ok=True)
        draft = tempfile.mkdtemp(prefix="draft-vm-", dir=cache())
        try:
            _build(draft)
            os.rename(draft, place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        for other in os.listdir(cache()):
            if other.startswith("vm-") and other != name:
                shutil.rmtree(f"{cache()}/{other}", ignore_errors=True)
    return System(f"{place}/disk", f"{place}/vmlinuz", f"{place}/initrd")


def _build(place: str) -> None:
    """Make the tree as a tar, then a disk of it, by an identity that may own its files."""
    hooks = [f"--essential-hook={line}" for line in EARLY] + [f"--customize-hook={line}" for line in LATE]
    words = ["--variant=minbase", f"--include={','.join(PACKAGES)}", "--architectures=amd64", *hooks]
    trim = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")]
    _run("mmdebstrap", "--quiet", *words, *trim, SUITE, f"{place}/tree.tar")
    boot = f"tar -xOf {place}/tree.tar --wildcards"
    _run("sh", "-ec", f"{boot} './boot/vmlinuz-*' > {place}/vmlinuz; {boot} './boot/initrd.img-*' > {place}/initrd")
    script = f"mkdir {place}/tree && tar -C {place}/tree -xf {place}/tree.tar --exclude './dev/*'"
    script += f" && mke2fs -q -F -t ext4 -O ^has_journal -d {place}/tree {place}/disk {SIZE} && rm -rf {place}/tree"
    as_root = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--map-auto"]
    _run(*as_root, "sh", "-ec", script)
    os.unlink(f"{place}/tree.tar")


def _run(*argv: str) -> None:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    done = subprocess.run(
        argv, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"cannot build the virtual machine: {argv[0]} ended with {done.returncode}\n{done.stderr}")

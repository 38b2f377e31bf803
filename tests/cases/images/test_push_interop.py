"""What hull commits and pushes, others read: skopeo copies it, umoci unpacks the same tree."""

import hashlib
import os
import stat
import subprocess
import tarfile

import pytest

from tests import imagebuild, registries

pytestmark = pytest.mark.needs("program:docker-registry", "program:skopeo", "program:umoci")
CHANGES = (
    "rm /etc/group; rm -r /usr/bin; mkdir -m 750 /usr/bin /d; echo 1 >/d/f; ln /d/f /d/g; ln -s f /d/s; chmod 4711 /d/f"
)


def done(*words):
    made = subprocess.run(words, capture_output=True, check=False, env={**os.environ, "XDG_RUNTIME_DIR": ""})
    assert made.returncode == 0, made.stderr


def exported(data, path):
    """Return {name: (kind, mode, content)} of a tar."""
    path.write_bytes(data)
    found = {}
    with tarfile.open(path) as archive:
        for one in archive:
            name = one.name.removeprefix("./").rstrip("/")
            if name in ("", ".") or (one.issym() and name.startswith("bin/")):
                continue
            target = archive.getmember(one.linkname) if one.islnk() else one
            content = archive.extractfile(target).read() if target.isreg() else target.linkname.encode()
            kind = "d" if target.isdir() else "l" if target.issym() else "f"
            found[name] = (kind, 0 if kind == "l" else target.mode, hashlib.sha256(content).hexdigest())
    return found


def unpacked(root):
    found = {}
    for directory, names, files in os.walk(root):
        for base in (*names, *files):
            path = os.path.join(directory, base)
            name, mode = os.path.relpath(path, root), os.lstat(path).st_mode
            if stat.S_ISLNK(mode) and name.startswith("bin/"):
                continue
            kind = "d" if stat.S_ISDIR(mode) else "l" if stat.S_ISLNK(mode) else "f"
            content = b""
            if kind == "l":
                content = os.readlink(path).encode()
            elif kind == "f":
                with open(path, "rb") as file:
                    content = file.read()
            found[name] = (kind, 0 if kind == "l" else stat.S_IMODE(mode), hashlib.sha256(content).hexdigest())
    return found


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_committed_image_is_unpacked_to_the_same_tree(cli, tmp_path, compression):
    with registries.plain() as found:
        name = imagebuild.push(imagebuild.busybox_image(), found.address, "base", "1")
        cli("pull", "-q", name, check=True)
        ident = f"interop-{compression}"
        cli("run", "--name", ident, "--network", "none", name, "sh", "-c", CHANGES, check=True)
        cli("commit", ident, "interop:1", check=True)
        cli("push", "-q", "--compression", compression, "interop:1", f"{found.address}/made:1", check=True)
        layout = f"oci:{tmp_path}/layout:1"
        done("skopeo", "copy", "--src-tls-verify=false", f"docker://{found.address}/made:1", layout)
    if compression == "zstd":
        done("skopeo", "copy", "--dest-compress-format", "gzip", "--dest-compress", layout, f"oci:{tmp_path}/plain:1")
        os.rename(tmp_path / "plain", tmp_path / "layout.gz")
        (tmp_path / "layout").rename(tmp_path / "layout.zstd")
        (tmp_path / "layout.gz").rename(tmp_path / "layout")
    rootless = ["--rootless"] if os.geteuid() else []
    done("umoci", "unpack", *rootless, "--image", f"{tmp_path}/layout:1", f"{tmp_path}/bundle")
    ours = exported(cli("export", ident, check=True).stdout, tmp_path / "export.tar")
    for name in (
        "etc/hostname",
        "etc/hosts",
        "etc/resolv.conf",
    ):  # what a start mounts over: no change of the container's
        ours.pop(name)
    theirs = unpacked(f"{tmp_path}/bundle/rootfs")
    assert theirs == ours
    assert "etc/group" not in theirs
    assert not [name for name in theirs if name.startswith("usr/bin/")]
    cli("rm", "-f", ident, check=True)

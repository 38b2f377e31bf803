"""Images for tests, made in memory: layers of any shape, archives of both kinds, and the way into a registry.

`layer(member(…), …)` is the bytes of a tar; headers are written here, byte by byte, so that no library refuses what
a hostile archive would hold.
"""

import bz2
import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import urllib.request
from typing import Any, NamedTuple

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
MTIME = 1_000_000_000


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def member(
    name: bytes | str,
    data: bytes = b"",
    kind: bytes | str = b"0",
    *,
    mode: int = 0o644,
    uid: int = 0,
    gid: int = 0,
    mtime: int = MTIME,
    link: bytes | str = b"",
    pax: dict[str, bytes] | None = None,
    size: int | None = None,
    magic: bytes = b"ustar\x0000",
) -> bytes:
    """Return one member as it lies in an archive; `size` lies about the content's length; `pax` goes before it."""
    name, link, kind = (v.encode() if isinstance(v, str) else v for v in (name, link, kind))
    head = b""
    if pax:
        body = b"".join(pax_record(key, value) for key, value in pax.items())
        head = member(b"PaxHeaders/x", body, b"x")
    return (
        head
        + header(name, len(data) if size is None else size, kind, mode, uid, gid, mtime, link, magic)
        + padded(data)
    )


def header(  # noqa: PLR0917 (the fields in their order)
    name: bytes, size: int, kind: bytes, mode: int, uid: int, gid: int, mtime: int, link: bytes, magic: bytes
) -> bytes:
    """Return one header block with its checksum."""
    block = bytearray(512)
    block[0:100] = name[:100].ljust(100, b"\0")
    for start, width, value in ((100, 8, mode), (108, 8, uid), (116, 8, gid), (124, 12, size), (136, 12, mtime)):
        block[start : start + width] = number(value, width)
    block[156:157] = kind
    block[157:257] = link[:100].ljust(100, b"\0")
    block[257:265] = magic
    return sealed(block)


def sealed(block: bytearray) -> bytes:
    """Return a header block with its checksum set."""
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def number(value: int, width: int) -> bytes:
    """Return a numeric field: octal, base 256 where that is too small."""
    if 0 <= value < 8 ** (width - 1):
        return b"%0*o\0" % (width - 1, value)
    raw = bytearray(value.to_bytes(width, "big", signed=True))
    raw[0] |= 0x80
    return bytes(raw)


def pax_record(key: str, value: bytes) -> bytes:
    """Return one pax record; its length counts bytes, itself included."""
    rest = b" " + key.encode() + b"=" + value + b"\n"
    length = len(rest) + 1
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def directory(name: bytes | str, mode: int = 0o755, **options: Any) -> bytes:
    return member(name, kind=b"5", mode=mode, **options)


def symlink(name: bytes | str, target: bytes | str, **options: Any) -> bytes:
    return member(name, kind=b"2", link=target, mode=0o777, **options)


def hardlink(name: bytes | str, target: bytes | str, **options: Any) -> bytes:
    return member(name, kind=b"1", link=target, **options)


def layer(*members: bytes) -> bytes:
    """Return an archive of these members, ended properly."""
    return b"".join(members) + bytes(1024)


def compress(data: bytes, how: str) -> bytes:
    """Return data compressed: gzip, zstd, bzip2 or plain."""
    if how == "gzip":
        return gzip.compress(data, 1, mtime=0)
    if how == "zstd":
        from backports import zstd

        return zstd.compress(data)
    return bz2.compress(data) if how == "bzip2" else data


class Image(NamedTuple):
    """An image with its documents: `blobs` by digest, and where to start."""

    manifest: str
    config: str
    blobs: dict[str, bytes]
    layers: tuple[str, ...]

    @property
    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": OCI_MANIFEST, "digest": self.manifest, "size": len(self.blobs[self.manifest])}


def image(
    *layers: bytes,
    run: dict[str, Any] | None = None,
    how: str = "gzip",
    architecture: str = "",
    edit_config: dict[str, Any] | None = None,
    edit_manifest: dict[str, Any] | None = None,
) -> Image:
    """Return an OCI image of these tars, lowest first."""
    packed = [compress(one, how) for one in layers]
    config_data: dict[str, Any] = {
        "architecture": architecture or host_architecture(),
        "os": "linux",
        "config": run or {},
        "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in layers]},
    }
    config = json.dumps({**config_data, **(edit_config or {})}).encode()
    suffix = {"plain": "", "gzip": "+gzip", "zstd": "+zstd"}.get(how, "")
    manifest_data: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": digest(config), "size": len(config)},
        "layers": [{"mediaType": OCI_LAYER + suffix, "digest": digest(one), "size": len(one)} for one in packed],
    }
    manifest = json.dumps({**manifest_data, **(edit_manifest or {})}).encode()
    blobs = {digest(data): data for data in (config, manifest, *packed)}
    return Image(digest(manifest), digest(config), blobs, tuple(digest(one) for one in packed))


def index(*entries: tuple[Image, dict[str, Any]]) -> tuple[bytes, dict[str, bytes]]:
    """Return an image index over images, each with extra fields of its descriptor, and all their blobs."""
    blobs: dict[str, bytes] = {}
    manifests = []
    for made, extra in entries:
        blobs.update(made.blobs)
        manifests.append({**made.descriptor, **extra})
    body = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}).encode()
    return body, blobs


def host_architecture() -> str:
    machine = os.uname().machine
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def tar_of(files: dict[str, bytes]) -> bytes:
    """Return a well-formed archive of plain files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def oci_archive(made: Image, name: str = "test/image:1") -> bytes:
    """Return an OCI layout as a tar."""
    entry = {**made.descriptor, "annotations": {"org.opencontainers.image.ref.name": name}}
    return oci_layout(json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode(), made.blobs)


def oci_layout(top: bytes, blobs: dict[str, bytes]) -> bytes:
    """Return an OCI layout as a tar, with this index.json."""
    files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": top}
    return tar_of({**files, **{f"blobs/{key.replace(':', '/')}": data for key, data in blobs.items()}})


def docker_archive(made: Image, *names: str) -> bytes:
    """Return what `docker save` of old writes, the layers as they are in the image."""
    config = f"{made.config.removeprefix('sha256:')}.json"
    layers = [f"{place}/layer.tar" for place, _ in enumerate(made.layers)]
    entry = [{"Config": config, "RepoTags": list(names) or None, "Layers": layers}]
    files = {path: made.blobs[key] for path, key in zip(layers, made.layers, strict=True)}
    return tar_of({**files, config: made.blobs[made.config], "manifest.json": json.dumps(entry).encode()})


def busybox_layer() -> bytes:
    """Return a small root file system: the machine's static busybox, its applets, the files that programs ask for."""
    program = next(path for path in ("/bin/busybox", "/usr/bin/busybox") if os.path.exists(path))
    applets = subprocess.run([program, "--list"], capture_output=True, check=True, text=True).stdout.split()
    with open(program, "rb") as file:
        binary = file.read()
    places = (
        "bin",
        "dev",
        "etc",
        "home",
        "proc",
        "root",
        "run",
        "sys",
        "tmp",
        "usr",
        "usr/bin",
        "usr/sbin",
        "sbin",
        "var",
    )
    modes = {"tmp": 0o1777, "root": 0o700}
    passwd = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
    group = b"root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"
    return layer(
        *(directory(place, modes.get(place, 0o755)) for place in places),
        member("bin/busybox", binary, mode=0o755),
        *(symlink(f"bin/{name}", "busybox") for name in applets if name != "busybox"),
        symlink("usr/bin/env", "/bin/busybox"),
        member("etc/passwd", passwd),
        member("etc/group", group),
    )


def busybox_image() -> Image:
    return image(
        busybox_layer(),
        run={"Cmd": ["sh"], "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},
    )


def busybox_archive(path: Any, name: str = "busybox:latest") -> str:
    """Write a docker-archive of a busybox image to `path`; return it."""
    return _written(path, docker_archive(busybox_image(), name))


def debian_layer(suite: str = "bookworm", flavour: str = "", words: tuple[str, ...] = ()) -> bytes:
    """Return a minimal Debian as a tar; `flavour` names one that mmdebstrap makes by more `words`."""
    with open(debian_tar(suite, flavour, words), "rb") as file:
        return file.read()


def debian_tar(suite: str = "bookworm", flavour: str = "", words: tuple[str, ...] = ()) -> str:
    """Return the path of a Debian's tar, made once by mmdebstrap and kept in the cache directory."""
    cache = os.environ.get("HULL_TEST_CACHE") or os.path.expanduser("~/.cache/hull-tests")
    path = f"{cache}/debian-{f'{suite}-{flavour}' if flavour else suite}.tar"
    if not os.path.exists(path):
        os.makedirs(cache, exist_ok=True)
        scratch = f"{path}.{os.getpid()}.tar"
        try:
            subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", *words, suite, scratch], check=True)
            os.rename(scratch, path)
        finally:
            if os.path.exists(scratch):
                os.unlink(scratch)
    return path


def debian_image(suite: str = "bookworm", how: str = "gzip") -> Image:
    return image(debian_layer(suite), run={"Cmd": ["bash"]}, how=how)


def debian_archive(path: Any, name: str = "debian:12", suite: str = "bookworm") -> str:
    """Write an OCI archive of a minimal Debian to `path`; return it."""
    return _written(path, oci_archive(debian_image(suite), name))


def push(made: Image, address: str, repository: str, tag: str, headers: dict[str, str] | None = None) -> str:
    """Upload an image over plain HTTP (`address` is host:port) and return its reference."""
    for key, data in made.blobs.items():
        if key != made.manifest:
            push_blob(address, repository, key, data, headers)
    put_manifest(address, repository, tag, made.blobs[made.manifest], headers=headers)
    return f"{address}/{repository}:{tag}"


def push_blob(address: str, repository: str, key: str, data: bytes, headers: dict[str, str] | None = None) -> None:
    """Upload one blob."""
    with _request("POST", f"http://{address}/v2/{repository}/blobs/uploads/", b"", headers) as answer:
        place = answer.headers["Location"]
    place = place if "://" in place else f"http://{address}{place}"
    with _request("PUT", f"{place}{'&' if '?' in place else '?'}digest={key}", data, headers):
        pass


def put_manifest(
    address: str,
    repository: str,
    tag: str,
    body: bytes,
    *,
    kind: str = OCI_MANIFEST,
    headers: dict[str, str] | None = None,
) -> None:
    """Upload a manifest or an index under a tag or a digest."""
    url = f"http://{address}/v2/{repository}/manifests/{tag}"
    with _request("PUT", url, body, {**(headers or {}), "Content-Type": kind}):
        pass


def _request(method: str, url: str, body: bytes, headers: dict[str, str] | None) -> Any:
    kind = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, body, {**kind, **(headers or {})}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=60)


def _written(path: Any, data: bytes) -> str:
    with open(path, "wb") as file:
        file.write(data)
    return str(path)

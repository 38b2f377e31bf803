"""Compress a layer: gzip, which everybody reads, or zstd. The same bytes in give the same bytes out on one machine."""

from collections.abc import Iterable, Iterator

from hull.errors import HostError, UserError
from hull.light import Any

KINDS = ("gzip", "zstd")
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"


def media_type(kind: str) -> str:
    """Return the OCI media type of a layer; "" is not compressed."""
    return f"{OCI_LAYER}+{kind}" if kind else OCI_LAYER


def kind_of(media_type: str) -> str:
    """Return what a layer's media type, OCI's or Docker's, says of its compression, "" for none."""
    return "zstd" if media_type.endswith("zstd") else "gzip" if media_type.endswith("gzip") else ""


def stream(chunks: Iterable[bytes], kind: str) -> Iterator[bytes]:
    """Yield the compressed bytes."""
    packer = machine(kind)
    for chunk in chunks:
        if data := packer.compress(chunk):
            yield data
    yield packer.flush()


def machine(kind: str) -> Any:
    """Return an encoder: `compress(data)`, then `flush()`."""
    if kind == "zstd":
        try:
            from compression.zstd import ZstdCompressor  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            try:
                from backports.zstd import ZstdCompressor
            except ImportError:
                raise HostError("cannot compress zstd: no encoder is installed", "install backports.zstd") from None
        return ZstdCompressor(3)
    if kind != "gzip":
        raise UserError(f"cannot compress with {kind!r}", f"use one of: {', '.join(KINDS)}")
    try:
        from isal import isal_zlib
    except ImportError:
        import zlib

        return zlib.compressobj(2, wbits=31)
    return isal_zlib.compressobj(2, wbits=31)

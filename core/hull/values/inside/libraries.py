"""Tables of Arrow and polars, tensors of torch, images of PIL: by their own formats for bytes, or as an array."""

import io
from typing import Any

from hull.values.inside.layout import Cannot, Damaged, natural

MODES = ("1", "L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F")
DTYPES = ("bfloat16", "float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool",
          "complex64", "complex128")  # fmt: skip


class _Writer(io.RawIOBase):
    """A sink as a file that is written only."""

    def __init__(self, sink: Any) -> None:
        super().__init__()
        self._sink = sink

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return int(self._sink.write(data))


def _arrow(packer: Any, value: Any, _path: Any) -> Any:
    def write(sink: Any) -> None:
        import pyarrow as pa

        with pa.ipc.new_stream(pa.PythonFile(_Writer(sink), mode="w"), value.schema) as writer:
            writer.write(value)

    return ["arrow", packer.buffer(write), type(value).__name__]


def _unarrow(unpacker: Any, number: Any, kind: Any) -> Any:
    import pyarrow as pa

    try:
        with pa.ipc.open_stream(pa.py_buffer(unpacker.buffer(number))) as reader:
            made = reader.read_next_batch() if kind == "RecordBatch" else reader.read_all()
        made.validate(full=True)
    except (pa.ArrowException, OSError, StopIteration) as error:
        raise Damaged("an Arrow table is wrong: {}".format(error)) from None
    return made


def _polars(packer: Any, value: Any, _path: Any) -> Any:
    import polars as pl

    series = isinstance(value, pl.Series)
    frame = value.to_frame() if series else value
    if pl.Object in frame.dtypes:
        return None
    return ["polars", packer.buffer(lambda sink: frame.write_ipc_stream(_Writer(sink))), series]


def _unpolars(unpacker: Any, number: Any, series: Any) -> Any:
    import polars as pl

    try:
        made = pl.read_ipc_stream(io.BytesIO(unpacker.buffer(number)))
    except BaseException as error:  # a panic of Rust's is no Exception
        if isinstance(error, (KeyboardInterrupt, MemoryError)):
            raise
        raise Damaged("a polars frame is wrong: {}".format(error)) from None
    return made.to_series() if series is True else made


def _tensor(packer: Any, value: Any, path: Any) -> Any:
    import torch

    kind = str(value.dtype).partition(".")[2]
    if value.device.type != "cpu":
        raise Cannot(_where(path), "torch.Tensor", "it is on " + str(value.device), "send its copy: .cpu()")
    if value.layout is not torch.strided or kind not in DTYPES:
        return None
    plain = value.detach().resolve_conj().resolve_neg()
    held = plain.view(torch.int16) if kind == "bfloat16" else plain
    return ["tensor", packer.ref(held.numpy(), path), kind, bool(value.requires_grad)]


def _untensor(unpacker: Any, data: Any, kind: Any, grad: Any) -> Any:
    import torch

    if kind not in DTYPES:
        raise Damaged("a tensor is wrong")
    made = torch.from_numpy(unpacker.get(data))
    made = made.view(torch.bfloat16) if kind == "bfloat16" else made
    return made.requires_grad_() if grad is True else made


def _where(path: Any) -> str:
    while path[1] is not None:
        path = path[1]
    return str(path[0])


def _image(packer: Any, value: Any, _path: Any) -> Any:
    if value.mode not in MODES:
        return None
    return ["image", value.mode, list(value.size), packer.buffer(value.tobytes())]


def _unimage(unpacker: Any, mode: Any, size: Any, number: Any) -> Any:
    from PIL import Image

    if mode not in MODES:
        raise Damaged("an image is wrong")
    width, height = map(natural, size)
    return Image.frombytes(mode, (width, height), bytes(unpacker.buffer(number)))


PACK_LIBRARIES = {
    "pyarrow": {"Table": _arrow, "RecordBatch": _arrow},
    "polars": {"DataFrame": _polars, "Series": _polars},
    "torch": {"Tensor": _tensor},
    "PIL": {"Image": _image},
}  # type: dict[str, dict[str, Any]]

UNPACK_LIBRARIES = {
    "arrow": _unarrow,
    "polars": _unpolars,
    "tensor": _untensor,
    "image": _unimage,
}  # type: dict[str, Any]

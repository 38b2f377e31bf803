"""What comes bit by bit is written as it comes: bytes where there is a file below, text where there is none."""

import io
from collections.abc import Iterator

import pytest
from hull.output import Output, Piece, pour


def test_bytes_go_to_the_file_below_each_stream() -> None:
    out, err = (io.TextIOWrapper(io.BytesIO()) for _ in range(2))
    out.write("before ")
    pour(iter([Piece(1, b"\xff\n"), Piece(2, b"e"), Piece(1, b"\0")]), out, err)
    assert (out.buffer.getvalue(), err.buffer.getvalue()) == (b"before \xff\n\0", b"e")  # type: ignore[attr-defined]


def test_strings_are_lines_and_odd_characters_do_not_end_it() -> None:
    out = io.TextIOWrapper(io.BytesIO())
    pour(iter(["é", "\ud800"]), out, out)
    assert out.buffer.getvalue() == "é\n\\ud800\n".encode()  # type: ignore[attr-defined]


def test_a_notebooks_stream_gets_text_whole_characters_at_a_time() -> None:
    out, err = io.StringIO(), io.StringIO()
    pour(iter([Piece(1, b"\xc3"), Piece(2, b"\xff"), Piece(1, b"\xa9")]), out, err)
    assert (out.getvalue(), err.getvalue()) == ("é", "\ufffd")


def test_each_item_is_out_before_the_next_is_asked_for() -> None:
    out = io.TextIOWrapper(io.BytesIO())

    def items() -> Iterator[Piece]:
        yield Piece(1, b"first")
        assert out.buffer.getvalue() == b"first"  # type: ignore[attr-defined]

    pour(items(), out, out)


def test_a_closed_pipe_closes_the_iterator() -> None:
    closed = []

    class Broken(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    def items() -> Iterator[str]:
        try:
            yield "first"
        finally:
            closed.append(True)

    found: Output = items()
    with pytest.raises(BrokenPipeError):
        pour(found, Broken(), io.StringIO())
    assert closed == [True]

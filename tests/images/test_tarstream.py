"""Content in one piece where it is in memory, in several where it is not, and never another's."""

import pytest
from hull.errors import RegistryError
from hull.images.tarstream import TarStream


def test_content_in_memory_comes_as_one_view():
    stream = TarStream(iter([b"abcdef", b"gh"]))
    assert stream.read(1) == b"a"
    assert bytes(stream.at_once(3) or b"") == b"bcd"
    assert stream.offset == 4
    assert stream.read(2) == b"ef"


def test_content_that_goes_on_in_the_next_chunk_is_not_consumed():
    stream = TarStream(iter([b"abcdef", b"gh"]))
    stream.read(4)
    assert stream.at_once(3) is None
    assert stream.offset == 4
    assert b"".join(stream.views(3)) == b"efg"
    assert stream.at_once(2) is None
    with pytest.raises(RegistryError, match="ends too soon, after 8 bytes"):
        list(stream.views(2))


def test_an_archive_may_end_where_a_block_is_filled_up():
    stream = TarStream(iter([b"abcdef", b"gh"]))
    stream.read(6)
    stream.pad(500)
    assert stream.offset == 8
    assert stream.read(512) == b""

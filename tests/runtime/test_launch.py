"""Maps nest line by line, plans travel sealed."""

import fcntl
import os

import pytest
from hull.errors import Bug, UserError
from hull.model import IdMap
from hull.runtime import launch, ops

KEPT = (IdMap(0, 1000, 1), IdMap(1, 100000, 65536))


def test_the_same_map_nests_as_itself() -> None:
    assert launch.nest(KEPT, KEPT) == (IdMap(0, 0, 1), IdMap(1, 1, 65536))


def test_keep_id_is_translated_and_no_line_spans_two_extents() -> None:
    wanted = (IdMap(0, 100000, 1000), IdMap(1000, 1000, 1), IdMap(1001, 101000, 64536))
    assert launch.nest(wanted, KEPT) == (IdMap(0, 1, 1000), IdMap(1000, 0, 1), IdMap(1001, 1001, 64536))


def test_ids_outside_the_kept_namespace_are_a_bug() -> None:
    with pytest.raises(Bug):
        launch.nest((IdMap(0, 5, 1),), KEPT)


def test_a_plan_in_a_memfd_cannot_be_changed() -> None:
    fd = launch.memfd(b"plan")
    try:
        assert os.pread(fd, 10, 0) == b"plan"
        with pytest.raises(PermissionError):
            os.pwrite(fd, b"x", 0)
        assert fcntl.fcntl(fd, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SEAL
        assert not os.get_inheritable(fd)
    finally:
        os.close(fd)


def test_a_nul_byte_is_refused_before_the_launcher() -> None:
    with pytest.raises(UserError, match="NUL"):
        ops.encode([("arg", "a\0b")])


def test_bytes_that_are_not_text_travel_unchanged() -> None:
    assert ops.encode([("arg", os.fsdecode(b"caf\xe9"))]) == b"hull-plan\x001\x00arg\x00caf\xe9\x00end\x00"


def test_an_op_with_the_wrong_number_of_arguments_is_not_encoded() -> None:
    with pytest.raises(ValueError, match="arguments"):
        ops.encode([("arg",)])


def test_a_plan_reads_as_sentences() -> None:
    assert ops.describe([("bind", "/a b", "/c", "ro")]) == ["bind               bind /a b on /c (ro)"]

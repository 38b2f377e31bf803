"""The block of /etc/hosts that hull keeps: every other line is the container's own."""

import os
import pathlib

from hull.network.names import BEGIN, END, MOST, rewrite, with_members

LINES = ["10.1.0.2\tweb", "10.1.0.3\tdb"]
BLOCK = f"{BEGIN}10.1.0.2\tweb\n10.1.0.3\tdb\n{END}"


def test_the_block_comes_first_is_replaced_and_goes() -> None:
    text = "127.0.0.1\tlocalhost\n"
    assert with_members(text, LINES) == BLOCK + text
    assert with_members(BLOCK + text, LINES[:1]) == f"{BEGIN}10.1.0.2\tweb\n{END}{text}"
    assert with_members(BLOCK + text, []) == text


def test_lines_around_the_block_stay() -> None:
    assert with_members(f"192.0.2.1 a\n{BLOCK}192.0.2.2 b\n", []) == "192.0.2.1 a\n192.0.2.2 b\n"
    assert with_members(f"{BEGIN}192.0.2.1 a\n", []) == "192.0.2.1 a\n"  # somebody removed the end


def test_the_file_is_rewritten_in_place(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("127.0.0.1\tlocalhost\n")
    inode = path.stat().st_ino
    for lines in (LINES, LINES[:1], []):
        rewrite(str(path), lines)
        assert path.read_text() == with_members("127.0.0.1\tlocalhost\n", lines)
    assert path.stat().st_ino == inode


def test_what_a_container_made_of_its_file_is_left_alone(tmp_path: pathlib.Path) -> None:
    aim, path = tmp_path / "aim", tmp_path / "hosts"
    aim.write_text("x\n")
    path.symlink_to(aim)
    rewrite(str(path), LINES)
    assert aim.read_text() == "x\n"
    path.unlink()
    rewrite(str(path), LINES)
    assert not os.path.lexists(path)
    path.write_text("#" * (MOST + 1))
    rewrite(str(path), LINES)
    assert path.stat().st_size == MOST + 1

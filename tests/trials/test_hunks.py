"""Parts of a text: all of them are the new one, none the old one, some what patch(1) makes of them."""

import difflib
import subprocess

import pytest
from hull.trials import hunks
from hypothesis import given, settings
from hypothesis import strategies as st

LINE = st.sampled_from([b"a\n", b"b\n", b"\n", b"c\r\n", b"\xff\xfe\n", b"  d\n", b"-e\n", b"\x0c\n"])
TEXT = st.builds(lambda body, end: b"".join(body) + end, st.lists(LINE, max_size=24), st.sampled_from([b"", b"end"]))


@given(TEXT, TEXT)
def test_all_parts_are_the_new_text_and_none_the_old_one(old, new):
    parts = hunks.Parts(old, new)
    assert parts.applied(range(len(parts.blocks))) == new
    assert parts.applied(()) == old
    assert (parts.blocks == []) == (old == new)


@given(TEXT, TEXT, st.data())
def test_every_block_is_in_one_hunk_in_order(old, new, data):
    parts = hunks.Parts(old, new)
    context = data.draw(st.integers(0, 4))
    assert [number for hunk in parts.hunks(context) for number in hunk] == list(range(len(parts.blocks)))
    for hunk in parts.hunks(context):
        shown = list(parts.shown(hunk, context))
        assert {line.block for line in shown} - {-1} == set(hunk)
        old_lines = [line.text for line in shown if line.mark != "+"]
        assert b"".join(old_lines) in old
        assert b"".join(line.text for line in shown if line.mark != "-") in new


def patch_of(parts, chosen):
    """Return a unified diff of the chosen blocks alone, each a hunk without context."""
    made, shift = [b"--- a\n+++ b\n"], 0
    for number in chosen:
        block = parts.blocks[number]
        old, new = parts.old[block.first : block.last], parts.new[block.start : block.end]
        first = block.first + bool(old)
        made.append(f"@@ -{first},{len(old)} +{block.first + shift + bool(new)},{len(new)} @@\n".encode())
        made += [mark + line + (b"" if line.endswith(b"\n") else b"\n\\ No newline at end of file\n")
                 for mark, side in ((b"-", old), (b"+", new)) for line in side]  # fmt: skip
        shift += len(new) - len(old)
    return b"".join(made)


def patched(directory, old, diff):
    (directory / "a").write_bytes(old)
    done = subprocess.run(
        ["patch", "-s", "--binary", "-u", "a"],
        input=diff, cwd=directory, capture_output=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout, done.stderr, diff)
    return (directory / "a").read_bytes()


@pytest.mark.needs("program:patch")
@settings(max_examples=40, deadline=None)
@given(old=TEXT, new=TEXT, data=st.data())
def test_some_parts_are_what_patch_makes_of_them(tmp_path_factory, old, new, data):
    parts = hunks.Parts(old, new)
    chosen = sorted(data.draw(st.sets(st.sampled_from(range(len(parts.blocks)))))) if parts.blocks else []
    if not chosen or not old or not parts.applied(chosen):
        return  # patch removes a file that becomes empty, and makes one of nothing
    directory = tmp_path_factory.mktemp("patch")
    assert patched(directory, old, patch_of(parts, chosen)) == hunks.apply(old, new, chosen)


def test_the_head_of_a_hunk_is_that_of_a_unified_diff():
    old = b"".join(b"%d\n" % n for n in range(40))
    new = old.replace(b"5\n", b"five\n", 1).replace(b"30\n", b"")
    parts = hunks.Parts(old, new)
    diff = difflib.diff_bytes(difflib.unified_diff, hunks.lines(old), hunks.lines(new), b"a", b"b")
    heads = [line.decode().strip() for line in diff if line.startswith(b"@@")]
    assert [parts.head(hunk) for hunk in parts.hunks()] == heads


def test_near_blocks_are_one_hunk_and_a_block_alone_has_no_line_of_its_neighbour():
    parts = hunks.Parts(b"1\n2\n3\n4\n5\n", b"one\n2\n3\nfour\n5\n")
    assert parts.hunks() == [(0, 1)]
    assert [line.text for line in parts.shown((0,))] == [b"1\n", b"one\n", b"2\n", b"3\n"]
    assert parts.head((1,)) == "@@ -2,4 +2,4 @@"


@pytest.mark.parametrize(
    ("text", "has"),
    [(b"a\n", True), (None, True), (b"a\0b", False), (b"x" * (hunks.LARGEST + 1), False), (b"\n" * 20_001, False)],
)
def test_what_has_parts(text, has):
    assert hunks.divisible(text, b"") is has


def test_large_texts_that_differ_at_one_place_are_compared_quickly():
    old = b"".join(b"line %d\n" % (n % 7) for n in range(20_000))
    new = old.replace(b"line 3\n", b"other\n", 1)
    assert len(hunks.Parts(old, new).blocks) == 1

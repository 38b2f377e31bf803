"""A patch says what git says, and makes the new texts of the old ones by git apply and by patch."""

import os
import shutil
import subprocess

import pytest
from hull.trials import texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.repeat import times
from tests.trials.making import Contents, change, changes_of, entry

LINES = st.lists(
    st.sampled_from([b"a", b"b", b"", b"\\ c", b"--- d", b"+", b"\r", b"\xe9\xff", b"@@ -1 +1 @@"]), max_size=9
)
TEXT = st.builds(lambda lines, end: b"\n".join(lines) + (b"\n" if end and lines else b""), LINES, st.booleans())
NAMES = ["/plain", "/with blank", "/d/tab\t", '/d/qu"ote', "/d/back\\slash", "/d/ü", "/d/\udcff", "/d/new\nline"]
TREES = st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=4)


def patch_of(old, new):
    made, contents = changes_of(old, new)
    return b"".join(texts.patch(made, contents))


def written(root, tree):
    for path, data in tree.items():
        place = os.fsencode(f"{root}{path}")
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)


def read(root):
    found = {}
    for directory, _, files in os.walk(os.fsencode(root)):
        for name in files:
            place = os.path.join(directory, name)
            with open(place, "rb") as file:
                found[os.fsdecode(place[len(os.fsencode(root)) :])] = file.read()
    return found


def applied(place, words, old, patch):
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    written(place, old)
    done = subprocess.run(words, cwd=place, input=patch, capture_output=True, check=False)
    assert done.returncode == 0, (done.stderr, patch)
    return read(place)


@pytest.mark.needs("program:git")
def test_git_apply_makes_the_new_texts_of_the_old(tmp_path):
    @settings(max_examples=times(40, 3000), deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(TREES, TREES)
    def check(old, new):
        patch = patch_of(old, new)
        assert bool(patch) == (old != new)
        if patch:
            assert applied(tmp_path / "t", ["git", "apply", "--whitespace=nowarn", "-"], old, patch) == new

    check()


@pytest.mark.needs("program:patch")
def test_patch_makes_the_new_texts_of_the_old(tmp_path):
    old = {"/d/a": b"1\n2\n3\n", "/d/gone": b"x\n", "/end": b"no end"}
    new = {"/d/a": b"1\n2 changed\n3\n", "/d/new": b"caf\xe9\n", "/end": b"no end\n"}
    assert applied(tmp_path / "t", ["patch", "-p1", "-s", "--binary"], old, patch_of(old, new)) == new


NO_END = texts.NO_END.decode()
FORMS = {
    "mode": (
        change("/a", entry(mode=0o644), entry(mode=0o755), what=("mode",)),
        "diff --git a/a b/a\nold mode 100644\nnew mode 100755\n",
    ),
    "a mode that git has no word for": (
        change("/a", entry(mode=0o644), entry(mode=0o600), what=("mode", "time")),
        "# /a: mode 644 → 600; time\n",
    ),
    "moved": (
        change("/new name", None, entry(size=3), renamed="/old"),
        "diff --git a/old b/new name\nsimilarity index 100%\nrename from old\nrename to new name\n",
    ),
    "binary": (
        change("/b", entry(size=12_000), entry(size=14_000), what=("content", "time")),
        "# Binary files a/b and b/b differ (12kB → 14kB)\n",
    ),
    "new binary": (change("/new", None, entry(size=4)), "# Binary files /dev/null and b/new differ (nothing → 4B)\n"),
    "link": (
        change("/l", entry("link", target="x"), entry("link", target="y"), what=("content",)),
        f"diff --git a/l b/l\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-x\n{NO_END}+y\n{NO_END}",
    ),
    "new link": (
        change("/l", None, entry("link", target="x")),
        f"diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+x\n{NO_END}",
    ),
    "owner": (change("/o", entry(), entry(uid=5, gid=6), what=("owner",)), "# /o: owner 0:0 → 5:6\n"),
    "attributes": (
        change("/x", entry(), entry(xattrs=(("user.a", b"1"),)), what=("xattr",)),
        "# /x: attributes user.a\n",
    ),
    "time": (change("/t", entry(), entry(mtime=1), what=("time",)), "# /t: time\n"),
    "a directory's time": (change("/t", entry("directory"), entry("directory", mtime=1), what=("time",)), ""),
    "directory": (change("/d", None, entry("directory", uid=7)), "# /d: directory added, mode 755, owner 7:0\n"),
    "fifo": (change("/f", entry("fifo"), None), "# /f: fifo removed\n"),
    "became a directory": (
        change("/k", entry(size=2), entry("directory"), what=("type",)),
        (
            "diff --git a/k b/k\ndeleted file mode 100644\n--- a/k\n+++ /dev/null\n@@ -1 +0,0 @@\n-k\n"
            "# /k: directory added, mode 755, owner 0:0\n"
        ),
    ),
    "not ours to read": (
        change("/s", entry(), entry(size=2), what=("content",), blind=True),
        "# /s: content, now 2B; the old one is not yours to read\n",
    ),
    "empty": (change("/e", None, entry()), "diff --git a/e b/e\nnew file mode 100644\n"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_each_form_reads_as_git_writes_it(form):
    one, text = FORMS[form]
    old = {"/b": b"\0" * 12_000, "/k": b"k\n", "/s": b"secret\n"}
    new = {"/b": b"\0" * 14_000, "/new": b"\0abc", "/e": b"", "/s": b"x\n"}
    assert b"".join(texts.patch([one], Contents(old, new))).decode() == text


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("plain ü", "plain ü"),
        ("a\nb", '"a\\nb"'),
        ("\x1b[31m", '"\\033[31m"'),
        ('a"\\', '"a\\"\\\\"'),
        ("\udcff", '"\\377"'),
        ("\u202e", '"\\342\\200\\256"'),
        ("ü\t", '"ü\\t"'),
    ],
)
def test_a_name_that_a_terminal_would_obey_is_quoted(name, quoted):
    assert texts.quoted(name) == quoted


def test_no_more_of_a_large_file_is_read_than_says_that_it_is_one():
    asked = []

    class Watched(Contents):
        def new(self, change, most):
            asked.append(most)
            return super().new(change, most)

    made = b"".join(texts.patch([change("/big", None, entry(size=9 << 20))], Watched(new={"/big": b"x\n" * (9 << 19)})))
    assert made == "# Binary files /dev/null and b/big differ (nothing → 9.44MB)\n".encode()
    assert asked == [(1 << 20) + 1]


def test_a_text_rewrites_no_screen():
    for text in ("\x1b]0;t\x07", "a\rb", "\x9b2J", "\u202e", "\x7f", "\b"):
        piece = f"+é\t{text}\n".encode()
        made = texts.visible(piece).decode()
        assert made.startswith("+é\t")
        assert made.endswith("\n")
        assert made.strip("\n").replace("\t", "").isprintable(), text
    assert texts.visible(b"+\xff\n") == b"+\\udcff\n"
    assert texts.visible("+ plain ü\n-\n".encode()) == "+ plain ü\n-\n".encode()


def test_colours_are_around_lines_and_change_none():
    patch = patch_of({"/a": b"1\n2\n"}, {"/a": b"1\n\r3\n"})
    made = b"".join(map(texts.painted, texts.patch(*changes_of({"/a": b"1\n2\n"}, {"/a": b"1\n\r3\n"}))))
    assert b"\x1b[31m-2\x1b[m\n" in made
    assert b"\x1b[32m+\r3\x1b[m\n" in made
    for code in (b"1", b"2", b"31", b"32", b"36", b""):
        made = made.replace(b"\x1b[%sm" % code, b"")
    assert made == patch

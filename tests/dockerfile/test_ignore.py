"""`.dockerignore`: the same answers as Docker's own."""

import pytest
from hull.dockerfile.ignore import candidates, of, parse
from hull.errors import UserError


@pytest.mark.parametrize(
    ("patterns", "path", "ignored"),
    [
        ("a", "a", True), ("a", "a/b/c", True), ("a", "b/a", False), ("/a", "a", True), ("a/", "a", True),
        ("./a", "a", True),
        ("*", "a/b", True), ("*.md", "x.md", True), ("*.md", "d/x.md", False), ("*/x", "d/x", True),
        ("*/x", "d/e/x", False),
        ("**/*.go", "a.go", True), ("**/*.go", "d/e/a.go", True), ("**", "a/b", True), ("a/**", "a/b/c", True),
        ("a/**/z", "a/z", True), ("a/**/z", "a/b/c/z", True), ("a/**", "ab", False),
        ("**/node_modules", "x/node_modules/y", True),
        ("a?c", "abc", True), ("a?c", "a/c", False), ("[ab]x", "bx", True), ("[^ab]x", "bx", False),
        ("[a-c]x", "bx", True),
        (r"a\*", "a*", True), (r"a\*", "ab", False), ("a.b", "axb", False), ("# no", "# no", False),
        ("a b", "a b", True),
        ("*\n!a", "a", False), ("*\n!a", "a/b", False), ("*\n!a\na/b", "a/b", True), ("*\n!a\na/b", "a/c", False),
        ("!a\n*", "a", True), ("d\n!d/keep", "d/keep", False), ("d\n!d/keep", "d/other", True),
        ("**\n!**/*.py", "x/y.py", False),
        ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", True), ("a/../b", "b", True),
        (".git", ".gitignore", False),
        ("[]a]x", "]x", True), ("a(b)+", "a(b)+", True), ("! a\n", "a", False), ("foo**bar", "foox/ybar", False),
    ],
)  # fmt: skip
def test_patterns(patterns, path, ignored):
    assert parse(patterns).ignores(path) is ignored


@pytest.mark.parametrize("pattern", ["[a", "!", "a[", "[]"])
def test_a_pattern_that_is_none_is_refused_with_its_line(pattern):
    with pytest.raises(UserError, match=r"\.dockerignore:2:"):
        parse(f"fine\n{pattern}\n")


@pytest.mark.parametrize(
    ("patterns", "directory", "pruned"),
    [("d", "d", True), ("d\n!d/keep", "d", False), ("d\n!d/a/keep", "d/a", False), ("d\n!d/a/keep", "d/b", True),
     ("*\n!**/*.py", "d", False), ("*\n!src", "lib", True), ("*\n!src/*/x", "src/a", False), ("x", "d", False)],
)  # fmt: skip
def test_a_directory_is_skipped_only_where_nothing_below_can_be_wanted(patterns, directory, pruned):
    assert parse(patterns).prunes(directory) is pruned


def test_no_patterns_ignore_nothing():
    assert not parse("\ufeff# comment\n\n   \n")
    assert not parse("").ignores("anything")
    assert of(("*.o",)).ignores("x.o")


def test_the_file_beside_the_dockerfile_comes_first():
    assert candidates("sub/Dockerfile")[0] == "sub/Dockerfile.dockerignore"
    assert candidates("Dockerfile")[-1] == ".dockerignore"

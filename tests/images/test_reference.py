import pytest
from hull.errors import UserError
from hull.images import reference
from hypothesis import given
from hypothesis import strategies as st

D = "sha256:" + "0a" * 32

# text, host asked, repository, tag, digest, as printed
B30_TABLE = [
    ("debian", "registry-1.docker.io", "library/debian", "latest", "", "debian:latest"),
    ("debian:12", "registry-1.docker.io", "library/debian", "12", "", "debian:12"),
    ("library/debian", "registry-1.docker.io", "library/debian", "latest", "", "debian:latest"),
    ("docker.io/debian", "registry-1.docker.io", "library/debian", "latest", "", "debian:latest"),
    ("index.docker.io/debian", "registry-1.docker.io", "library/debian", "latest", "", "debian:latest"),
    ("docker.io/library/debian", "registry-1.docker.io", "library/debian", "latest", "", "debian:latest"),
    ("docker.io/a/b", "registry-1.docker.io", "a/b", "latest", "", "a/b:latest"),
    ("docker.io/library/a/b", "registry-1.docker.io", "library/a/b", "latest", "", "library/a/b:latest"),
    ("a/b", "registry-1.docker.io", "a/b", "latest", "", "a/b:latest"),
    ("a/b/c:x", "registry-1.docker.io", "a/b/c", "x", "", "a/b/c:x"),
    ("localhost/a", "localhost", "a", "latest", "", "localhost/a:latest"),
    ("localhost:5000/a", "localhost:5000", "a", "latest", "", "localhost:5000/a:latest"),
    ("h:5000/a", "h:5000", "a", "latest", "", "h:5000/a:latest"),
    ("h:5000/a:t", "h:5000", "a", "t", "", "h:5000/a:t"),
    (f"h:5000/a@{D}", "h:5000", "a", "", D, f"h:5000/a@{D}"),
    ("quay.io/a", "quay.io", "a", "latest", "", "quay.io/a:latest"),
    ("ghcr.io/a/b:v1", "ghcr.io", "a/b", "v1", "", "ghcr.io/a/b:v1"),
    ("[::1]:5000/a:1", "[::1]:5000", "a", "1", "", "[::1]:5000/a:1"),
    ("127.0.0.1:5000/a-b/c__d", "127.0.0.1:5000", "a-b/c__d", "latest", "", "127.0.0.1:5000/a-b/c__d:latest"),
    (f"debian:12@{D}", "registry-1.docker.io", "library/debian", "12", D, f"debian:12@{D}"),
    (f"debian@{D}", "registry-1.docker.io", "library/debian", "", D, f"debian@{D}"),
    ("h:5000", "registry-1.docker.io", "library/h", "5000", "", "h:5000"),
    ("Host/a", "Host", "a", "latest", "", "Host/a:latest"),
    ("a---b.c", "registry-1.docker.io", "library/a---b.c", "latest", "", "a---b.c:latest"),
]


@pytest.mark.parametrize("row", B30_TABLE, ids=[row[0] for row in B30_TABLE])
def test_b30_b31_b32_parse_table(row):
    text, host, repository, tag, digest, printed = row
    found = reference.parse(text)
    assert (found.host, found.repository, found.tag, found.digest, str(found)) == (
        host,
        repository,
        tag,
        digest,
        printed,
    )
    assert reference.parse(str(found)) == found
    assert reference.parse(found.canonical) == found


def test_b32_tag_and_digest_print_once():
    found = reference.parse(f"a:1@{D}")
    assert found.canonical == f"docker.io/library/a:1@{D}"
    assert found.key == f"docker.io/library/a@{D}"
    assert found.wanted == D


BAD = [
    "", ":", "/", "a/", "/a", "a//b", "a:", "a:.x", "a:-x", "a:" + "x" * 129, "a@", "a@sha256:00", f"a@{D}@{D}",
    f"a@{D[:-1]}g", f"a@{D.upper()}", "a@md5:" + "0" * 32, "-a", "a-", "a..b", "a___b", "a._b", "a b", "a\n", "é",
    "h:0/a", "h:99999/a", "h:x/a", "-h.io/a", "h-.io/a", ".io/a", "[::1/a", "[x]:1/a", "../a", "a/../b",
    "0" * 64, "x" * 256, "h.io/" + "x" * 252, "http://h/a", "a?b", "a#b", "a%2fb", "a\x00b",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_reference_is_refused_with_a_hint(text):
    with pytest.raises(UserError) as caught:
        reference.parse(text)
    assert caught.value.hint


def test_upper_case_is_refused_and_the_lower_case_offered():
    with pytest.raises(UserError) as caught:
        reference.parse("quay.io/My/Image:V1")
    assert "quay.io/my/image:v1" in caught.value.hint


@given(st.text(alphabet="ab.:/@-_09A[]\0é", max_size=40))
def test_parse_is_a_fixed_point_or_a_user_error(text):
    try:
        found = reference.parse(text)
    except UserError:
        return
    assert reference.parse(str(found)) == found
    assert reference.parse(found.canonical) == found
    assert ".." not in found.repository

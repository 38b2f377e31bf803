"""CVE-2019-13139: words of a git context taken as options. CVE-2026-44517: servers that send more."""

import pytest

from tests import registries
from tests.imagebuild import hardlink, layer, member, symlink

DOCKERFILE = b"FROM busybox\nCOPY . /c\n"


@pytest.mark.parametrize("context", [
    "ext::sh -c touch% {made}", "git://127.0.0.1:1/r#--upload-pack=touch {made}", "https://127.0.0.1:1/r.git#-x",
    "ssh://-oProxyCommand=touch%20{made}/r.git", "ssh://-oProxyCommand=touch${{IFS}}{made}/r", "fd::17/x",
    "git@-oProxyCommand=touch {made}:r", "--upload-pack=touch {made}", "file://{directory}",
    "https://127.0.0.1:1/r.git#main:../../..",
])  # fmt: skip
def test_cve_2019_13139_nothing_of_a_context_is_an_option(build, canary, context):
    word = context.format(made=f"{canary.directory}/made", directory=canary.directory)
    done = build.cli("build", "--network", "none", "--", word, timeout=30)
    assert done.returncode
    assert b"hint: " in done.stderr
    assert ("#-" in word) == (b"a ref does not begin with -" in done.stderr)
    canary.assert_untouched()


@pytest.mark.parametrize("hostile", [
    lambda at: [member(f"../../../../../../../..{at}/made", b"1")],
    lambda at: [member(f"{at}/made", b"1")],
    lambda at: [symlink("l", at), member("l/made", b"1"), member("l/file", b"1")],
    lambda at: [symlink("l", f"{at}/file"), member("l", b"1")],
    lambda at: [hardlink("h", f"{at}/file"), member("h", b"1")],
    lambda at: [symlink("up", ".."), symlink("up/up", ".."), member(f"up/up/../../../../../..{at}/made", b"1")],
], ids=["dots", "absolute", "through a link", "over a link", "hard link", "links upwards"])  # fmt: skip
def test_cve_2026_44517_an_archive_from_a_server(build, canary, hostile):
    archive = layer(member("Dockerfile", DOCKERFILE), *hostile(canary.directory))
    with registries.served(lambda _: registries.Reply(200, archive)) as stub:
        done = build.cli("build", "-q", "--network", "none", f"http://{stub.address}/context.tar")
    canary.assert_untouched()
    if done.returncode == 0:  # what it holds is in the image at the most
        image = done.stdout.decode().strip()
        assert "canary" not in build.inside(image, "sh", "-c", "cat /c/h /c/l/file 2>/dev/null; true")


@pytest.mark.parametrize(
    "name", ["..%2f..%2f..%2f..{at}%2fmade", "%2e%2e/%2e%2e{at}/made", "x?f=../..{at}/made", "..", "a/.."]
)
def test_cve_2026_44517_add_keeps_to_its_destination(build, canary, name):
    headers = (("Content-Disposition", f'attachment; filename="../../..{canary.directory}/made"'),)
    with registries.served(lambda _: registries.Reply(200, b"1", headers)) as stub:
        build(f"FROM busybox\nADD http://{stub.address}/{name.format(at=canary.directory)} /d/", check=False)
    canary.assert_untouched()


def test_cve_2026_44517_the_dockerfile_is_a_link(build, canary):
    (build.context / "Dockerfile").symlink_to(canary.file)
    done = build.cli("build", "-q", "--network", "none", ".", cwd=build.context)
    assert done.returncode
    assert b"canary" not in done.stderr.replace(canary.directory.encode(), b"")

"""Known ways out of other builders (the CVE in the test's name), and a build killed at any moment."""

import os

import pytest
from hull.builder import sealing

pytestmark = pytest.mark.needs("range")


def test_cve_2024_1753_a_bound_link_leads_into_its_stage(build, tmp_path):
    """The stage's link to / is the stage's own root: what is written through it is nowhere."""
    text = (
        "FROM busybox AS s\nRUN ln -s / /link && ln -s {0} /host && ln -s ../../../../../../..{0} /up\nFROM busybox\n"
        "RUN --mount=from=s,source=/link,target=/m,rw touch /m/escaped && test -e /m/bin/busybox\n"
    )
    build(text.format(tmp_path))
    assert not os.path.exists("/escaped")
    for source in ("/host", "/up"):
        done = build(text.format(tmp_path) + f"RUN --mount=from=s,source={source},target=/n true\n", check=False)
        assert (done.returncode, b"no such file" in done.stderr) == (1, True)


def test_cve_2024_9675_a_caches_name_is_no_path(build, tmp_path):
    before = sorted(os.listdir(os.path.dirname(build.cli.root)))
    for ident in ("../../../../escaped", f"{tmp_path}/escaped", "."):
        build(f"FROM busybox\nRUN --mount=type=cache,id={ident},target=/c touch /c/x\n", "--no-cache")
    assert not (tmp_path / "escaped").exists()
    assert sorted(os.listdir(os.path.dirname(build.cli.root))) == before
    outside = build(
        "FROM busybox\nRUN --mount=type=cache,from=busybox,source=../../etc,id=u,target=/c ls /c/passwd\n", check=False
    )
    assert outside.returncode == 0, "a source above the root is the root's"


def test_cve_2024_23652_cleaning_up_follows_no_link(build, tmp_path):
    """Mount points are taken out of the step's layer; a link put in their way leads nowhere."""
    kept = tmp_path / "host" / "b"
    kept.mkdir(parents=True)
    (kept / "c").touch()
    os.utime(kept / "c", (3, 3))
    upper = tmp_path / "upper"
    upper.mkdir()
    (upper / "a").symlink_to(tmp_path / "host")
    (upper / "f").symlink_to(kept / "c")
    assert sealing.seal(str(upper), ["/a/b/c", "/f"], 1)["diff_id"]
    assert ((kept / "c").stat().st_mtime, (upper / "f").is_symlink()) == (3, True)
    (upper / "d").mkdir()
    (upper / "d" / "empty").touch()
    (upper / "d" / "full").write_text("x")
    sealing.seal(str(upper), ["/d/empty", "/d/full"], None)
    assert os.listdir(upper / "d") == ["full"]
    for outside in (tmp_path / "host", kept):
        outside.chmod(0o777)
    build(f"FROM busybox\nRUN ln -s {tmp_path}/host /a\nRUN --mount=type=tmpfs,target=/a/b/c true\n", check=False)
    assert (kept / "c").exists()


def test_cve_2024_23653_no_instruction_grants_itself_more(build):
    done = build("# syntax=docker/dockerfile:1-labs\nFROM busybox\nRUN --security=insecure true\n", check=False)
    assert (done.returncode, b"refused" in done.stderr) == (1, True)
    capable = build.image(
        "FROM busybox\nRUN grep CapBnd /proc/self/status > /c && grep Seccomp: /proc/self/status >> /c\n"
    )
    plain = build.cli(
        "run",
        "--rm",
        "--network",
        "none",
        "busybox",
        "sh",
        "-c",
        "grep CapBnd /proc/self/status; grep Seccomp: /proc/self/status",
    )
    assert build.inside(capable, "cat", "/c") == plain.stdout.decode()


def test_cve_2019_13139_a_git_ref_is_no_option(build):
    for word in ("https://example.invalid/r.git#--upload-pack=touch /tmp/x", "git@example.invalid:r.git#-x"):
        done = build.cli("build", word)
        assert done.returncode in (1, 125)
        assert b"does not begin with -" in done.stderr

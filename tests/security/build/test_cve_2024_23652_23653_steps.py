"""CVE-2024-23652: removing a mount point after a step followed a link. CVE-2024-23653: rights nobody granted."""

import os

import pytest

DOCKERFILE = """
FROM busybox
RUN mkdir /real && ln -s /real /x
RUN --mount={mount},target=/x/empty rm /x && ln -s {canary} /x
"""


@pytest.mark.parametrize("mount", ["type=tmpfs", "type=cache", "type=bind", "type=secret,id=s"])
def test_cve_2024_23652_the_way_to_the_mount_point_became_a_link(build, canary, mount):
    """What is empty at a mount point's path after a step goes: in the step's own files, never where links lead."""
    (build.context / "s").write_text("secret")
    path = f"{canary.directory}/empty"
    if "secret" in mount:
        open(path, "wb").close()
        os.chmod(path, 0o666)
    else:
        os.mkdir(path)
    try:
        done = build(DOCKERFILE.format(mount=mount, canary=canary.directory), "-q", "--secret", "id=s,src=s")
        assert os.path.exists(path)
    finally:
        if os.path.isdir(path):
            os.rmdir(path)
        elif os.path.exists(path):
            os.unlink(path)
    canary.assert_untouched()
    image = done.stdout.decode().split()[-1]
    assert build.inside(image, "readlink", "/x").strip() == canary.directory


@pytest.mark.parametrize("words", ["--security=insecure", "--security=sandbox --security=insecure", "--device=all"])
def test_cve_2024_23653_no_step_takes_more_than_was_granted(build, words):
    done = build(f"FROM busybox\nRUN {words} true", check=False)
    assert done.returncode
    assert b"Dockerfile:2:" in done.stderr

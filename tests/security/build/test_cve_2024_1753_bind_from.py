"""CVE-2024-1753: `RUN --mount=bind,from=STAGE` whose source is a link made the host's directory writable."""

import pytest

DOCKERFILE = """
FROM busybox AS evil
RUN ln -s / /root-link; ln -s ../../../../../.. /up; ln -s {canary} /direct; mkdir -p /tmp; ln -s /direct /chain
FROM busybox
RUN --mount=type=bind,from=evil,source={source},target=/m,rw \
    ls /m; ls /m{canary}; echo made >/m/made; echo made >/m{canary}/made; rm -f /m/file /m{canary}/file; true
"""


@pytest.mark.parametrize(
    "source", ["/root-link", "/up", "/up/../..", "../../..", "/direct", "/chain", "/root-link/tmp/.."]
)
def test_cve_2024_1753_a_link_stays_in_its_stage(build, canary, source):
    done = build(DOCKERFILE.format(canary=canary.directory, source=source), check=False)
    canary.assert_untouched()
    assert b"canary\n" not in done.stderr
    if "direct" in source or "chain" in source:
        assert done.returncode, "nothing of that name is in the stage"
    else:
        assert done.returncode == 0, done.stderr


def test_cve_2024_1753_the_target_is_a_link(build, canary):
    dockerfile = f"""
FROM busybox
RUN ln -s {canary.directory} /m && ln -s / /r
RUN --mount=type=bind,target=/m,rw echo made >/m/made
RUN --mount=type=bind,target=/r{canary.directory},rw echo made >{canary.directory}/made
"""
    build(dockerfile, check=False)
    canary.assert_untouched()

"""CVE-2024-9675: a cache mount whose id or source leads out of the directory of caches."""

import os

import pytest


@pytest.mark.parametrize(
    "identifier", ["../../../../../..{canary}", "{canary}", "..", ".", "a/../../..", "{canary}/file"]
)
def test_cve_2024_9675_an_id_is_a_name(build, canary, identifier):
    identifier, made = identifier.format(canary=canary.directory), f"made-{os.urandom(4).hex()}"
    build(f"FROM busybox\nRUN --mount=type=cache,id={identifier},target=/c ls /c; echo {made} >/c/{made}")
    canary.assert_untouched()
    build(f"FROM busybox\nRUN --mount=type=cache,id={identifier},target=/c cat /c/{made}")  # a cache all the same
    places = [os.path.dirname(place) for place, _, files in os.walk(build.cli.root) if made in files]
    assert [os.path.basename(place) for place in places] == ["build-cache"]


@pytest.mark.parametrize("source", ["../../../../../..{canary}", "/link", "/link/../..{canary}"])
def test_cve_2024_9675_what_fills_a_cache_comes_from_its_stage(build, canary, source):
    source = source.format(canary=canary.directory)
    done = build(
        f"""
FROM busybox AS evil
RUN ln -s {canary.directory} /link
FROM busybox
RUN --mount=type=cache,from=evil,source={source},target=/c cat /c/file; echo made >/c/made
""",
        check=False,
    )
    canary.assert_untouched()
    assert b"canary" not in done.stdout + done.stderr.replace(canary.directory.encode(), b"")


def test_cve_2024_9675_a_link_kept_in_a_cache(build, canary):
    """A later step mounts below what an earlier one left there."""
    build(f"FROM busybox\nRUN --mount=type=cache,id=kept,target=/c ln -sfn {canary.directory} /c/d; ln -sfn / /c/r")
    for target in ("/c/d", f"/c/r{canary.directory}"):
        build(
            "FROM busybox\nRUN --mount=type=cache,id=kept,target=/c "
            f"--mount=type=cache,id=x,target={target} echo made >{target}/made",
            check=False,
        )
        canary.assert_untouched()

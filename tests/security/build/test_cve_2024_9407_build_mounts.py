"""CVE-2024-9407: `RUN --mount=bind-propagation=…` handed any word on to mount."""

import pytest


@pytest.mark.parametrize("words", [
    "bind-propagation=suid", "bind-propagation=rw,dev", "bind-propagation=rshared,suid", "bind-propagation=",
    "propagation=dev", "options=suid", "suid", "dev", "exec,dev",
])  # fmt: skip
@pytest.mark.parametrize("kind", ["bind", "cache", "tmpfs"])
def test_cve_2024_9407_only_known_words(build, kind, words):
    done = build(f"FROM busybox\nRUN --mount=type={kind},target=/m,{words} true", check=False)
    assert done.returncode
    assert b"Dockerfile:2:" in done.stderr

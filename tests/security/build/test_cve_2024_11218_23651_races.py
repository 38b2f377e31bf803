"""CVE-2024-11218, CVE-2024-23651: a stage that swaps paths of a shared cache while other stages mount there."""

import pytest

SWAPS = 3000
STAGES = 6


@pytest.mark.slow
def test_cve_2024_23651_and_11218_swapped_under_a_mount(build, canary):
    racing = (
        f"i=0; while [ $i -lt {SWAPS} ]; do mkdir -p /c/d; rmdir /c/d; ln -s {canary.directory} /c/d; rm /c/d; "
        "i=$((i+1)); done"
    )
    stages = [
        f"FROM busybox AS s{number}\n"
        "RUN --mount=type=cache,id=race,target=/c --mount=type=bind,from=busybox,source=/etc,target=/c/d,rw "
        f"echo {number} >/c/d/made; echo {number} >/c/d/file; true"
        for number in range(STAGES)
    ]
    copies = "\n".join(f"COPY --from=s{number} /etc/passwd /{number}" for number in range(STAGES))
    dockerfile = (
        f"FROM busybox AS racer\nRUN --mount=type=cache,id=race,target=/c {racing}\n"
        + "\n".join(stages)
        + f"\nFROM busybox\nCOPY --from=racer /etc/passwd /r\n{copies}\n"
    )
    build(dockerfile, "--no-cache", check=False)
    canary.assert_untouched()

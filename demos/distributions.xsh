#!/usr/bin/env xonsh
# Does a package work on three distributions? All at once, its source there to read only
xontrib load hull
images = ${...}.get("DISTRIBUTIONS", "debian:12 debian:13 ubuntu:24.04").split()

# !(…) starts a command and does not wait for it
runs = {image: !(hull run --rm -v ./plural:/src:ro -w /src @(image) sh test.sh) for image in images}

# .rtn does
for image, run in runs.items():
    print(f"{'ok' if run.rtn == 0 else 'FAILED':7} {image:14} {run.out.splitlines()[-1]}")

# And by hand where something is odd: the same place, another command
hull run --rm -v ./plural:/src:ro -w /src @(images[-1]) perl -e 'require "./Plural.pm"; print Plural::of(3, "box"), "\n"'

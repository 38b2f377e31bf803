#!/usr/bin/env xonsh
# Three containers in one pipeline, each of another image, beside the shell's own commands
xontrib load hull
debian, busybox, python = (${...}.get(name, usual) for name, usual in (
    ("DEBIAN", "debian:12"), ("BUSYBOX", "busybox"), ("PYTHON_IMAGE", "python:3.13")))

# The log of a web server, written by perl in the first container
log = 'printf("GET /page/%d %d\n", $_ ** 2 % 7, $_ % 11 ? 200 : 500) for 1..100_000'

# awk in the second keeps the failures, python in the third counts them; head is the host's
count = 'import collections, sys; [print(n, page.strip()) for page, n in collections.Counter(sys.stdin).most_common()]'
hull run --rm @(debian) perl -e @(log) | hull run --rm -i @(busybox) awk '$3 == 500 {print $2}' | hull run --rm -i @(python) python3 -c @(count) | head -n 3

# A pipeline's text is a value; so is an exit code
worst = $(hull run --rm @(debian) perl -e @(log) | hull run --rm -i @(busybox) awk '$3 == 500 {print $2}' | sort | uniq -c | sort -rn).split()[1]
code = !(hull run --rm @(busybox) sh -c 'exit 3').rtn
print(f"worst: {worst}, exit code: {code}")

# Who is not listened to stops, as any command does
hull run --rm @(busybox) yes | head -n 1

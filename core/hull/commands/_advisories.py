"""What is known to be wrong with old parts of a host. Only here versions are read, and nothing is decided by them."""

import re
import subprocess
from collections.abc import Iterator

# CVE-2023-0386, overlay copies set-uid files up for a mapped user: the first repaired release of each kept series.
REPAIRED: dict[tuple[int, ...], int] = {(5, 15): 91, (6, 1): 9}
BEGAN, ENDED = (5, 11), (6, 2)
LIBSLIRP = (4, 6, 0)  # CVE-2021-3592 to 3595

Advice = tuple[str, str, str]


def find(release: str, slirp: str) -> Iterator[Advice]:
    """Give (check, found, fix) for the kernel's release and the slirp4netns at a path, "" where there is none."""
    kernel = numbers(release)
    if BEGAN <= kernel[:2] < ENDED and (len(kernel) < 3 or kernel[2] < REPAIRED.get(kernel[:2], 1 << 16)):  # noqa: PLR2004
        found = f"Linux {release} is as old as CVE-2023-0386; a distribution may have repaired it"
        yield ("overlay's known faults", found, "install this distribution's newest kernel and reboot")
    text = _version(slirp) if slirp else ""
    library = re.search(r"libslirp:\s*(\S+)", text)
    if library and numbers(library[1]) < LIBSLIRP:
        found = f"libslirp {library[1]} has CVE-2021-3592 to 3595, unless your distribution has repaired it"
        yield ("slirp4netns's known faults", found, "upgrade slirp4netns, or run with --network pasta")


def numbers(text: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(number) for number in found[0].split(".")) if found else ()


def _version(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=20)
    return done.stdout

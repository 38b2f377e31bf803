"""Run a target on made-up inputs until the time is over: by atheris where it is installed, else by mutation."""

import os
import random
import sys
import time
from collections.abc import Callable

Target = Callable[[bytes], None]
LONGEST = 1 << 16
SLOW = 5.0  # seconds that one input may take


def run(target: Target, seeds: list[bytes], argv: list[str]) -> int:
    """Fuzz for argv[1] seconds; an exception ends it and leaves the input in a file. argv[2] is a file to replay."""
    if len(argv) > 2:
        with open(argv[2], "rb") as file:
            target(file.read())
        return 0
    seconds = float(argv[1]) if len(argv) > 1 else 30.0
    try:
        import atheris
    except ImportError:
        return mutate(target, seeds, seconds)
    return _guided(atheris, target, seeds, seconds)


def mutate(target: Target, seeds: list[bytes], seconds: float) -> int:
    """Change seeds at random. The seed of the generator is printed: the same one finds the same input."""
    number = int(os.environ.get("FUZZ_SEED") or time.time_ns() % (1 << 32))
    source = random.Random(number)
    deadline, count = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        data = mutant(source, seeds)
        start = time.monotonic()
        try:
            target(data)
            assert time.monotonic() - start < SLOW, "too slow"
        except BaseException:
            _keep(data, number)
            raise
        count += 1
    print(f"{count} inputs in {seconds:.0f} s, seed {number}: no fault")
    return 0


def mutant(source: random.Random, seeds: list[bytes]) -> bytes:
    """Return a seed after some bytes, runs or joints of it were changed."""
    data = bytearray(source.choice(seeds))
    for _ in range(source.choice((0, 1, 1, 2, 3, 5, 8, 16))):
        place = source.randrange(len(data) + 1)
        action = source.randrange(6)
        if action == 0 and place < len(data):
            data[place] = source.choice((0, 0x80, 0xFF, ord("0"), ord("/"), source.randrange(256)))
        elif action == 1:
            data[place:place] = source.randbytes(source.choice((1, 1, 4, 512)))
        elif action == 2:
            del data[place : place + source.choice((1, 4, 512, 1024))]
        elif action == 3:
            other = source.choice(seeds)
            cut = source.randrange(len(other) + 1)
            data[place:] = other[cut:]
        elif action == 4:
            start = source.randrange(len(data) + 1)
            data[place:place] = data[start : start + source.choice((8, 512))]
        elif place < len(data):
            data[place] ^= 1 << source.randrange(8)
    return bytes(data[:LONGEST])


def _keep(data: bytes, number: int) -> None:
    path = f"{os.environ.get('TMPDIR', '/tmp')}/hull-fuzz-{os.getpid()}"
    with open(path, "wb") as file:
        file.write(data)
    print(f"seed {number}, input kept in {path}", file=sys.stderr)


def _guided(atheris: object, target: Target, seeds: list[bytes], seconds: float) -> int:
    import tempfile

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds):
            with open(f"{corpus}/{number}", "wb") as file:
                file.write(seed)
        options = [f"-max_total_time={seconds:.0f}", f"-max_len={LONGEST}", f"-timeout={SLOW:.0f}", "-rss_limit_mb=512"]
        atheris.instrument_all()  # type: ignore[attr-defined]
        atheris.Setup([sys.argv[0], *options, corpus], target)  # type: ignore[attr-defined]
        atheris.Fuzz()  # type: ignore[attr-defined]
    return 0

"""Headers that make a parser spin or swell: CVE-2025-8194 (negative offset), CVE-2024-6232 (slow header parsing)."""

import contextlib
import json
import os
import random
import subprocess
import sys
import zlib as compress

import pytest
from hull.errors import HostError, RegistryError

from tests.imagebuild import layer, member, number, sealed

MEMORY = 200 << 20
BOUND = 64 << 20
SECONDS = 5


def negative(kind):
    block = bytearray(member("x", kind=kind)[:512])
    block[124:136] = number(-512, 12)
    return sealed(block) + bytes(1024)


SHAPES = {
    "negative size": negative(b"0"),
    "negative pax": negative(b"x"),
    "negative sparse": negative(b"S"),
    "digits without end": layer(member("p", b"1" * 900_000, "x"), member("y")),
    "records without end": layer(member("p", b"7 a=bc\n" * 140_000, "x"), member("y")),
    "sparse pieces": layer(member("y", pax={"GNU.sparse.map": b"1,1," * 200_000, "GNU.sparse.size": b"9"})),
    "spaces": layer(member("p", b" " * 900_000, "x"), member("y")),
    "nested specials": b"".join(member("p", b"x" * 1000, "L") for _ in range(20_000)),
}

PROBE = """
import resource
import sys
import time

resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from hull.errors import HullError
from hull.images import tarheader
from hull.images.tarstream import TarStream
start = time.monotonic()
try:
    for entry in tarheader.entries(TarStream(iter(lambda: sys.stdin.buffer.read(1 << 16), b""))):
        pass
except HullError as error:
    pass
print(time.monotonic() - start)
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM:")).split()[1])
"""


BOMB = """
import sys
from hull.images import unpacker
unpacker.main(sys.argv[:1])
sys.stdout.write("MEMORY" + next(line for line in open("/proc/self/status") if line.startswith("VmHWM:")).split()[1])
"""


def measured(data):
    env = {**os.environ, "PYTHONPATH": ":".join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], input=data, capture_output=True, check=True, env=env, timeout=60
    )
    seconds, memory = done.stdout.split()
    return float(seconds), int(memory) << 10


@pytest.mark.parametrize("name", SHAPES)
def test_hostile_headers_end_soon_in_little_memory(name):
    seconds, memory = measured(SHAPES[name])
    assert seconds < SECONDS
    assert memory < MEMORY


def test_a_bomb_is_unpacked_in_bounded_memory(box):
    """256 MiB of zeros in 256 KiB of gzip pass through; what grows is the disk, and that is the user's own limit."""
    unpacker = compress.compressobj(9, wbits=31)
    parts = [unpacker.compress(member("zeros", size=256 << 20))]
    parts += [unpacker.compress(bytes(1 << 20)) for _ in range(256)]
    bomb = b"".join([*parts, unpacker.compress(bytes(1024)), unpacker.flush()])
    scratch = box.images.layers.scratch("range", "0" * 24)
    argv = [sys.executable, "-c", BOMB]
    pipe = subprocess.PIPE
    started = box.engine.confine(argv, stdin=pipe, stdout=pipe, stderr=pipe)
    words = json.dumps(["unpack", scratch, "range"]).encode()
    order = b"".join(len(frame).to_bytes(4, "big") + frame for frame in (words, bomb, b""))
    output, said = started.communicate(order, timeout=60)
    answer, memory = output.split(b"}\nMEMORY")
    assert b'"size": 268435456' in answer, said
    assert int(memory) << 10 < BOUND


def test_random_damage_is_an_error_or_a_file_never_a_crash(box):
    seed = random.Random(7)
    honest = layer(member("a", b"x" * 700), member("b", pax={"path": b"c", "mtime": b"1.5"}), member("d", kind=b"5"))
    for _ in range(15):
        data = bytearray(honest)
        for _ in range(seed.randrange(1, 8)):
            data[seed.randrange(len(data))] = seed.randrange(256)
        with contextlib.suppress(HostError, RegistryError):  # anything else, a Bug too, fails here
            box.unpack(bytes(data))

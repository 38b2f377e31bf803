"""Build on a disk that is full, then has room: `python -m tests.build.full_disk PLACE SPARE`."""

import os
import sys
import tempfile

from tests.busybox import rootfs
from tests.cases.images.full_disk import fill, sound
from tests.commandline import CommandLine

SIZE = 12 << 20
FILES = {
    "copy": "FROM busybox\nCOPY big /big\n",
    "run": f"FROM busybox\nRUN head -c {SIZE} /dev/urandom > /made\n",
    "stage": f"FROM busybox AS s\nRUN head -c {SIZE} /dev/zero > /made\nFROM busybox\nCOPY --from=s /made /\n",
    "mount": "FROM busybox\nRUN --mount=target=/c cp /c/big /big\n",
    "cache": f"FROM busybox\nRUN --mount=type=cache,target=/c head -c {SIZE} /dev/urandom > /c/x && touch /well\n",
    "squash": "FROM busybox\nCOPY big /big\nRUN rm /big; touch /well\n",
    "small": "FROM busybox\nRUN true\nWORKDIR /w\nENV a=b\n",
}


def main(place: str, spare: str) -> None:
    """Print each build that failed well and succeeded afterwards; `small` may find room."""
    cli = CommandLine(f"{place}/store")
    cli("import", "--change", 'CMD ["sh"]', "-", "busybox", input=rootfs(), check=True)
    with open(f"{spare}/big", "wb") as file:
        file.write(os.urandom(SIZE))
    for name, text in FILES.items():
        with open(f"{spare}/Dockerfile", "w", encoding="utf-8") as file:
            file.write(text)
        words = ("build", "--network", "none", "-t", "made", *(["--squash"] if name == "squash" else []), spare)
        fill(f"{place}/filler")
        done = cli(*words)
        if name != "small":
            assert done.returncode == 1, (name, done)
            assert b"o space left" in done.stderr or b"RUN failed: exit code 1" in done.stderr, (name, done)
        assert b"fault in hull" not in done.stderr, (name, done)
        if name != "cache":  # what a step wrote to a cache stays, and takes the last room
            sound(cli, (name, *words))
        os.unlink(f"{place}/filler")
        cli(*words, check=True)
        sound(cli, (name, *words))
        left = [one for one in os.listdir(f"{cli.root}/tmp") if one.startswith("build-")]
        assert not left, (name, left)
        cli("rmi", "-f", "made", check=True)
        cli("builder", "prune", "-f", check=True)
        print(name)
    print("well")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        main(sys.argv[1], place)

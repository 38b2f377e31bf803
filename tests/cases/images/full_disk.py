"""Bring images to a store on a disk that is full, then has room: `python -m tests.cases.images.full_disk PLACE`."""

import os
import sys
import tempfile

from tests import imagebuild, registries
from tests.busybox import rootfs
from tests.commandline import CommandLine
from tests.imagebuild import layer, member

LEFT = 2 << 20  # bytes that the filler leaves
NOISE = [os.urandom(1 << 20) for _ in range(8)]
TAR = layer(*(member(f"f{number}", NOISE[number % 8]) for number in range(24)))


def main(place: str, spare: str) -> None:
    """Print each verb that failed well and succeeded afterwards."""
    cli = CommandLine(f"{place}/store")
    cli("import", "--change", 'CMD ["sh"]', "-", "busybox", input=rootfs(), check=True)
    write = "head -c 8000000 /dev/urandom > /f"
    cli("run", "--name", "c", "--network", "none", "busybox", "sh", "-c", write, check=True)
    made = imagebuild.image(TAR, how="plain")
    for name, data in (("archive", imagebuild.docker_archive(made, "new:1")), ("tar", TAR)):
        with open(f"{spare}/{name}", "wb") as file:
            file.write(data)
    with registries.served(registries.image_answer(made.blobs, {"1": made.manifest})) as stub:
        for words in (
            ("pull", "-q", f"{stub.address}/new:1"),
            ("load", "-q", "-i", f"{spare}/archive"),
            ("commit", "c", "new:1"),
            ("import", f"{spare}/tar", "new:1"),
        ):
            tried(cli, place, words)
            cli("rmi", "-f", words[2] if words[0] == "pull" else "new:1", check=True)
    os.mkdir(f"{spare}/context")
    with open(f"{spare}/context/Dockerfile", "w", encoding="utf-8") as text:
        text.write("FROM busybox\nCOPY f /f\n")
    with open(f"{spare}/context/f", "wb") as file:
        file.writelines(NOISE)
    tried(cli, place, ("build", "-q", "-t", "new:1", f"{spare}/context"))
    cli("rm", "c", check=True)
    with registries.served(registries.Memory()) as stub:
        cli("builder", "prune", "-f", check=True)
        tried(cli, place, ("push", "-q", "new:1", f"{stub.address}/new:1"))
    tried(cli, place, ("save", "-o", f"{place}/out", "new:1"))
    assert os.path.getsize(f"{place}/out") > LEFT
    tried(cli, place, ("save", "--format", "oci-dir", "-o", f"{place}/layout", "new:1"))
    print("well")


def tried(cli: CommandLine, place: str, words: tuple[str, ...]) -> None:
    """Check that it fails well while the disk is full, and succeeds when there is room."""
    fill(f"{place}/filler")
    before = sorted(os.listdir(place))
    done = cli(*words)
    assert done.returncode == (1 if words[0] == "build" else 125), (words, done)
    assert b"No space left" in done.stderr, (words, done)
    assert b"a fault in hull" not in done.stderr, (words, done)
    assert b"Traceback" not in done.stderr, (words, done)
    assert sorted(os.listdir(place)) == before, words
    assert os.listdir(f"{cli.root}/tmp") == [], words
    sound(cli, words)
    os.unlink(f"{place}/filler")
    cli(*words, check=True)
    sound(cli, words)
    print(words[0])


def fill(path: str) -> None:
    """Take all the room but a little."""
    left = os.statvfs(os.path.dirname(path))
    with open(path, "wb") as file:
        file.write(bytes(max(0, left.f_bavail * left.f_frsize - LEFT)))
        file.flush()
        os.fsync(file.fileno())


def sound(cli: CommandLine, words: tuple[str, ...]) -> None:
    """Check the store, and that the old image runs."""
    checked = cli("fsck", "-q")
    assert checked.returncode == 0, (words, checked)
    ran = cli("run", "--rm", "--network", "none", "busybox", "true")
    assert ran.returncode == 0, (words, ran)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir="/dev/shm") as aside:  # what is brought is not on the small disk
        main(sys.argv[1], aside)

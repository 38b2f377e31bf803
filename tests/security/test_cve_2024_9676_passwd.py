"""The image's passwd or group is a link to a device, a pipe, a huge file or a file of the host."""

import io
import tarfile

import pytest

from tests.cases.conftest import MakeImage
from tests.commandline import CommandLine
from tests.security.conftest import Canary, Run


@pytest.mark.parametrize(
    "target", ["/dev/zero", "/dev/full", "/dev/tty", "/proc/self/mem", "/proc/kmsg", "/", "/etc/passwd"]
)
@pytest.mark.parametrize("name", ["etc/passwd", "etc/group"])
def test_cve_2024_9676_links(make_image: MakeImage, run: Run, name: str, target: str) -> None:
    image = make_image({name: target})
    done = run("-u", "nosuch:nosuch", image, "true", timeout=10)
    assert done.returncode == 125, done
    assert run("-u", "0:0", image, "true", timeout=10).returncode in (0, 125)


def test_cve_2024_9676_a_file_of_the_host(make_image: MakeImage, run: Run, canary: Canary) -> None:
    with open(canary.file, "w") as file:
        file.write("root:x:0:0::/:/bin/sh\nguest:x:0:0::/stolen:/bin/sh\n")
    image = make_image({"etc/passwd": canary.file})
    assert run("-u", "guest", image, "sh", "-c", "echo $HOME").returncode == 125


def test_cve_2024_9676_a_pipe(cli: CommandLine, run: Run) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, kind in (("etc", tarfile.DIRTYPE), ("etc/passwd", tarfile.FIFOTYPE), ("etc/group", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.mode = kind, 0o755
            tar.addfile(info)
    cli("import", "-", "cve-pipe:latest", input=stream.getvalue(), check=True)
    try:
        done = run("-u", "nosuch", "cve-pipe:latest", "true", timeout=10)
        assert done.returncode == 125, done
    finally:
        cli("rmi", "-f", "cve-pipe:latest")


def test_cve_2024_9676_more_than_a_megabyte(make_image: MakeImage, run: Run) -> None:
    image = make_image({"etc/passwd": b"root:x:0:0::/root:/bin/sh\n" * 60_000 + b"late:x:0:0::/:/bin/sh\n"})
    assert run("-u", "late", image, "true", timeout=10).returncode == 125

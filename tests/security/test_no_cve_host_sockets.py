"""`hull run host` sees the machine's files; a program must not talk to the services that listen on its sockets."""

import os
import socket
import tempfile

import pytest

from tests.commandline import CommandLine

CONNECT = """
import socket, sys
for name in sys.argv[1:]:
    address = "\\0" + name[1:] if name[0] == "@" else name
    try:
        socket.socket(socket.AF_UNIX).connect(address)
        print("connected", name)
    except OSError as error:
        print(type(error).__name__)
"""


@pytest.mark.needs("fuse", "program:fuse-overlayfs", "program:python3")
def test_sockets_of_the_host_cannot_be_reached(cli: CommandLine) -> None:
    directory = tempfile.mkdtemp(prefix="hull-socket-", dir=os.path.expanduser("~"))
    path, abstract = f"{directory}/bus", f"@hull-test-{os.getpid()}"
    try:
        with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as hidden:
            named.bind(path)
            os.chmod(path, 0o777)
            hidden.bind("\0" + abstract[1:])
            for listener in (named, hidden):
                listener.listen()
            os.chmod(directory, 0o755)
            done = cli("run", "--rm", "--network=none", "host", "python3", "-c", CONNECT, path, abstract)
    finally:
        os.unlink(path)
        os.rmdir(directory)
    assert done.returncode == 0, done
    assert len(done.stdout.split()) == 2, done
    assert b"connected" not in done.stdout

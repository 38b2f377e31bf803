"""The resolver beside a container: whom it asks when somebody does not answer, and what it says over a stream."""

import pathlib
import subprocess

import pytest
from hull.network import resolving

from tests.launcher.conftest import KINDS, Box, Op

# A name server at ADDRESS: its own address is the answer to every name, with CODE; a CODE below 0 says nothing.
SERVER = r"""
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(53)}, client;
    unsigned char bytes[1024], fixed[12] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), code = atoi(argv[2]);

    inet_pton(AF_INET, argv[1], &place.sin_addr);
    if (bind(fd, (struct sockaddr *)&place, sizeof place) < 0)
        return 1;
    if (fork() != 0)
        return 0;
    for (;;) {
        socklen_t size = sizeof client;
        ssize_t got = recvfrom(fd, bytes, 512, 0, (struct sockaddr *)&client, &size);

        if (code < 0)
            continue;
        bytes[2] |= 0x80;
        bytes[3] = 0x80 | code;
        if (code == 0 && bytes[got - 3] == 1) {
            bytes[7] = 1;
            memcpy(bytes + got, fixed, 12);
            memcpy(bytes + got + 12, &place.sin_addr, 4);
            got += 16;
        }
        sendto(fd, bytes, got, 0, (struct sockaddr *)&client, size);
    }
}
"""
# One question after another for half a second: how many were answered, and in how many milliseconds.
FLOOD = r"""
#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>
static long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
int main(void)
{
    static const unsigned char question[] = "\0\7\1\0\0\1\0\0\0\0\0\0\2db\0\0\1\0\1";
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(0x7f00000b)};
    struct timeval patience = {.tv_usec = 200000};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), answered = 0;
    unsigned char bytes[512];
    long from = now();

    connect(fd, (struct sockaddr *)&place, sizeof place);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (now() < from + 500)
        answered += send(fd, question, sizeof question - 1, 0) > 0 && recv(fd, bytes, sizeof bytes, 0) > 0;
    printf("%d %ld\n", answered, now() - from);
    return 0;
}
"""
SHARE, SPAN = 500, 100  # questions that are heard in so many milliseconds
SCRIPT = "for s; do dns ${s%/*} ${s#*/} >/dev/null 2>&1; done; timeout 15 nslookup other 127.0.0.11"
OUTER = tuple("net-outer" if kind == "net" else kind for kind in KINDS)  # as on named networks
QUESTION = r"\0\24\0\7\1\0\0\1\0\0\0\0\0\0\2db\0\0\1\0\1"

# The namespace is an outer one's, as a named network's: here that is the caller's own, where only root may make one.
pytestmark = [pytest.mark.needs("launcher", "userns", "root")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the server's file."""
    return built(tmp_path_factory.mktemp("dns"), SERVER)


def built(place: pathlib.Path, source: str) -> bytes:
    (place / "program.c").write_text(source)
    subprocess.run(["cc", "-static", "-o", str(place / "program"), str(place / "program.c")], check=True)
    return (place / "program").read_bytes()


def resolver(box: Box, *servers: str) -> tuple[Op, ...]:
    names = pathlib.Path(box.base, "names")
    names.write_text("10.1.0.2\tdb\n")
    names.chmod(0o644)
    return (("sysctl", "net.ipv4.ip_unprivileged_port_start", "0"), *resolving.ops(str(names), servers))


def put(box: Box, name: str, program: bytes) -> None:
    place = pathlib.Path(box.layer, "bin", name)
    place.write_bytes(program)
    place.chmod(0o755)
    box.give(str(place))


def lookup(box: Box, server: bytes, there: tuple[str, ...], servers: tuple[str, ...]) -> str:
    """Return what nslookup says where these servers are there, ADDRESS/CODE, and those are asked."""
    put(box, "dns", server)
    return box.run("sh", "-c", SCRIPT, "sh", *there, extra=resolver(box, *servers), kinds=OUTER).out


@pytest.mark.parametrize(
    ("there", "servers"),
    [
        (("127.0.0.22/0",), ("127.0.0.20", "127.0.0.22")),  # the first is not there
        (("127.0.0.21/-1", "127.0.0.22/0"), ("127.0.0.21", "127.0.0.22")),  # says nothing
        (("127.0.0.23/2", "127.0.0.22/0"), ("127.0.0.23", "127.0.0.22")),  # fails
        (("127.0.0.24/5", "127.0.0.22/0"), ("127.0.0.20", "127.0.0.24", "127.0.0.22")),  # refuses
        (("127.0.0.22/0", "127.0.0.24/5"), ("127.0.0.22", "127.0.0.24")),
    ],
)
def test_the_next_server_answers_what_one_does_not(
    box: Box, server: bytes, there: tuple[str, ...], servers: tuple[str, ...]
) -> None:
    assert "Address: 127.0.0.22\n" in lookup(box, server, there, servers)


def test_the_last_servers_failure_is_the_answer(box: Box, server: bytes) -> None:
    there, servers = ("127.0.0.23/2", "127.0.0.24/5"), ("127.0.0.23", "127.0.0.24")
    assert "REFUSED" in lookup(box, server, there, servers)


def test_who_asks_without_a_pause_is_not_heard_all_the_time(box: Box, tmp_path: pathlib.Path) -> None:
    put(box, "flood", built(tmp_path, FLOOD))
    done = box.sh("flood; nslookup db 127.0.0.11", extra=resolver(box), kinds=OUTER)
    answered, spent = map(int, done.out.split()[:2])
    assert 0 < answered <= SHARE * (spent // SPAN + 2)
    assert "Address: 10.1.0.2\n" in done.out


@pytest.mark.parametrize("servers", [(), ("127.0.0.20",)])
def test_names_are_answered_over_a_stream_too(box: Box, servers: tuple[str, ...]) -> None:
    script = f"printf '{QUESTION}' | timeout 15 nc 127.0.0.11 53 | od -An -tx1 | tr -d ' \\n'"
    done = box.sh(script, extra=resolver(box, *servers), kinds=OUTER)
    head, question, answer = "000785800001000100000000", "0264620000010001", "c00c000100010000000500040a010002"
    assert done.out == f"{(len(head + question + answer)) // 2:04x}{head}{question}{answer}"

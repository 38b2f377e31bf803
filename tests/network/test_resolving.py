"""The name server of a container on named networks: what it answers, what it passes on, what it may do."""

import ctypes
import ipaddress
import os
import pathlib
import subprocess

import pytest
from hull.model import Image, Port, Spec
from hull.network import resolving

from tests.busybox import rootfs
from tests.town import Town

LAUNCHER = pathlib.Path(__file__).parents[2] / "core/hull/runtime/launcher"
HOSTS = b"""# hull: who is on its networks
10.1.0.2\tdb store DB.Example\t# front
10.1.0.3 store  # a comment hides

fd00::2\tdb\t# a b
fd00::3  six\tother6 \t# front
odd db
10.1.0.9 #db
10.1.0.8
10.1.0.7\tlong\t# LONG
10.1.0.2 again\t# back"""
MANY = 1024  # lines at the most
PURE = ("answer", "names", "reverse")
# A name server that refuses: its answer is the question, marked so.
SERVER = r"""
#include <netinet/in.h>
#include <unistd.h>
int main(void)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(53)}, client;
    unsigned char bytes[512];
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (bind(fd, (struct sockaddr *)&place, sizeof place) < 0 || write(1, "ready\n", 6) != 6)
        return 1;
    for (;;) {
        socklen_t size = sizeof client;
        ssize_t got = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&client, &size);

        bytes[2] |= 0x80;
        bytes[3] = 0x85;
        sendto(fd, bytes, got, 0, (struct sockaddr *)&client, size);
    }
}
"""


class Question(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char * 256), ("type", ctypes.c_uint), ("end", ctypes.c_size_t))


class Named(ctypes.Structure):
    _fields_ = (
        ("words", ctypes.c_void_p),
        ("network", ctypes.c_void_p),
        ("address", ctypes.c_ubyte * 16),
        ("size", ctypes.c_size_t),
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Give the pure part of the resolver."""
    path = tmp_path_factory.mktemp("resolve") / "answer.so"
    words = ["cc", "-std=gnu11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-O1", "-o", str(path)]
    subprocess.run([*words, *(str(LAUNCHER / f"resolve_{part}.c") for part in PURE)], check=True)
    found = ctypes.CDLL(str(path))
    found.question_read.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(Question))
    found.question_read.restype = ctypes.c_bool
    found.question_answer.restype = found.question_refuse.restype = found.names_read.restype = ctypes.c_size_t
    return found


def asked(name: bytes, kind: int = 1, *, kindred: int = 1, head: bytes = b"\1\0\0\1\0\0\0\0\0\0") -> bytes:
    labels = b"".join(bytes([len(label)]) + label for label in name.split(b"."))
    return b"\xab\xcd" + head + labels + b"\0" + kind.to_bytes(2, "big") + kindred.to_bytes(2, "big")


def answered(library, message: bytes, hosts: bytes = HOSTS) -> tuple[bytes, list[bytes]]:
    """Return the answer's head and its addresses; an empty head where the name is not known."""
    question, answer = Question(), ctypes.create_string_buffer(4096)
    assert library.question_read(message, len(message), ctypes.byref(question))
    text, named = ctypes.create_string_buffer(hosts), (Named * MANY)()
    count = ctypes.c_size_t(library.names_read(text, named, ctypes.c_size_t(MANY)))
    length = library.question_answer(message, ctypes.byref(question), named, count, answer)
    rest, found = answer.raw[question.end : length], []
    while rest:
        size = rest[11]
        found.append(rest[12 : 12 + size])
        rest = rest[12 + size :]
    return answer.raw[:12] if length else b"", found


def test_the_hosts_file_answers(library):
    head, found = answered(library, asked(b"store"))
    assert head == b"\xab\xcd\x85\x80\0\1\0\2\0\0\0\0"
    assert found == [bytes([10, 1, 0, 2]), bytes([10, 1, 0, 3])]
    assert answered(library, asked(b"dB"))[1] == [bytes([10, 1, 0, 2])]
    assert answered(library, asked(b"db.example"))[1] == [bytes([10, 1, 0, 2])]
    assert answered(library, asked(b"db", 28))[1] == [b"\xfd" + bytes(14) + b"\2"]
    assert answered(library, asked(b"store", 28)) == (b"\xab\xcd\x85\x80\0\1\0\0\0\0\0\0", [])
    assert answered(library, asked(b"STORE.front"))[1] == [bytes([10, 1, 0, 2])]
    assert answered(library, asked(b"again"))[1] == answered(library, asked(b"db.example.front"))[1]
    for name in (b"hides", b"front", b"db.fron", b"store.back", b"d", b"db.", b"other", b"10.1.0.2"):
        assert answered(library, asked(name.rstrip(b".") if name != b"db." else b"db.x")) == (b"", [])


def backwards(address: str) -> bytes:
    return ipaddress.ip_address(address).reverse_pointer.encode()


def test_an_address_is_called_by_its_name_and_its_network(library):
    for address, labels in (
        ("10.1.0.2", b"\2db\5front\0"),
        ("fd00::2", b"\2db\3a b\0"),
        ("fd00::3", b"\3six\5front\0"),
    ):
        head, found = answered(library, asked(backwards(address), 12))
        assert (head[6:8], found) == (b"\0\1", [labels])
        assert answered(library, asked(backwards(address))) == (b"", [])  # of another type
    unknown = ("10.1.0.3", "10.1.0.4", "10.1.0.7", "10.1.0.8", "2.0.1.10", "fd00::4")  # no network, nobody, too long
    hosts = HOSTS.replace(b"LONG", b"x" * 64)
    for name in (*map(backwards, unknown), b"in-addr.arpa", b"1.in-addr.arpa", b"x.10.1.0.in-addr.arpa", b"ip6.arpa"):
        assert answered(library, asked(name, 12), hosts) == (b"", [])
    nibbles = backwards("fd00::2")
    for name in (
        nibbles[2:],
        b"0." + nibbles,
        nibbles.replace(b"d.f.ip6", b"d.g.ip6"),
        nibbles.replace(b"d.f.ip6", b"dxf.ip6"),
    ):
        assert answered(library, asked(name, 12)) == (b"", [])


def test_lines_that_there_is_no_room_for_are_left_out(library):
    text, named = ctypes.create_string_buffer(HOSTS), (Named * 2)()
    assert library.names_read(text, named, ctypes.c_size_t(2)) == 2
    assert ctypes.string_at(named[0].words, 21) == b"db\0store\0DB.Example\0\0"
    assert (ctypes.string_at(named[0].network), named[1].network, named[1].size) == (b"front", None, 4)


def test_the_file_is_read_when_it_has_changed_and_not_for_each_question(library, tmp_path):
    path, count = tmp_path / "names", ctypes.c_size_t()
    library.names_current.restype = ctypes.POINTER(Named)
    path.write_text("10.0.0.1 aa\n")
    fd = os.open(path, os.O_RDONLY)
    found = library.names_current(fd, ctypes.byref(count))
    found[0].size = 99  # as long as it is there, nothing was read
    assert library.names_current(fd, ctypes.byref(count))[0].size == 4  # what is young may change unseen
    os.utime(path, (1e9, 1e9))
    for size in (4, 99):
        assert library.names_current(fd, ctypes.byref(count))[0].size == size
        found[0].size = 99
    for text, known in (("10.0.0.1 bb\n", 1), ("10.0.0.1 bb\n10.0.0.2 cc\n", 2), ("", 0)):
        path.write_text(text)
        found = library.names_current(fd, ctypes.byref(count))
        assert (count.value, [found[at].size for at in range(known)]) == (known, [4] * known)
    os.close(fd)


def test_an_answer_fits_into_a_packet(library):
    hosts = b"".join(b"10.0.%d.%d many\n" % divmod(number, 250) for number in range(1000))
    head, found = answered(library, asked(b"many"), hosts)
    assert int.from_bytes(head[6:8], "big") == len(found) == (512 - 22) // 16


@pytest.mark.parametrize(
    "message",
    [
        b"",
        asked(b"db")[:11],
        asked(b"db")[:-1],
        asked(b"db", head=b"\x81\0\0\1\0\0\0\0\0\0"),  # an answer
        asked(b"db", head=b"\x09\0\0\1\0\0\0\0\0\0"),  # another operation
        asked(b"db", head=b"\1\0\0\2\0\0\0\0\0\0"),
        asked(b"db", kindred=3),
        asked(b"")[:12] + b"\0\0\1\0\1",  # the root
        asked(b"db")[:12] + b"\xc0\x0c\0\1\0\1",  # a pointer to itself
        asked(b"db")[:12] + b"\x3f" + b"a" * 10,  # a label longer than the message
        asked(b".".join([b"a" * 60] * 5)),  # a name longer than names are
        asked(b"d\nb"),
        b"\xff" * 4096,
    ],
)
def test_what_is_no_plain_question_is_passed_on(library, message):
    assert not library.question_read(message, len(message), ctypes.byref(Question()))


def test_whoever_serves_names_has_none():
    image = Image("sha256:1", "x", ())
    assert resolving.wanted(Spec("x"), image)
    assert not resolving.wanted(Spec("x"), image._replace(ports=("53/udp",)))
    assert not resolving.wanted(Spec("x", exposed=("53",)), image)
    assert not resolving.wanted(Spec("x", ports=(Port(53, 1053, "udp"),)), image)
    assert resolving.wanted(Spec("x", ports=(Port(80, 53),)), image)


def test_it_does_not_ask_itself():
    assert resolving.ops("/h", ("127.0.0.11", "9.9.9.9"))[-1] == ("helper-arg", "9.9.9.9")
    assert resolving.ops("/h", ("127.0.0.11",))[-1] == ("helper-arg", "-")


def test_bare_names_are_asked_for_first_whatever_else_is_said():
    assert resolving.options((), ("ndots:5", "edns0")) == ("edns0", "ndots:0")
    assert resolving.options(("timeout:1",), ("ndots:5", "edns0")) == ("timeout:1", "ndots:0")
    assert resolving.options(("ndots:2",), ("edns0",)) == ("ndots:2",)


@pytest.mark.real
@pytest.mark.single_id
@pytest.mark.as_root
def test_names_come_from_the_file_and_others_from_the_servers(town: Town, tmp_path: pathlib.Path) -> None:
    (tmp_path / "dns.c").write_text(SERVER)
    subprocess.run(["cc", "-static", "-o", str(tmp_path / "dns"), str(tmp_path / "dns.c")], check=True)
    image = f"dns-{os.getpid()}"
    town.cli("import", "--change", "EXPOSE 53", "-", image, input=rootfs({"bin/dns": b""}), check=True)
    net = town.network("--internal", "--ipv6")
    server = town.name()
    program = ("-v", f"{tmp_path}/dns:/bin/dns:ro", image, "sh", "-c", "nc -ll -p 53 -e cat & exec dns")
    town.cli("run", "-d", "--name", server, "--network", net, *program, check=True)
    box = town.server("--network", f"{net}:alias=web", "--dns", town.address(server, net))
    assert "127.0.0.11" not in town.inside(server, "cat /etc/resolv.conf")
    assert "nameserver 127.0.0.11\n" in town.inside(box, "cat /etc/resolv.conf")
    said = town.inside(box, f"nslookup WEB; nslookup {server}")
    assert said.count(f"Address: {town.address(box, net)}\n") == 1
    assert "127.0.1.1" not in town.inside(box, f"nslookup {box}")
    assert f"name = {server}.{net}\n" in town.inside(box, f"nslookup {town.address(server, net)}")
    assert f"Address: {town.address(box, net)}\n" in town.inside(box, f"nslookup web.{net}")
    assert said.count(f"Address: {town.address(server, net)}\n") == 1
    assert town.given(box, net)["GlobalIPv6Address"] in said
    town.inside(box, "echo 10.9.9.9 other >> /etc/hosts || true")  # where it may: that is its own affair
    assert "REFUSED" in town.cli("exec", box, "nslookup", "other").stdout.decode()
    assert town.inside(box, "echo whole | nc -w5 127.0.0.11 53") == "whole\n"  # a stream goes on as it is
    lone = town.server("--network", net)
    assert "NXDOMAIN" in town.cli("exec", lone, "nslookup", "other").stdout.decode()  # there is nobody to ask
    assert town.inside(lone, "nslookup web")
    town.cli("rm", "-f", box, check=True)
    assert town.cli("exec", lone, "nslookup", "web").returncode
    town.cli("rm", "-f", server, check=True)
    town.cli("rmi", image, check=True)


@pytest.mark.real
@pytest.mark.as_root
@pytest.mark.needs("root")
def test_it_may_do_nothing_but_answer(town: Town) -> None:
    box = town.server("--network", town.network("--internal"))
    pid = town.cli("inspect", "--format", "{{.State.Pid}}", box, check=True).stdout.decode().strip()
    space = os.readlink(f"/proc/{pid}/ns/net")
    mine = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdecimal() and pathlib.Path(f"/proc/{entry}/comm").read_text() == "hull-resolve\n":
                mine += [entry] if os.readlink(f"/proc/{entry}/ns/net") == space else []
        except FileNotFoundError:
            continue
    (one,) = mine
    status = pathlib.Path(f"/proc/{one}/status").read_text()
    assert "CapEff:\t0000000000000000\n" in status
    assert "CapPrm:\t0000000000000000\n" in status
    assert "NoNewPrivs:\t1\n" in status
    filters = 0 if "asan" in os.environ.get("HULL_LAUNCHER", "") else 2  # sanitizers call what they like
    assert f"Seccomp:\t{filters}\n" in status
    assert os.readlink(f"/proc/{one}/root").endswith("/fdinfo")

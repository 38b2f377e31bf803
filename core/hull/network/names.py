"""Write what a container reads to find names: resolv.conf, hosts and hostname, beside its plan."""

import os
from collections.abc import Callable, Iterable

from hull.errors import UserError
from hull.light import NamedTuple
from hull.model import Spec
from hull.network.resolver import Resolver

LOCAL = (
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::\tip6-localnet",
    "ff00::\tip6-mcastprefix",
    "ff02::1\tip6-allnodes",
    "ff02::2\tip6-allrouters",
)
GATEWAY = "host-gateway"
BEGIN, END = "# hull: who is on its networks, kept up to date\n", "# hull: end\n"
KNOWN = "names"  # what the container's name server answers from: no program inside can write it
ON = "\t# "  # what is between a member's names and its network's
MOST = 1 << 20  # bytes of an /etc/hosts that is kept up to date


class Place(NamedTuple):
    """Where a container is: its name, its own address, what finds one that reaches the host ("" if none does)."""

    hostname: str
    address: str = ""
    gateway: Callable[[], str] = str


def hostname(spec: Spec, directory: str) -> str:
    """Return the name that the files say: the container's, proven to be one word, or the host's own."""
    if spec.hostname is not None:
        return _word(spec.hostname, "--hostname")
    return spec.host_name(os.path.basename(directory)) or os.uname().nodename


def servers(spec: Spec, nameservers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the name servers that were asked for, proven to be addresses, or those there are."""
    return tuple(_address(word, "--dns") for word in spec.dns) or nameservers


def resolv_conf(spec: Spec, resolver: Resolver, nameservers: tuple[str, ...]) -> str:
    """Return a resolv.conf: what was asked comes in place of the host's, kind by kind; `--dns-search .` means none."""
    search = tuple(_word(word, "--dns-search") for word in spec.dns_search) or resolver.search
    options = tuple(_word(word, "--dns-option") for word in spec.dns_options) or resolver.options
    lines = [f"nameserver {server}" for server in servers(spec, nameservers)]
    lines += [f"search {' '.join(search)}"] if search and search != (".",) else []
    lines += [f"options {' '.join(options)}"] if options else []
    return "".join(f"{line}\n" for line in lines)


def extra_hosts(words: tuple[str, ...], place: Place) -> tuple[str, ...]:
    """Return the lines of /etc/hosts that --add-host asked for: NAME:ADDRESS, NAME=ADDRESS, NAME:host-gateway."""
    lines = []
    for word in words:
        cut = min((i for i in (word.find(":"), word.find("=")) if i > 0), default=0)
        name, address = word[:cut], word[cut + 1 :].strip("[]")
        if not cut:
            raise UserError(f"cannot add the host {word}: no address", "write --add-host NAME:ADDRESS")
        if address == GATEWAY:
            address = place.gateway()
            if not address:
                raise UserError(
                    f"cannot add the host {word}: nothing in this network reaches this machine",
                    "name an address, or take --network slirp4netns, where this machine has a default route",
                )
        lines.append(f"{_address(address, '--add-host')}\t{_word(name, '--add-host')}")
    return tuple(lines)


def hosts(place: Place, extra: tuple[str, ...], shared: bool) -> str:
    """Return an /etc/hosts: local names (on the host's network, the host's), the container's own, what was added."""
    if shared:
        return "".join([_text("/etc/hosts"), *(f"{line}\n" for line in extra)])
    short = place.hostname.partition(".")[0]
    own = [f"{place.address or '127.0.1.1'}\t{place.hostname}{'' if short == place.hostname else f' {short}'}"]
    return "".join(f"{line}\n" for line in [*LOCAL, *own, *extra])


def write(directory: str, name: str, text: str) -> None:
    """Write one of the files, readable by whoever the container's root is."""
    path = f"{directory}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o644)


def with_members(text: str, lines: list[str]) -> str:
    """Return an /etc/hosts that begins with a marked block of `lines`; every other line is as it was."""
    head, found, rest = text.partition(BEGIN)
    block, closed, tail = rest.partition(END)
    text = head + (tail if closed else block) if found else text
    block = "".join(f"{line}\n" for line in lines)
    return f"{BEGIN}{block}{END}{text}" if lines else text


def rewrite(path: str, lines: list[str]) -> None:
    """Put the lines into the block of a file that a container has mounted: in place, by one write.

    Whoever reads at the same time sees the old text or the new, at worst with empty lines behind. A file that the
    container made unreadable, or huge, is left alone.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        old = os.read(fd, MOST + 1)
        new = with_members(old.decode("utf-8", "surrogateescape"), lines).encode("utf-8", "surrogateescape")
        if new != old and len(old) <= MOST:
            os.pwrite(fd, new.ljust(len(old), b"\n"), 0)
            os.ftruncate(fd, len(new))
    finally:
        os.close(fd)


def member(address: str, words: Iterable[str], network: str) -> str:
    """Return the line of a member of a network, as its name server reads it (launcher/resolve_names.c)."""
    return f"{address}\t{' '.join(words)}{ON}{network}"


def tell(directory: str, lines: list[str]) -> None:
    """Put the members' lines where a container's programs read names, and where its name server does."""
    rewrite(f"{directory}/hosts", list(dict.fromkeys(line.partition(ON)[0] for line in lines)))
    rewrite(f"{directory}/{KNOWN}", lines)


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    except OSError:
        return ""
    return text if text.endswith("\n") else f"{text}\n"


def _word(word: str, flag: str) -> str:
    """Return the word; a space or a line break would write another line of the file."""
    if not word or any(c.isspace() or not c.isprintable() for c in word):
        raise UserError(f"cannot use {flag} {word!r}: empty, or with spaces", "give one word")
    return word


def _address(word: str, flag: str) -> str:
    import socket

    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, word)
        except (OSError, ValueError):
            continue
        return word
    raise UserError(f"cannot use {flag} {word!r}: not an IP address", f"give an address, such as {flag} 9.9.9.9")

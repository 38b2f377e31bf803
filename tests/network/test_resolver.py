"""The forms of the host's resolv.conf (CASES B63)."""

from hull.network import resolver


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_what_the_file_says(tmp_path):
    text = (
        "# comment\nnameserver 9.9.9.9\nnameserver 2620:fe::fe # quad\ndomain old.example\nsearch a.example b.example\n"
    )
    found = resolver.read(write(tmp_path, "r", text + "options ndots:2\noptions edns0 trust-ad\nnameserver\n; x\n\n"))
    assert found.nameservers == ("9.9.9.9", "2620:fe::fe")
    assert found.search == ("a.example", "b.example")
    assert found.options == ("ndots:2", "edns0", "trust-ad")


def test_a_missing_file_says_nothing(tmp_path):
    assert resolver.read(str(tmp_path / "none")) == resolver.Resolver()


def test_links_are_followed_to_the_end(tmp_path):
    path = write(tmp_path, "real", "nameserver 127.0.0.53\n")
    (tmp_path / "middle").symlink_to(path)
    (tmp_path / "link").symlink_to("middle")
    assert resolver.read(str(tmp_path / "link")).path == path


def test_a_stub_is_looked_behind(tmp_path):
    stub = resolver.Resolver(("127.0.0.53",))
    real = write(tmp_path, "real", "nameserver 10.1.1.1\nnameserver ::1\n")
    assert resolver.upstream(stub, (str(tmp_path / "none"), real)) == ("10.1.1.1",)
    assert resolver.upstream(stub, ()) == ()
    assert resolver.upstream(resolver.Resolver(("127.0.0.1", "10.2.2.2")), (real,)) == ("10.2.2.2",)


def test_servers_of_one_link_are_nobody_elses():
    assert resolver.Resolver(("fe80::1%eth0", "::1", "127.9.9.9")).remote == ()

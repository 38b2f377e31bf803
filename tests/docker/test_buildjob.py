"""What a client lends a build at registries."""

import pytest
from hull.docker.buildjob import Lent
from hull.images import tokens
from hull.images.credentials import Credentials

CHALLENGE = ['Bearer realm="https://auth.example/token",service="s",scope="repository:a:pull"']


class Client:
    """One that has names or tokens, by registry."""

    def __init__(self, names, fetched=None):
        self.names, self.fetched = names, fetched or {}
        self.asked = []

    def credentials(self, host):
        return self.names.get(host, ("", ""))

    def token(self, host, realm, service, scopes):
        self.asked.append((host, realm, service, scopes))
        return self.fetched.get(host, "")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"r.example": ("u", "p")}, Credentials("u", "p")),
        ({"r.example": ("", "identity")}, Credentials(token="identity")),
        ({"other.example": ("u", "p")}, None),
    ],
)
def test_a_client_is_asked_of_the_registry_alone(names, expected):
    assert Lent(Client(names), "", None).credentials("r.example") == expected


def test_a_client_may_have_tokens_alone():
    client = Client({}, {"registry-1.docker.io": "bearer"})
    found = Lent(client, "", None).credentials("docker.io")
    assert found is not None
    said = tokens.authorization(None, CHALLENGE, found, "docker.io", ("repository:a:push",))
    assert said == "Bearer bearer"
    scopes = ["repository:a:push", "repository:a:pull"]
    assert client.asked[-1] == ("registry-1.docker.io", "https://auth.example/token", "s", scopes)

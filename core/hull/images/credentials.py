"""Who somebody is at a registry: a value that does not print its secret."""

from hull.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    Fetch = Callable[[str, str, list[str]], str]


class Credentials(NamedTuple):
    """A user and a password, an identity token (then `user` is empty), or who fetches bearer tokens in our place.

    `fetch` is given realm, service and scopes; it returns "" where it has none.
    """

    user: str = ""
    password: str = ""
    token: str = ""
    fetch: "Fetch | None" = None

    def __bool__(self) -> bool:
        return bool(self.user or self.token or self.fetch)

    def __repr__(self) -> str:
        return f"Credentials({self.user!r}, …)"

    @property
    def basic(self) -> str:
        """The value of a Basic Authorization header."""
        import base64

        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

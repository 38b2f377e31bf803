"""Who somebody is at a registry: a value that does not print its secret."""

from hull.light import NamedTuple


class Credentials(NamedTuple):
    """A user and a password, or an identity token (then `user` is empty)."""

    user: str = ""
    password: str = ""
    token: str = ""

    def __bool__(self) -> bool:
        return bool(self.user or self.token)

    def __repr__(self) -> str:
        return f"Credentials({self.user!r}, …)"

    @property
    def basic(self) -> str:
        """The value of a Basic Authorization header."""
        import base64

        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

"""What proves the other side of a TLS connection: one rule for registries and engines, on every Python."""

from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext


def verifying(authorities: str = "") -> "SSLContext":
    """Return a client's context that trusts these PEM texts, the system's authorities where there are none.

    Chain, dates and name are checked. What Python 3.13 wants beside that (VERIFY_X509_STRICT: a certificate that says
    what its key is for) is not: Docker's own recipe makes none such, and its client takes them.
    """
    import ssl

    made = ssl.create_default_context(cadata=authorities or None)
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made


def forgo(made: "SSLContext") -> None:
    """Let a context take any other side, as was said."""
    import ssl

    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE

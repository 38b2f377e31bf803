"""Chain ids: what names a layer together with all that lie below it. Source: the OCI image spec 1.1, Layer ChainID."""


def effective(diff_ids: list[str]) -> list[str]:
    """Return layers, lowest first, each once: one that comes twice counts where it is on top."""
    return list(dict.fromkeys(reversed(diff_ids)))[::-1]


def of(diff_ids: list[str]) -> dict[str, str]:
    """Return the chain id of each layer of an image, the lowest first."""
    import hashlib

    found: dict[str, str] = {}
    below = ""
    for diff_id in effective(diff_ids):
        below = f"sha256:{hashlib.sha256(f'{below} {diff_id}'.encode()).hexdigest()}" if below else diff_id
        found[diff_id] = below
    return found

"""What `/info` says of settings: registries, by which name they are asked, and proxies."""

import os
from typing import Any

from hull.engine import Engine

INDEX = "https://index.docker.io/v1/"
LOOPBACK = ("127.0.0.0/8", "::1/128")


def document(engine: Engine) -> dict[str, Any]:
    """Return this part of the body."""
    return {"IndexServerAddress": INDEX, "RegistryConfig": _registries(engine), **_proxies()}


def _registries(engine: Engine) -> dict[str, Any]:
    """Return the settings of registries: which are spoken to without proof, which are asked in another's place."""
    from hull import config

    settings = config.load(engine.paths.config)
    known = {"docker.io", *settings.tables.get("registry", {})}
    indexes = {}
    for one in sorted(known):
        said = settings.registry(one)
        indexes[one] = {
            "Name": one,
            "Mirrors": list(said.asked_first),
            "Secure": not said.insecure,
            "Official": one == "docker.io",
        }
    return {
        "AllowNondistributableArtifactsCIDRs": None,
        "AllowNondistributableArtifactsHostnames": None,
        "InsecureRegistryCIDRs": list(LOOPBACK),
        "IndexConfigs": indexes,
        "Mirrors": indexes["docker.io"]["Mirrors"],
    }


def _proxies() -> dict[str, str]:
    def said(name: str) -> str:
        return os.environ.get(name.upper()) or os.environ.get(name) or ""

    return {"HttpProxy": said("http_proxy"), "HttpsProxy": said("https_proxy"), "NoProxy": said("no_proxy")}

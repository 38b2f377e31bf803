"""What `inspect` shows of an image, in the shape of Docker's API."""

from hull.images import imageconfig, reference
from hull.light import Any
from hull.paths import Paths
from hull.state.images import Images


def of(paths: Paths, rows: Images, ident: str) -> dict[str, Any]:
    """Return the details of an image that is here."""
    import json
    from datetime import UTC, datetime

    record = rows.get(ident)
    if record is None:
        return {}
    config = json.loads(record.config)
    keys = [key for key, _ in rows.tags(ident)]
    layers = {layer.diff_id: layer for layer in rows.layers()}
    diff_ids = imageconfig.layers(config)
    here = [layers[diff_id] for diff_id in diff_ids if diff_id in layers]
    return {
        "Id": record.id,
        "RepoTags": [str(reference.parse(key)) for key in keys if "@" not in key],
        "RepoDigests": [str(reference.parse(key)) for key in keys if "@" in key],
        "Manifest": record.manifest,
        "Comment": config.get("comment", ""),
        "Created": config.get("created", ""),
        "Author": config.get("author", ""),
        "Architecture": config.get("architecture", ""),
        "Variant": config.get("variant", ""),
        "Os": config.get("os", ""),
        "Size": record.size,
        "Config": config.get("config") or {},
        "RootFS": {"Type": "layers", "Layers": diff_ids},
        "GraphDriver": {
            "Name": "overlay",
            "Data": {"Layers": [f"{paths.layers(layer.flavour)}/{layer.directory}" for layer in here]},
        },
        "Metadata": {"LastTagTime": datetime.fromtimestamp(record.created, UTC).isoformat()},
        "Notes": {layer.diff_id: notes for layer in here if (notes := json.loads(layer.notes))},
        "Platforms": _platforms(paths, keys),
    }


def _platforms(paths: Paths, keys: list[str]) -> list[dict[str, Any]]:
    """Return every entry of the index the image came from, attestations included."""
    from hull.images import blobs, manifest

    for key in keys:
        digest = key.partition("@")[2]
        body = blobs.get(paths, digest) if digest else None
        if body is None:
            continue
        document = manifest.parse(body)
        if isinstance(document, manifest.Index):
            return [
                {"Platform": str(m.platform), "Digest": m.digest, "Attestation": m.attestation}
                for m in document.manifests
            ]
    return []

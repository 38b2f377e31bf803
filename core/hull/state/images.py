"""The rows of images, tags and layers."""

import time

from hull.light import NamedTuple
from hull.state import chains
from hull.state.db import Database

_READ = ("Env", "Cmd", "Entrypoint", "Shell", "Labels", "Volumes", "ExposedPorts", "Healthcheck", "Healthcheck.Test")
_PATHS = ", ".join(f"'$.config.{name}'" for name in _READ)

LAYER = "diff_id, flavour, directory, size, notes, mark, tree, chain"


class ImageRecord(NamedTuple):
    """One image. `manifest` is empty where there was none; `config` the OCI image config's JSON; `size` unpacked."""

    id: str
    manifest: str
    config: str
    size: int
    created: float


class LayerRecord(NamedTuple):
    """One unpacked layer; `directory` is its name below the flavour's layers, `notes` JSON.

    `mark` is `BOOT:NONCE` while its data may not be on the disk: in another boot it is not to be trusted. `tree` is the
    digest of its files, "" where nobody took it. `chain` is its chain id where it took something from the layers below,
    or might have.
    """

    diff_id: str
    flavour: str
    directory: str
    size: int
    notes: str
    mark: str = ""
    tree: str = ""
    chain: str = ""


class User(NamedTuple):
    """A container that was made from an image."""

    id: str
    name: str
    created: float


class Images:
    """What is recorded. Every method is one statement or one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def tagged(self, key: str) -> str:
        """Return the id of the image that a canonical reference names, "" for none."""
        rows = self._db.rows("SELECT image FROM tags WHERE reference = ?", key)
        return str(rows[0][0]) if rows else ""

    def with_prefix(self, digits: str) -> list[str]:
        """Return the ids that start with these hex digits, two at most."""
        pattern = f"sha256:{digits}*"
        return [str(row[0]) for row in self._db.rows("SELECT id FROM images WHERE id GLOB ? LIMIT 2", pattern)]

    def get(self, ident: str) -> ImageRecord | None:
        """Return one image."""
        rows = self._db.rows("SELECT id, manifest, config, size, created FROM images WHERE id = ?", ident)
        return ImageRecord(*rows[0]) if rows else None  # type: ignore[arg-type]

    def all(self) -> list[ImageRecord]:
        """Return every image, the newest first."""
        rows = self._db.rows("SELECT id, manifest, config, size, created FROM images ORDER BY created DESC, id")
        return [ImageRecord(*row) for row in rows]  # type: ignore[arg-type]

    def tags(self, ident: str = "") -> list[tuple[str, str]]:
        """Return (reference, image) of one image, or of all, in order."""
        where, values = ("WHERE image = ?", (ident,)) if ident else ("", ())
        sql = f"SELECT reference, image FROM tags {where} ORDER BY reference"  # noqa: S608 (constants)
        rows = self._db.rows(sql, *values)
        return [(str(reference), str(image)) for reference, image in rows]

    def config(self, ident: str) -> list[tuple[str, str, object]]:
        """Return (path, key, value) of what a start needs of a config: SQLite parses, Python loads nothing."""
        rows = self._db.rows(
            # releases of SQLite differ in which keys they quote in a path
            "SELECT replace(t.path, '\"', '') AS place, t.key, t.atom FROM images, json_tree(images.config) AS t"  # noqa: S608
            f" WHERE images.id = ? AND place IN ('$', '$.config', '$.rootfs.diff_ids', {_PATHS})",
            ident,
        )
        return [(str(path), str(key), value) for path, key, value in rows]

    def directories(self, diff_ids: list[str], flavour: str) -> dict[str, str]:
        """Return which layers of an image (lowest first) are unpacked, and where; what another boot left is not."""
        return {diff_id: layer.directory for diff_id, layer in self.unpacked(diff_ids, flavour).items()}

    def unpacked(self, diff_ids: list[str], flavour: str) -> dict[str, LayerRecord]:
        """Return the layers of an image (lowest first) that are unpacked and trusted."""
        marks = ", ".join("?" * len(diff_ids))
        sql = f"SELECT {LAYER} FROM layers WHERE flavour = ? AND diff_id IN ({marks})"  # noqa: S608 (constants, marks)
        found = [LayerRecord(*row) for row in self._db.rows(sql, flavour, *diff_ids)]  # type: ignore[arg-type]
        return matching([layer for layer in found if trusted(layer.mark)], diff_ids)

    def layers(self) -> list[LayerRecord]:
        """Return every layer."""
        rows = self._db.rows(f"SELECT {LAYER} FROM layers")  # noqa: S608 (a constant)
        return [LayerRecord(*row) for row in rows]  # type: ignore[arg-type]

    def layer(self, diff_id: str, flavour: str, chain: str = "") -> LayerRecord | None:
        """Return one layer, trusted or not: of this chain, else one that is the same over any other."""
        sql = f"SELECT {LAYER} FROM layers WHERE diff_id = ? AND flavour = ? AND chain IN (?, '') ORDER BY chain DESC"  # noqa: S608 (a constant)
        rows = self._db.rows(sql, diff_id, flavour, chain)
        return LayerRecord(*rows[0]) if rows else None  # type: ignore[arg-type]

    def add_layer(self, layer: LayerRecord) -> None:
        """Record a layer that is whole. Nobody waits for its files, so nobody waits for its row."""
        marks = ", ".join("?" * len(layer))
        self._db.behind.write(f"INSERT OR REPLACE INTO layers ({LAYER}) VALUES ({marks})", *layer)  # noqa: S608

    def synced(self, marks: list[str]) -> None:
        """Take these marks from the layers that have them: their data is on the disk."""
        with self._db.transaction():
            for mark in marks:
                self._db.write("UPDATE layers SET mark = '' WHERE mark = ?", mark)

    def proven(self, layer: LayerRecord, tree: str) -> None:
        """Record the digest of a layer that is on the disk, where the row is still the one that was read."""
        sql = (
            "UPDATE layers SET mark = '', tree = ? "
            "WHERE diff_id = ? AND flavour = ? AND chain = ? AND mark = ? AND tree = ?"
        )
        self._db.behind.write(sql, tree, layer.diff_id, layer.flavour, layer.chain, layer.mark, layer.tree)

    def add(self, image: ImageRecord, diff_ids: list[str], keys: list[str], flavour: str) -> None:
        """Record an image whose layers are recorded, and let the references name it; size and time are found here."""
        marks = ", ".join("?" * len(diff_ids))
        db = self._db.behind
        with db.transaction():
            size = db.rows(
                "SELECT coalesce(sum(size), 0) FROM"  # noqa: S608 (marks)
                f" (SELECT max(size) AS size FROM layers WHERE flavour = ? AND diff_id IN ({marks}) GROUP BY diff_id)",
                flavour,
                *diff_ids,
            )[0][0]
            db.write(
                "INSERT INTO images (id, manifest, config, size, created) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO"
                " UPDATE SET manifest = CASE excluded.manifest WHEN '' THEN manifest ELSE excluded.manifest END",
                *(image.id, image.manifest, image.config, size, time.time()),
            )
            for key in keys:
                db.write("INSERT OR REPLACE INTO tags VALUES (?, ?)", key, image.id)

    def copy(self, image: ImageRecord) -> None:
        """Record an image whose layers are in a store of others; one that is here stays as it is."""
        sql = "INSERT OR IGNORE INTO images (id, manifest, config, size, created) VALUES (?, ?, ?, ?, ?)"
        self._db.write(sql, *image._replace(created=time.time()))

    def name(self, ident: str, keys: list[str]) -> None:
        """Let references name an image, whatever they named before."""
        with self._db.transaction():
            for key in keys:
                self._db.write("INSERT OR REPLACE INTO tags VALUES (?, ?)", key, ident)

    def untag(self, keys: list[str]) -> None:
        """Forget references."""
        with self._db.transaction():
            for key in keys:
                self._db.write("DELETE FROM tags WHERE reference = ?", key)

    def forget(self, ident: str) -> None:
        """Forget an image and every reference to it."""
        with self._db.transaction():
            self._db.write("DELETE FROM tags WHERE image = ?", ident)
            self._db.write("DELETE FROM images WHERE id = ?", ident)

    def users(self, ident: str) -> list[User]:
        """Return the containers made from an image, and those that mount it."""
        sql = "SELECT id, name, created FROM containers WHERE image = ?1 OR instr(spec, ?2) ORDER BY name"
        rows = self._db.rows(sql, ident, f'"image={ident}"')
        return [User(*row) for row in rows]  # type: ignore[arg-type]

    def unused_layers(self) -> list[LayerRecord]:
        """Return the layers that no image here is made of and no step of a build."""
        rows = self._db.rows(
            f"SELECT {LAYER} FROM layers WHERE diff_id NOT IN"  # noqa: S608 (a constant)
            " (SELECT value FROM images, json_each(images.config, '$.rootfs.diff_ids'))"
            " AND diff_id NOT IN (SELECT diff_id FROM steps)"
        )
        return [*(LayerRecord(*row) for row in rows), *self._other_chains()]  # type: ignore[arg-type]

    def _other_chains(self) -> list[LayerRecord]:
        """Return the layers of chains that no image has."""
        rows = self._db.rows(f"SELECT {LAYER} FROM layers WHERE chain != ''")  # noqa: S608 (a constant)
        if not rows:
            return []
        images = self._db.rows("SELECT json_extract(config, '$.rootfs.diff_ids') FROM images")
        known = {chain for (text,) in images for chain in chains.of(_list(text)).values()}
        known |= {str(diff_id) for (diff_id,) in self._db.rows("SELECT diff_id FROM steps")}  # a step's lies alone
        found = (LayerRecord(*row) for row in rows)  # type: ignore[arg-type]
        return [layer for layer in found if layer.chain not in known]

    def forget_layer(self, layer: LayerRecord) -> None:
        """Forget a layer; its directory is then scratch, unless another row has it."""
        sql = "DELETE FROM layers WHERE diff_id = ? AND flavour = ? AND chain = ?"
        self._db.write(sql, layer.diff_id, layer.flavour, layer.chain)


def matching(layers: list[LayerRecord], diff_ids: list[str]) -> dict[str, LayerRecord]:
    """Return the layer of each diff id that an image (lowest first) is made of, as far as `layers` have them."""
    found = {layer.diff_id: layer for layer in layers if not layer.chain}
    if chained := [layer for layer in layers if layer.chain]:
        wanted = chains.of(diff_ids)
        found |= {layer.diff_id: layer for layer in chained if wanted.get(layer.diff_id) == layer.chain}
    return {diff_id: found[diff_id] for diff_id in diff_ids if diff_id in found}


def _list(text: object) -> list[str]:
    import json

    return [str(one) for one in json.loads(str(text or "[]"))]


def trusted(mark: str) -> bool:
    """Whether a layer with this mark is what was unpacked: synced, or of this very boot."""
    if not mark:
        return True
    from hull.state.processes import boot_id

    return mark.startswith(f"{boot_id()}:")

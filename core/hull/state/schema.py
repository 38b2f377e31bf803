"""Append-only migrations: entry n brings a database from version n to n + 1. Never edit one that was released."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE images (
        id TEXT PRIMARY KEY,             -- config digest, sha256:<hex>
        manifest TEXT NOT NULL,          -- manifest digest, '' where there was none (import)
        config TEXT NOT NULL,            -- the OCI image config, JSON
        identity TEXT NOT NULL DEFAULT '{}',
        size INTEGER NOT NULL,           -- bytes unpacked
        created REAL NOT NULL            -- seconds since the epoch, when it came here
    ) STRICT;
    CREATE TABLE tags (
        reference TEXT PRIMARY KEY,      -- canonical: docker.io/library/debian:12, or …@sha256:<hex>
        image TEXT NOT NULL REFERENCES images(id)
    ) STRICT;
    CREATE INDEX tags_image ON tags(image);
    CREATE TABLE layers (
        diff_id TEXT NOT NULL,           -- digest of the uncompressed tar
        flavour TEXT NOT NULL,           -- range or single: which map it was unpacked under
        directory TEXT NOT NULL,         -- its name below layers/, short: mount options are bounded
        size INTEGER NOT NULL,
        notes TEXT NOT NULL DEFAULT '{}',-- what could not be kept: devices skipped, ids out of the map
        PRIMARY KEY (diff_id, flavour)
    ) STRICT;
    CREATE TABLE containers (
        id TEXT PRIMARY KEY,             -- 64 hex digits
        name TEXT NOT NULL UNIQUE,
        image TEXT NOT NULL,             -- image id, or '' for the host
        spec TEXT NOT NULL,              -- Spec.encode(), JSON
        config TEXT NOT NULL,            -- model.Image as it was at creation, JSON
        creator TEXT NOT NULL,           -- "pid start-tick boot-id" of the process that asked
        created REAL NOT NULL,
        remove INTEGER NOT NULL          -- --rm
    ) STRICT;
    """,
    """
    ALTER TABLE containers ADD COLUMN desired TEXT NOT NULL DEFAULT 'stopped'; -- running, stopped, removing
    """,
    """
    CREATE TABLE sources (
        diff_id TEXT NOT NULL,           -- a layer's, here or not
        digest TEXT NOT NULL,            -- the blob as the registry has it, compressed or not
        size INTEGER NOT NULL,           -- of the blob, bytes
        media_type TEXT NOT NULL,
        repository TEXT NOT NULL,        -- where it was pulled from or pushed to: docker.io/library/debian
        PRIMARY KEY (diff_id, digest, repository)
    ) STRICT;
    """,
    """
    CREATE TABLE steps (
        key TEXT PRIMARY KEY,            -- digest of the layers below, the instruction and what it reads
        diff_id TEXT NOT NULL,           -- the layer it made, '' where it changed no file
        text TEXT NOT NULL,              -- the instruction, for people
        created REAL NOT NULL,           -- seconds since the epoch, when it was made
        used REAL NOT NULL               -- seconds since the epoch, when it was last made or taken
    ) STRICT;
    """,
    """
    ALTER TABLE layers ADD COLUMN mark TEXT NOT NULL DEFAULT ''; -- boot id:nonce until its data is on the disk, then ''
    ALTER TABLE layers ADD COLUMN tree TEXT NOT NULL DEFAULT ''; -- digest of its files, '' until somebody took it
    """,
    """
    CREATE TABLE volumes (
        name TEXT PRIMARY KEY,           -- of one that was made by a word of its own; its directory says that it is
        labels TEXT NOT NULL,            -- JSON object
        options TEXT NOT NULL,           -- JSON object: the local driver's, as Docker's -o
        anonymous INTEGER NOT NULL,      -- nobody named it
        created REAL NOT NULL            -- seconds since the epoch
    ) STRICT;
    """,
    """
    CREATE TABLE networks (
        id TEXT PRIMARY KEY,             -- 64 hex digits
        name TEXT NOT NULL UNIQUE,
        settings TEXT NOT NULL,          -- JSON: subnets, internal, labels, options
        created REAL NOT NULL            -- seconds since the epoch
    ) STRICT;
    CREATE TABLE endpoints (             -- what the members' last starts were given
        network TEXT NOT NULL,
        container TEXT NOT NULL,
        interface TEXT NOT NULL,         -- its name inside: eth0
        address TEXT NOT NULL,           -- IPv4, '' where the network has none
        address6 TEXT NOT NULL,
        mac TEXT NOT NULL,
        space TEXT NOT NULL,             -- "inode descriptor time" of the network's namespace, open at whoever holds it
        holder TEXT NOT NULL,            -- "pid start-tick boot-id" of one who does
        PRIMARY KEY (network, container)
    ) STRICT;
    """,
    """
    CREATE TABLE chained (               -- layers as before; those that ask the layers below once for each chain
        diff_id TEXT NOT NULL,
        flavour TEXT NOT NULL,
        directory TEXT NOT NULL,         -- several rows share it where nothing below had an answer
        size INTEGER NOT NULL,
        notes TEXT NOT NULL DEFAULT '{}',
        mark TEXT NOT NULL DEFAULT '',
        tree TEXT NOT NULL DEFAULT '',
        chain TEXT NOT NULL DEFAULT '',  -- chain id, '' for a layer that is the same over any other
        PRIMARY KEY (diff_id, flavour, chain)
    ) STRICT;
    INSERT INTO chained SELECT diff_id, flavour, directory, size, notes, mark, tree, '' FROM layers;
    DROP TABLE layers;
    ALTER TABLE chained RENAME TO layers;
    """,
    """
    CREATE TABLE checkpoints (
        container TEXT NOT NULL,
        number INTEGER NOT NULL,         -- of its container: 1, 2, …; never given twice
        parent INTEGER NOT NULL,         -- the number it came after, 0 for the container's beginning
        layers TEXT NOT NULL,            -- names below snapshots/ over the container's base, lowest first, by spaces
        label TEXT NOT NULL,             -- the command that came before, or what the user said
        code INTEGER,                    -- that command's exit code, NULL where there was none
        made TEXT NOT NULL,              -- frozen, copied (while its processes were held), live (while they went on)
        created REAL NOT NULL,           -- seconds since the epoch
        PRIMARY KEY (container, number)
    ) STRICT;
    CREATE TABLE stacks (                -- what lies between a container's base and its upper, where anything does
        container TEXT PRIMARY KEY,
        layers TEXT NOT NULL,            -- as those of checkpoints
        stands INTEGER NOT NULL,         -- the checkpoint whose state its upper began with, or was when last copied
        forward TEXT NOT NULL,           -- the numbers that undo went back over, the nearest first, by spaces
        pending TEXT NOT NULL            -- the name that its upper is about to get below snapshots/, '' for none
    ) STRICT;
    """,
    """
    CREATE TABLE swarm (                 -- no row, or one: the store's swarm of one node
        one INTEGER PRIMARY KEY CHECK (one = 1),
        document TEXT NOT NULL           -- JSON: Swarm of state/swarm.py
    ) STRICT;
    """,
)

"""The executing half of `hull build`: a Dockerfile's values become layers and an image.

Theory of operation. `building` takes the stages that the target needs and gives each a thread; a stage waits for those
it needs, then carries out its instructions one by one. An instruction changes the stage's state (`state`): its config,
its history, or its files. Files change in a fresh upper directory over the stage's layers: by a container that the
launcher makes (`running`, `carrying`; `containers` are those that others see), or by entries that the confined child
places (`copying`). The upper is then *sealed*: the child packs it to learn its digest, and the directory itself becomes
the next layer; nothing is unpacked twice.

Sealed layers stay in the build's own scratch directory until its end. There they get their names and rows, marked as
not yet synced (hull.images.settling says what becomes of the mark), and the image its row. Whatever kills a build
leaves one scratch directory whose lock is free: the next build removes it.

What needs root of the user namespace is done by one confined child a build (`child`), started when first needed: it
serves requests over a socket and forks for each.
"""

"""What Docker's clients say and hear: their bodies as the verbs' flags, what the verbs know as their documents.

Nothing here knows HTTP: a module a subject, functions of an engine and plain values. Source: the Docker Engine API,
1.24 to the version that hull.docker.versions names.
"""

"""What a Dockerfile says: read once into frozen values, before anything is built.

    dockerfile = parser.parse(text, "Dockerfile")
    known = scope.globals_(dockerfile, build_args, scope.platforms("linux/amd64", "linux/arm64"))
    graph = graph.plan(dockerfile, known, target, contexts)    # needed stages only, each after what it needs
    step = expanding.expand(instruction, variables, dockerfile.escape)
    pairs = scope.declare(arg, build_args, known, variables, dockerfile.escape)

Nothing here mounts, builds or knows an engine; `git.checkout` alone runs a program. What cannot be is a
`DockerfileError`, which names file, line and column and shows the line. Source of the rules: Docker's Dockerfile
reference, and how BuildKit answers where the reference is silent.
"""

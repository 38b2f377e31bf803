"""What a Dockerfile says: read once into frozen values, before anything is built.

    dockerfile = parse(text, "Dockerfile")
    graph = plan(dockerfile, scope, target="final")      # stages that are needed, in the order they can be built
    step = expand(instruction, variables, escape)        # the instruction with its variables replaced

Nothing here runs, mounts or knows an engine. Source of the rules: Docker's Dockerfile reference, and how BuildKit
answers where the reference is silent.
"""

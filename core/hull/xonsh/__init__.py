"""The xonsh front: `hull` resolves to a native command before xonsh starts anything.

run and exec resolve to the launcher, spawned by xonsh itself with the plan in a memfd: pipes, `$(…)`, `&`, Ctrl-Z and
exit codes are xonsh's own. Verbs that answer at once run in the shell; every other verb resolves to the hull command,
because a Python alias cannot be interrupted.
"""

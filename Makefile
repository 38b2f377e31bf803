# Two commands do everything on a fresh Debian: `make demo` and `make test`.
SHELL = /bin/sh
PY = .venv/bin/python
BUILT_FROM = pyproject.toml setup.py core/hull/kernel/_build.py core/hull/state/_build.py $(wildcard core/hull/state/jsonfile/*) \
	$(wildcard core/hull/runtime/launcher/*.c core/hull/runtime/launcher/*.h)

help:
	@echo "make demo    set everything up, then show what hull does"
	@echo "make recordings  record the stories of docs/STORIES.md anew, over your own store"
	@echo "make test    set everything up, then the whole suite (as root: as three kinds of user)"
	@echo "make test-vm what needs a kernel of its own: limits by systemd, an older kernel (qemu, a minute or three)"
	@echo "make check   linter, types and unit tests: under a minute"
	@echo "make bench   side by side with podman and bubblewrap"
	@echo "make fuzz    every fuzzer for 10 minutes (SECONDS=600)"
	@echo "make clean   remove what was built"

.venv/ready: $(BUILT_FROM)
	@sh tests/setup/packages.sh base
	@sh tests/setup/venv.sh

setup: .venv/ready

demo: .venv/ready
	@sh tests/setup/packages.sh base
	@$(PY) -m demos.story

recordings: .venv/ready
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PY) -m demos.record

test:
	@sh tests/setup/packages.sh base test
	@$(MAKE) -s .venv/ready
	@$(PY) -m tests.as_users

test-vm:
	@sh tests/setup/packages.sh base vm
	@$(MAKE) -s .venv/ready
	@$(PY) -m pytest -q -s tests/vm

check: .venv/ready
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@$(PY) -m pytest -q -n 2 -m "not real and not slow"

bench:
	@sh tests/setup/packages.sh base bench
	@$(MAKE) -s .venv/ready
	@$(PY) -m bench

SECONDS = 600
fuzz: .venv/ready
	@sh tests/setup/packages.sh base test
	@$(PY) -m tests.as_users fuzz $(SECONDS)

clean:
	rm -rf .venv .venv-* build core/hull/bin core/hull/kernel/_syscalls* core/hull/state/_jsonfile.* .mypy_cache .ruff_cache .pytest_cache

.PHONY: help setup demo recordings test test-vm check bench fuzz clean

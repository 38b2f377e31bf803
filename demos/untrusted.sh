#!/bin/sh
# A script from nowhere: no network, no files, no secrets, nothing to write to, little time
image=${DEBIAN:-debian:12}
export TOKEN=my-secret

# What it tries is in untrusted/script.sh
box="--network none --read-only --cap-drop all --tmpfs /tmp:size=1m --ulimit cpu=1"
hull run --rm $box -v ./untrusted:/job:ro "$image" sh /job/script.sh

# A loop is over with its second of CPU; --memory and --pids-limit where groups are delegated
hull run --rm $box "$image" sh -c 'while :; do :; done'; echo "ended with $?"

# With a network, but only to what is named: --egress
hull run --rm --egress none "$image" getent hosts deb.debian.org || echo "no way out"

#!/bin/sh
# From an experiment to a Containerfile: try by hand, keep what worked.
image=${DEBIAN:-debian:12}

# A container to try things in
hull run -d --name lab "$image" sleep 600
hull exec lab sh -c 'mkdir -p /srv/site && echo "<h1>Made of what was tried</h1>" >/srv/site/index.html'
hull exec -w /srv/site lab sh -c 'sha256sum index.html >SUMS'

# What has changed, and what was done
hull diff lab
hull recipe lab | tee Containerfile

# That is an image; build it again tomorrow, elsewhere, with docker if you like
hull build -q -t site -f Containerfile .
hull run --rm -w /srv/site site sh -c 'cat index.html && sha256sum -c SUMS'

# Nothing of the experiment stays
hull rm -f lab && rm Containerfile

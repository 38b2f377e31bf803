#!/bin/sh
# A database for an afternoon: built, used, thrown away; its data stays as long as you want
base=${BASE:-debian:12}

# An image with PostgreSQL
hull build -q -t postgres - <<END
FROM $base
RUN command -v pg_ctlcluster || (apt-get update && apt-get install -y --no-install-recommends postgresql)
RUN install -d -o postgres /run/postgresql
USER postgres
VOLUME /var/lib/postgresql
CMD exec pg_ctlcluster --foreground \$(pg_lsclusters -h | cut -d' ' -f1,2) start -o '-c listen_addresses=*'
END

# It runs beside the shell: no daemon, nothing of this machine is configured
hull run -d --name db -v shop:/var/lib/postgresql -p 127.0.0.1::5432 postgres
until hull exec db pg_isready -q; do sleep 0.2; done
hull port db

# psql inside, data through a pipe
sql() { hull exec -i db psql -qAt "$@"; }
sql -c 'CREATE TABLE sales (thing text, price int)'
printf 'rope,12\nanchor,90\nsail,240\n' | sql -c '\copy sales FROM STDIN CSV'
sql -c 'SELECT count(*), sum(price) FROM sales'

# The container goes, the volume stays
hull rm -f db
hull run -d --name db -v shop:/var/lib/postgresql postgres
until hull exec db pg_isready -q; do sleep 0.2; done
sql -c 'SELECT thing FROM sales ORDER BY price DESC LIMIT 1'

# The afternoon is over
hull rm -f db && hull volume rm shop

set -e
shift
out=$1
mkdir -p "$(dirname "$out")"
{ echo "#!/bin/server"; cat "$2"/*.go; } > "$out"
chmod 0755 "$out"

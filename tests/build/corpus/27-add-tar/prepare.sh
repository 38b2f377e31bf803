set -e
mkdir -p tree/d && echo one > tree/one && echo two > tree/d/two && chmod 0750 tree/d && ln -s one tree/link && ln tree/one tree/hard
find tree -exec touch -h -d @1000000000 {} +
tar --owner=123 --group=456 -C tree -cf plain.tar .
tar --owner=0 --group=0 -C tree -czf packed.tar.gz d one
tar --owner=0 --group=0 -C tree -cJf packed.tar.xz link one
echo text | gzip -n > not-a-tar.gz
rm -r tree

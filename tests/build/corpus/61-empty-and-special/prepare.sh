mkdir -p tree/empty-dir

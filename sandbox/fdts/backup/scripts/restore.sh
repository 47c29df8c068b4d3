#!/bin/bash
# restore.sh ARCHIVE --force: replaces database and uploads by those of the archive.
set -e
archive=$1
if [ ! -f "$archive" ]; then
  echo "restore.sh: no such archive: ${archive:-none given}. Usage: restore.sh ARCHIVE --force" >&2
  exit 2
fi
if [ "$2" != "--force" ]; then
  echo "restore.sh: this replaces the live data. Add --force to go on." >&2
  exit 2
fi
work=$(mktemp -d)
tar -xzf "$archive" -C "$work"
cp "$work/database.sqlite" /app/data/database.sqlite
chown 10001:10001 /app/data/database.sqlite
tar -xzf "$work/uploads.tar.gz" -C /app/uploads
rm -rf "$work"
echo "Restored from $archive"

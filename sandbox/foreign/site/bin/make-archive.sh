#!/bin/sh
# make-archive.sh: writes an archive of entries and files to /srv/records-archives. Started by cron, or by hand as root.
set -eu
name=fdts_backup_$(date -u +%Y%m%d_%H%M%S).tar.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chown 2300:2300 "$work"
as_owner() { setpriv --reuid 2300 --regid 2300 --clear-groups "$@"; }
as_owner sqlite3 /srv/records-data/db/store.db ".backup '$work/database.sqlite'"
as_owner tar -C /srv/records-data/blobs -czf "$work/uploads.tar.gz" .
as_owner tar -C "$work" -czf "/srv/records-archives/.$name" database.sqlite uploads.tar.gz
mv "/srv/records-archives/.$name" "/srv/records-archives/$name"
echo "/srv/records-archives/$name"

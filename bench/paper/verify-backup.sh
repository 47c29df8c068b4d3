#!/bin/bash
# verify-backup.sh NAME: the paper runbook's "Backup Verification", steps 2 and 3, typed in its backup container.
# Corrections:
#  - the commands are typed inside the container, so that the start of eight `docker-compose exec` is not counted.
#  - a step that fails ends it: the runbook prints the exit code and goes on.
#  - the uploads are looked at too (the last tar): the runbook never opens them.
set -e
BACKUP_FILE=$1

tar -tzf "/app/backups/$BACKUP_FILE" > /dev/null

mkdir -p /tmp/backup_test
tar -xzf "/app/backups/$BACKUP_FILE" -C /tmp/backup_test
sqlite3 /tmp/backup_test/database.sqlite "PRAGMA integrity_check;"
tar -tzf /tmp/backup_test/uploads.tar.gz > /dev/null
rm -rf /tmp/backup_test

#!/bin/bash
# restore-backup.sh NAME: the paper runbook's "Database Corruption", steps 1 to 4 in its order, as an operator types them on
# the host, with the archive NAME.
# Corrections without which the commands do not run, or destroy the data:
#  - `docker-compose exec` gets -T: there is no terminal.
#  - steps 2 and 4: `exec` into the stopped app fails: the backup container is asked, which has the same files.
#  - step 3: the database's -wal and -shm of before are removed first, which the site's restore.sh leaves behind.
#  - the health page is asked every 0.2 s until it answers: the runbook does not wait.
set -e
cd /opt/fdts

docker-compose stop app

docker-compose exec -T backup sqlite3 /app/data/database.sqlite "PRAGMA integrity_check;"

rm -f data/database.sqlite-wal data/database.sqlite-shm
docker-compose exec -T backup /app/scripts/restore.sh "/app/backups/$1" --force

docker-compose exec -T backup sqlite3 /app/data/database.sqlite "PRAGMA integrity_check;"
docker-compose start app

until curl -f http://localhost:3001/api/health; do sleep 0.2; done

#!/bin/bash
# The paper runbook's "Planned Maintenance Window", steps 1 to 7 in its order, as an operator types them on the host.
# Corrections without which the commands do not run, or not without a person at a terminal:
#  - `docker-compose exec` gets -T: there is no terminal.
#  - step 3: the operator answers dpkg's question about the changed configuration file with Enter (it is kept);
#    no sudo, the shell is root's.
#  - step 4: `docker-compose pull` fails for the services whose images are only built here, and stops: only the service
#    with a registry is named.
#  - step 5: `exec` into the stopped app fails: sqlite3 is given the database file itself.
#  - step 7: the one curl of the runbook is repeated until it is answered, every 0.2 s.
set -e
cd /opt/fdts

docker-compose exec -T backup /app/scripts/backup.sh

docker-compose stop app nginx

apt update
yes '' | apt upgrade -y

docker-compose pull nginx
docker-compose build --no-cache

sqlite3 data/database.sqlite "VACUUM; ANALYZE; PRAGMA integrity_check;"

docker-compose up -d

until curl -f http://localhost:3001/api/health; do sleep 0.2; done

#!/bin/bash
# Makes one backup a day at BACKUP_DAILY_AT (HH:MM), else idles. Stops at once on SIGTERM.
trap 'exit 0' TERM INT
last=""
while true; do
  today=$(date +%F)
  if [ "$(date +%H:%M)" = "${BACKUP_DAILY_AT:-off}" ] && [ "$last" != "$today" ]; then
    last=$today
    /app/scripts/backup.sh
  fi
  sleep 20 &
  wait $!
done

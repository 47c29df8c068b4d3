#!/bin/bash
# Writes /app/backups/fdts_backup_YYYYMMDD_HHMMSS.tar.gz with database.sqlite and uploads.tar.gz.
set -e
name="fdts_backup_$(date +%Y%m%d_%H%M%S)"
work="/tmp/$name"
mkdir -p "$work"
sqlite3 /app/data/database.sqlite ".backup '$work/database.sqlite'"
tar -czf "$work/uploads.tar.gz" -C /app/uploads .
tar -czf "/app/backups/$name.tar.gz" -C "$work" database.sqlite uploads.tar.gz
rm -rf "$work"
echo "Backup created: /app/backups/$name.tar.gz"

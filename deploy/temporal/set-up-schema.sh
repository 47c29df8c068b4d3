#!/bin/sh
# Creates both databases and brings their schemas to this image's version. Repeating it changes nothing.
set -eu

schema=/etc/temporal/schema/postgresql/v12

set_up() {
  database=$1
  versions=$2
  tool="temporal-sql-tool --plugin postgres12 --ep $POSTGRES_SEEDS --port $DB_PORT --user $POSTGRES_USER --db $database"
  $tool create-database
  $tool setup-schema -v 0.0
  $tool update-schema -d "$versions"
}

set_up temporal "$schema/temporal/versioned"
set_up temporal_visibility "$schema/visibility/versioned"

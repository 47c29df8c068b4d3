#!/bin/sh
# Creates the namespace with its retention and search attributes. Repeating it changes nothing but the retention.
set -eu

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" > /dev/null 2>&1; then
  temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
else
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi

# The server's caches learn of a new namespace within seconds.
attempt=1
until known=$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE"); do
  [ "$attempt" -lt 30 ] || { echo "namespace $TEMPORAL_NAMESPACE was made but cannot be used" >&2; exit 1; }
  attempt=$((attempt + 1))
  sleep 1
done

add() {
  case "$known" in
    *"$1 "*) echo "search attribute $1 is there" ;;
    *) temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$1" --type "$2" ;;
  esac
}

add FdtsProcedure Keyword
add FdtsHost Keyword
add FdtsOutcome Keyword
add FdtsWaiting Bool

#!/usr/bin/env bash
# A PostgreSQL 15 for CI, the oldest that is supported: "start <folder>" installs it where it is missing, starts it on a
# data folder of its own and prints its URL; "stop <folder>" stops it.
set -euo pipefail

command=$1
folder=$2
port=${CI_POSTGRES_PORT:-55415}
programs=/usr/lib/postgresql/15/bin

as_ordinary_user() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

install() {
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends postgresql-15
}

case $command in
  start)
    [ -x "$programs/postgres" ] || install >&2
    mkdir -p "$folder"
    [ "$(id -u)" != 0 ] || chown postgres "$folder"
    cd "$folder"
    as_ordinary_user "$programs/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >&2
    as_ordinary_user "$programs/pg_ctl" start -s -w -D "$folder/data" -l "$folder/log" \
      -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= -c max_connections=200 -c fsync=off -c synchronous_commit=off" >&2
    echo "postgres://postgres@127.0.0.1:$port/postgres"
    ;;
  stop)
    cd "$folder"
    as_ordinary_user "$programs/pg_ctl" stop -s -w -m immediate -D "$folder/data"
    ;;
esac

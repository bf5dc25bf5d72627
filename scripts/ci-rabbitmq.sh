#!/usr/bin/env bash
# A RabbitMQ for tests: "start <folder>" installs it where it is missing, starts it on a folder of its own (the data of an
# earlier start there is kept) and prints its URL; "stop <folder>" stops it. Leaves no service of the system running.
set -euo pipefail

command=$1
folder=$2
port=${CI_RABBITMQ_PORT:-55672}
programs=/usr/lib/rabbitmq/bin

# Node, port mapper and cookie of its own: another RabbitMQ of the machine neither disturbs it nor is disturbed.
environment=(
  HOME="$folder"
  ERL_EPMD_PORT="$((port + 1))"
  ERL_EPMD_ADDRESS=127.0.0.1
  RABBITMQ_NODENAME="aftercommit-$port@localhost"
  RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
  RABBITMQ_NODE_PORT="$port"
  RABBITMQ_DIST_PORT="$((port + 2))"
  RABBITMQ_CONF_ENV_FILE=/dev/null
  RABBITMQ_CONFIG_FILE="$folder/rabbitmq"
  RABBITMQ_ENABLED_PLUGINS_FILE="$folder/enabled_plugins"
  RABBITMQ_MNESIA_BASE="$folder/data"
  RABBITMQ_LOG_BASE="$folder/log"
  RABBITMQ_PID_FILE="$folder/pid"
)

as_ordinary_user() {
  if [ "$(id -u)" = 0 ]; then runuser -u rabbitmq -- env "${environment[@]}" "$@"; else env "${environment[@]}" "$@"; fi
}

install() {
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends rabbitmq-server
  # Where there is a systemd the package starts a service, which nobody asked for.
  if [ -d /run/systemd/system ]; then $sudo systemctl disable --now rabbitmq-server; fi
}

listens() {
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

# The listener is the last thing that RabbitMQ starts.
await_start() {
  for _ in $(seq 600); do
    if listens; then return; fi
    if ! kill -0 "$1" 2>/dev/null; then break; fi
    sleep 0.2
  done
  cat "$folder"/startup >&2
  return 1
}

case $command in
  start)
    [ -x "$programs/rabbitmq-server" ] || install >&2
    mkdir -p "$folder"
    [ "$(id -u)" != 0 ] || chown rabbitmq "$folder"
    cd "$folder"
    # Small, so that a message can be too large without being 128 MiB.
    echo 'max_message_size = 1048576' >"$folder/rabbitmq.conf"
    as_ordinary_user setsid "$programs/rabbitmq-server" </dev/null >"$folder/startup" 2>&1 &
    await_start $!
    echo "amqp://guest:guest@127.0.0.1:$port"
    ;;
  stop)
    cd "$folder"
    pid=$(cat "$folder/pid")
    # It may have been stopped before.
    as_ordinary_user kill -s "${CI_RABBITMQ_SIGNAL:-TERM}" "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    as_ordinary_user epmd -kill >/dev/null 2>&1 || true
    ;;
esac

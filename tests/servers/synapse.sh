#!/usr/bin/env bash
# synapse.sh PROGRAM PORT SECRET: a homeserver for tests, in a folder of its own. It ends when its standard input does, so that
# nothing is left behind by a test that was killed.
set -euo pipefail
program=$1 port=$2 secret=$3
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
printf 'ed25519 a_test %s\n' "$(head -c 32 /dev/urandom | base64 | tr -d =)" >"$folder/signing.key"
cat >"$folder/homeserver.yaml" <<END
server_name: bell.test
pid_file: $folder/pid
listeners:
  - { port: $port, bind_addresses: ['127.0.0.1'], type: http, tls: false, resources: [{ names: [client] }] }
database: { name: sqlite3, args: { database: '$folder/db' } }
signing_key_path: $folder/signing.key
registration_shared_secret: $secret
report_stats: false
# Passwords are not what is tested.
bcrypt_rounds: 4
suppress_key_server_warning: true
trusted_key_servers: []
media_store_path: $folder/media
rc_message: { per_second: 1000, burst_count: 1000 }
rc_joins: { local: { per_second: 1000, burst_count: 1000 } }
END
cd "$folder"
"$program" -c homeserver.yaml >log 2>&1 &
server=$!
cat >/dev/null

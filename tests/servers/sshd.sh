#!/bin/sh
# A private OpenSSH server on 127.0.0.1 for the tests: sshd.sh FOLDER PORT
#
# Nothing of the machine's own sshd is touched. Whoever has FOLDER/client may run git's commands, and nothing else, as the
# user who runs this. It runs until its standard input closes, so that it cannot outlive the tests, however they end.
set -eu
cd "$1"
dir=$(pwd) port=$2

for key in host client stranger; do
    ssh-keygen -q -t ed25519 -N '' -C tests -f "$key"
done
printf 'restrict,command="git-shell -c \\"$SSH_ORIGINAL_COMMAND\\"" %s\n' "$(cat client.pub)" >authorized_keys
printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 host.pub)" >known_hosts
printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 stranger.pub)" >known_hosts.wrong
chmod 600 authorized_keys

cat >sshd_config <<C
ListenAddress 127.0.0.1
Port $port
HostKey $dir/host
AuthorizedKeysFile $dir/authorized_keys
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
PermitRootLogin prohibit-password
StrictModes no
PrintMotd no
X11Forwarding no
C
# It wants this folder where root starts it.
[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
/usr/sbin/sshd -D -e -f "$dir/sshd_config" 2>log &
server=$!
while read -r _; do :; done
kill "$server"

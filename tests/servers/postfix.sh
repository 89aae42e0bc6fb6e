#!/bin/sh
# A private Postfix on 127.0.0.1 for the tests: postfix.sh FOLDER PLAIN_PORT STARTTLS_PORT IMPLICIT_PORT [LMTP_PORT]
#
# Nothing of the machine's own Postfix is touched. All mail ends in the Maildir FOLDER/vmail/inbox; that
# for mm.test goes to LMTP_PORT, where a list server is. It runs until its
# standard input closes, so that it cannot outlive the tests, however they end. Needs root: tests call it through sudo.
set -eu
cd "$1"
dir=$(pwd) plain=$2 starttls=$3 implicit=$4 lmtp=${5:-24}
owner=${SUDO_UID:-$(id -u postfix)}

mkdir -p etc/sasl spool data vmail tls postgrey dkim
chmod 755 . etc tls
for shared in postfix-files postfix-files.d dynamicmaps.cf dynamicmaps.cf.d; do
    cp -r "/etc/postfix/$shared" etc/ 2>/dev/null || true
done

# Our own CA, and a certificate for this machine's loopback.
quiet() { "$@" >tls/log 2>&1 || { cat tls/log >&2; exit 1; }; }
quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=tests" \
    -addext "basicConstraints=critical,CA:TRUE" -keyout tls/ca.key -out tls/ca.pem
quiet openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
    -keyout tls/server.key -out tls/server.csr
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >tls/ext
quiet openssl x509 -req -days 2 -in tls/server.csr -CA tls/ca.pem -CAkey tls/ca.key -CAcreateserial \
    -extfile tls/ext -out tls/server.pem
chmod 644 tls/ca.pem

cat >etc/main.cf <<X
compatibility_level = 3.6
queue_directory = $dir/spool
data_directory = $dir/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.test
mydestination =
mynetworks = 127.0.0.0/8
smtp_dns_support_level = disabled
disable_dns_lookups = yes
virtual_mailbox_domains = lists.test, example.test
virtual_mailbox_base = $dir/vmail
virtual_mailbox_maps = static:inbox/
virtual_minimum_uid = 100
relay_domains = mm.test
transport_maps = inline:{ mm.test=lmtp:inet:127.0.0.1:$lmtp }
virtual_uid_maps = static:$owner
virtual_gid_maps = static:$(id -g postfix)
smtpd_tls_security_level = may
smtpd_tls_cert_file = $dir/tls/server.pem
smtpd_tls_key_file = $dir/tls/server.key
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = $dir/etc/sasl
smtpd_sasl_local_domain = mail.test
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_sender_restrictions = check_sender_access inline:{ {stranger@example.test = 553 5.7.1 Not your address} }
smtpd_restriction_classes = greylisted
greylisted = check_policy_service unix:$dir/postgrey/socket
smtpd_recipient_restrictions = check_recipient_access inline:{ {grey@lists.test = 450 4.2.0 Greylisted} {waits@lists.test = greylisted} {closed@lists.test = 550 5.7.1 Only subscribers may post} }
message_size_limit = 200000
maillog_file = /dev/stdout
maillog_file_prefixes = /dev, /var
X
encrypted="-o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes -o smtpd_relay_restrictions=permit_sasl_authenticated,reject"
cat >etc/master.cf <<X
127.0.0.1:$plain inet n - n - - smtpd
127.0.0.1:$starttls inet n - n - - smtpd
  $encrypted -o smtpd_tls_auth_only=yes -o smtpd_milters=unix:$dir/dkim/socket
127.0.0.1:$implicit inet n - n - - smtpd
  $encrypted -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
showq unix n - n - - showq
pickup unix n - n 60 1 pickup
X
cat >etc/sasl/smtpd.conf <<X
pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN
sasldb_path: $dir/etc/sasl/sasldb2
X
echo mailpw | saslpasswd2 -p -c -f etc/sasl/sasldb2 -u mail.test incidentbot
chown postfix etc/sasl/sasldb2 data
chown "$owner" vmail
chown postgrey postgrey

# It signs what comes by STARTTLS and AUTH, as docs/mail.md says how to. In place of DNS the record lies beside the key.
quiet openssl genrsa -out dkim/bell.pem 2048
key=$(openssl rsa -in dkim/bell.pem -pubout -outform DER 2>tls/log | base64 -w0)
echo "v=DKIM1; k=rsa; p=$key" >dkim/record
chmod 644 dkim/record
cat >dkim/opendkim.conf <<X
Domain example.test
Selector bell
KeyFile $dir/dkim/bell.pem
Mode s
Canonicalization relaxed/relaxed
OversignHeaders From
Socket local:$dir/dkim/socket
UMask 000
UserID opendkim
Syslog no
RequireSafeKeys no
X
chown -R opendkim dkim
opendkim -f -x dkim/opendkim.conf >dkim.log 2>&1 &
signer=$!

# A real greylist: who comes again after a second is let in.
postgrey --unix="$dir/postgrey/socket" --dbdir="$dir/postgrey" --user=postgrey --group=postgrey --delay=1 \
    --whitelist-clients=/dev/null --whitelist-recipients=/dev/null >postgrey.log 2>&1 &
greylist=$!
until [ -S postgrey/socket ] && [ -S dkim/socket ]; do
    kill -0 $greylist && kill -0 $signer || { cat postgrey.log dkim.log >&2; exit 1; }
    sleep 0.05
done

postfix -c "$dir/etc" start-fg 2>&1 &
while read -r _; do :; done
postfix -c "$dir/etc" stop >/dev/null 2>&1
kill $greylist $signer
wait 2>/dev/null

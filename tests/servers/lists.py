"""A private Mailman 3 for the tests: lists.py FOLDER LMTP_PORT SMTP_PORT

One list, announce@mm.test, with two members: reader@lists.test, who gets its mail, and incidents@example.test, who only writes.
Who is no member is held for a moderator. It takes mail by LMTP and hands it on to the SMTP server. It runs until its standard
input closes, so that it cannot outlive the tests, however they end.
"""

import os
import signal
import sys

folder, lmtp, smtp = sys.argv[1:]
config_file = os.path.join(folder, "mailman.cfg")
with open(config_file, "w") as written:
    written.write(f"""
[mailman]
site_owner: owner@lists.test
layout: here
[paths.here]
var_dir: {folder}/var
bin_dir: {os.path.dirname(sys.executable)}
log_dir: $var_dir/logs
lock_dir: $var_dir/locks
data_dir: $var_dir/data
cache_dir: $var_dir/cache
etc_dir: $var_dir/etc
messages_dir: $var_dir/messages
archive_dir: $var_dir/archives
template_dir: $var_dir/templates
pid_file: $var_dir/master.pid
lock_file: $lock_dir/master.lck
queue_dir: $var_dir/queue
[mta]
incoming: mailman.mta.null.NullMTA
lmtp_host: 127.0.0.1
lmtp_port: {lmtp}
smtp_host: 127.0.0.1
smtp_port: {smtp}
""")

from mailman.app.lifecycle import create_list
from mailman.bin.runner import make_runner
from mailman.config import config
from mailman.core.initialize import initialize
from mailman.database.transaction import transaction
from mailman.interfaces.domain import IDomainManager
from mailman.interfaces.member import DeliveryStatus
from mailman.interfaces.subscriptions import ISubscriptionManager
from mailman.interfaces.usermanager import IUserManager
from mailman.utilities.datetime import now
from zope.component import getUtility


def beside(act):
    """In a process of its own, as Mailman's master does it, but without reading all of Python again for each."""
    child = os.fork()
    if child == 0:
        initialize(config_file)
        act()
        os._exit(0)
    return child


def set_up():
    with transaction():
        getUtility(IDomainManager).add("mm.test")
        announce = create_list("announce@mm.test", ["owner@lists.test"])
        announce.send_welcome_message = False
        announce.admin_immed_notify = False
        announce.moderator_password = config.password_context.encrypt("let-it-through").encode()
        for address in ["reader@lists.test", "incidents@example.test"]:
            member = getUtility(IUserManager).create_address(address)
            member.verified_on = now()
            ISubscriptionManager(announce).register(member, pre_verified=True, pre_confirmed=True, pre_approved=True)
        writer = announce.members.get_member("incidents@example.test")
        writer.preferences.delivery_status = DeliveryStatus.by_user


def run(name):
    runner = make_runner(name, 0, 1)
    runner.set_signals()
    runner.run()


_, status = os.waitpid(beside(set_up), 0)
assert status == 0, "the list could not be made"
running = [beside(lambda: run(name)) for name in ["lmtp", "in", "pipeline", "out", "virgin"]]
sys.stdin.read()
for child in running:
    os.kill(child, signal.SIGKILL)

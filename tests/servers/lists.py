"""A private Mailman 3 for the tests, with HyperKitty, its archive: lists.py FOLDER LMTP_PORT SMTP_PORT ARCHIVE_PORT

One list, announce@mm.test, with two members: reader@lists.test, who gets its mail, and incidents@example.test, who only writes.
Who is no member is held for a moderator. It takes mail by LMTP and hands it on to the SMTP server and to the archive, whose pages
are on the last port. It runs until its standard input closes, so that it cannot outlive the tests, however they end.
"""

import os
import signal
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

folder, lmtp, smtp, archive = sys.argv[1:]


class Quiet(WSGIRequestHandler):
    def log_message(self, *words):
        pass


# Where the archive asks what the list is like.
rest = make_server("127.0.0.1", 0, None, handler_class=Quiet)
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
[archiver.hyperkitty]
class: mailman_hyperkitty.Archiver
enable: yes
configuration: {folder}/hyperkitty.cfg
[mta]
incoming: mailman.mta.null.NullMTA
lmtp_host: 127.0.0.1
lmtp_port: {lmtp}
smtp_host: 127.0.0.1
smtp_port: {smtp}
""")

with open(os.path.join(folder, "hyperkitty.cfg"), "w") as written:
    written.write(f"[general]\nbase_url: http://127.0.0.1:{archive}/\napi_key: archive-key\n")
with open(os.path.join(folder, "archive_settings.py"), "w") as written:
    # HyperKitty's own settings for tests, with a database and a search that need nothing else.
    written.write(f"""
from hyperkitty.tests.settings_test import *
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "{folder}/archive.db"}}}}
HAYSTACK_CONNECTIONS = {{"default": {{"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}}}
HAYSTACK_SIGNAL_PROCESSOR = "haystack.signals.BaseSignalProcessor"
LOGGING = {{}}
MAILMAN_ARCHIVER_KEY = "archive-key"
MAILMAN_REST_API_URL = "http://127.0.0.1:{rest.server_port}"
Q_CLUSTER = {{"orm": "default", "sync": True, "retry": 60, "timeout": 30, "log_level": "ERROR"}}
STATIC_ROOT = "{folder}/static"
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


def beside(act, prepare=lambda: initialize(config_file)):
    """In a process of its own, as Mailman's master does it, but without reading all of Python again for each."""
    child = os.fork()
    if child == 0:
        prepare()
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


def keep_archive():
    sys.path.insert(0, folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "archive_settings"
    import django
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    django.setup()
    call_command("migrate", verbosity=0)
    make_server("127.0.0.1", int(archive), get_wsgi_application(), handler_class=Quiet).serve_forever()


def answer():
    # It can be read only once Mailman is set up.
    from mailman.rest.wsgiapp import make_application

    rest.set_app(make_application())
    rest.serve_forever()


def run(name):
    runner = make_runner(name, 0, 1)
    runner.set_signals()
    runner.run()


running = [beside(keep_archive, prepare=lambda: None)]
_, status = os.waitpid(beside(set_up), 0)
assert status == 0, "the list could not be made"
running += [beside(lambda: run(name)) for name in ["lmtp", "in", "pipeline", "out", "virgin", "archive"]]
running.append(beside(answer))
sys.stdin.read()
for child in running:
    os.kill(child, signal.SIGKILL)

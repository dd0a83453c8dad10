"""Requests that a pooled connection serves one after the other: each is fine, and so are all together."""

from django.db import connection, transaction
from knowledge.models import Author, Document, Gap, Publisher, Session, Setting, User

import traffic
from corpus.wire import execute, prepared, tagged


def _session(number):
    return Session.objects.get(pk=f"session-{number}")


def session_look_up_paused():
    for number in range(1, 101):
        _session(number)
        traffic.pause()


def session_look_up_traced():
    for number in range(1, 101):
        with tagged(traffic.Trace()):
            _session(number)


def session_look_up_stale_trace():
    with prepared(traffic.Trace()):
        for number in range(1, 101):
            _session(number)
            traffic.pause()


def pooled_requests():
    for number in range(1, 61):
        with transaction.atomic():
            session = _session(number)
            user = User.objects.get(pk=session.user_id)
            list(Gap.objects.filter(tenant_id=user.tenant_id).order_by("-asked_count")[:10])
        traffic.pause()


def pooled_requests_autocommit():
    for number in range(1, 61):
        session = _session(number)
        list(Document.objects.filter(tenant_id=session.user_id % 20 + 1).order_by("-created_at")[:10])
        traffic.pause()


def list_then_requests():
    list(Document.objects.filter(tenant_id=1).order_by("-created_at")[:20])
    session_look_up_paused()


def three_look_ups_a_trace():
    for number in range(20):
        with tagged(traffic.Trace()):
            for key in range(3):
                Author.objects.get(pk=number * 3 + key + 1)


def setting_read_a_request():
    for _ in range(30):
        with tagged(traffic.Trace()):
            Setting.objects.get(tenant_id=3, key="setting.4")


def polling_steady():
    for _ in range(15):
        list(Publisher.objects.filter(pk__lte=10))
        traffic.pause()
        traffic.pause()


def health_checks():
    connection.ensure_connection()
    for _ in range(50):
        assert connection.is_usable()


def volatile_calls():
    for _ in range(10):
        execute("SELECT now()")
        execute("SELECT nextval('documents_id_seq')")

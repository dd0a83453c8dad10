"""Many numbers of one table: what count_storm is about."""

import threading

from django.db import connections, transaction
from django.db.models import Avg, Count, Max, Min, Sum
from django.db.models.functions import TruncDate
from knowledge.models import Author, Comment, Document, Gap, Publisher, Session, Tenant

import traffic
from corpus.wire import tagged

STATUSES = ("published", "draft", "archived", "review", "rejected")


def _documents(tenant=1, **filters):
    return Document.objects.filter(tenant_id=tenant, **filters)


def _numbers(tenant=1):
    _documents(tenant).count()
    _documents(tenant, status="draft").count()
    _documents(tenant, author_id__lt=500).count()
    _documents(tenant, status="archived").aggregate(Max("created_at"))
    _documents(tenant, status="published", reviewer_id__gt=500).aggregate(Count("pk"), Min("created_at"))


def dashboard_of_numbers():
    with transaction.atomic():
        _numbers()


def dashboard_of_statuses():
    with transaction.atomic():
        list(_documents().order_by("-created_at")[:20])
        for status in STATUSES:
            _documents(status=status).count()


def dashboard_of_numbers_autocommit():
    for _ in traffic.bursts(0.03):
        Author.objects.filter(pk=1).first()
        traffic.quiet()
        _numbers()
        traffic.quiet()
        Author.objects.filter(pk=2).first()


def dashboard_in_every_request():
    for number in range(1, 11):
        Session.objects.get(pk=f"session-{number}")
        _numbers(number)
        traffic.pause()


def dashboard_over_connections():
    trace = traffic.Trace()

    def count(status):
        try:
            with tagged(trace):
                _documents(status=status, author_id__gt=len(status)).count()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=count, args=(status,)) for status in STATUSES]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


def count_a_request():
    for number in range(1, 61):
        Gap.objects.filter(tenant_id=number % 20 + 1, asked_count__gt=number).count()
        traffic.pause()


def count_a_request_traced():
    for number in range(1, 61):
        with tagged(traffic.Trace()):
            Gap.objects.filter(tenant_id=number % 20 + 1, asked_count__gt=number).count()


def numbers_of_different_tables():
    with transaction.atomic():
        for model in (Author, Publisher, Tenant, Comment, Gap):
            model.objects.count()


def grouped_numbers():
    with transaction.atomic():
        list(_documents().values("status").annotate(Count("pk")))
        list(_documents(status="draft").values("author").annotate(Count("pk"))[:10])
        list(_documents(status="archived").values("status").annotate(Max("created_at")))
        list(_documents(author_id=7).annotate(day=TruncDate("created_at")).values("day").annotate(Count("pk")))
        list(Gap.objects.filter(tenant_id=1).values("status").annotate(Avg("asked_count"), Sum("asked_count")))

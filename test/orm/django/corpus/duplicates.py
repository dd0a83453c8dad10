"""The same statement with the same values again and again: what duplicate_query is about."""

from django.db import transaction
from knowledge.models import Document, Publisher, Setting

import traffic
from corpus.wire import prepared, tagged

ALIASES = ("default", "second", "third", "fourth")


def _setting(alias="default"):
    return Setting.objects.using(alias).get(tenant_id=3, key="setting.4").value


def identical_reads():
    with transaction.atomic():
        for _ in range(10):
            _setting()


def identical_reads_autocommit():
    for _ in traffic.bursts(0.04):
        Publisher.objects.get(pk=1)
        traffic.quiet()
        for _ in range(10):
            _setting()
        traffic.quiet()
        Publisher.objects.count()


def identical_reads_prepared():
    with prepared(), transaction.atomic():
        for _ in range(10):
            _setting()


def identical_reads_with_comments():
    with tagged(traffic.Numbered()), transaction.atomic():
        for _ in range(10):
            _setting()


def identical_reads_over_connections():
    with tagged(traffic.Trace(), *ALIASES):
        for alias in ALIASES * 3:
            _setting(alias)


def identical_reads_in_every_request():
    for tenant in range(1, 11):
        with transaction.atomic():
            for document in Document.objects.filter(tenant_id=tenant).order_by("-created_at")[:12]:
                Setting.objects.get(tenant_id=document.tenant_id, key="setting.4")


def few_authors():
    with transaction.atomic():
        for document in Document.objects.filter(author_id__in=[1, 2]).order_by("pk")[:30]:
            document.author.name

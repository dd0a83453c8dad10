"""Filters that no index serves, and scans that are as they should be: what seq_scan is about."""

from django.db import transaction
from django.db.models import Avg, Count
from knowledge.models import AuditEvent, Document, Tag


def unindexed_filter():
    list(Document.objects.filter(external_id="ext-404"))


def unindexed_json_key():
    list(Document.objects.filter(metadata__source="import-77"))


def unindexed_partitions():
    list(AuditEvent.objects.filter(request_id="req-404"))


def unindexed_update():
    with transaction.atomic():
        Document.objects.filter(external_id="ext-404").update(status="archived")


def unindexed_exists():
    Document.objects.filter(external_id="ext-404").exists()


def unindexed_join():
    list(Document.objects.filter(external_id="ext-404").select_related("author", "tenant"))


def unindexed_cursor():
    with transaction.atomic():
        for document in Document.objects.filter(metadata__source="import-77").iterator():
            document.title


def full_table_report():
    list(Document.objects.values("status").annotate(documents=Count("pk")).order_by("status"))


def most_rows_kept():
    Document.objects.exclude(status="archived").aggregate(Avg("author_id"))


def small_table_filter():
    list(Tag.objects.filter(label="tag-77"))


def limit_stops_early():
    list(Document.objects.filter(metadata__language="de")[:1])

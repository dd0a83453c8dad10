"""What one execution does: patterns, conversions, sorts, pages, results and writes of many rows, and their like of few."""

from django.db import transaction
from django.db.models import Count, TextField
from django.db.models.functions import Cast
from knowledge.models import Comment, Document, Gap, Tag

from corpus.wire import execute


def search_anywhere():
    list(Document.objects.filter(title__contains="ment 404"))


def search_anywhere_of_few():
    list(Tag.objects.filter(label__contains="77"))


def search_beginning():
    list(Document.objects.filter(title__startswith="Document 404"))


def key_as_text():
    list(Comment.objects.annotate(key=Cast("document_id", TextField())).filter(key="77"))


def key_as_number():
    list(Comment.objects.filter(document_id="77"))


def newest_of_all():
    list(Document.objects.order_by("-created_at")[:10])


def newest_of_tenant():
    list(Document.objects.filter(tenant_id=3).order_by("-created_at")[:10])


def deep_page():
    list(Document.objects.order_by("pk")[150000:150020])


def early_page():
    list(Document.objects.order_by("pk")[40:60])


def every_row():
    list(Gap.objects.all())


def every_row_of_few():
    list(Tag.objects.all())


def every_row_in_parts():
    with transaction.atomic():
        for gap in Gap.objects.order_by("pk").iterator(chunk_size=500):
            gap.question


def write_to_all():
    with transaction.atomic():
        Gap.objects.update(status="open")
        transaction.set_rollback(True)


def write_to_some():
    with transaction.atomic():
        Gap.objects.filter(tenant_id=3).update(status="open")
        transaction.set_rollback(True)


def sort_on_disk():
    with transaction.atomic():
        # Later versions share the sort out among workers, each of which may have room for its part.
        execute("SET LOCAL max_parallel_workers_per_gather = 0")
        Document.objects.aggregate(Count("content", distinct=True))

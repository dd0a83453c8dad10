"""Counts beside pages and all rows: what count_before_paginate and redundant_count are about."""

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count
from knowledge.models import Document, Tenant

import traffic
from corpus.wire import prepared, tagged


def _documents(alias="default", **filters):
    return Document.objects.using(alias).filter(**filters or {"tenant_id": 1}).order_by("-created_at")


def _show(queryset, number=1):
    paginator = Paginator(queryset, 20)
    return paginator.num_pages, list(paginator.page(number))


def count_then_page():
    with transaction.atomic():
        _show(_documents())


def count_then_page_autocommit():
    _show(_documents(), 3)


def count_then_joined_page():
    _show(_documents().select_related("author"))


def count_then_page_by_join():
    _show(_documents(tenant_id=1, author__active=True))


def count_then_distinct_page():
    _show(_documents().distinct())


def count_then_annotated_page():
    _show(_documents().annotate(comment_count=Count("comments")))


def count_then_page_prepared():
    with prepared():
        _show(_documents(tenant_id=1, status="published"))


def count_of_key():
    with transaction.atomic():
        _documents().aggregate(total=Count("pk", distinct=True))
        list(_documents()[:20])


def page_then_count():
    documents = _documents(tenant_id=1, status="draft")
    list(documents[:20])
    documents.count()


def count_and_page_over_connections():
    with tagged(traffic.Trace(), "default", "second"):
        _documents().count()
        list(_documents("second")[:20])


def count_and_page_of_other_filters():
    with transaction.atomic():
        _documents().count()
        list(_documents(tenant_id=1, status="published")[:20])


def count_and_page_of_other_values():
    with transaction.atomic():
        _documents(tenant_id=1).count()
        list(_documents(tenant_id=2)[:20])


def count_and_page_of_other_requests():
    with tagged(traffic.Trace()):
        _documents().count()
    with tagged(traffic.Trace()):
        list(_documents()[:20])


def count_and_page_of_tiny_table():
    with transaction.atomic():
        _show(Tenant.objects.order_by("name"))


def lone_count():
    with transaction.atomic():
        _documents().count()


def dashboard_counts():
    with transaction.atomic():
        for status in ("published", "draft", "archived"):
            _documents(tenant_id=1, status=status).count()


def one_row_more():
    with transaction.atomic():
        rows = list(_documents()[:21])
        return rows[:20], len(rows) > 20


def exists_then_first():
    with transaction.atomic():
        return _documents().exists() and _documents().first()


def _drafts(**filters):
    return Document.objects.filter(tenant_id=3, status="draft", **filters)


def count_then_all():
    with transaction.atomic():
        return _drafts().count(), [document.title for document in _drafts().order_by("title")]


def all_then_count_autocommit():
    found = Document.objects.filter(tenant_id=3, title__startswith="Document 2000")
    return list(found), found.all().count()


def count_then_all_joined():
    with transaction.atomic():
        return _drafts().count(), list(_drafts().select_related("author"))


def count_then_all_distinct():
    with transaction.atomic():
        drafts = _drafts(author__active=True).values("id", "title").distinct()
        return drafts.count(), list(drafts)


def count_then_all_over_connections():
    with tagged(traffic.Trace(), "default", "second"):
        _drafts().count()
        list(_drafts().using("second"))


def count_and_all_of_tiny_table():
    with transaction.atomic():
        return Tenant.objects.count(), list(Tenant.objects.all())


def count_and_all_of_other_filters():
    with transaction.atomic():
        _drafts().count()
        list(Document.objects.filter(tenant_id=3, status="archived"))
        list(Document.objects.filter(tenant_id=4, status="draft"))


def count_and_all_written_between():
    with transaction.atomic():
        drafts = _drafts()
        list(drafts)
        Document.objects.filter(pk=1).update(title="Changed")
        drafts.all().count()
        transaction.set_rollback(True)

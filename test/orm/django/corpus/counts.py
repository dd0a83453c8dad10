"""Counts and pages: what count_before_paginate is about."""

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

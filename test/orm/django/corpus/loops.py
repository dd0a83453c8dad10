"""Loops of look-ups: what n_plus_one is about."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from django.db import connection, transaction
from django.db.models import prefetch_related_objects
from knowledge.models import Author, Book, Document, Gap, Publisher, Session

import traffic
from corpus.wire import execute, prepared, tagged

ALIASES = ("default", "second", "third", "fourth")


def _page(size=20, tenant=1):
    return Document.objects.filter(tenant_id=tenant).order_by("-created_at")[:size]


def _authors_of(documents):
    return [document.author.name for document in documents]


def _fresh(alias, key):
    return Author.objects.using(alias).get(pk=key)


def lazy_children():
    with transaction.atomic():
        _authors_of(_page())


def lazy_children_autocommit():
    _authors_of(_page())


def lazy_children_prepared():
    with prepared(), transaction.atomic():
        _authors_of(_page())


def has_many_children():
    for author in Author.objects.filter(publisher_id=3)[:10]:
        list(author.documents.all())


def many_to_many_children():
    for document in Document.objects.filter(pk__lte=12):
        list(document.tags.all())


def count_per_row():
    with transaction.atomic():
        for document in _page():
            document.comments.count()


def exists_per_row():
    with transaction.atomic():
        for document in _page():
            document.comments.filter(user_id=7).exists()


def latest_per_key():
    now = datetime(2030, 1, 1, tzinfo=timezone.utc)
    with transaction.atomic():
        for document in _page():
            document.comments.filter(created_at__lt=now).order_by("-created_at").first()


def alternating_children():
    with transaction.atomic():
        for book in Book.objects.filter(pk__lte=12):
            [book.author.name, book.publisher.name]


def three_statements_a_row():
    for document in _page(12):
        document.author.name
        list(document.comments.all())
        document.chunks.count()


def two_hops():
    with transaction.atomic():
        for document in _page():
            document.author.publisher.name


def nested_children():
    with transaction.atomic():
        for publisher in Publisher.objects.filter(pk__lte=6):
            for author in publisher.authors.all()[:6]:
                list(author.books.all())


def children_with_chatter():
    with transaction.atomic():
        for document in _page(10):
            with transaction.atomic():
                document.author.name
            execute("SET LOCAL statement_timeout = '30s'")
            execute("SELECT 1")


def children_with_rollbacks():
    documents = list(_page())
    for document in documents:
        with transaction.atomic():
            document.author.name
            transaction.set_rollback(True)


def children_with_discards():
    documents = list(_page())
    for document in documents:
        document.author.name
        execute("DISCARD ALL")


def children_over_connections():
    with tagged(traffic.Trace(), *ALIASES):
        for number, document in enumerate(list(_page(16))):
            _fresh(ALIASES[number % len(ALIASES)], document.author_id)


def children_concurrent():
    trace = traffic.Trace()

    def work(keys):
        # A thread has a connection of its own.
        with tagged(trace):
            for key in keys:
                _fresh("default", key)
        connection.close()

    with tagged(trace):
        keys = [document.author_id for document in _page()]
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(work, [keys[i::10] for i in range(10)]))


def children_over_transactions():
    with tagged(traffic.Trace()):
        for start in range(100, 112, 4):
            with transaction.atomic():
                for key in range(start, start + 4):
                    _fresh("default", key)


def children_without_rows():
    with transaction.atomic():
        for document in _page(tenant=5):
            list(document.comments.all())


def children_slow():
    with transaction.atomic():
        for document in _page(8):
            document.author.name
            time.sleep(0.03)


def children_with_comments():
    with tagged(traffic.Numbered()):
        _authors_of(_page())


def children_with_spans():
    with tagged(traffic.TraceOfSpans()):
        _authors_of(_page())


def ids_from_cache():
    with transaction.atomic():
        for key in range(40, 60):
            _fresh("default", key)


def burst_without_parent():
    for _ in traffic.bursts(0.09):
        Author.objects.count()
        traffic.quiet()
        for key in range(40, 60):
            _fresh("default", key)
        traffic.quiet()
        Publisher.objects.count()


def cursor_parent():
    with transaction.atomic():
        _authors_of(Document.objects.filter(tenant_id=2).order_by("-created_at")[:60].iterator(chunk_size=20))


def cursor_parent_autocommit():
    _authors_of(Document.objects.filter(tenant_id=2).order_by("-created_at")[:60].iterator(chunk_size=20))


def loop_in_every_request():
    for number in range(1, 21):
        Session.objects.get(pk=f"session-{number}")
        _authors_of(_page(10, tenant=number))
        traffic.pause()


def prefetch_per_row():
    with transaction.atomic():
        for document in _page():
            prefetch_related_objects([document], "comments")


def look_up_or_insert():
    with transaction.atomic():
        for number in range(12):
            question = {"question": f"Imported {number}"}
            Gap.objects.get_or_create(tenant_id=4, document_id=100 + number, defaults=question)
        transaction.set_rollback(True)


def reload_per_row():
    with transaction.atomic():
        for gap in Gap.objects.filter(tenant_id=4).order_by("pk")[:12]:
            gap.refresh_from_db()
            gap.asked_count += 1
            gap.save()
        transaction.set_rollback(True)

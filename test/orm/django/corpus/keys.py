"""Keys, then rows by these keys: what fetch_ids_then_rows is about."""

from django.db import transaction
from knowledge.models import Chunk, Comment, Document


def _ids(size=30, **filters):
    documents = Document.objects.filter(**filters or {"tenant_id": 1, "status": "draft"})
    return list(documents.order_by("-created_at").values_list("id", flat=True)[:size])


def ids_then_rows():
    with transaction.atomic():
        list(Document.objects.filter(id__in=_ids()))


def ids_then_rows_autocommit():
    Document.objects.in_bulk(_ids())


def ids_then_rows_by_array():
    with transaction.atomic():
        list(Document.objects.raw("SELECT * FROM documents WHERE id = ANY(%s)", [_ids()]))


def ids_then_rows_joined():
    with transaction.atomic():
        ids = list(Document.objects.filter(author_id=7).values_list("pk", flat=True))
        list(Document.objects.filter(pk__in=ids).select_related("author", "tenant"))


def ids_of_another_table():
    with transaction.atomic():
        ids = list(Comment.objects.filter(user_id=14).values_list("document_id", flat=True))
        list(Document.objects.filter(id__in=ids))


def ids_then_other_list():
    with transaction.atomic():
        _ids()
        list(Document.objects.filter(id__in=range(100, 112)))


def ids_then_eager_loads():
    with transaction.atomic():
        ids = _ids()
        list(Comment.objects.filter(document_id__in=ids))
        list(Chunk.objects.filter(document_id__in=ids))

"""Good habits, batches and maintenance: nothing of this is a finding."""

from datetime import datetime, timedelta, timezone
from io import StringIO

from django.core.management import call_command
from django.db import OperationalError, connection, models, transaction
from django.db.models import F
from knowledge.models import Author, Comment, Document, Job

from corpus.wire import execute


def _page(size=20, tenant=1):
    return Document.objects.filter(tenant_id=tenant).order_by("-created_at")[:size]


def batched_children():
    with transaction.atomic():
        list(_page().prefetch_related("comments", "chunks", "tags"))


def batched_children_in_slices():
    with transaction.atomic():
        for start in range(1, 401, 50):
            list(Comment.objects.filter(document_id__in=range(start, start + 50)))


def eager_join():
    for tenant in range(1, 6):
        with transaction.atomic():
            [document.author.name for document in _page(tenant=tenant).select_related("author")]


def four_repeats():
    with transaction.atomic():
        [document.author.name for document in _page(4)]


def four_identical_reads():
    with transaction.atomic():
        for _ in range(4):
            Author.objects.get(pk=9)


def two_associations():
    with transaction.atomic():
        for author in Author.objects.filter(pk__lte=4):
            list(author.documents.all()[:5])
            list(author.reviews.all()[:5])


def two_schemas():
    with transaction.atomic():
        for schema, start in (("public", 1), ("archive", 5)):
            execute(f"SET LOCAL search_path = {schema}")
            for key in range(start, start + 4):
                Author.objects.get(pk=key)


def keyset_batches():
    with transaction.atomic():
        last = 0
        for _ in range(12):
            batch = list(Document.objects.filter(pk__gt=last).order_by("pk")[:100])
            last = batch[-1].pk


def range_batches():
    with transaction.atomic():
        for start in range(0, 1200, 100):
            list(Document.objects.filter(pk__gt=start, pk__lte=start + 100))
        for start in range(1, 1201, 100):
            list(Comment.objects.filter(pk__range=(start, start + 99)))
        for day in range(12):
            since = datetime(2024, 1, 1, tzinfo=timezone.utc) + timedelta(days=day)
            list(Document.objects.filter(tenant_id=1, created_at__gte=since, created_at__lt=since + timedelta(days=1)))


def offset_batches():
    with transaction.atomic():
        for start in range(0, 1200, 100):
            list(Comment.objects.order_by("pk")[start : start + 100])


def cursor_chunks():
    with transaction.atomic():
        for document in Document.objects.filter(pk__lte=20000).iterator(chunk_size=500):
            document.title


def skip_locked_polling():
    waiting = Job.objects.filter(status="pending").order_by("pk")
    for _ in range(20):
        with transaction.atomic():
            job = waiting.select_for_update(skip_locked=True).first()
            Job.objects.filter(pk=job.pk).update(status="done")
    Job.objects.filter(status="done").update(status="pending")


def retry():
    for attempt in range(3):
        try:
            _transfer(rival=attempt < 2)
        except OperationalError as error:
            # By either psycopg, which tell the SQLSTATE under different names.
            assert type(error.__cause__).__name__ == "SerializationFailure", error
    Job.objects.filter(pk=1).update(attempts=0)


def _transfer(rival):
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for key in range(1, 5):
            Author.objects.get(pk=key)
        if rival:
            Job.objects.using("second").filter(pk=1).update(attempts=F("attempts") + 1)
        Job.objects.filter(pk=1).update(attempts=F("attempts") + 1)


def bulk_insert():
    with transaction.atomic():
        Comment.objects.bulk_create(Comment(document_id=n + 1, user_id=n + 1, body="New") for n in range(200))
        transaction.set_rollback(True)


def introspection():
    call_command("inspectdb", stdout=StringIO())


class _Note(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="+")
    body = models.TextField()

    class Meta:
        app_label = "knowledge"
        db_table = "notes"


def schema_changes():
    execute("CREATE SCHEMA scratch; SET search_path = scratch, public")
    call_command("migrate", verbosity=0)
    _alter_tables()
    execute("DROP SCHEMA scratch CASCADE")


def _alter_tables():
    with connection.schema_editor() as editor:
        editor.create_model(_Note)
        pinned = models.BooleanField(default=False)
        pinned.set_attributes_from_name("pinned")
        editor.add_field(_Note, pinned)
        editor.remove_field(_Note, pinned)
        editor.delete_model(_Note)

"""Loops of writes: what write_loop and commit_per_row are about, and what only looks like it."""

from django.db import DataError, transaction
from django.db.models import F
from knowledge.models import Comment, Gap, Job, Session

import traffic
from corpus.wire import execute, tagged


def _gaps(tenant=2, size=12):
    return Gap.objects.filter(tenant_id=tenant).order_by("pk")[:size]


def _asked_less(keys):
    Gap.objects.filter(pk__in=keys).update(asked_count=F("asked_count") - 1)


def _forget(rows):
    type(rows[0]).objects.filter(pk__in=[row.pk for row in rows]).delete()


def write_loops():
    with transaction.atomic():
        gaps = [Gap.objects.create(tenant_id=2, question=f"New {number}") for number in range(12)]
        for gap in gaps:
            gap.status = "answered"
            gap.save()
        for gap in gaps:
            gap.delete()


def look_up_mostly_known():
    with transaction.atomic():
        known = list(_gaps(4, 20).values_list("pk", flat=True))
        for key in known + [-1, -2]:
            if Gap.objects.filter(pk=key).first() is None:
                Gap.objects.create(tenant_id=4, question="Not known")
        transaction.set_rollback(True)


def upsert_per_row():
    with transaction.atomic():
        for gap in _gaps(4):
            Gap.objects.update_or_create(pk=gap.pk, defaults={"status": "answered"})
        transaction.set_rollback(True)


def three_writes_a_row():
    with transaction.atomic():
        for number in range(1, 13):
            Gap.objects.create(tenant_id=2, document_id=number, question="New")
            Comment.objects.create(document_id=number, user_id=number, body="New")
            Job.objects.filter(pk=number).update(attempts=number)
        transaction.set_rollback(True)


def save_per_row_autocommit():
    gaps = list(_gaps())
    for gap in gaps:
        gap.asked_count += 1
        gap.save()
    _asked_less([gap.pk for gap in gaps])


def create_per_row_autocommit():
    for _ in traffic.bursts(0.09):
        Job.objects.count()
        traffic.quiet()
        gaps = [Gap.objects.create(tenant_id=2, question=f"New {number}") for number in range(20)]
        traffic.quiet()
        _forget(gaps)


def create_per_row_traced():
    with tagged(traffic.Trace()):
        gaps = [Gap.objects.create(tenant_id=2, question=f"New {number}") for number in range(12)]
    _forget(gaps)


def transaction_per_row():
    keys = list(_gaps(6).values_list("pk", flat=True))
    for key in keys:
        with transaction.atomic():
            gap = Gap.objects.select_for_update().get(pk=key)
            gap.asked_count += 1
            gap.save(update_fields=["asked_count"])
    _asked_less(keys)


def nine_writes():
    with transaction.atomic():
        for number in range(9):
            Gap.objects.create(tenant_id=2, question=f"New {number}")
        transaction.set_rollback(True)


def bulk_update():
    with transaction.atomic():
        gaps = list(_gaps(2, 50))
        for gap in gaps:
            gap.asked_count += 1
        Gap.objects.bulk_update(gaps, ["asked_count"], batch_size=10)
        transaction.set_rollback(True)


def batch_in_one_string():
    with transaction.atomic():
        execute("; ".join(f"INSERT INTO tags (label) VALUES ('new-{number}')" for number in range(20)))
        transaction.set_rollback(True)


def retry_of_writes():
    for attempt in range(3):
        try:
            with transaction.atomic():
                for key in range(1, 5):
                    Job.objects.filter(pk=key).update(attempts=0)
                if attempt < 2:
                    execute("SELECT 1 / 0")
        except DataError:
            pass


def entry_a_request():
    entries = []
    for number in range(1, 41):
        user = Session.objects.get(pk=f"session-{number}").user_id
        entries.append(Comment.objects.create(document_id=number, user_id=user, body="New"))
        traffic.pause()
    _forget(entries)


def entry_a_traced_request():
    entries = []
    for number in range(1, 31):
        with tagged(traffic.Trace()):
            entries.append(Comment.objects.create(document_id=number, user_id=number, body="New"))
    _forget(entries)


def counter_a_request():
    for _ in range(30):
        execute(
            "INSERT INTO settings (tenant_id, key, value) VALUES (3, 'views', '1') "
            "ON CONFLICT (tenant_id, key) DO UPDATE SET value = settings.value::integer + 1"
        )
    execute("DELETE FROM settings WHERE key = 'views'")


def heartbeats():
    for number in range(30):
        Job.objects.filter(pk=2).update(attempts=number)
    Job.objects.filter(pk=2).update(attempts=0)

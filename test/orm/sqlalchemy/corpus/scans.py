"""Filters that no index serves, and scans that are as they should be: what seq_scan is about."""

from sqlalchemy import func, literal, select, update
from sqlalchemy.orm import joinedload

from corpus.models import AuditEvent, Document, Tag


def unindexed_filter(db):
    with db.session() as session:
        session.query(Document).filter_by(external_id="ext-404").all()


def unindexed_json_key(db):
    with db.session() as session:
        session.query(Document).filter(Document.meta["source"].astext == "import-77").all()


def unindexed_partitions(db):
    with db.session() as session:
        session.query(AuditEvent).filter_by(request_id="req-404").all()


def unindexed_update(db):
    with db.session() as session:
        session.execute(update(Document).where(Document.external_id == "ext-404").values(status="archived"))


def unindexed_exists(db):
    with db.session() as session:
        session.query(session.query(Document).filter_by(external_id="ext-404").exists()).scalar()


def unindexed_exists_first(db):
    with db.session() as session:
        found = session.query(Document).filter_by(external_id="ext-404").exists()
        session.query(literal(True)).filter(found).first()


def unindexed_join(db):
    with db.session() as session:
        eager = joinedload(Document.author), joinedload(Document.tenant)
        session.query(Document).options(*eager).filter_by(external_id="ext-404").all()


def unindexed_cursor(db):
    query = select(Document).where(Document.meta["source"].astext == "import-77")
    with db.session() as session:
        for document in session.scalars(query.execution_options(stream_results=True)):
            document.title


def full_table_report(db):
    with db.session() as session:
        session.query(Document.status, func.count()).group_by(Document.status).order_by(Document.status).all()


def most_rows_kept(db):
    with db.session() as session:
        session.query(func.avg(Document.author_id)).filter(Document.status != "archived").scalar()


def small_table_filter(db):
    with db.session() as session:
        session.query(Tag).filter_by(label="tag-77").all()


def limit_stops_early(db):
    with db.session() as session:
        session.query(Document).filter(Document.meta["language"].astext == "de").limit(1).all()

"""What one execution does: patterns, conversions, sorts, pages, results and writes of many rows, and their like of few."""

from sqlalchemy import Text, cast, distinct, func, select, update

from corpus.database import execute
from corpus.models import Comment, Document, Gap, Tag


def search_anywhere(db):
    with db.session() as session:
        session.query(Document).filter(Document.title.contains("ment 404")).all()


def search_anywhere_of_few(db):
    with db.session() as session:
        session.query(Tag).filter(Tag.label.contains("77")).all()


def search_beginning(db):
    with db.session() as session:
        session.query(Document).filter(Document.title.startswith("Document 404")).all()


def key_as_text(db):
    with db.session() as session:
        session.query(Comment).filter(cast(Comment.document_id, Text) == "77").all()


def key_as_number(db):
    with db.session() as session:
        session.query(Comment).filter(Comment.document_id == "77").all()


def newest_of_all(db):
    with db.session() as session:
        session.query(Document).order_by(Document.created_at.desc()).limit(10).all()


def newest_of_tenant(db):
    with db.session() as session:
        session.query(Document).filter_by(tenant_id=3).order_by(Document.created_at.desc()).limit(10).all()


def deep_page(db):
    with db.session() as session:
        session.query(Document).order_by(Document.id).limit(20).offset(150000).all()


def early_page(db):
    with db.session() as session:
        session.query(Document).order_by(Document.id).limit(20).offset(40).all()


def every_row(db):
    with db.session() as session:
        session.query(Gap).all()


def every_row_of_few(db):
    with db.session() as session:
        session.query(Tag).all()


def every_row_in_parts(db):
    query = select(Gap).order_by(Gap.id).execution_options(stream_results=True, yield_per=500)
    with db.session() as session:
        for gap in session.scalars(query):
            gap.question


def write_to_all(db):
    with db.session() as session:
        session.execute(update(Gap).values(status="open").execution_options(synchronize_session=False))
        session.rollback()


def write_to_some(db):
    with db.session() as session:
        statement = update(Gap).where(Gap.tenant_id == 3).values(status="open")
        session.execute(statement.execution_options(synchronize_session=False))
        session.rollback()


def sort_on_disk(db):
    with db.session() as session:
        # Later versions share the sort out among workers, each of which may have room for its part.
        execute(session, "SET LOCAL max_parallel_workers_per_gather = 0")
        session.query(func.count(distinct(Document.content))).scalar()

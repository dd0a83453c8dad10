"""Keys, then rows by these keys: what fetch_ids_then_rows is about."""

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER
from sqlalchemy.orm import joinedload

from corpus.models import Chunk, Comment, Document


def _ids(session, size=30):
    query = select(Document.id).filter_by(tenant_id=1, status="draft").order_by(Document.created_at.desc())
    return session.scalars(query.limit(size)).all()


def ids_then_rows(db):
    with db.session() as session:
        session.scalars(select(Document).where(Document.id.in_(_ids(session)))).all()


def ids_then_rows_autocommit(db):
    with db.session(db.autocommit) as session:
        session.query(Document).filter(Document.id.in_(_ids(session))).all()


def ids_then_rows_by_array(db):
    with db.session() as session:
        ids = bindparam("ids", _ids(session), type_=ARRAY(INTEGER))
        session.scalars(select(Document).where(Document.id == func.any(ids))).all()


def ids_then_rows_joined(db):
    with db.session() as session:
        ids = [key for (key,) in session.query(Document.id).filter_by(author_id=7)]
        session.query(Document).options(joinedload(Document.author)).filter(Document.id.in_(ids)).all()


def ids_of_another_table(db):
    with db.session() as session:
        ids = session.scalars(select(Comment.document_id).filter_by(user_id=14)).all()
        session.query(Document).filter(Document.id.in_(ids)).all()


def ids_then_other_list(db):
    with db.session() as session:
        _ids(session)
        session.query(Document).filter(Document.id.in_(range(100, 112))).all()


def ids_then_eager_loads(db):
    with db.session() as session:
        ids = _ids(session)
        session.query(Comment).filter(Comment.document_id.in_(ids)).all()
        session.query(Chunk).filter(Chunk.document_id.in_(ids)).all()

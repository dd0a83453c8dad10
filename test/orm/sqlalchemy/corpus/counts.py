"""Counts beside pages and all rows: what count_before_paginate and redundant_count are about."""

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import joinedload

import traffic
from corpus.database import prepared, tagged
from corpus.models import Author, Comment, Document, Tenant


def _documents(session, **filters):
    return session.query(Document).filter_by(**filters or {"tenant_id": 1})


def _page(query, start=0):
    return query.order_by(Document.created_at.desc()).limit(20).offset(start).all()


def _show(query, start=0):
    return query.count(), _page(query, start)


def count_then_page(db):
    with db.session() as session:
        _show(_documents(session))


def count_then_page_autocommit(db):
    with db.session(db.autocommit) as session:
        _show(_documents(session), 40)


def count_then_joined_page(db):
    with db.session() as session:
        _show(_documents(session).options(joinedload(Document.author)))


def count_then_collection_page(db):
    with db.session() as session:
        _show(_documents(session).options(joinedload(Document.comments)))


def count_then_page_by_join(db):
    with db.session() as session:
        _show(_documents(session).join(Document.author).filter(Author.active))


def count_then_distinct_page(db):
    with db.session() as session:
        _show(_documents(session).distinct())


def count_then_annotated_page(db):
    with db.session() as session:
        query = session.query(Document, func.count(Comment.id)).outerjoin(Document.comments)
        _show(query.filter(Document.tenant_id == 1).group_by(Document.id))


def count_then_page_prepared(db):
    with prepared(db.default), db.session() as session:
        _show(_documents(session, tenant_id=1, status="published"))


def count_double_wrapped(db):
    with db.session() as session:
        query = _documents(session)
        session.query(query.subquery()).count()
        _page(query)


def count_then_fetch_first(db):
    with db.session() as session:
        _documents(session).count()
        page = select(Document).filter_by(tenant_id=1).order_by(Document.created_at.desc()).fetch(20)
        session.scalars(page).all()


def count_of_key(db):
    with db.session() as session:
        session.query(func.count(distinct(Document.id))).filter_by(tenant_id=1).scalar()
        _page(_documents(session))
    with db.session() as session:
        session.query(func.count(Document.id)).filter_by(tenant_id=2).scalar()
        _page(_documents(session, tenant_id=2))


def page_then_count(db):
    with db.session(db.autocommit) as session:
        query = _documents(session, tenant_id=1, status="draft")
        _page(query)
        query.count()


def count_and_page_over_connections(db):
    first, second = (db.engine(isolation_level="AUTOCOMMIT") for _ in range(2))
    with tagged(traffic.Trace(), first, second):
        with db.session(first) as session:
            _documents(session).count()
        with db.session(second) as session:
            _page(_documents(session))


def count_and_page_of_other_filters(db):
    with db.session() as session:
        _documents(session).count()
        _page(_documents(session, tenant_id=1, status="published"))


def count_and_page_of_other_values(db):
    with db.session() as session:
        _documents(session, tenant_id=1).count()
        _page(_documents(session, tenant_id=2))


def count_and_page_of_other_requests(db):
    with tagged(traffic.Trace(), db.autocommit), db.session(db.autocommit) as session:
        _documents(session).count()
    with tagged(traffic.Trace(), db.autocommit), db.session(db.autocommit) as session:
        _page(_documents(session))


def count_and_page_of_tiny_table(db):
    with db.session() as session:
        session.query(Tenant).count()
        session.query(Tenant).order_by(Tenant.name).limit(10).all()


def lone_count(db):
    with db.session() as session:
        _documents(session).count()


def dashboard_counts(db):
    with db.session() as session:
        for status in ("published", "draft", "archived"):
            _documents(session, tenant_id=1, status=status).count()


def one_row_more(db):
    with db.session() as session:
        rows = _documents(session).order_by(Document.created_at.desc()).limit(21).all()
        return rows[:20], len(rows) > 20


def exists_then_first(db):
    with db.session() as session:
        documents = _documents(session)
        if session.query(documents.exists()).scalar():
            documents.order_by(Document.created_at).first()


def _drafts(session):
    return session.query(Document).filter_by(tenant_id=3, status="draft")


def count_then_all(db):
    with db.session() as session:
        session.scalar(select(func.count(Document.id)).filter_by(tenant_id=3, status="draft"))
        _drafts(session).order_by(Document.title).all()


def all_then_count_autocommit(db):
    with db.session(db.autocommit) as session:
        found = _documents(session, tenant_id=3).filter(Document.title.startswith("Document 2000"))
        found.all()
        found.count()


def count_then_all_joined(db):
    with db.session() as session:
        session.scalar(select(func.count()).select_from(Document).filter_by(tenant_id=3, status="draft"))
        _drafts(session).options(joinedload(Document.author)).all()


def count_then_all_distinct(db):
    with db.session() as session:
        query = _drafts(session).join(Document.author).filter(Author.active).with_entities(Document.id, Document.title)
        query.distinct().count()
        query.distinct().all()


def count_then_all_over_connections(db):
    first, second = (db.engine(isolation_level="AUTOCOMMIT") for _ in range(2))
    with tagged(traffic.Trace(), first, second):
        with db.session(first) as session:
            _drafts(session).count()
        with db.session(second) as session:
            _drafts(session).all()


def count_and_all_of_tiny_table(db):
    with db.session() as session:
        session.query(Tenant).count()
        session.query(Tenant).all()


def count_and_all_of_other_filters(db):
    with db.session() as session:
        _drafts(session).count()
        _documents(session, tenant_id=3, status="archived").all()
        _documents(session, tenant_id=4, status="draft").all()


def count_and_all_written_between(db):
    with db.session() as session:
        _drafts(session).all()
        session.get(Document, 1).title = "Changed"
        session.flush()
        _drafts(session).count()
        session.rollback()

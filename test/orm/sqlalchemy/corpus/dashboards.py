"""Many numbers of one table: what count_storm is about."""

import threading

from sqlalchemy import Date, cast, func, select

import traffic
from corpus.database import tagged
from corpus.models import Author, Comment, Document, Gap, Publisher, Tenant, UserSession

STATUSES = ("published", "draft", "archived", "review", "rejected")


def _documents(session, tenant=1, **filters):
    return session.query(Document).filter_by(tenant_id=tenant, **filters)


def _numbers(session, tenant=1):
    _documents(session, tenant).count()
    _documents(session, tenant, status="draft").count()
    session.scalar(select(func.count()).select_from(Document).filter_by(tenant_id=tenant, status="archived"))
    session.scalar(select(func.count(Document.id)).where(Document.tenant_id == tenant, Document.author_id < 500))
    session.query(func.max(Document.created_at), func.count()).filter_by(tenant_id=tenant, author_id=7).one()


def dashboard_of_numbers(db):
    with db.session() as session:
        _numbers(session)


def dashboard_of_statuses(db):
    with db.session() as session:
        _documents(session).order_by(Document.created_at.desc()).limit(20).all()
        for status in STATUSES:
            _documents(session, status=status).count()


def dashboard_of_numbers_autocommit(db):
    for _ in traffic.bursts(0.03):
        with db.session(db.autocommit) as session:
            session.get(Author, 1)
            traffic.quiet()
            _numbers(session)
            traffic.quiet()
            session.get(Author, 2)


def dashboard_in_every_request(db):
    for number in range(1, 11):
        with db.session(db.autocommit) as session:
            session.get(UserSession, f"session-{number}")
            _numbers(session, number)
        traffic.pause()


def dashboard_over_connections(db):
    engines = [db.engine(isolation_level="AUTOCOMMIT") for _ in STATUSES]

    def count(engine, status):
        with db.session(engine) as session:
            _documents(session, status=status).filter(Document.author_id > len(status)).count()

    with tagged(traffic.Trace(), *engines):
        threads = [threading.Thread(target=count, args=pair) for pair in zip(engines, STATUSES)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]


def _count_gaps(session, number):
    session.query(Gap).filter_by(tenant_id=number % 20 + 1).filter(Gap.asked_count > number).count()


def count_a_request(db):
    for number in range(1, 61):
        with db.session() as session:
            _count_gaps(session, number)
        traffic.pause()


def count_a_request_traced(db):
    for number in range(1, 61):
        with tagged(traffic.Trace(), db.default), db.session() as session:
            _count_gaps(session, number)


def numbers_of_different_tables(db):
    with db.session() as session:
        for model in (Author, Publisher, Tenant, Comment, Gap):
            session.scalar(select(func.count()).select_from(model))


def grouped_numbers(db):
    with db.session() as session:
        by_tenant = session.query(func.count(Document.id)).filter_by(tenant_id=1)
        by_tenant.add_columns(Document.status).group_by(Document.status).all()
        by_tenant.add_columns(Document.author_id).filter_by(status="draft").group_by(Document.author_id).limit(10).all()
        by_tenant.add_columns(Document.status).filter_by(status="archived").group_by(Document.status).all()
        by_tenant.filter_by(author_id=7).group_by(cast(Document.created_at, Date)).all()
        session.query(Gap.status, func.avg(Gap.asked_count)).filter_by(tenant_id=1).group_by(Gap.status).all()

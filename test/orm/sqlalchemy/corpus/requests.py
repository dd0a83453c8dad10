"""Requests that a pooled connection serves one after the other: each is fine, and so are all together."""

from sqlalchemy import func, select

import traffic
from corpus.database import execute, prepared, tagged
from corpus.models import Author, Document, Gap, Publisher, Setting, User, UserSession


def _look_up(session, number):
    return session.get(UserSession, f"session-{number}")


def session_look_up_paused(db):
    for number in range(1, 101):
        with db.session() as session:
            _look_up(session, number)
        traffic.pause()


def session_look_up_traced(db):
    for number in range(1, 101):
        with tagged(traffic.Trace(), db.default), db.session() as session:
            _look_up(session, number)


def session_look_up_stale_trace(db):
    with prepared(db.autocommit, traffic.Trace()):
        for number in range(1, 101):
            with db.session(db.autocommit) as session:
                _look_up(session, number)
            traffic.pause()


def pooled_requests(db):
    for number in range(1, 61):
        with db.session() as session:
            user = session.get(User, _look_up(session, number).user_id)
            session.query(Gap).filter_by(tenant_id=user.tenant_id).order_by(Gap.asked_count.desc()).limit(10).all()
            session.commit()
        traffic.pause()


def _newest(session, tenant, size):
    query = session.query(Document).filter_by(tenant_id=tenant)
    return query.order_by(Document.created_at.desc()).limit(size).all()


def pooled_requests_autocommit(db):
    for number in range(1, 61):
        with db.session(db.autocommit) as session:
            _newest(session, _look_up(session, number).user_id % 20 + 1, 10)
        traffic.pause()


def list_then_requests(db):
    with db.session() as session:
        _newest(session, 1, 20)
    session_look_up_paused(db)


def three_look_ups_a_trace(db):
    for number in range(20):
        with tagged(traffic.Trace(), db.default), db.session() as session:
            for key in range(3):
                session.get(Author, number * 3 + key + 1)


def setting_read_a_request(db):
    for _ in range(30):
        with tagged(traffic.Trace(), db.default), db.session() as session:
            session.query(Setting).filter_by(tenant_id=3, key="setting.4").one()


def polling_steady(db):
    for _ in range(15):
        with db.session(db.autocommit) as session:
            session.query(Publisher).filter(Publisher.id <= 10).all()
        traffic.pause()
        traffic.pause()


def health_checks(db):
    # Besides the scenario's own statement, the pool pings before it hands out a connection.
    engine = db.engine(pool_pre_ping=True)
    for _ in range(25):
        with db.session(engine) as session:
            execute(session, "SELECT 1")


def volatile_calls(db):
    with db.session() as session:
        for _ in range(10):
            session.scalar(select(func.now()))
            session.scalar(select(func.nextval("documents_id_seq")))

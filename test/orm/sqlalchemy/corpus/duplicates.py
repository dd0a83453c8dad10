"""The same statement with the same values again and again: what duplicate_query is about."""

import traffic
from corpus.database import prepared, tagged
from corpus.models import Document, Publisher, Setting


def _setting(session):
    return session.query(Setting).filter_by(tenant_id=3, key="setting.4").one().value


def _read_ten_times(session):
    for _ in range(10):
        _setting(session)


def identical_reads(db):
    with db.session() as session:
        _read_ten_times(session)


def identical_reads_autocommit(db):
    for _ in traffic.bursts(0.04):
        with db.session(db.autocommit) as session:
            session.get(Publisher, 1)
            traffic.quiet()
            _read_ten_times(session)
            traffic.quiet()
            session.query(Publisher).count()


def identical_reads_prepared(db):
    with prepared(db.default), db.session() as session:
        _read_ten_times(session)


def identical_reads_with_comments(db):
    with tagged(traffic.Numbered(), db.default), db.session() as session:
        _read_ten_times(session)


def identical_reads_over_connections(db):
    engines = [db.engine(isolation_level="AUTOCOMMIT") for _ in range(4)]
    with tagged(traffic.Trace(), *engines):
        for engine in engines * 3:
            with db.session(engine) as session:
                _setting(session)


def identical_reads_in_every_request(db):
    for tenant in range(1, 11):
        with db.session() as session:
            documents = session.query(Document).filter_by(tenant_id=tenant).order_by(Document.created_at.desc())
            for document in documents.limit(12).all():
                session.query(Setting).filter_by(tenant_id=document.tenant_id, key="setting.4").one()


def identity_map(db):
    with db.session() as session:
        documents = session.query(Document).filter(Document.author_id.in_([1, 2])).order_by(Document.id).limit(30)
        for document in documents.all():
            document.author.name

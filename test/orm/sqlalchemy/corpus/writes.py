"""Loops of writes: what write_loop and commit_per_row are about, and what only looks like it."""

from sqlalchemy import Column, Integer, MetaData, Sequence, Table, Text, bindparam, delete, func, select, update
from sqlalchemy.exc import DataError

import traffic
from corpus.database import execute, tagged
from corpus.models import Comment, Gap, Job, UserSession


def _gaps(session, tenant=2, size=12):
    return session.query(Gap).filter_by(tenant_id=tenant).order_by(Gap.id).limit(size).all()


def _asked_less(db, keys):
    with db.session() as session, session.begin():
        session.execute(update(Gap).where(Gap.id.in_(keys)).values(asked_count=Gap.asked_count - 1))


def _add(session, row):
    """Adds the row now; answers its key."""
    session.add(row)
    session.flush()
    return row.id


def _forget(db, table, keys):
    with db.session() as session, session.begin():
        session.execute(delete(table).where(table.id.in_(keys)))


def _entry(document, user):
    return Comment(document_id=document, user_id=user, body="New", created_at=func.now())


def write_loops(db):
    with db.session() as session:
        gaps = []
        for number in range(12):
            gaps.append(Gap(tenant_id=2, question=f"New {number}"))
            session.add(gaps[-1])
            session.flush()
        for gap in gaps:
            gap.status = "answered"
            session.flush()
        for gap in gaps:
            session.execute(delete(Gap).filter_by(id=gap.id))


def sequence_per_insert(db):
    key = Column("id", Integer, Sequence("tags_id_seq"), primary_key=True)
    tags = Table("tags", MetaData(), key, Column("label", Text), implicit_returning=False)
    with db.engine().connect() as connection, connection.begin() as transaction:
        for number in range(12):
            connection.execute(tags.insert(), {"label": f"new-{number}"})
        transaction.rollback()


def look_up_mostly_known(db):
    with db.session() as session:
        known = session.scalars(select(Gap.id).filter_by(tenant_id=4).order_by(Gap.id).limit(20)).all()
        for key in known + [-1, -2]:
            if session.get(Gap, key) is None:
                _add(session, Gap(tenant_id=4, question="Not known"))


def upsert_per_row(db):
    with db.session() as session:
        for key in session.scalars(select(Gap.id).filter_by(tenant_id=4).order_by(Gap.id).limit(12)).all():
            session.merge(Gap(id=key, status="merged"))
            session.flush()


def three_writes_a_row(db):
    with db.session() as session:
        for number in range(1, 13):
            _add(session, Gap(tenant_id=2, document_id=number, question="New"))
            _add(session, _entry(number, number))
            session.execute(update(Job).filter_by(id=number).values(attempts=number))


def executemany_of_updates(db):
    # The driver sends one statement for each set of parameters.
    with db.session() as session:
        change = update(Gap.__table__).where(Gap.id == bindparam("key")).values(asked_count=bindparam("asked"))
        session.execute(change, [{"key": number, "asked": number} for number in range(1, 21)])


def save_per_row_autocommit(db):
    with db.session(db.autocommit) as session:
        gaps = _gaps(session)
        keys = [gap.id for gap in gaps]
        for gap in gaps:
            gap.asked_count += 1
            session.flush()
    _asked_less(db, keys)


def create_per_row_autocommit(db):
    for _ in traffic.bursts(0.09):
        with db.session(db.autocommit) as session:
            session.query(Job).count()
            traffic.quiet()
            keys = [_add(session, Gap(tenant_id=2, question=f"New {number}")) for number in range(20)]
            traffic.quiet()
        _forget(db, Gap, keys)


def create_per_row_traced(db):
    keys = []
    with tagged(traffic.Trace(), db.default):
        for number in range(12):
            with db.session() as session, session.begin():
                keys.append(_add(session, Gap(tenant_id=2, question=f"New {number}")))
    _forget(db, Gap, keys)


def transaction_per_row(db):
    with db.session() as session:
        keys = [gap.id for gap in _gaps(session, 6)]
    for key in keys:
        with db.session() as session, session.begin():
            session.get(Gap, key, with_for_update=True).asked_count += 1
    _asked_less(db, keys)


def nine_writes(db):
    with db.session() as session:
        for number in range(9):
            _add(session, Gap(tenant_id=2, question=f"New {number}"))


def bulk_update(db):
    # One flush: the unit of work sends the rows together, as the engine is told to.
    with db.session(db.engine(executemany_mode="values_plus_batch")) as session:
        for gap in _gaps(session, size=50):
            gap.asked_count += 1
        session.flush()


def batch_in_one_string(db):
    with db.session() as session:
        execute(session, "; ".join(f"INSERT INTO tags (label) VALUES ('new-{number}')" for number in range(20)))


def retry_of_writes(db):
    for attempt in range(3):
        try:
            with db.session() as session, session.begin():
                for key in range(1, 5):
                    session.execute(update(Job).filter_by(id=key).values(attempts=0))
                if attempt < 2:
                    execute(session, "SELECT 1 / 0")
        except DataError:
            pass


def entry_a_request(db):
    keys = []
    for number in range(1, 41):
        with db.session() as session, session.begin():
            user = session.get(UserSession, f"session-{number}").user_id
            keys.append(_add(session, _entry(number, user)))
        traffic.pause()
    _forget(db, Comment, keys)


def entry_a_traced_request(db):
    keys = []
    for number in range(1, 31):
        with tagged(traffic.Trace(), db.default), db.session() as session, session.begin():
            keys.append(_add(session, _entry(number, number)))
    _forget(db, Comment, keys)


def counter_a_request(db):
    with db.session(db.autocommit) as session:
        for _ in range(30):
            execute(
                session,
                "INSERT INTO settings (tenant_id, key, value) VALUES (3, 'views', '1') "
                "ON CONFLICT (tenant_id, key) DO UPDATE SET value = settings.value\\:\\:integer + 1",
            )
        execute(session, "DELETE FROM settings WHERE key = 'views'")


def heartbeats(db):
    with db.session(db.autocommit) as session:
        for number in range(30):
            session.execute(update(Job).filter_by(id=2).values(attempts=number))
        session.execute(update(Job).filter_by(id=2).values(attempts=0))

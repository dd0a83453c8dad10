"""Good habits, batches and maintenance: nothing of this is a finding."""

from datetime import datetime, timedelta, timezone

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Text, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import declarative_base, joinedload, selectinload

from corpus.database import execute
from corpus.models import Author, Comment, Document, Job


def _page(session, *options, size=20, tenant=1):
    query = session.query(Document).options(*options).filter_by(tenant_id=tenant)
    return query.order_by(Document.created_at.desc()).limit(size).all()


def batched_children(db):
    with db.session() as session:
        loaders = [selectinload(Document.comments), selectinload(Document.chunks), selectinload(Document.tags)]
        _page(session, *loaders)


def batched_children_in_slices(db):
    with db.session() as session:
        for start in range(1, 401, 50):
            session.query(Comment).filter(Comment.document_id.in_(range(start, start + 50))).all()


def eager_join(db):
    for tenant in range(1, 6):
        with db.session() as session:
            [document.author.name for document in _page(session, joinedload(Document.author), tenant=tenant)]


def four_repeats(db):
    with db.session() as session:
        [document.author.name for document in _page(session, size=4)]


def four_identical_reads(db):
    with db.session() as session:
        for _ in range(4):
            session.query(Author).filter_by(id=9).one()


def two_associations(db):
    with db.session() as session:
        for author in session.query(Author).filter(Author.id <= 4).all():
            [len(author.documents), len(author.reviews)]


def two_schemas(db):
    with db.default.connect() as connection, connection.begin():
        for schema, start in ((None, 1), ("archive", 5)):
            tenant = connection.execution_options(schema_translate_map={None: schema})
            for key in range(start, start + 4):
                tenant.execute(select(Author.__table__).filter_by(id=key)).all()


def keyset_batches(db):
    with db.session() as session:
        last = 0
        for _ in range(12):
            batch = session.query(Document).filter(Document.id > last).order_by(Document.id).limit(100).all()
            last = batch[-1].id


def range_batches(db):
    with db.session() as session:
        for start in range(0, 1200, 100):
            session.query(Document).filter(Document.id > start, Document.id <= start + 100).all()
        for start in range(1, 1201, 100):
            session.query(Comment).filter(Comment.id.between(start, start + 99)).all()
        for day in range(12):
            since = datetime(2024, 1, 1, tzinfo=timezone.utc) + timedelta(days=day)
            created = (Document.created_at >= since, Document.created_at < since + timedelta(days=1))
            session.query(Document).filter(Document.tenant_id == 1, *created).all()


def offset_batches(db):
    with db.session() as session:
        for start in range(0, 1200, 100):
            session.query(Comment).order_by(Comment.id).limit(100).offset(start).all()


def cursor_chunks(db):
    query = select(Document).where(Document.id <= 20000).execution_options(yield_per=500)
    with db.session() as session:
        for document in session.scalars(query):
            document.title


def skip_locked_polling(db):
    waiting = select(Job).filter_by(status="pending").order_by(Job.id).limit(1).with_for_update(skip_locked=True)
    for _ in range(20):
        with db.session() as session, session.begin():
            session.scalars(waiting).one().status = "done"
    with db.session() as session, session.begin():
        session.execute(update(Job).filter_by(status="done").values(status="pending"))


def retry(db):
    for attempt in range(3):
        try:
            _transfer(db, rival=attempt < 2)
        except OperationalError as error:
            assert error.orig.pgcode == "40001", error
    with db.session() as session, session.begin():
        session.execute(update(Job).filter_by(id=1).values(attempts=0))


def _transfer(db, rival):
    more = update(Job).filter_by(id=1).values(attempts=Job.attempts + 1)
    with db.session(db.default.execution_options(isolation_level="REPEATABLE READ")) as session, session.begin():
        for key in range(1, 5):
            session.get(Author, key)
        if rival:
            with db.session(db.autocommit) as other:
                other.execute(more)
        session.execute(more)


def bulk_insert(db):
    rows = [{"document_id": n + 1, "user_id": n + 1, "body": "New"} for n in range(200)]
    with db.session() as session:
        # One statement through psycopg2's execute_values, then one by the unit of work's own batching.
        session.execute(insert(Comment.__table__), rows)
        session.add_all(Comment(**row) for row in rows)
        session.flush()


def introspection(db):
    MetaData().reflect(bind=db.default)


def schema_changes(db):
    base = declarative_base()

    class Note(base):
        __tablename__ = "notes"
        __table_args__ = {"schema": "scratch"}
        id = Column(Integer, primary_key=True)
        body = Column(Text)

    class Reply(base):
        __tablename__ = "replies"
        __table_args__ = {"schema": "scratch"}
        id = Column(Integer, primary_key=True)
        note_id = Column(ForeignKey("scratch.notes.id"), index=True)

    with db.session(db.autocommit) as session:
        execute(session, "CREATE SCHEMA scratch")
    base.metadata.create_all(db.default)
    base.metadata.drop_all(db.default)
    with db.session(db.autocommit) as session:
        execute(session, "DROP SCHEMA scratch")

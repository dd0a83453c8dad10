"""Loops of look-ups: what n_plus_one is about."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

import traffic
from corpus.database import execute, prepared, tagged
from corpus.models import Author, Book, Chunk, Comment, Document, Gap, Publisher, UserSession


def _page(session, size=20, tenant=1):
    query = session.query(Document).filter_by(tenant_id=tenant)
    return query.order_by(Document.created_at.desc()).limit(size).all()


def _authors_of(documents):
    return [document.author.name for document in documents]


def _author_keys(db, engine, size=20):
    with db.session(engine) as session:
        return [document.author_id for document in _page(session, size)]


def lazy_children(db):
    with db.session() as session:
        _authors_of(_page(session))


def lazy_children_autocommit(db):
    with db.session(db.autocommit) as session:
        _authors_of(_page(session))


def lazy_children_prepared(db):
    with prepared(db.default), db.session() as session:
        _authors_of(_page(session))


def has_many_children(db):
    with db.session() as session:
        for author in session.query(Author).filter_by(publisher_id=3).limit(10):
            len(author.documents)


def many_to_many_children(db):
    with db.session() as session:
        for document in session.query(Document).filter(Document.id <= 12).all():
            len(document.tags)


def count_per_row(db):
    with db.session() as session:
        for document in _page(session):
            session.query(Comment).filter_by(document_id=document.id).count()


def exists_per_row(db):
    with db.session() as session:
        for document in _page(session):
            comments = session.query(Comment).filter_by(document_id=document.id, user_id=7)
            session.query(comments.exists()).scalar()


def latest_per_key(db):
    now = datetime(2030, 1, 1, tzinfo=timezone.utc)
    with db.session() as session:
        for document in _page(session):
            comments = session.query(Comment).filter(Comment.document_id == document.id, Comment.created_at < now)
            comments.order_by(Comment.created_at.desc()).first()


def alternating_children(db):
    with db.session() as session:
        for book in session.query(Book).filter(Book.id <= 12).all():
            [book.author.name, book.publisher.name]


def three_statements_a_row(db):
    with db.session(db.autocommit) as session:
        for document in _page(session, 12):
            document.author.name
            len(document.comments)
            session.scalar(select(func.count(Chunk.id)).where(Chunk.document_id == document.id))


def two_hops(db):
    with db.session() as session:
        for document in _page(session):
            document.author.publisher.name


def nested_children(db):
    with db.session() as session:
        for publisher in session.query(Publisher).filter(Publisher.id <= 6).all():
            for author in publisher.authors[:6]:
                len(author.books)


def children_with_chatter(db):
    with db.session() as session:
        for document in _page(session, 10):
            with session.begin_nested():
                document.author.name
            execute(session, "SET LOCAL statement_timeout = '30s'")
            execute(session, "SELECT 1")


def children_with_rollbacks(db):
    # Every session gives its connection back, and the pool rolls it back.
    for key in _author_keys(db, db.default):
        with db.session() as session:
            session.get(Author, key)


def children_with_discards(db):
    for key in _author_keys(db, db.autocommit):
        with db.session(db.autocommit) as session:
            session.get(Author, key)
            execute(session, "DISCARD ALL")


def children_over_connections(db):
    engines = [db.engine(isolation_level="AUTOCOMMIT") for _ in range(4)]
    with tagged(traffic.Trace(), *engines):
        for number, key in enumerate(_author_keys(db, engines[0], 16)):
            with db.session(engines[number % 4]) as session:
                session.get(Author, key)


def children_concurrent(db):
    engine = db.engine(pool_size=10)

    def work(key):
        with db.session(engine) as session:
            session.get(Author, key)

    with tagged(traffic.Trace(), engine):
        keys = _author_keys(db, engine)
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(work, keys))


def children_over_transactions(db):
    with tagged(traffic.Trace(), db.default):
        for start in range(100, 112, 4):
            with db.session() as session:
                for key in range(start, start + 4):
                    session.get(Author, key)


def children_without_rows(db):
    with db.session() as session:
        for document in _page(session, tenant=5):
            len(document.comments)


def children_slow(db):
    with db.session() as session:
        for document in _page(session, 8):
            document.author.name
            time.sleep(0.03)


def children_with_comments(db):
    with tagged(traffic.Numbered(), db.autocommit), db.session(db.autocommit) as session:
        _authors_of(_page(session))


def children_with_spans(db):
    with tagged(traffic.TraceOfSpans(), db.autocommit), db.session(db.autocommit) as session:
        _authors_of(_page(session))


def ids_from_cache(db):
    with db.session() as session:
        for key in range(40, 60):
            session.get(Author, key)


def burst_without_parent(db):
    for _ in traffic.bursts(0.09):
        with db.session(db.autocommit) as session:
            session.query(Author).count()
            traffic.quiet()
            for key in range(40, 60):
                session.get(Author, key)
            traffic.quiet()
            session.query(Publisher).count()


def cursor_parent(db):
    query = select(Document).filter_by(tenant_id=2).order_by(Document.created_at.desc()).limit(60)
    with db.session() as session:
        for document in session.scalars(query.execution_options(yield_per=20)):
            document.author.name


def loop_in_every_request(db):
    for number in range(1, 21):
        with db.session(db.autocommit) as session:
            session.get(UserSession, f"session-{number}")
            _authors_of(_page(session, 10, tenant=number))
        traffic.pause()


def prefetch_per_row(db):
    with db.session() as session:
        for (key,) in session.query(Document.id).filter_by(tenant_id=1).order_by(Document.created_at).limit(20).all():
            session.get(Document, key, options=[selectinload(Document.comments)])


def look_up_or_insert(db):
    with db.session() as session:
        for number in range(12):
            wanted = {"tenant_id": 4, "document_id": 100 + number}
            if not session.query(Gap).filter_by(**wanted).one_or_none():
                session.add(Gap(question=f"Imported {number}", **wanted))
                session.flush()


def reload_per_row(db):
    with db.session() as session:
        for gap in session.query(Gap).filter_by(tenant_id=4).order_by(Gap.id).limit(12).all():
            session.refresh(gap)
            gap.asked_count += 1
            session.flush()


def expired_after_commit(db):
    with db.session() as session:
        gaps = session.query(Gap).filter_by(tenant_id=6).order_by(Gap.id).limit(12).all()
        keys = [gap.id for gap in gaps]
        for gap in gaps:
            gap.asked_count += 1
            session.commit()
        session.execute(update(Gap).where(Gap.id.in_(keys)).values(asked_count=Gap.asked_count - 1))
        session.commit()

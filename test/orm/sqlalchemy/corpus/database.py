"""A scenario's engines, sessions, and what it does to the wire: comments, prepared statements."""

from contextlib import contextmanager

from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

import traffic


class Database:
    """Engines of one application name; the server comes from libpq's own PG* variables."""

    def __init__(self, application_name):
        self.application_name = application_name
        self.engines = []
        self.default = self.engine()
        self.autocommit = self.default.execution_options(isolation_level="AUTOCOMMIT")

    def engine(self, **options):
        """A new engine, so new connections."""
        connect_args = {"application_name": self.application_name}
        engine = create_engine("postgresql+psycopg2://", connect_args=connect_args, **options)
        self.engines.append(engine)
        return engine

    def session(self, engine=None):
        """A session: its first statement begins a transaction, which lasts until commit, rollback or close."""
        return Session(engine or self.default)

    def close(self):
        for engine in self.engines:
            engine.dispose()


def execute(session, statement):
    session.execute(text(statement))


@contextmanager
def _rewriting(rewrite, engines):
    def before(connection, cursor, statement, parameters, context, executemany):
        return rewrite(cursor, statement), parameters

    for engine in engines:
        event.listen(engine, "before_cursor_execute", before, retval=True)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", before)


def tagged(tags, *engines):
    """Every statement gets tags.comment() appended."""
    return _rewriting(lambda cursor, statement: f"{statement} /*{tags.comment(statement)}*/", engines)


def prepared(engine, tags=None):
    """SELECTs with parameters become prepared statements of the one connection that the engine keeps."""
    preparer = traffic.Preparer(tags)
    return _rewriting(lambda cursor, statement: preparer.rewrite(statement, cursor.execute), [engine])

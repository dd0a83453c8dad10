"""What scenarios do to the connection itself: statements outside the ORM, comments, prepared statements."""

from contextlib import ExitStack, contextmanager

from django.db import connection, connections

import traffic


def execute(statement, alias="default"):
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def tagged(tags, *aliases):
    """Every statement gets tags.comment() appended."""

    def wrapper(execute_next, sql, params, many, context):
        return execute_next(f"{sql} /*{tags.comment(sql)}*/", params, many, context)

    with ExitStack() as stack:
        for alias in aliases or ("default",):
            stack.enter_context(connections[alias].execute_wrapper(wrapper))
        yield


@contextmanager
def prepared(tags=None):
    """SELECTs with parameters become prepared statements."""
    preparer = traffic.Preparer(tags)

    def wrapper(execute_next, sql, params, many, context):
        text = preparer.rewrite(sql, lambda prepare: execute_next(prepare, None, False, context))
        return execute_next(text, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield

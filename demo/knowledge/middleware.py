"""What every request goes through: its statements are tagged, its user is looked up."""

from contextlib import nullcontext
from urllib.parse import quote

from django.db import connection
from django.http import HttpResponseForbidden
from django.urls import Resolver404, resolve

from knowledge.models import Session


def _tagged(route, traceparent):
    """Every statement says, in sqlcommenter's format, which route and trace sent it."""
    tags = {"framework": "django", "route": route, "traceparent": traceparent}
    # Placeholders are written with percent signs, so those of the tags are doubled.
    comment = ",".join(f"{key}='{quote(value, safe='').replace('%', '%%')}'" for key, value in tags.items())

    def wrapper(execute, sql, params, many, context):
        if params is None:
            return execute(f"{sql} /*{comment.replace('%%', '%')}*/", params, many, context)
        return execute(f"{sql} /*{comment}*/", params, many, context)

    return connection.execute_wrapper(wrapper)


def tag_statements(get_response):
    def middleware(request):
        traceparent = request.headers.get("traceparent")
        try:
            route = resolve(request.path_info).route
        except Resolver404:
            route = None
        with _tagged(f"/{route}", traceparent) if traceparent and route is not None else nullcontext():
            return get_response(request)

    return middleware


def sign_in(get_response):
    def middleware(request):
        key = request.headers.get("x-session")
        session = Session.objects.select_related("user").filter(pk=key).first()
        if session is None:
            return HttpResponseForbidden("Sign in first.")
        request.user = session.user
        return get_response(request)

    return middleware

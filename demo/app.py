#!/usr/bin/python3
"""A small web application over schema.sql, and the visits of its users: a few hundred requests through Django's own
request handling, routing, templates and ORM, served by three workers with a connection each.

The server comes from the PG* variables. Progress goes to stderr.
"""

import os
import random
import sys
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["testserver"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ.get("PGHOST", ""),
            "PORT": os.environ.get("PGPORT", ""),
            "NAME": os.environ.get("PGDATABASE", "postgres"),
            "USER": os.environ.get("PGUSER", ""),
            "OPTIONS": {"application_name": "knowledge-base"},
            "ATOMIC_REQUESTS": True,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["knowledge"],
    MIDDLEWARE=["knowledge.middleware.tag_statements", "knowledge.middleware.sign_in"],
    ROOT_URLCONF="knowledge.urls",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    USE_TZ=True,
)
django.setup()

from django.db import connection
from django.test import Client

WORKERS = 3
USERS = 2000
THINKING_S = (0.002, 0.02)

# Pages by name: how often each is visited, and where it is. n is a number of the visitor's own.
PAGES = {
    "dashboard": (60, lambda n: "/"),
    "document list": (90, lambda n: f"/documents/?page={n % 5 + 1}"),
    "document": (150, lambda n: f"/documents/{n % 20000 + 1}/"),
    "document by external id": (40, lambda n: f"/documents/external/ext-{n}/"),
    "documents of an import": (20, lambda n: f"/imports/import-{n % 20000}/"),
    "gaps report": (40, lambda n: "/gaps/"),
    "new comment": (60, lambda n: f"/documents/{n % 20000 + 1}/comments/"),
}

worker = threading.local()


def visits():
    """All requests as (page, user, path), in the order of a busy day."""
    chance = random.Random(2024)
    numbers = (chance.randrange(200000) for _ in iter(int, 1))
    requests = [
        (page, chance.randrange(USERS) + 1, path(next(numbers)))
        for page, (count, path) in PAGES.items()
        for _ in range(count)
    ]
    chance.shuffle(requests)
    return requests


def visit(request):
    page, user, path = request
    if not hasattr(worker, "client"):
        worker.client = Client()
    time.sleep(random.uniform(*THINKING_S))
    headers = {"HTTP_X_SESSION": f"session-{user}"}
    # A proxy traces half of the visitors, all of one visitor's requests.
    if user % 2:
        headers["HTTP_TRACEPARENT"] = f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
    start = time.monotonic()
    if page == "new comment":
        response = worker.client.post(path, {"body": "This helped, thank you."}, **headers)
    else:
        response = worker.client.get(path, **headers)
    if response.status_code >= 400:
        raise RuntimeError(f"{path} answered {response.status_code}")
    return page, time.monotonic() - start


def show(done, total):
    if sys.stderr.isatty():
        print(f"\r{done} of {total} requests", end="\n" if done == total else "", file=sys.stderr)


def main():
    requests = visits()
    counts, seconds = Counter(), Counter()
    with ThreadPoolExecutor(WORKERS) as workers:
        for done, (page, elapsed) in enumerate(workers.map(visit, requests), 1):
            counts[page] += 1
            seconds[page] += elapsed
            show(done, len(requests))
    for page, count in counts.most_common():
        print(f"  {page:<26}{count:>5} requests, {1000 * seconds[page] / count:6.1f} ms each", file=sys.stderr)
    connection.close()


if __name__ == "__main__":
    main()

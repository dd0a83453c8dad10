#!/usr/bin/python3
"""Sends the labelled scenarios through Django's ORM: run.py [scenario ...], with the server from the PG* variables."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "shared"), str(HERE.parents[2] / "demo")]

import django
from django.conf import settings

ALIASES = ("default", "second", "third", "fourth")


def database():
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ.get("PGHOST", ""),
        "PORT": os.environ.get("PGPORT", ""),
        "NAME": os.environ.get("PGDATABASE", "postgres"),
        "USER": os.environ.get("PGUSER", ""),
        "OPTIONS": {},
    }


settings.configure(
    DATABASES={alias: database() for alias in ALIASES},
    INSTALLED_APPS=["django.contrib.contenttypes", "knowledge"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)
django.setup()

from django.db import connections

from corpus import counts, dashboards, duplicates, executions, keys, loops, quiet, requests, scans, writes
import traffic


def run_one(application_name, scenario):
    for alias in ALIASES:
        connections.databases[alias]["OPTIONS"]["application_name"] = application_name
    try:
        scenario()
    finally:
        connections.close_all()


if __name__ == "__main__":
    modules = [loops, duplicates, scans, executions, counts, dashboards, keys, writes, requests, quiet]
    sys.exit(traffic.main("django", modules, run_one))

#!/usr/bin/python3
"""Sends the labelled scenarios through SQLAlchemy: run.py [scenario ...], with the server from the PG* variables."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "shared")]

from corpus import counts, dashboards, duplicates, executions, keys, loops, quiet, requests, scans, writes
from corpus.database import Database
import traffic


def run_one(application_name, scenario):
    database = Database(application_name)
    try:
        scenario(database)
    finally:
        database.close()


if __name__ == "__main__":
    modules = [loops, duplicates, scans, executions, counts, dashboards, keys, writes, requests, quiet]
    sys.exit(traffic.main("sqlalchemy", modules, run_one))

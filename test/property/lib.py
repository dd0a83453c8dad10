"""Shared by the property tests: a database with random data, the rewriter, and statements run with parameters."""
import os
import random
import subprocess

import psycopg2

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE u (id integer PRIMARY KEY, label text, rank integer);
CREATE TABLE c (id serial PRIMARY KEY, k integer, name text, tag varchar(8), code char(3), u_id integer,
                flag boolean, n numeric(8,2), day date, ref uuid, feel mood, big bigint NOT NULL, tags integer[]);
CREATE TABLE pair (a integer NOT NULL, b text NOT NULL, v integer, w text DEFAULT 'none', PRIMARY KEY (a, b));
CREATE TABLE "Größe" (id integer PRIMARY KEY, "Order" integer, "select" text);
CREATE TABLE page (id integer PRIMARY KEY, a integer NOT NULL, b text NOT NULL, c date NOT NULL, d integer, e integer NOT NULL);
CREATE INDEX ON c (k);
"""
TABLES = ("u", "c", "pair", "Größe", "page")

VALUES = {
    "k": ["1", "2", "3", "4", "7", "99"],
    "name": ["ann", "bob", "it's", "", "Zoë"],
    "tag": ["x", "yy", "zzz"],
    "code": ["a", "ab", "abc"],
    "u_id": ["1", "2", "3", "50"],
    "flag": ["t", "f"],
    "n": ["0", "1.50", "-2.25", "10.00"],
    "day": ["2024-01-01", "2024-02-29", "1999-12-31"],
    "ref": ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"],
    "feel": ["sad", "ok", "happy"],
    "big": ["1", "5000000000", "7"],
}
TYPES = {"k": "integer", "name": "text", "tag": "varchar", "code": "bpchar", "u_id": "integer", "flag": "boolean",
         "n": "numeric", "day": "date", "ref": "uuid", "feel": "mood", "big": "bigint"}

# As src/pg/table_facts.cpp looks them up.
COLUMNS = """
SELECT attname, CASE WHEN atttypid = 'bpchar'::regtype THEN 'bpchar'
                     WHEN typarray <> 0 THEN format_type(atttypid, NULL) ELSE '' END, attnotnull
FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
KEYS = """
SELECT indisprimary, array(SELECT a::int FROM unnest(indkey) AS a) FROM pg_index
WHERE indrelid = %s::regclass AND indisunique"""


def literal(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def array(values):
    def element(value):
        if value is None:
            return "NULL"
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "{" + ",".join(element(value) for value in values) + "}"


class Database:
    def __init__(self):
        self.connection = psycopg2.connect("")
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.names = None

    def run(self, sql):
        self.cursor.execute(sql)
        self.names = [column[0] for column in self.cursor.description] if self.cursor.description else []
        return [tuple(map(repr, row)) for row in self.cursor.fetchall()] if self.cursor.description else []

    def prepare(self, name, sql):
        self.cursor.execute(f"PREPARE {name} AS {sql}")

    def execute(self, name, values):
        return self.run(f"EXECUTE {name}" + ("(" + ", ".join(map(literal, values)) + ")" if values else ""))

    def forget(self):
        self.cursor.execute("DEALLOCATE ALL")

    def create(self, rng):
        for statement in SCHEMA.split(";"):
            if statement.strip():
                self.cursor.execute(statement)
        self.fill(rng)

    def fill(self, rng):
        def maybe(values, share=0.15):
            return None if rng.random() < share else rng.choice(values)

        def insert(table, columns, rows):
            for row in rows:
                self.cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(map(literal, row))})")
        insert("u", "id, label, rank", [(str(i), maybe(["red", "blue"]), str(rng.randint(1, 3))) for i in range(1, 5)])
        rows = []
        for _ in range(rng.randint(20, 60)):
            row = [maybe(VALUES[column][:-1]) for column in VALUES if column != "big"]
            rows.append(row + [rng.choice(VALUES["big"]), maybe(["{1,2}", "{}"])])
        insert("c", ", ".join(column for column in VALUES if column != "big") + ", big, tags", rows)
        insert("pair", "a, b, v", [(str(a), b, maybe(["1", "2"])) for a in range(1, 5) for b in "xyz" if rng.random() < .6])
        insert('"Größe"', 'id, "Order", "select"',
               [(str(i), maybe(["1", "2", "3"]), maybe(["p", "q"])) for i in range(12)])
        insert("page", "id, a, b, c, d, e",
               [(str(i), str(rng.randint(1, 4)), rng.choice(["x", "y", "Z"]), rng.choice(VALUES["day"]),
                 maybe(["1", "2"]), str(rng.randint(1, 1000000))) for i in range(40)])


class Rewriter:
    """The program made of test/tools/rewrite.cpp."""

    def __init__(self, database):
        self.process = subprocess.Popen([os.environ["REWRITE"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        encoding="utf-8")
        cursor = database.cursor
        for table in TABLES:
            self.send("table", "", table)
            quoted = f'"{table}"'
            cursor.execute(COLUMNS, (quoted,))
            for name, kind, not_null in cursor.fetchall():
                self.send("column", name, kind, str(int(not_null)))
            cursor.execute(KEYS, (quoted,))
            for primary, columns in cursor.fetchall():
                self.send("unique", str(int(primary)), *[str(number - 1) for number in columns])

    def send(self, *fields):
        self.process.stdin.write("\t".join(fields) + "\n")

    def ask(self, *fields):
        """The statement and None, or None and the reason."""
        self.send(*fields)
        self.process.stdin.flush()
        done, text = self.process.stdout.readline().rstrip("\n").split("\t", 1)
        text = text.replace("\\n", "\n")
        return (text, None) if done == "+" else (None, text)


class Parameters:
    """Numbers a statement's parameters as it is written."""

    def __init__(self):
        self.count = 0
        self.values = {}  # of those that are the same in all calls
        self.keys = []    # (number, column) of those that are not

    def fixed(self, value):
        self.count += 1
        self.values[self.count] = value
        return f"${self.count}"

    def key(self, column):
        self.count += 1
        self.keys.append((self.count, column))
        return f"${self.count}"

    def call(self, key):
        """All values of one call, with those of `key` for the keys."""
        values = dict(self.values)
        values.update({number: value for (number, _), value in zip(self.keys, key)})
        return [values[number] for number in range(1, self.count + 1)]

    def lists(self, keys, used):
        """The values of the rewrite that uses these parameters: an array for each key."""
        values = dict(self.values)
        for at, (number, _) in enumerate(self.keys):
            values[number] = array([key[at] for key in keys])
        return [values[number] for number in used]


class Failure(Exception):
    pass


def rng_of(seed, kind, number):
    return random.Random(f"{seed}/{kind}/{number}")

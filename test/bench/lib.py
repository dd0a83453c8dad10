"""What the benchmarks share: arguments, private clusters, statements of ever new shapes, tables."""

import argparse
import os
import platform
import subprocess
import time
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "test/tools"
# postgresql.conf of the servers that are compared. pg_query_audit counts nested statements too.
SERVERS = {
    "bare": [],
    "pg_stat_statements": ["shared_preload_libraries = 'pg_stat_statements'", "pg_stat_statements.track = all"],
    "pg_query_audit": ["shared_preload_libraries = 'pg_query_audit'"],
}
EXTENSIONS = ("pg_stat_statements", "pg_query_audit")


def pg_config(option):
    return subprocess.check_output([os.environ.get("PG_CONFIG", "pg_config"), option], text=True).strip()


BINDIR = Path(pg_config("--bindir"))


def begin(description, add_options=lambda parser: None):
    """Parses the arguments, installs what is missing, builds, installs, and prints what is measured on."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="less of everything, to see that it works")
    add_options(parser)
    arguments = parser.parse_args()
    for command in (["setup", "bench"], ["build"], ["install"]):
        subprocess.run([TOOLS / command[0], *command[1:]], check=True, stdout=subprocess.DEVNULL)
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    revision = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    print(f"{pg_config('--version')}, {os.cpu_count()} CPUs, {platform.machine()}, {system}, ", end="")
    print(f"revision {revision.stdout.strip() or 'unknown'}, {time.strftime('%Y-%m-%d', time.gmtime())}")
    return arguments


def as_server_user(*command):
    """The server refuses to run as root; then it runs as user postgres."""
    return [*(("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()), *map(str, command)]


class Cluster:
    """A private cluster that lives as long as this object is entered."""

    def __init__(self, *lines):
        arguments = [word for line in lines for word in ("-c", line)]
        self.process = subprocess.Popen(
            [TOOLS / "with_cluster", *arguments, "--", "sh", "-c", 'echo "$PGHOST"; cat'],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.dir = self.process.stdout.readline().strip()
        if not self.dir:
            raise SystemExit("the cluster did not start")

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        self.process.stdin.close()
        if self.process.wait() != 0 and error is None:
            raise SystemExit("the cluster failed")

    @property
    def data(self):
        return f"{self.dir}/data"

    def connect(self, application="bench"):
        connection = psycopg2.connect(host=self.dir, user="postgres", dbname="postgres", application_name=application)
        connection.autocommit = True
        return connection.cursor()

    def run(self, *statements):
        cursor = self.connect()
        for statement in statements:
            cursor.execute(statement)
        cursor.connection.close()

    def value(self, query):
        cursor = self.connect()
        cursor.execute(query)
        (result,) = cursor.fetchone()
        cursor.connection.close()
        return result

    def restart(self, *lines):
        """Starts the server again, with these settings instead of those of the last time."""
        with open(f"{self.data}/restart.conf", "w", encoding="utf-8") as settings:
            settings.writelines(f"{line}\n" for line in lines)
        with open(f"{self.data}/postgresql.conf", "a+", encoding="utf-8") as settings:
            settings.seek(0)
            if "restart.conf" not in settings.read():
                settings.write("include = 'restart.conf'\n")
        command = [BINDIR / "pg_ctl", "restart", "-s", "-w", "-D", self.data, "-l", f"{self.dir}/server.log"]
        subprocess.run(as_server_user(*command), check=True)

    def stop_server(self):
        """Leaves the files for a single-user server."""
        subprocess.run(as_server_user(BINDIR / "pg_ctl", "stop", "-s", "-w", "-D", self.data), check=True)


COLUMNS = 10
SHAPE_TABLES = [
    f"create table {name} as select {', '.join(f'i as c{c}' for c in range(COLUMNS))} from generate_series(1, 10) i"
    for name in ("orders", "lines", "parts")
]
SOURCES = ("orders x", "lines x", "parts x", "orders x join lines y using (c0)", "lines x join parts y using (c0)")
OPERATORS = ("+", "-", "*", "<", ">", "=", "<>", "<=")
SHAPES = len(SOURCES) * len(OPERATORS) * 9**5


def shape(number):
    """A SELECT like no other below SHAPES: neither the server's query id nor the fingerprint is another number's."""
    number = number * 1000003 % SHAPES  # neighbours differ in everything
    digits = []
    for base in (len(SOURCES), len(OPERATORS), 9, 9, 9, 9, 9):
        number, digit = divmod(number, base)
        digits.append(digit)
    source, operator, *columns = digits
    a, b, c, d, e = (f"x.c{column + 1}" for column in columns)
    return f"select {a}, {b} {OPERATORS[operator]} {c} from {SOURCES[source]} where {d} = 5 order by {e}"


def timed(cursor, statement, parameters=None):
    """Seconds that the client waits for the statement."""
    start = time.perf_counter()
    cursor.execute(statement, parameters)
    return time.perf_counter() - start


def print_table(headers, rows, aligned_left=1):
    """A Markdown table, so that it can be copied into docs/performance.md."""
    cells = [[str(cell) for cell in row] for row in [headers, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    for number, row in enumerate(cells):
        aligned = [c.ljust(w) if i < aligned_left else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))]
        print("| " + " | ".join(aligned) + " |", flush=True)
        if number == 0:
            rules = ["-" * (w + 1) + ("-" if i < aligned_left else ":") for i, w in enumerate(widths)]
            print("|" + "|".join(rules) + "|")

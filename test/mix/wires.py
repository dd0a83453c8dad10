"""Connections as different drivers use them, and the pool that lends them."""

import queue
import re
import threading

import psycopg
import psycopg2

# How a driver hands values over: in the text, bound to an unnamed statement, to a named one, or by PREPARE and EXECUTE.
STYLES = ("literal", "bound", "prepared", "execute")
PLACEHOLDER = re.compile("%s")


def with_numbers(text):
    """The text as a prepared statement has it."""
    numbers = iter(range(1, 1000))
    return PLACEHOLDER.sub(lambda _: f"${next(numbers)}", text)


class Wire:
    """One connection in autocommit: transactions are opened and closed by their statements."""

    def __init__(self, style, application, schema):
        self.style = style
        self.application = application
        driver = psycopg2 if style in ("literal", "execute") else psycopg
        self.connection = driver.connect("", application_name=application, options=f"-c search_path={schema}")
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.names = {}

    def run(self, text, values=(), comment=""):
        """Answers the rows, or none where the statement has none."""
        if self.style == "execute" and values and not comment and text[:6].lower() == "select":
            if text not in self.names:
                name = f"p_{len(self.names)}"
                self.cursor.execute(f"prepare {name} as {with_numbers(text)}")
                self.names[text] = name
            text = f"execute {self.names[text]} ({', '.join(['%s'] * len(values))})"
        text += comment
        if self.style in ("literal", "execute"):
            self.cursor.execute(text, tuple(values))
        else:
            prepare = self.style == "prepared" and bool(values)
            self.cursor.execute(text, tuple(values) if values else None, prepare=prepare)
        return self.cursor.fetchall() if self.cursor.description else []

    def discard(self):
        self.run("DISCARD ALL")
        self.names.clear()

    def close(self):
        self.connection.close()


class Pool:
    """Lends any free connection; may look whether it is alive, and may reset it when it comes back."""

    def __init__(self, rng, wires, pings, discards):
        self.wires = wires
        self.pings = pings
        self.discards = discards
        # The connection that came back last, or the one that has waited longest.
        self.free = queue.LifoQueue() if rng.random() < 0.5 else queue.Queue()
        for wire in wires:
            self.free.put(wire)
        self.lock = threading.Lock()

    def take(self, application):
        wire = self.free.get()
        if self.pings:
            wire.run("SELECT 1")
        if wire.application != application:
            wire.application = application
            wire.run(f"SET application_name = '{application}'")
        return wire

    def give(self, wire):
        try:
            if self.discards:
                wire.discard()
                wire.application = None
        finally:
            self.free.put(wire)

    def close(self):
        for wire in self.wires:
            wire.close()

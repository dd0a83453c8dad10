"""Endpoints that write row by row."""

from endpoints import Endpoint
from request import LEAST_WRITES

# Without a transaction around it a loop of writes commits each row: either rule tells it.
RULES = ("write_loop", "commit_per_row")


def some_number(rng):
    return rng.choice([rng.randint(2, 5), rng.randint(6, 9), rng.randint(10, 14), rng.randint(15, 30)])


def own_keys(request, number):
    """Rows of the ledger that no other client changes, so that nobody waits for a lock."""
    first = 1 + request.client * 40
    return range(first, first + number)


class Writer(Endpoint):
    def ledger(self, kind):
        ledger = self.schema.ledger
        name = self.dialect.name
        table, key, amount = name(ledger["table"]), name(ledger["id"]), name(ledger["amount"])
        text = {
            "update": f"UPDATE {table} SET {amount} = %s WHERE {key} = %s",
            "select": f"SELECT {amount} FROM {table} WHERE {key} = %s",
            "for update": f"SELECT {amount} FROM {table} WHERE {key} = %s FOR UPDATE",
        }[kind]
        return self.dialect.plain(text, ("amount",), kind="select" if kind != "update" else "write")

    def insert(self, rows=1, returning=False):
        journal = self.schema.journal
        columns = ", ".join(self.dialect.name(journal[use]) for use in ("item", "label", "amount"))
        values = ", ".join(["(%s, %s, %s)"] * rows)
        text = f"INSERT INTO {self.dialect.name(journal['table'])} ({columns}) VALUES {values}"
        if returning:
            text += f" RETURNING {self.dialect.name(journal['id'])}"
        return self.dialect.plain(text, kind="write")


class WriteLoop(Writer):
    """Rows inserted, changed or deleted one by one."""

    rules = RULES

    def build(self, rng):
        self.kind = rng.choice(["insert", "insert", "update", "delete"])
        journal = self.schema.journal
        name = self.dialect.name
        self.insert_one = self.insert(returning=rng.random() < 0.5)
        self.delete = self.dialect.plain(
            f"DELETE FROM {name(journal['table'])} WHERE {name(journal['id'])} = %s", kind="write"
        )
        self.update = self.ledger("update")

    def play(self, request, rng):
        number = some_number(rng)
        if self.kind == "insert":
            query, values = self.insert_one, [(i, f"label {i}", rng.randint(1, 99)) for i in range(number)]
        elif self.kind == "update":
            query, values = self.update, [(rng.randint(1, 99), key) for key in own_keys(request, number)]
        else:
            # Of rows that are not there: the statement is the same.
            query, values = self.delete, [(-rng.randint(1, 10**9),) for _ in range(number)]
        for row in values:
            request.write(query, *row)
        if number >= LEAST_WRITES:
            request.expect(RULES, query)


class ReadChangeWrite(Writer):
    """Each row is read before it is changed; some write a line about it, too."""

    rules = (*RULES, "n_plus_one")

    def build(self, rng):
        self.select = self.ledger(rng.choice(["select", "for update"]))
        self.update = self.ledger("update")
        self.line = self.insert() if rng.random() < 0.4 else None

    def play(self, request, rng):
        number = some_number(rng)
        body = [self.select, self.update] + ([self.line] if self.line else [])
        for key in own_keys(request, number):
            request.select(self.select, key)
            request.write(self.update, rng.randint(1, 99), key)
            if self.line:
                request.write(self.line, key, "changed", 1)
        # One finding for the whole body is enough; of short ones the reads alone are a loop.
        if number >= LEAST_WRITES:
            request.expect((*RULES, "n_plus_one"), *body)
            request.allow((*RULES, "n_plus_one"), *body)
        elif number >= 5:
            request.expect("n_plus_one", self.select)


class CommitPerRow(Writer):
    """A transaction for each row."""

    rules = RULES
    needs_connection = True
    autocommit_only = True

    def build(self, rng):
        self.insert_one = self.insert()

    def play(self, request, rng):
        number = some_number(rng)
        for i in range(number):
            request.begin()
            request.write(self.insert_one, i, f"label {i}", 1)
            request.end()
        if number >= LEAST_WRITES:
            request.expect(RULES, self.insert_one)


ENDPOINTS = (WriteLoop, ReadChangeWrite, CommitPerRow)

"""What the kinds of endpoints have in common."""


class Endpoint:
    """A place in an application that requests go to: its statements are made once, their values and rows vary."""

    rules = ()  # that its truth may name
    needs_connection = False  # not where each statement may have another one
    autocommit_only = False

    def __init__(self, rng, application):
        self.application = application
        self.schema = application.schema
        self.dialect = application.dialect
        self.build(rng)

    def build(self, rng):
        raise NotImplementedError

    def play(self, request, rng):
        raise NotImplementedError

    # What several kinds draw alike

    def list_of(self, rng, entity, *needed):
        """A list whose length is its last value."""
        columns = self.dialect.some_columns(entity, entity.key, *needed)
        where = [(entity.group, "= %s")] if rng.random() < 0.7 else []
        order = rng.choice([entity.created, entity.key])
        return self.dialect.select(entity, where, columns, order, rng.random() < 0.5, " LIMIT %s")

    def read_list(self, request, rng, query, entity, length):
        group = (rng.randint(1, entity.groups),) if query.filter else ()
        return request.select(query, *group, length)


def some_length(rng):
    """Of a list: often short, sometimes at the boundary."""
    return rng.choice([rng.randint(2, 4), rng.randint(5, 9), rng.randint(10, 20), rng.randint(20, 40)])


def with_references(entities):
    return [entity for entity in entities if entity.references]


def with_children(entities):
    return [entity for entity in entities if entity.children]

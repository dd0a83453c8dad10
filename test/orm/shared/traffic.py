"""What the Python drivers share: which scenarios there are, how they run, how requests mark and pace themselves."""

import argparse
import json
import re
import sys
import time
import traceback
import uuid
from pathlib import Path

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios.json"

REQUEST_PAUSE_S = 0.028
QUIET_S = 0.8
MOST_BURSTS = 10

_quiet_times = []


def scenario_ids(orm):
    """The ids of the scenarios that this ORM can produce, in order."""
    corpus = json.loads(SCENARIOS.read_text())
    return [s["id"] for s in corpus["scenarios"] if orm in s.get("orms", corpus["orms"])]


def functions_of(modules):
    """The public functions of the corpus modules by name: one for each scenario."""
    found = {}
    for module in modules:
        for name, value in vars(module).items():
            if callable(value) and value.__module__ == module.__name__ and not name.startswith("_"):
                found[name] = value
    return found


def main(orm, modules, run_one):
    """Run the scenarios named on the command line, or all; run_one(name, function) does one. Answers the exit code."""
    parser = argparse.ArgumentParser(description=f"Send the {orm} scenarios' traffic.")
    parser.add_argument("scenarios", nargs="*")
    wanted = parser.parse_args().scenarios

    known, functions = scenario_ids(orm), functions_of(modules)
    for name in set(known) ^ set(functions) | set(wanted) - set(known):
        print(f"{orm}: {name} is not both in scenarios.json and in the corpus", file=sys.stderr)
        return 2

    failed = False
    for name in wanted or known:
        try:
            run_one(f"{orm}:{name}", functions[name])
        except Exception:
            failed = True
            print(f"{orm}: {name} could not be run", file=sys.stderr)
            traceback.print_exc()
    return 1 if failed else 0


def pause():
    """The time between two requests that a pooled connection serves."""
    time.sleep(REQUEST_PAUSE_S)


def quiet():
    """Long enough to set one piece of work apart from the next."""
    _quiet_times.append(time.monotonic())
    time.sleep(QUIET_S)
    _quiet_times.append(time.monotonic())


def bursts(seconds):
    """Once; and again as long as a busy machine stretches what is sent between two quiet times to more than a burst."""
    for _ in range(MOST_BURSTS):
        _quiet_times.clear()
        yield
        if _quiet_times[2] - _quiet_times[1] <= seconds:
            return


class Trace:
    """One request's trace: every comment() is a sqlcommenter tag, by default with one span for all."""

    def __init__(self):
        self.trace_id = uuid.uuid4().hex
        self.span_id = uuid.uuid4().hex[:16]

    def comment(self, statement=""):
        return f"traceparent='00-{self.trace_id}-{self.span_id}-01'"


class TraceOfSpans(Trace):
    """A trace as OpenTelemetry's instrumentations write it: a span id for every statement."""

    def comment(self, statement=""):
        self.span_id = uuid.uuid4().hex[:16]
        return super().comment()


class Numbered:
    """Comments that differ from statement to statement and say nothing about the request."""

    def __init__(self):
        self.number = 0

    def comment(self, statement=""):
        self.number += 1
        return f"line={40 + self.number},call='{uuid.uuid4().hex[:8]}'"


class Preparer:
    """Turns a driver's SELECT with parameters into PREPARE, once, and EXECUTE."""

    placeholder = re.compile(r"%\(\w+\)s|%s")

    def __init__(self, tags=None):
        self.names = {}
        self.tags = tags

    def rewrite(self, statement, prepare):
        """Answers the EXECUTE that stands for the statement; prepare(text) is called at its first sight."""
        if not self.placeholder.search(statement):
            return statement
        if statement not in self.names:
            self.names[statement] = f"kb_{len(self.names)}"
            prepare(f"PREPARE {self.names[statement]} AS {self._text(statement)}")
        return f"EXECUTE {self.names[statement]} ({', '.join(self.placeholder.findall(statement))})"

    def _text(self, statement):
        numbers = iter(range(1, 100))
        text = self.placeholder.sub(lambda _: f"${next(numbers)}", statement).replace("%%", "%")
        return f"{text} /*{self.tags.comment()}*/" if self.tags else text

"""Compares findings with the truth about the requests they came from."""

from collections import Counter, defaultdict

from wires import with_numbers

SURE = ("medium", "high", "proven")
# Other findings occur once a request, or once for each of its loops where they have different parents.
PER_EXECUTION = {
    *("seq_scan", "nested_loop_query", "leading_wildcard", "unindexed_sort", "deep_offset"),
    *("unbounded_result", "non_sargable", "mass_write"),
}
FINDINGS = """
    select rule, severity, confidence, application_name, fingerprint, query, parent_query, occurrences, calls, evidence
    from query_audit.findings
    where split_part(application_name, ' ', 1) = 'mix' and confidence = any (%s) and severity <> 'info'
"""


class Scores:
    """Counts by (mark, rule): shapes, and requests, that were right, wrong and missed."""

    def __init__(self):
        self.counts = defaultdict(Counter)
        self.unjudged = Counter()  # findings of rules that nothing here is about
        self.exercised = Counter()  # bad requests that a rule may tell, where something marks them

    def add(self, mark, rule, what, number=1):
        self.counts[mark, rule][what] += number

    def total(self, marks=None, rule=None):
        chosen = [c for (m, r), c in self.counts.items() if (marks is None or m in marks) and rule in (None, r)]
        return sum(chosen, Counter())


def precision(count, what):
    found = count[what, "right"] + count[what, "wrong"]
    return count[what, "right"] / found if found else None


def recall(count, what):
    known = count[what, "found"] + count[what, "missed"]
    return count[what, "found"] / known if known else None


def fingerprints_of(cursor, texts):
    """By text."""
    texts = sorted(texts)
    cursor.execute(
        "select query_audit.fingerprint(t) from unnest(%s) with ordinality u (t, n) order by n",
        [[with_numbers(text) for text in texts]],
    )
    return {text: fingerprint for text, (fingerprint,) in zip(texts, cursor.fetchall())}


def read_findings(cursor):
    """By (episode's name, rule, fingerprint)."""
    cursor.execute(FINDINGS, [list(SURE)])
    names = [column.name for column in cursor.description]
    findings = defaultdict(lambda: defaultdict(list))
    for row in cursor.fetchall():
        finding = dict(zip(names, row))
        episode = finding["application_name"].partition(":")[0]
        findings[episode][finding["rule"], finding["fingerprint"]].append(finding)
    return findings


def truth_of(episode, rules, fingerprint):
    """How many requests each verdict is right for, and how often at most each (rule, fingerprint) may be found."""
    right, most = Counter(), Counter()
    for request in episode.done:
        may = Counter()
        for verdicts, must in ((request.right, True), (request.neutral, False)):
            for verdict, number in Counter(verdicts).items():
                known = frozenset(rule for rule in verdict.rules if rule in rules)
                keys = frozenset((rule, fingerprint[text]) for rule in known for text in verdict.texts)
                may |= Counter(dict.fromkeys(keys, number))
                if must and keys:
                    right[keys] += number if known & PER_EXECUTION else 1
        most += may
    return right, most


def judge(episode, findings, rules, fingerprint, scores, report):
    """Counts what is right, wrong and missed; report(what, details) is told of the latter two."""
    right, most = truth_of(episode, rules, fingerprint)
    mark = episode.mark.name
    found = {key: sum(finding["occurrences"] for finding in rows) for key, rows in findings.items()}
    for key, rows in findings.items():
        rule = key[0]
        if rule not in rules:
            scores.unjudged[rule] += 1
            continue
        within = min(found[key], most[key])
        scores.add(mark, rule, ("shapes", "right" if most[key] else "wrong"))
        scores.add(mark, rule, ("requests", "right"), within)
        scores.add(mark, rule, ("requests", "wrong"), found[key] - within)
        if found[key] > within:
            report(f"{found[key] - within} of {found[key]} are wrong", episode, rule, rows)
    for keys, requests in right.items():
        if episode.mark.gated:
            scores.exercised.update(dict.fromkeys({rule for rule, _ in keys}, requests))
        # Where several rules may tell it, it counts for the one that does.
        rule, _ = best = max(sorted(keys), key=lambda key: found.get(key, 0))
        hits = min(requests, found.get(best, 0))
        scores.add(mark, rule, ("shapes", "found" if hits else "missed"))
        scores.add(mark, rule, ("requests", "found"), hits)
        scores.add(mark, rule, ("requests", "missed"), requests - hits)
        if hits < requests:
            rows = [row for key in keys for row in findings.get(key, [])]
            texts = sorted(text for text, value in fingerprint.items() if value in {key[1] for key in keys})
            report(f"{requests - hits} of {requests} were missed", episode, rule, rows, texts)

"""Checks that a peer does the work that is measured: python3 check.py graph|rest PORT TOKEN

Needs nothing but Python. Whatever stands in the database before stays, and does not matter.
"""

import http.client
import json
import sys
import threading
import uuid
from collections import Counter

CREATE = (
    "mutation Create($input: CreateScheduleInput!) { createSchedule(input: $input) { schedule { name revision } } }"
)
REPORT = (
    "mutation Report($input: ReportResultInput!) "
    "{ reportResult(input: $input) { result { script attempt status } schedule { revision } } }"
)
BATCH = (
    "mutation Batch($input: ReportResultsInput!) "
    "{ reportResults(input: $input) { accepted duplicates schedule { revision } } }"
)
PAGE = (
    "query Page($name: UUID!, $after: String) { schedule(name: $name) { results(first: 50, after: $after) "
    "{ nodes { script attempt status durationMs submittedTime } pageInfo { hasNextPage endCursor } } } }"
)
NESTED = (
    "query Nested($first: Int, $after: String) { schedules(first: $first, after: $after) { nodes "
    "{ name title status revision createdTime progress { reported running pass fail block error skip } "
    "labels { key value } results(first: 10) { nodes { script attempt status durationMs submittedTime } } } "
    "pageInfo { hasNextPage endCursor } } }"
)

# Enough connections for both workers to get some.
REPORTERS = 16
REPORTS = 25


class Peer:
    """A connection to a peer. What it refuses is None."""

    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(self, method, path, body=None):
        self.connection.request(method, path, body and json.dumps(body), self.headers)
        response = self.connection.getresponse()
        return response.status, response.read()


class Graph(Peer):
    def ask(self, query, variables):
        status, body = self.send("POST", "/graphql", {"query": query, "variables": variables})
        if status == 401:
            return None
        answer = json.loads(body)
        return None if "errors" in answer else next(iter(answer["data"].values()))

    def create(self, new):
        answer = self.ask(CREATE, {"input": new})
        return answer and answer["schedule"]

    def report(self, report):
        return self.ask(REPORT, {"input": report})

    def batch(self, schedule, results):
        return self.ask(BATCH, {"input": {"schedule": schedule, "results": results}})

    def page(self, name, after):
        answer = self.ask(PAGE, {"name": name, "after": after})
        return answer and answer["results"]

    def schedules(self, first, after):
        answer = self.ask(NESTED, {"first": first, "after": after})
        for node in answer["nodes"]:
            node["results"] = node["results"]["nodes"]
        return answer


class Rest(Peer):
    def ask(self, *request):
        status, body = self.send(*request)
        return json.loads(body) if status == 200 else None

    def create(self, new):
        return self.ask("POST", "/schedules", new)

    def report(self, report):
        return self.ask("POST", "/results", report)

    def batch(self, schedule, results):
        return self.ask("POST", "/results/batch", {"schedule": schedule, "results": results})

    def page(self, name, after):
        return self.ask("GET", f"/schedules/{name}/results?first=50" + (f"&after={after}" if after else ""))

    def schedules(self, first, after):
        return self.ask("GET", f"/schedules?first={first}" + (f"&after={after}" if after else ""))


def open_schedule(peer, title):
    name = str(uuid.uuid4())
    labels = [{"key": "site", "value": "north"}, {"key": "branch", "value": "main"}]
    assert peer.create({"name": name, "title": title, "labels": labels}) == {"name": name, "revision": 0}
    return name


def check_access(connect):
    port, token = connect.port, connect.token
    assert connect.kind(port, "").send("GET", "/healthz")[0] == 200
    for wrong in ["", token + "x", token[:-1]]:
        assert connect.kind(port, wrong).create({"name": str(uuid.uuid4()), "title": "t", "labels": []}) is None


def check_attempts(peer):
    """A key counts once, another report of a script is its next attempt, and only that one is counted."""
    name = open_schedule(peer, "attempts")
    key = str(uuid.uuid4())
    first = {"schedule": name, "script": " one ", "status": "FAIL", "durationMs": 7, "message": "m", "key": key}
    for _ in range(2):
        answer = peer.report(first)
        assert answer["result"] == {"script": "one", "attempt": 1, "status": "FAIL"}, answer
        assert answer["schedule"]["revision"] == 1, answer
    answer = peer.report({"schedule": name, "script": "one", "status": "PASS"})
    assert answer["result"]["attempt"] == 2 and answer["schedule"]["revision"] == 2, answer

    # Three new ones, two of them of one script; a key of before and one that comes twice.
    other = str(uuid.uuid4())
    answer = peer.batch(
        name,
        [
            {"script": "one", "status": "SKIP", "key": key},
            {"script": "two", "status": "BLOCK"},
            {"script": "two", "status": "ERROR", "message": "é", "key": other},
            {"script": "two", "status": "ERROR", "message": "é", "key": other},
            {"script": "three", "status": "RUNNING"},
        ],
    )
    assert (answer["accepted"], answer["duplicates"], answer["schedule"]["revision"]) == (3, 2, 5), answer

    shown = peer.schedules(1, None)["nodes"][0]
    none = dict.fromkeys(["fail", "block", "skip"], 0)
    assert shown["progress"] == none | {"reported": 3, "running": 1, "pass": 1, "error": 1}, shown
    assert (shown["name"], shown["title"], shown["status"]) == (name, "attempts", "RUNNING"), shown
    assert {label["key"]: label["value"] for label in shown["labels"]} == {"site": "north", "branch": "main"}
    assert [(each["script"], each["attempt"]) for each in shown["results"]] == [("one", 2), ("two", 2), ("three", 1)]
    assert len(shown["createdTime"]) == 24 and shown["createdTime"].endswith("Z"), shown


def check_refusals(peer):
    name = open_schedule(peer, "refusals")
    good = {"schedule": name, "script": "s", "status": "PASS"}
    flaws = [
        {"status": "GREAT"},
        {"script": "  "},
        {"script": "s" * 256},
        {"durationMs": -1},
        {"key": "no-uuid"},
        {"schedule": str(uuid.uuid4())},
    ]
    for flaw in flaws:
        assert peer.report(good | flaw) is None, flaw
    assert peer.create({"name": name, "title": "again", "labels": []}) is None
    assert peer.page(str(uuid.uuid4()), None) is None
    assert peer.report(good)["schedule"]["revision"] == 1


def check_pages(peer):
    name = open_schedule(peer, "pages")
    peer.batch(name, [{"script": f"s{number}", "status": "PASS", "durationMs": number} for number in range(1_203)])
    seen, after = [], None
    while True:
        page = peer.page(name, after)
        seen += [(each["script"], each["durationMs"]) for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [(f"s{number}", number) for number in range(1_203)], len(seen)

    newest = [open_schedule(peer, "newer") for _ in range(5)][::-1]
    first = peer.schedules(3, None)
    second = peer.schedules(3, first["pageInfo"]["endCursor"])
    assert [each["name"] for each in first["nodes"] + second["nodes"]] == [*newest, name]
    assert len(second["nodes"][2]["results"]) == 10 and first["pageInfo"]["hasNextPage"]


def check_concurrency(connect):
    """Many report to one schedule, each of them some scripts that all others report too."""
    name = open_schedule(connect(), "concurrency")
    revisions, attempts, failed = [], Counter(), []

    def report():
        try:
            peer = connect()
            for number in range(REPORTS):
                report = {"schedule": name, "script": f"s{number}", "status": "PASS", "key": str(uuid.uuid4())}
                answer = peer.report(report)
                revisions.append(answer["schedule"]["revision"])
                attempts[answer["result"]["script"], answer["result"]["attempt"]] += 1
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=report) for _ in range(REPORTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    assert sorted(revisions) == list(range(1, REPORTERS * REPORTS + 1))
    assert attempts == {(f"s{number}", attempt + 1): 1 for number in range(REPORTS) for attempt in range(REPORTERS)}
    progress = connect().schedules(1, None)["nodes"][0]["progress"]
    assert progress["pass"] == progress["reported"] == REPORTS, progress


class Connect:
    """Opens connections to the peer that is checked."""

    def __init__(self, kind, port, token):
        self.kind, self.port, self.token = kind, port, token

    def __call__(self):
        return self.kind(self.port, self.token)


def main(kind, port, token):
    connect = Connect({"graph": Graph, "rest": Rest}[kind], int(port), token)
    check_access(connect)
    for check in [check_attempts, check_refusals, check_pages]:
        check(connect())
    check_concurrency(connect)
    print(f"{kind}: good")


main(*sys.argv[1:])

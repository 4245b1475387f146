"""maplib as an engine of the benchmarks. The protocol is that of src/bench/engine/protocol.rs.

maplib keeps everything in memory, as columns. It writes SPARQL JSON itself, and a graph as Turtle, which is part of the
time; Turtle becomes N-Triples afterwards. It has no ASK, no DESCRIBE, no updates by value, no prepared queries.
"""

import json
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

# What maplib says of work that it does not have.
UNSUPPORTED = "not supported"
FORMATS = {".nt": "ntriples", ".ttl": "turtle"}


class Unsupported(Exception):
    pass


class Engine:
    def __init__(self, opening):
        # Both are read when the library is loaded.
        for name in ("POLARS_MAX_THREADS", "RAYON_NUM_THREADS"):
            os.environ[name] = str(opening["threads"])
        import maplib

        self.model = maplib.Model()
        self.settings = {
            "storage": "memory",
            "threads": str(opening["threads"]),
            "memory": "not limited",
            "result cache": "none",
            "prepared": "no",
            "parser": "strict",
            "output": "SPARQL JSON, Turtle",
            "answers": "checked with dateTimes as given and counts as xsd:integer",
            "rules": "RDFS 2, 3, 5, 6, 8, 9, 10, 11",
        }

    def load(self, request):
        format = FORMATS.get(os.path.splitext(request["file"])[1])
        if format is None:
            raise Unsupported
        with Clock() as clock:
            self.model.read(request["file"], format=format)
        return clock.done()

    def query(self, request):
        with Clock() as clock:
            answer = self.model.query(request["text"], return_json=True)
            encoded = answer.encode()
        is_graph = not answer.startswith('{"head"')
        lines = ntriples(answer) if is_graph else []
        if request.get("file"):
            with open(request["file"], "w") as file:
                file.write(comparable("".join(lines) if is_graph else answer))
        return clock.done(rows=len(lines) if is_graph else solutions(answer), bytes=len(encoded))

    def update(self, request):
        # INSERT DATA and DELETE DATA are not there, and asking for them leaves the model unusable.
        raise Unsupported

    def reason(self, request):
        with Clock() as clock:
            derived = self.model.infer_rdfs()
        if request.get("file"):
            # Derived triples are in no file that maplib writes, but in what it answers.
            everything = {"text": "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", "file": request["file"]}
            self.query(everything)
        return clock.done(rows=derived)

    def nothing(self, request):
        return {"nanoseconds": 0}

    def all(self, request):
        with Clock() as clock:
            each = [getattr(self, work["do"])(work) for work in request["works"]]
        return clock.done(each=each)

    # It does nothing in the background and writes nothing.
    quiesce = flush = nothing


class Clock:
    def __enter__(self):
        self.start = time.perf_counter_ns()
        return self

    def __exit__(self, *_):
        self.nanoseconds = time.perf_counter_ns() - self.start

    def done(self, **more):
        return {"nanoseconds": self.nanoseconds, **more}


def solutions(text):
    """How many solutions SPARQL JSON has. Quotes within strings are escaped, so that these bytes are between two
    solutions only; solutions without bindings are counted by a parser."""
    if "{}" in text:
        return len(json.loads(text)["results"]["bindings"])
    return 0 if text.endswith('"bindings":[]}}') else text.count('},{"') + 1


def comparable(text):
    """An answer without what maplib is known to change: it keeps a dateTime in UTC, whether it had a time zone or not
    (benchmark data have none), and counts as xsd:unsignedInt where SPARQL says xsd:integer. Both are as in JSON or
    N-Triples."""
    text = re.sub(r'(:\d\d)\+00:00(?="(,"datatype":"|\^\^<)http://www.w3.org/2001/XMLSchema#dateTime)', r"\1", text)
    return text.replace("XMLSchema#unsignedInt", "XMLSchema#integer")


def ntriples(turtle):
    import rdflib

    rdflib.NORMALIZE_LITERALS = False
    graph = rdflib.Graph()
    graph.parse(data=turtle, format="turtle")
    return graph.serialize(format="nt").splitlines(keepends=True)


def reply(id, **outcome):
    sys.stdout.write(json.dumps({"id": id, **outcome}) + "\n")
    sys.stdout.flush()


def failed(error):
    message = str(error)
    unsupported = isinstance(error, Unsupported) or UNSUPPORTED in message
    return {"unsupported": unsupported, "message": message or "not supported"}


def answer(engine, request):
    try:
        done = getattr(engine, request["do"])(request)
    # What Rust panics with is no Exception.
    except BaseException as error:
        return reply(request["id"], failed=failed(error))
    reply(request["id"], done=done)


def main():
    request = json.loads(sys.stdin.readline())
    with Clock() as clock:
        engine = Engine(request)
    introduction = {"engine": "maplib", "version": version("maplib"), "settings": engine.settings}
    reply(request["id"], done=clock.done(**introduction))
    with ThreadPoolExecutor(request["threads"]) as workers:
        for line in sys.stdin:
            request = json.loads(line)
            if request["do"] == "close":
                break
            workers.submit(answer, engine, request)
    if request["do"] == "close":
        reply(request["id"], done={"nanoseconds": 0})


main()

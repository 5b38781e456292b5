#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Validates records (NDJSON on standard input) against the strict schema.

usage: strict_schema.py [--run] [SCHEMA]

The installed schema is open: readers are to accept keys and words of later
versions. Tests are not: here every key is required, no other is allowed, and
the words listed as "examples" are all there are. Also refused are double keys,
NaN, empty lines and a last line without its end.

--run checks the stream as well: begin first, end last, one run id, and exactly
one summary or error for each target (of knock: for each port of a target).

Exits 1 and names the line and the reason on the first error. To be quick with
hundreds of thousands of records, the strict schema of each type is compiled to
Python predicates; the first records of each type go through python3-jsonschema
too, so that both have to agree.
"""
import json
import os
import re
import sys

import jsonschema

CROSS_CHECKED = 50  # records of each type that jsonschema sees too
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "..", "schema", "netdiag-1.schema.json")
TYPES = {
    "string": {str},
    "integer": {int},
    "number": {int, float},
    "boolean": {bool},
    "object": {dict},
    "array": {list},
    "null": {type(None)},
}
NUMBER = TYPES["number"]


class Invalid(Exception):
    """A record, or a stream of them, is not as it should be."""


class Strict:
    """The strict copy of an open schema, by type and command of a record."""

    def __init__(self, schema):
        jsonschema.Draft7Validator.check_schema(schema)
        self.definitions = schema["definitions"]
        common = {}
        self.kinds = {}
        for part in schema["allOf"]:
            if "if" not in part:
                common.update(self.properties(part))
        for part in schema["allOf"]:
            if "if" in part:
                self.add_kind(part, common)

    def resolve(self, node):
        """NODE, or what its $ref (which stands alone in draft-07) names."""
        if "$ref" not in node:
            return node
        if len(node) != 1:
            raise ValueError("keywords beside $ref are ignored: %r" % node)
        return self.resolve(self.definitions[node["$ref"].rsplit("/", 1)[1]])

    def properties(self, node):
        """All properties of NODE and what it includes, each made strict."""
        node = self.resolve(node)
        found = {}
        for part in node.get("allOf", ()):
            found.update(self.properties(part))
        for key, value in node.get("properties", {}).items():
            found[key] = self.strict(value)
        return found

    def strict(self, node):
        """The strict copy of the schema of one value."""
        made = dict(self.resolve(node))
        if "examples" in made:
            made["enum"] = made.pop("examples")
        if "items" in made:
            made["items"] = self.strict(made["items"])
        if "properties" in made:
            made["properties"] = self.properties(made)
            made["required"] = sorted(made["properties"])
            made["additionalProperties"] = False
        return made

    def add_kind(self, part, common):
        const = {key: value["const"]
                 for key, value in part["if"]["properties"].items()}
        fields = {**common, **self.properties(part["then"])}
        for key, value in const.items():
            fields[key] = {"const": value}
        validator = jsonschema.Draft7Validator({
            "type": "object", "properties": fields,
            "required": sorted(fields), "additionalProperties": False})
        checks = {key: predicates(value) for key, value in fields.items()}
        kind = [checks, validator, 0]
        self.kinds[const["type"], const.get("cmd")] = kind

    def check(self, record):
        if not isinstance(record, dict):
            raise Invalid("not an object")
        name = record.get("type"), record.get("cmd")
        kind = self.kinds.get(name) or self.kinds.get((name[0], None))
        if kind is None:
            raise Invalid("unknown type %r of command %r" % name)
        checks, validator, seen = kind
        if record.keys() != checks.keys():
            missing = sorted(checks.keys() - record.keys())
            unknown = sorted(record.keys() - checks.keys())
            raise Invalid("%s: missing %s, unknown %s" %
                          (name[0], missing, unknown))
        for key, value in record.items():
            for what, good in checks[key]:
                if not good(value):
                    raise Invalid("%s: %s is %r, not %s" %
                                  (name[0], key, value, what))
        if seen < CROSS_CHECKED:
            kind[2] += 1
            for error in validator.iter_errors(record):
                raise Invalid("%s: %s" % (name[0], error.message))


def predicates(node):
    """(what, function) for each keyword of a property's schema."""
    made = []
    for key, value in node.items():
        if key in ("description", "required"):
            continue  # all of "properties" are required
        if key == "type":
            words = [value] if isinstance(value, str) else value
            kinds = set().union(*(TYPES[word] for word in words))
            good = lambda v, k=kinds: type(v) in k
        elif key == "const":
            good = lambda v, c=value: v == c and type(v) is type(c)
        elif key == "enum":
            good = lambda v, e=value: v in e and type(v) is not bool
        elif key == "pattern":
            match = re.compile(value).search
            good = lambda v, m=match: type(v) is not str or m(v)
        elif key == "minimum":
            good = lambda v, m=value: type(v) not in NUMBER or v >= m
        elif key == "maximum":
            good = lambda v, m=value: type(v) not in NUMBER or v <= m
        elif key == "properties":
            inner = {name: predicates(of) for name, of in value.items()}
            good = lambda v, i=inner: type(v) is not dict or (
                v.keys() == i.keys() and
                all(f(v[name]) for name in i for _, f in i[name]))
        elif key == "items":
            inner = predicates(value)
            good = lambda v, i=inner: type(v) is not list or all(
                f(x) for x in v for _, f in i)
        elif key == "additionalProperties" and value is False:
            continue  # "properties" are all there are
        elif key == "additionalProperties":
            inner = predicates(value)
            good = lambda v, i=inner: all(
                f(x) for x in v.values() for _, f in i)
        else:
            raise ValueError("keyword %s is not known here" % key)
        made.append(("%s %s" % (key, json.dumps(value)), good))
    return made


class Run:
    """The order of a run's records."""

    def __init__(self):
        self.run = None
        self.targets = self.ended = 0
        self.at_least = False
        self.over = False

    def add(self, record):
        kind = record["type"]
        if self.over:
            raise Invalid("a record after end")
        if (self.run is None) != (kind == "begin"):
            raise Invalid("begin is to be the first record, and only it")
        if kind == "begin":
            self.run = record["run"]
            self.targets = record["targets"]
            # With --all a name may stand for more than was known then.
            self.at_least = bool(record["params"].get("all"))
        if record["run"] != self.run:
            raise Invalid("another run: %s" % record["run"])
        if kind == "summary" or (kind == "error" and
                                 record["target"] is not None):
            self.ended += 1
        self.over = kind == "end"

    def finish(self):
        if not self.over:
            raise Invalid("no end")
        if self.ended < self.targets or (
                self.ended > self.targets and not self.at_least):
            raise Invalid("%d targets, but %d summaries and errors" %
                          (self.targets, self.ended))


def unique(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Invalid("a key twice")
    return made


def no_constant(word):
    raise Invalid("%s is no JSON" % word)


def main(argv):
    paths = [word for word in argv if word != "--run"]
    with open(paths[0] if paths else SCHEMA, encoding="utf-8") as file:
        strict = Strict(json.load(file))
    run = Run() if "--run" in argv else None
    decode = json.JSONDecoder(object_pairs_hook=unique,
                              parse_constant=no_constant).decode
    number = 0
    try:
        for line in sys.stdin.buffer:
            number += 1
            if not line.endswith(b"\n"):
                raise Invalid("cut off")
            record = decode(line[:-1].decode("utf-8"))
            strict.check(record)
            if run:
                run.add(record)
        if run:
            run.finish()
    except (Invalid, ValueError) as error:
        print("line %d: %s" % (number, error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

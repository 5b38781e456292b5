#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scenario files: reads them, lays out their working folders, the checklist.

usage: scenario.py plan WORK FILE...       a folder of WORK for each, and a line
                                           "NAME alone|beside" on stdout
       scenario.py checklist LIST FILE...  what no scenario covers, or what a
                                           scenario covers that LIST lacks

README.md tells the form of such a file. An error in one names its line.
"""
import os
import re
import shlex
import sys

SECTIONS = ("topology", "command", "expect")
TIMES = ("rtt ", "stats ")  # what is expected of times: they have to be exact
TITLE = re.compile(r"# ?(.+)")
HEAD = re.compile(r"\[(\w+)(?: ([\w.-]+))?\]$")


class Bad(Exception):
    """A scenario file has an error."""


class Scenario:
    """What one file says."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.title = None
        self.covers = []
        self.flags = {}
        self.sections = {}
        self.files = {}
        with open(path, encoding="utf-8") as file:
            self.read(file.read().splitlines())
        for name in SECTIONS:
            if not self.sections.get(name):
                raise Bad("%s: nothing in [%s]" % (path, name))
        if self.title is None or not self.covers:
            raise Bad("%s: no title, or it covers nothing" % path)
        if not any(line.startswith(("some ", "at least "))
                   for _, line in self.sections["expect"]):
            raise Bad("%s: nothing has to have taken place" % path)

    def read(self, lines):
        section = None
        for number, line in enumerate(lines, 1):
            head = HEAD.match(line)
            if head:
                section = self.begin(number, *head.groups())
            elif section is not None:
                section.append((number, line))
            elif not line.strip():
                continue
            elif line.startswith("#"):
                if self.title is None:
                    title = TITLE.match(line)
                    self.title = title and title.group(1)
            else:
                self.directive(number, line)
        for name in SECTIONS:
            self.sections[name] = [
                (number, line) for number, line in self.sections.get(name, ())
                if line.strip() and (name == "topology" or
                                     not line.startswith("#"))]

    def begin(self, number, name, argument):
        section = []
        if name == "file" and argument:
            self.files[argument] = section
        elif name in SECTIONS and not argument and name not in self.sections:
            self.sections[name] = section
        else:
            raise Bad("%s:%d: unknown section, or twice" %
                      (self.path, number))
        return section

    def directive(self, number, line):
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        if word == "covers:":
            self.covers += [part.strip() for part in rest.split(",")]
        elif word == "alone" and not rest:
            self.flags["alone"] = "1"
        elif word == "needs" and rest:
            self.flags["needs"] = rest
        elif word == "limit" and rest.isdigit():
            self.flags["limit"] = rest
        elif word == "signal" and re.match(r"[A-Z]+ [\d.]+$", rest):
            self.flags["signal"] = rest
        else:
            raise Bad("%s:%d: unknown: %s" % (self.path, number, line))

    def argv(self):
        text = " ".join(line for _, line in self.sections["command"])
        try:
            return shlex.split(text)
        except ValueError as error:
            raise Bad("%s: [command]: %s" % (self.path, error))

    def topology(self):
        """With the lines of the file where they are: errors name these."""
        lines = []
        for number, line in self.sections["topology"]:
            lines += [""] * (number - 1 - len(lines)) + [line]
        return "\n".join(lines) + "\n"

    def lay_out(self, work):
        folder = os.path.join(work, self.name)
        os.mkdir(folder, 0o755)

        def put(name, text):
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

        put("topology.net", self.topology())
        put("argv", "".join(word + "\0" for word in self.argv()))
        for name in ("needs", "limit", "signal"):
            if name in self.flags:
                put(name, self.flags[name] + "\n")
        if any(line.startswith(TIMES) for _, line in self.sections["expect"]):
            put("stamps", "")
        for name, lines in self.files.items():
            put(name, "".join(line + "\n" for _, line in lines))


def plan(work, paths):
    for path in paths:
        scenario = Scenario(path)
        scenario.lay_out(work)
        print(scenario.name,
              "alone" if "alone" in scenario.flags else "beside")
    return 0


def checklist(path, paths):
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    wanted = [line for line in lines if line and not line.startswith("#")]
    known, covered, faults = set(wanted), set(), []
    if len(known) != len(wanted):
        faults.append("a line of the checklist is there twice")
    for scenario in map(Scenario, paths):
        for word in scenario.covers:
            if word not in known:
                faults.append("%s covers '%s', which is not on the list" %
                              (scenario.name, word))
        covered.update(scenario.covers)
    faults += ["no scenario covers '%s'" % word
               for word in wanted if word not in covered]
    if faults:
        print("; ".join(faults))
    return 1 if faults else 0


def main(argv):
    command = {"plan": plan, "checklist": checklist}.get(argv[0])
    try:
        return command(argv[1], argv[2:])
    except (Bad, OSError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

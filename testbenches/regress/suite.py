# SPDX-License-Identifier: Apache-2.0
"""A suite: a TOML file read strictly. docs/regress.md has the form as a table.

The rows of KINDS are all that a suite can say; a key that is not there, or a value of another form,
is refused by file, line and name.
"""
import pathlib
import re
import tomllib

from words import Refused

SUITES = pathlib.Path(__file__).resolve().parent / "suites"
REQUIRED = object()
BLOCKS = ("mmu", "iommu", "bus")
MODES = ("system", "64", "32", "compat")


# --- forms of a value: each returns what it means or None ---

def text(value):
    return value if isinstance(value, str) else None


def count(value):
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def words(value):
    return value if isinstance(value, list) and all(isinstance(w, str) and w for w in value) else None


def folders(value):
    return value if isinstance(value, list) and value and all(isinstance(w, str) for w in value) else None


def names(value):
    return value if words(value) else None


def one_of(*allowed):
    def form(value):
        return value if names(value) and set(value) <= set(allowed) else None
    form.__doc__ = "a list of " + ", ".join(allowed)
    return form


def numbers(low, high):
    """A number, a range "1-20", or a list of both."""
    def form(value):
        found = []
        for item in value if isinstance(value, list) else [value]:
            match = re.fullmatch(r"(\d+)(?:-(\d+))?", str(item)) if not isinstance(item, bool) else None
            if not match:
                return None
            first, last = int(match[1]), int(match[2] or match[1])
            if not low <= first <= last <= high or last - first >= 10_000_000:
                return None
            found += range(first, last + 1)
        return list(dict.fromkeys(found)) or None
    form.__doc__ = f"a number, a range like \"1-20\" or a list of them, {low} to {high}"
    return form


text.__doc__ = "a text"
count.__doc__ = "a number from 1 on"
folders.__doc__ = "a list of folders; \"\" is what stands in the machine otherwise"
words.__doc__ = "a list of texts"
names.__doc__ = "a list of texts, at least one"
SEEDS, WAITS = numbers(0, 2**64 - 1), numbers(0, 7)
MACHINES = {"mmu-designs": (folders, [""]), "iommu-designs": (folders, [""])}
LIMITS = {"seconds": (count, None), "cycles": (count, None)}

# Tables of a suite -> key: (form, what it is when it is not there).
TOP = {"what": (text, REQUIRED), "seconds": (count, 120), "cycles": (count, 400_000_000)}
KINDS = {
    "programs": {"names": (names, REQUIRED), "seeds": (SEEDS, [1]), "wait-states": (WAITS, [0]),
                 "options": (words, []), **MACHINES, **LIMITS},
    "benches": {"names": (one_of(*BLOCKS), REQUIRED), "seeds": (SEEDS, [1]), "wait-states": (WAITS, [2]),
                "requests": (count, 200_000), "designs": (words, []), "options": (words, []),
                "seconds": (count, None)},
    "random": {"modes": (one_of(*MODES), REQUIRED), "seeds": (SEEDS, REQUIRED), "wait-states": (WAITS, [0]),
               "generator": (words, []), "options": (words, []), **MACHINES, "seconds": (count, None),
               "cycles": (count, 4_000_000)},
    "events": {"tables": (names, REQUIRED), "parts": (count, 1), "one-in": (count, 1), "seconds": (count, None)},
}


class Suite:
    def __init__(self, path, content=None, given=None):
        self.path = pathlib.Path(path)
        self.name = self.path.stem
        self.content = content if content is not None else self.read()
        try:
            data = tomllib.loads(self.content)
        except tomllib.TOMLDecodeError as e:
            where = re.search(r"at line (\d+)", str(e))
            said = re.sub(r" \(at .*\)$", "", str(e))
            raise Refused(f"{self.path}:{where[1] if where else 1}: {said}") from None
        self.set = self.parameters(data.pop("set", {}), given or {})
        tables = {kind: data.pop(kind, []) for kind in KINDS}
        top = self.row("", 0, TOP, data)
        self.what, self.seconds, self.cycles = top["what"], top["seconds"], top["cycles"]
        self.entries = []  # (kind, row, its number in the suite)
        for kind, rows in tables.items():
            if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
                raise Refused(f"{self.path}:{self.line(kind, 0, '')}: '{kind}' is written [[{kind}]]")
            for index, row in enumerate(rows):
                self.entries.append((kind, self.row(kind, index, KINDS[kind], row), index))
        if not self.entries:
            raise Refused(f"{self.path}: nothing to run; there are " + ", ".join(f"[[{k}]]" for k in KINDS))

    def read(self):
        try:
            return self.path.read_text()
        except (OSError, UnicodeDecodeError) as e:
            raise Refused(f"{self.path}: {getattr(e, 'strerror', None) or 'is no text'}") from None

    def parameters(self, declared, given):
        """[set]: what --set may say, each with its value when it does not; "" must be given."""
        if not isinstance(declared, dict):
            raise Refused(f"{self.path}:{self.line('set', 0, '')}: 'set' is written [set]")
        for key, value in declared.items():
            if not isinstance(value, str):
                self.refuse("set", 0, key, "wants a text")
        for key in given:
            if key not in declared:
                raise Refused(f"{self.path}: has no parameter '{key}'" +
                              (f"; it has {', '.join(declared)}" if declared else ""))
        values = {**declared, **given}
        for key, value in values.items():
            if not value:
                raise Refused(f"{self.path}: wants --set {key}=...")
        return values

    def row(self, table, index, form, values):
        for key in values:
            if key not in form:
                self.refuse(table, index, key, "is unknown; there are " + ", ".join(form))
        row = {}
        for key, (check, default) in form.items():
            if key not in values:
                if default is REQUIRED:
                    raise Refused(f"{self.path}:{self.line(table, index, '')}: "
                                  f"{f'[[{table}]]' if table else 'the suite'} has no '{key}'")
                row[key] = default
                continue
            row[key] = check(values[key])
            if row[key] is None:
                self.refuse(table, index, key, "wants " + check.__doc__)
        return row

    def refuse(self, table, index, key, why):
        raise Refused(f"{self.path}:{self.line(table, index, key)}: "
                      f"'{key}'{f' of [[{table}]]' if table in KINDS else ''} {why}")

    def line(self, table, index, key):
        """Of that key, or of the table's head, as they stand in the file."""
        here, seen, head = "", -1, 1
        for number, words_of in enumerate(self.content.splitlines(), 1):
            opened = re.match(r"\s*\[\[?\s*([\w-]+)\s*\]", words_of)
            if opened:
                here = opened[1]
                seen += here == table
                if here == table and seen == index:
                    head = number
            is_here = here == table and (not table or seen == index)
            if key and is_here and re.match(rf"\s*\"?{re.escape(key)}\"?\s*[.=]", words_of):
                return number
            if key and table == "" and opened and re.match(rf"{re.escape(key)}$", opened[1]):
                return number
        return head

    def fill(self, text_of):
        """{name} is the parameter's value."""
        def value(match):
            if match[1] not in self.set:
                raise Refused(f"{self.path}: '{text_of}': no parameter '{match[1]}' in [set]")
            return self.set[match[1]]
        return re.sub(r"\{([\w-]+)\}", value, text_of)


def shipped():
    return sorted(SUITES.glob("*.toml"))


def find(name, given):
    """NAME of a shipped suite, or a file."""
    path = SUITES / (name + ".toml")
    if path.is_file():
        return Suite(path, given=given)
    if name.endswith(".toml"):
        return Suite(name, given=given)
    raise Refused(f"no suite '{name}'; there are {', '.join(p.stem for p in shipped())}, or FILE.toml")

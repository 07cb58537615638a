# SPDX-License-Identifier: Apache-2.0
"""JUnit XML: a suite for each kind of task, a case for each task that has run."""
import re
from xml.etree import ElementTree

NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ERRORS = ("tool", "crash", "timeout")  # the run itself went wrong; the others are what it is there to find


def clean(text):
    return NOT_XML.sub("?", text or "")


def write(path, name, results):
    kinds = {}
    for r in results:
        kinds.setdefault(r["what"], []).append(r)
    root = ElementTree.Element("testsuites", name=clean(name))
    totals = [0, 0, 0, 0.0]
    for kind, rows in kinds.items():
        bad = [r for r in rows if not r["passed"]]
        errors = sum(r["kind"] in ERRORS for r in bad)
        mine = [len(rows), len(bad) - errors, errors, sum(r["seconds"] for r in rows)]
        totals = [a + b for a, b in zip(totals, mine)]
        suite = ElementTree.SubElement(root, "testsuite", {"name": f"{clean(name)}.{kind}", **counts(mine)})
        for r in rows:
            case = ElementTree.SubElement(suite, "testcase", classname=f"{clean(name)}.{kind}", name=clean(r["key"]),
                                          time=f"{r['seconds']:.3f}")
            if not r["passed"]:
                said = " ".join(w for w in (r["kind"], r["stream"], r["field"], r["state"]) if w)
                what = ElementTree.SubElement(case, "error" if r["kind"] in ERRORS else "failure",
                                              type=r["kind"], message=clean(said))
                what.text = clean(f"rtl   {r['rtl']}\nmodel {r['model']}\n{r['detail']}")
    root.attrib.update(counts(totals))
    ElementTree.indent(root)
    new = path.with_suffix(".new")
    ElementTree.ElementTree(root).write(new, encoding="utf-8", xml_declaration=True)
    new.replace(path)


def counts(row):
    return {"tests": str(row[0]), "failures": str(row[1]), "errors": str(row[2]), "time": f"{row[3]:.3f}"}

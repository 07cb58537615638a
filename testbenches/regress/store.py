# SPDX-License-Identifier: Apache-2.0
"""The database of a run: DIR/results.sqlite. A task's result is one transaction; a task without one
has not run. docs/regress.md lists the tables."""
import json
import sqlite3
import time

from words import Refused, Unfinished

NAME = "results.sqlite"
SCHEMA = """
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE task (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, spec TEXT NOT NULL);
CREATE TABLE result (task INTEGER PRIMARY KEY REFERENCES task, passed INTEGER NOT NULL, kind TEXT, stream TEXT,
  field TEXT, state TEXT, rtl TEXT, model TEXT, cycle INTEGER, cycles INTEGER, instructions INTEGER,
  requests INTEGER, seconds REAL NOT NULL, ended REAL NOT NULL, host TEXT NOT NULL, detail TEXT, report TEXT);
CREATE TABLE failure (id INTEGER PRIMARY KEY, kind TEXT, stream TEXT, field TEXT, state TEXT, count INTEGER,
  task INTEGER REFERENCES task, command TEXT, bundle TEXT, reproduced INTEGER,
  UNIQUE (kind, stream, field, state));
CREATE TABLE bin (name TEXT PRIMARY KEY, count INTEGER, tasks INTEGER, first INTEGER REFERENCES task);
CREATE TABLE session (id INTEGER PRIMARY KEY, jobs INTEGER, began REAL, last REAL, done INTEGER);
"""
COLUMNS = ("kind", "stream", "field", "state", "rtl", "model", "cycle", "cycles", "instructions", "requests",
           "detail", "report")


class Store:
    def __init__(self, folder, write=True):
        self.path = folder / NAME
        if not self.path.is_file() and not write:
            raise Refused(f"{folder}: holds no regression")
        try:
            self.db = self.open(write)
        except sqlite3.Error as e:
            raise Refused(f"{self.path}: {e}") from None
        self.db.row_factory = sqlite3.Row
        self.session = None

    def open(self, write):
        if write:
            db = sqlite3.connect(self.path, isolation_level=None)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA wal_autocheckpoint = 64")  # pages: the log stays small where the disk is
            return db
        # A folder that cannot be written to has no room for the files of WAL either.
        for how in ("mode=ro", "mode=ro&immutable=1"):
            try:
                db = sqlite3.connect(f"file:{self.path.absolute().as_posix()}?{how}", uri=True)
                db.execute("SELECT count(*) FROM run")
                return db
            except sqlite3.Error as e:
                error = e
        raise error

    def change(self, *statements):
        """One transaction."""
        self.transact(lambda: [self.db.execute(*s) for s in statements])

    def transact(self, work):
        """-> what work returns, done in one transaction"""
        try:
            self.db.execute("BEGIN IMMEDIATE")
            value = work()
            self.db.execute("COMMIT")
            return value
        except sqlite3.Error as e:
            try:
                self.db.execute("ROLLBACK")
            except sqlite3.Error:
                pass
            raise Unfinished(f"{self.path}: {e}") from None

    def close(self):
        self.db.close()

    # --- the run ---

    def create(self, values, tasks):
        self.change(*[(s, ()) for s in SCHEMA.split(";") if s.strip()],
                    *[("INSERT INTO run VALUES (?, ?)", item) for item in values.items()],
                    *[("INSERT INTO task (key, kind, spec) VALUES (?, ?, ?)", (t["key"], t["kind"], json.dumps(t)))
                      for t in tasks])

    def values(self):
        """What is known of the run; refuses a database that holds none."""
        try:
            return {r["name"]: r["value"] for r in self.db.execute("SELECT * FROM run")}
        except sqlite3.Error:
            raise Refused(f"{self.path.parent}: holds no regression") from None

    def put(self, name, value):
        self.change(("INSERT OR REPLACE INTO run VALUES (?, ?)", (name, value)))

    def begin_session(self, jobs):
        now = time.time()
        self.change(("INSERT INTO session (jobs, began, last, done) VALUES (?, ?, ?, 0)", (jobs, now, now)))
        self.session = self.db.execute("SELECT max(id) FROM session").fetchone()[0]

    def elapsed(self):
        """Seconds of all sessions, and of the tasks that they did."""
        return self.db.execute("SELECT coalesce(sum(last - began), 0), coalesce(sum(done), 0) FROM session").fetchone()

    # --- tasks and results ---

    def tasks(self, where="1"):
        return [dict(json.loads(r["spec"]), id=r["id"]) for r in self.db.execute(
            f"SELECT id, spec FROM task WHERE {where} ORDER BY id")]

    def left(self):
        return self.tasks("id NOT IN (SELECT task FROM result)")

    def count(self):
        return self.db.execute("SELECT count(*) FROM task").fetchone()[0]

    def add(self, task, row, seconds, host):
        """False: there was a result of it already, which stays."""
        now = time.time()

        def work():
            put = self.db.execute(
                f"INSERT OR IGNORE INTO result (task, passed, seconds, ended, host, {', '.join(COLUMNS)}) "
                f"VALUES ({', '.join('?' * (5 + len(COLUMNS)))})",
                (task["id"], row["kind"] is None, seconds, now, host, *(row[c] for c in COLUMNS))).rowcount
            self.db.execute("UPDATE session SET last = ?, done = done + ? WHERE id = ?", (now, put, self.session))
            if put:
                self.db.executemany(
                    "INSERT INTO bin VALUES (?, ?, 1, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count, "
                    "tasks = tasks + 1, first = min(first, excluded.first)",
                    [(name, count, task["id"]) for name, count in row["bins"].items()])
            return put == 1
        return self.transact(work)

    def bins(self):
        """-> {name: count} of what its tasks have reached; None: a run of before there were any"""
        try:
            return {r["name"]: r["count"] for r in self.db.execute("SELECT name, count FROM bin ORDER BY name")}
        except sqlite3.Error:
            return None

    def results(self):
        return self.db.execute("SELECT task.key, task.spec, task.id, task.kind AS what, result.* FROM task "
                               "JOIN result ON result.task = task.id ORDER BY task.id").fetchall()

    def failures(self):
        return self.db.execute("SELECT failure.*, task.key, task.spec, result.rtl, result.model, result.cycle, "
                               "result.detail FROM failure JOIN task ON task.id = failure.task "
                               "JOIN result ON result.task = failure.task ORDER BY failure.id").fetchall()

"""Records: entries and files of registered people. Standard library only."""

import hashlib
import hmac
import json
import logging
import os
import signal
import sqlite3
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

DATABASE = "/var/lib/records/store.db"
BLOBS = "/var/lib/blobs"
KEY = os.environ["SESSION_KEY"].encode()
VERSION, *FAULTS = open("/srv/app/RELEASE").read().split()
log = logging.getLogger("records")


def database():
    # The journal mode is SQLite's own default: one rollback journal, no write-ahead log.
    connection = sqlite3.connect(DATABASE, timeout=20)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def hashed(secret, salt):
    return hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, 20_000)


def blob_path(key):
    return f"{BLOBS}/{key % 16:x}/{key}.blob"


def store(connection, account, name, content):
    digest = hashlib.sha256(content).hexdigest()
    cursor = connection.execute(
        "INSERT INTO objects (account, name, bytes, sha256) VALUES (?, ?, ?, ?)", (account, name, len(content), digest)
    )
    path = blob_path(cursor.lastrowid)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return cursor.lastrowid


def first_start():
    """Tables, one account, and something to lose."""
    with database() as connection:
        connection.executescript(
            """
            CREATE TABLE accounts (name TEXT PRIMARY KEY, salt BLOB NOT NULL, secret BLOB NOT NULL);
            CREATE TABLE entries (id INTEGER PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts, text TEXT NOT NULL);
            CREATE TABLE objects (
              key INTEGER PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts,
              name TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL
            );
            """
        )
        salt = os.urandom(16)
        secret = hashed(os.environ["PROBE_PASSPHRASE"], salt)
        connection.execute("INSERT INTO accounts VALUES ('probe', ?, ?)", (salt, secret))
        rows = (("probe", f"entry {number} " + "of long ago " * 20) for number in range(20_000))
        connection.executemany("INSERT INTO entries (account, text) VALUES (?, ?)", rows)
        for number in range(60):
            store(connection, "probe", f"paper {number}.pdf", os.urandom(20_000) + b"x" * 20_000)


class Records(BaseHTTPRequestHandler):
    server_version = "Records"
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/status":
            with database() as connection:
                connection.execute("SELECT count(*) FROM accounts")
            state = "sick" if "sick" in FAULTS else "up"
            return self.answer(503 if state == "sick" else 200, {"state": state, "build": {"version": VERSION}})
        if self.account() is None:
            return self.answer(401, {"problem": "no session"})
        kind, number = self.target()
        with database() as connection:
            if kind == "entries":
                row = connection.execute("SELECT text FROM entries WHERE id = ?", (number,)).fetchone()
                return self.answer(200, {"text": row[0]}) if row else self.answer(404, {})
            row = connection.execute("SELECT bytes FROM objects WHERE key = ?", (number,)).fetchone()
        if kind != "objects" or row is None:
            return self.answer(404, {})
        with open(blob_path(number), "rb") as file:
            return self.answer(200, file.read())

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/session":
            return self.sign_in({name: values[0] for name, values in parse_qs(body.decode()).items()})
        account = self.account()
        if account is None:
            return self.answer(401, {"problem": "no session"})
        kind, number = self.target()
        with database() as connection:
            if self.path == "/entries":
                entry = (account, json.loads(body)["text"])
                cursor = connection.execute("INSERT INTO entries (account, text) VALUES (?, ?)", entry)
                connection.commit()
                return self.answer(201, {"entry": cursor.lastrowid})
            if kind == "objects" and self.path.endswith("/remove"):
                connection.execute("DELETE FROM objects WHERE key = ?", (number,))
                connection.commit()
                os.remove(blob_path(number))
                return self.answer(200, {})
        return self.answer(404, {})

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        account = self.account()
        if account is None or self.path != "/objects":
            return self.answer(401 if account is None else 404, {})
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = [part for part in BytesParser().parsebytes(head + body).get_payload()]
        blobs = [part for part in parts if part.get_param("name", header="Content-Disposition") == "blob"]
        if not blobs:
            return self.answer(400, {"problem": "no field blob"})
        with database() as connection:
            key = store(connection, account, blobs[0].get_filename(), blobs[0].get_payload(decode=True))
        return self.answer(201, {"object": {"key": key}})

    def sign_in(self, form):
        with database() as connection:
            found = connection.execute(
                "SELECT salt, secret FROM accounts WHERE name = ?", (form.get("user"),)
            ).fetchone()
        if found is None or not hmac.compare_digest(hashed(form.get("passphrase", ""), found[0]), found[1]):
            log.warning("sign-in refused for account %r", form.get("user"))
            return self.answer(403, {"problem": "wrong account or passphrase"})
        seal = hmac.new(KEY, form["user"].encode(), "sha256").hexdigest()
        return self.answer(201, {"session": {"bearer": f"{form['user']}.{seal}"}})

    def account(self):
        name, _, seal = self.headers.get("X-Session", "").partition(".")
        expected = hmac.new(KEY, name.encode(), "sha256").hexdigest()
        return name if hmac.compare_digest(seal, expected) else None

    def target(self):
        parts = self.path.strip("/").split("/")
        return parts[0], int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0

    def answer(self, status, content):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream" if body is content else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        log.info("%s %s", self.client_address[0], format % args)


logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
if not os.path.exists(DATABASE):
    first_start()
server = ThreadingHTTPServer(("0.0.0.0", 8000), Records)
# As process 1 it has no default handlers.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
log.info("records %s listens", VERSION)
server.serve_forever()

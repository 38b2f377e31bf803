"""A page that counts its visits in PostgreSQL, and says on which host it ran."""

import os
import socket

import psycopg2
from flask import Flask, Response

app = Flask(__name__)


def connect() -> "psycopg2.extensions.connection":
    return psycopg2.connect(host=os.environ["DATABASE"], user="postgres", dbname="postgres", connect_timeout=5)


@app.get("/")
def visit() -> Response:
    """Count this visit."""
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS visits (at timestamptz DEFAULT now())")
        cursor.execute("INSERT INTO visits DEFAULT VALUES")
        cursor.execute("SELECT count(*) FROM visits")
        (count,) = cursor.fetchone()
    return Response(f"visit {count} to {socket.gethostname()}\n", mimetype="text/plain")

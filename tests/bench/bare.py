"""A bare handler beside ours: Starlette on uvicorn, and one question to SQLite for each request."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

COLUMNS = ("sys_id", "name", "ip_address", "os", "ram", "serial_number", "sys_class_name", "sys_updated_on")


def make(path: Path, number: int) -> None:
    """A file with so many servers."""
    with sqlite3.connect(path) as connection:
        connection.execute(f"create table server ({', '.join(COLUMNS)}, primary key (sys_id))")
        rows = [(f"{at:032x}", *(f"{column}-{at}" for column in COLUMNS[1:])) for at in range(number)]
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany(f"insert into server values ({marks})", rows)  # noqa: S608


def _app(path: Path) -> Starlette:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    shown = ", ".join(COLUMNS)

    def answer(status: int, result: object) -> Response:
        return Response(json.dumps({"result": result}), status, media_type="application/json")

    async def read(request: Request) -> Response:
        row = connection.execute(
            f"select {shown} from server where sys_id = ?",  # noqa: S608
            (request.path_params["sys_id"],),
        ).fetchone()
        return answer(200, dict(zip(COLUMNS, row, strict=True)))

    async def find(request: Request) -> Response:
        limit = int(request.query_params["sysparm_limit"])
        rows = connection.execute(f"select {shown} from server limit ?", (limit,)).fetchall()  # noqa: S608
        return answer(200, [dict(zip(COLUMNS, row, strict=True)) for row in rows])

    async def insert(request: Request) -> Response:
        body = await request.json()
        (number,) = connection.execute("select count(*) from server").fetchone()
        row = [f"{number:032x}", *(body.get(column, "") for column in COLUMNS[1:])]
        marks = ", ".join("?" * len(COLUMNS))
        connection.execute(f"insert into server values ({marks})", row)  # noqa: S608
        return answer(201, dict(zip(COLUMNS, row, strict=True)))

    table = "/api/now/table/server"
    return Starlette(
        routes=[
            Route(f"{table}/{{sys_id}}", read),
            Route(table, find),
            Route(table, insert, methods=["POST"]),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(_app(Path(sys.argv[2])), port=int(sys.argv[1]), http="httptools", log_level="error")

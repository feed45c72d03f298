"""rest.py [PORT]: notes over a JSON API: list, create, read, replace, delete."""

import json
import sys
from itertools import count

from aiohttp import web

notes, ids = {}, count(1)
routes = web.RouteTableDef()


def problem(status, detail, **more):
    text = json.dumps({"status": status, "title": detail, **more})
    return {400: web.HTTPBadRequest, 404: web.HTTPNotFound, 422: web.HTTPUnprocessableEntity}[status](
        text=text, content_type="application/problem+json")


async def read_note(request):
    try:
        n = await request.json()
    except ValueError:
        raise problem(400, "the body is not JSON")
    if not isinstance(n, dict) or set(n) != {"title", "text", "tags"}:
        raise problem(422, "a note has title, text and tags")
    wrong = []
    for name in ("title", "text"):
        if not isinstance(n[name], str):
            wrong.append({"pointer": "/" + name, "detail": "must be a string"})
    if not isinstance(n["tags"], list) or not all(isinstance(t, str) for t in n["tags"]):
        wrong.append({"pointer": "/tags", "detail": "must be a list of strings"})
    if not wrong:
        if not n["title"]:
            wrong.append({"pointer": "/title", "detail": "must not be empty"})
        if len(n["title"].encode()) > 200:
            wrong.append({"pointer": "/title", "detail": "must not be longer than 200 bytes"})
        if len(n["tags"]) > 20:
            wrong.append({"pointer": "/tags", "detail": "must not be more than 20"})
        wrong += [{"pointer": f"/tags/{i}", "detail": "must not be empty"} for i, t in enumerate(n["tags"]) if not t]
    if wrong:
        raise problem(422, "invalid note", errors=wrong)
    return n


def number(request, name, otherwise, most):
    text = request.query.get(name, str(otherwise))
    if not text.isdecimal() or int(text) > most:
        raise problem(422, f"{name} must be a number from 0 to {most}")
    return int(text)


def find(request):
    key = int(request.match_info["id"])
    if key not in notes:
        raise problem(404, f"there is no note {key}")
    return key


@routes.get("/notes")
async def list_notes(request):
    limit, after, tag = number(request, "limit", 50, 100), number(request, "after", 0, 2**63 - 1), request.query.get("tag")
    some = []
    for key, n in notes.items():  # in the order of their ids
        if len(some) == limit:
            break
        if key > after and (not tag or tag in n["tags"]):
            some.append(n)
    return web.json_response({"notes": some, "next": some[-1]["id"] if some and len(some) == limit else None})


@routes.post("/notes")
async def create(request):
    n = await read_note(request)
    n["id"] = next(ids)
    notes[n["id"]] = n
    return web.json_response(n, status=201, headers={"Location": f"/notes/{n['id']}"})


@routes.get(r"/notes/{id:\d+}")
async def show(request):
    return web.json_response(notes[find(request)])


@routes.put(r"/notes/{id:\d+}")
async def replace(request):
    key, n = find(request), await read_note(request)
    notes[key] = {**n, "id": key}
    return web.json_response(notes[key])


@routes.delete(r"/notes/{id:\d+}")
async def remove(request):
    del notes[find(request)]
    return web.Response(status=204)


app = web.Application(client_max_size=64 * 1024)
app.add_routes(routes)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8080, access_log=None)

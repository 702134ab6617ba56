"""The page's events, started as a browser does it."""

import secrets
from typing import Any
from weakref import WeakKeyDictionary

import httpx

SESSIONS: WeakKeyDictionary[httpx.Client, str] = WeakKeyDictionary()  # one open page of each


def events(client: httpx.Client) -> list[dict[str, Any]]:
    """All events of the page that run on the server, by the page's own description."""
    return [one for one in client.get("config").json()["dependencies"] if one["backend_fn"]]


def run(client: httpx.Client, event: dict[str, Any], data: list[Any], happened: Any = None) -> str:
    """Start an event as a browser does; all that the server says of it."""
    session = SESSIONS.setdefault(client, secrets.token_hex(8))
    body = {"fn_index": event["id"], "data": data, "session_hash": session, "event_data": happened}
    joined = client.post("gradio_api/queue/join", json=body)
    if joined.status_code != 200:
        return joined.text
    with client.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as answer:
        told = []
        for line in answer.iter_lines():
            told.append(line)
            if '"process_completed"' in line or '"close_stream"' in line:
                break
    return "\n".join(told)


def taking_a_photo(client: httpx.Client) -> list[dict[str, Any]]:
    """Events that begin with an image and show something of it."""
    kinds = {one["id"]: one["type"] for one in client.get("config").json()["components"]}
    return [one for one in events(client) if [kinds[id] for id in one["inputs"][:1]] == ["image"]]

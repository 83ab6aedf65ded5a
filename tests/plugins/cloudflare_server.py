"""Cloudflare's DNS API, as far as a provider uses it, over real HTTP on loopback, with a name server beside it.

A fake, since Cloudflare can't run here. Every answer is checked, as it is given, against the models that Cloudflare
generates from its published API description (those of its SDK), and every batch against the SDK's own types.
"""

from __future__ import annotations

import copy
import json
import re
import socket
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
from cloudflare.types.dns.record_batch_params import RecordBatchParams
from cloudflare.types.dns.record_batch_response import RecordBatchResponse
from cloudflare.types.dns.record_response import RecordResponse
from cloudflare.types.zones.zone import Zone
from pydantic import TypeAdapter

from tapak.sdk.resources import RecordSet

TOKEN = "token-uji-yang-panjangnya-cukup-1234567890"
READER = "token-baca-yang-panjangnya-cukup-1234567890"
BASE = "/client/v4"
ALONE = {"CNAME", "NS"}
DATA_TEXT = {
    "CAA": '{flags} {tag} "{value}"',
    "HTTPS": "{priority} {target} {value}",
    "SRV": "{weight} {port} {target}",
    "SSHFP": "{algorithm} {type} {fingerprint}",
    "TLSA": "{usage} {selector} {matching_type} {certificate}",
}
RECORD, BATCH, BATCHED, ZONE = map(TypeAdapter, (RecordResponse, RecordBatchParams, RecordBatchResponse, Zone))


class Refused(Exception):
    """An answer with an error."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class CloudflareServer:
    """One account with ``zones``. ``limits`` are Retry-After seconds of the next writes, which are refused with 429."""

    def __init__(self, zones: list[str]) -> None:
        self.zones = {zone: uuid.uuid4().hex for zone in zones}
        self.records: dict[str, dict[str, Any]] = {}
        self.limits: list[int] = []
        self.requests: list[str] = []
        self.before_batch = lambda: None
        self.page_limit = 5_000_000
        self.lock = threading.RLock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.http.daemon_threads = True
        self.http.account = self  # type: ignore[attr-defined]
        self.port: int = self.http.server_address[1]
        self.dns = socket.socket(type=socket.SOCK_DGRAM)
        self.dns.bind(("127.0.0.1", 0))
        self.dns_port: int = self.dns.getsockname()[1]
        self._threads = [
            threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}),
            threading.Thread(target=self._serve_dns),
        ]

    @property
    def url(self) -> str:
        """The base address of the API."""
        return f"http://127.0.0.1:{self.port}{BASE}"

    # What an operator does in the dashboard.

    def put(self, record: RecordSet, *, proxied: bool = False) -> None:
        """Make ``record`` what stands, with whatever TTL."""
        with self.lock:
            self.remove(record)
            for rdata in dns.rrset.from_text(f"{record.name}.", record.ttl, "IN", record.type, *record.values):
                named = {"name": record.name, "type": record.type, "ttl": record.ttl, "proxied": proxied}
                made = _whole({**named, **_parts(record.type, rdata.to_text())}, uuid.uuid4().hex)
                self.records[made["id"]] = made

    def remove(self, record: RecordSet) -> None:
        """Remove what stands at the name and type of ``record``."""
        with self.lock:
            gone = [key for key, each in self.records.items() if (each["name"], each["type"]) == _key(record)]
            for key in gone:
                del self.records[key]

    def of(self, record: RecordSet) -> list[dict[str, Any]]:
        """The records of a set, as the API tells them."""
        with self.lock:
            return [each for each in self.records.values() if (each["name"], each["type"]) == _key(record)]

    # The API.

    def answer(self, method: str, target: str, token: str, body: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Status, headers and body of the answer to one request."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        try:
            with self.lock:
                self.requests.append(f"{method} {parts.path}")
                if token not in (TOKEN, READER):
                    raise Refused(403, 9109, "Invalid access token")
                if method != "GET" and self.limits:
                    wait = self.limits.pop(0)
                    return 429, {"Retry-After": str(wait)}, _failed(971, "Please wait and consider throttling")
                return 200, {}, self._route(method, parts.path.removeprefix(BASE), query, token, body)
        except Refused as refused:
            return refused.status, {}, _failed(refused.code, str(refused))

    def _route(self, method: str, path: str, query: Mapping[str, str], token: str, body: Any) -> dict[str, Any]:
        if (method, path) == ("GET", "/zones"):
            found = [self._zone(name, token) for name in self.zones if query.get("name", name) == name]
            return _paged(found, query, self.page_limit)
        place = re.fullmatch(r"/zones/([0-9a-f]{32})/dns_records(/batch)?", path)
        zone = next((name for name, known in self.zones.items() if place and known == place[1]), None)
        if place is None or zone is None:
            raise Refused(404, 7003, "Could not route to the requested path")
        if method == "GET":
            return self._list(zone, query)
        if token == READER:
            raise Refused(403, 10000, "Authentication error")
        self.before_batch()
        checked = BATCH.validate_python({**body, "zone_id": place[1]})
        for kind in ("deletes", "puts", "posts"):
            list(checked.get(kind, ()))  # an iterable is checked as it is gone through
        return self._batch(zone, body)

    def _zone(self, name: str, token: str) -> dict[str, Any]:
        told = {
            "id": self.zones[name],
            "name": name,
            "status": "active",
            "account": {"id": "0" * 32, "name": "uji"},
            "activated_on": "2026-01-01T00:00:00Z",
            "created_on": "2026-01-01T00:00:00Z",
            "modified_on": "2026-01-01T00:00:00Z",
            "development_mode": 0,
            "meta": {},
            "name_servers": [],
            "original_name_servers": [],
            "original_registrar": "",
            "original_dnshost": "",
            "owner": {"id": "0" * 32, "type": "user", "name": "uji"},
            "plan": {"id": "free", "name": "Free Website"},
            "paused": False,
            "type": "full",
            "permissions": ["#dns_records:read", "#zone:read", *(["#dns_records:edit"] if token == TOKEN else [])],
        }
        ZONE.validate_python(told)
        return told

    def _list(self, zone: str, query: Mapping[str, str]) -> dict[str, Any]:
        name = query.get("name.exact") or query.get("name")
        inside = [each for each in self.records.values() if f".{each['name']}".endswith(f".{zone}")]
        found = [each for each in inside if name in (None, each["name"])]
        for each in found:
            RECORD.validate_python(each)
        return _paged(sorted(found, key=lambda each: (each["name"], each["id"])), query, self.page_limit)

    def _batch(self, zone: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Deletes, patches, puts, posts, in this order and in one transaction."""
        before = copy.deepcopy(self.records)
        done: dict[str, list[dict[str, Any]]] = {"deletes": [], "puts": [], "posts": []}
        try:
            if sum(len(wanted.get(kind, ())) for kind in done) > 200:
                raise Refused(400, 81071, "Batch size exceeds the limit")
            for each in wanted.get("deletes", ()):
                done["deletes"].append(self._taken(each["id"]))
            for each in wanted.get("puts", ()):
                kept = self._taken(each["id"])
                done["puts"].append(self._make(zone, each, kept["id"]))
            for each in wanted.get("posts", ()):
                done["posts"].append(self._make(zone, each))
        except Refused:
            self.records = before
            raise
        told = {"result": done, "success": True, "errors": [], "messages": []}
        BATCHED.validate_python(done)
        return told

    def _taken(self, key: str) -> dict[str, Any]:
        if key not in self.records:
            raise Refused(400, 81044, "Record does not exist.")
        return self.records.pop(key)

    def _make(self, zone: str, body: Mapping[str, Any], key: str = "") -> dict[str, Any]:
        ttl = body.get("ttl", 1)
        if ttl != 1 and not 60 <= ttl <= 86_400:
            raise Refused(400, 9021, "Invalid TTL. Must be between 60 and 86,400 seconds, or 1 for Automatic.")
        if not f".{body['name']}".endswith(f".{zone}"):
            raise Refused(400, 9005, "Invalid DNS record name")
        made = _whole(body, key or uuid.uuid4().hex)
        for each in (each for each in self.records.values() if each["name"] == made["name"]):
            if (each["type"], each["content"]) == (made["type"], made["content"]):
                raise Refused(400, 81058, "An identical record already exists.")
            if each["type"] != made["type"] and ALONE & {each["type"], made["type"]}:
                raise Refused(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
        self.records[made["id"]] = made
        return made

    # The name server.

    def _serve_dns(self) -> None:
        while True:
            wire, client = self.dns.recvfrom(65535)
            if not wire:
                return
            answer = self._dns_answer(dns.message.from_wire(wire))
            self.dns.sendto(answer.to_wire(max_size=4096), client)

    def _dns_answer(self, query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        asked = query.question[0]
        name = asked.name.to_text(omit_final_dot=True).lower()
        zone = next((zone for zone in self.zones if f".{name}".endswith(f".{zone}")), None)
        if zone is None:
            answer.set_rcode(dns.rcode.REFUSED)
            return answer
        answer.flags |= dns.flags.AA
        if (name, asked.rdtype) == (zone, dns.rdatatype.SOA):
            answer.answer.append(dns.rrset.from_text(asked.name, 300, "IN", "SOA", "ns. admin. 1 1 1 1 1"))
            return answer
        with self.lock:
            records = copy.deepcopy(list(self.records.values()))
        here = [each for each in records if each["name"] == name]
        kinds = {each["type"] for each in here} & {dns.rdatatype.to_text(asked.rdtype), "CNAME"}
        for kind in kinds:
            mine = [each for each in here if each["type"] == kind]
            ttl = min(300 if each["ttl"] == 1 else each["ttl"] for each in mine)
            answer.answer.append(dns.rrset.from_text(asked.name, ttl, "IN", kind, *map(_text, mine)))
        if not any(f".{each['name']}".endswith(f".{name}") for each in records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer

    def __enter__(self) -> CloudflareServer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.http.shutdown()
        with socket.socket(type=socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.dns_port))
        for thread in self._threads:
            thread.join()
        self.http.server_close()
        self.dns.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *args: object) -> None:
        """Nothing is logged."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        sent = self.rfile.read(length)
        if len(sent) < length:
            self.close_connection = True
            return
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        account: CloudflareServer = self.server.account  # type: ignore[attr-defined]
        status, headers, told = account.answer(self.command, self.path, token, json.loads(sent or b"null"))
        body = json.dumps(told).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _whole(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A record as the API tells it."""
    kind = body["type"]
    told = {
        "id": key,
        "name": body["name"].lower(),
        "type": kind,
        "ttl": 1 if body.get("proxied") else int(body.get("ttl", 1)),
        "proxied": bool(body.get("proxied", False)),
        "proxiable": kind in ("A", "AAAA", "CNAME"),
        "comment": body.get("comment", ""),
        "tags": [],
        "settings": {},
        "meta": {},
        "created_on": "2026-01-01T00:00:00Z",
        "modified_on": "2026-01-01T00:00:00Z",
    }
    if kind in DATA_TEXT:
        told["data"] = dict(body["data"])
        told["content"] = DATA_TEXT[kind].format(**body["data"])
        if kind == "SRV":
            told["priority"] = body["data"]["priority"]
        return told
    content = body["content"]
    if kind in ("CNAME", "MX", "NS", "PTR"):
        content = content.lower().rstrip(".") or "."
    if kind == "MX":
        told["priority"] = body["priority"]
    return {**told, "content": content}


def _text(record: Mapping[str, Any]) -> str:
    """A record's value as name servers serve it; the API writes targets without their final dot."""
    text = f"{record['priority']} {record['content']}" if "priority" in record else str(record["content"])
    if record["type"] in ("CNAME", "MX", "NS", "PTR", "SRV"):
        return text if text.endswith(".") else f"{text}."
    if record["type"] == "HTTPS" and record["data"]["target"] != ".":
        priority, target, rest = (*text.split(" ", 2), "")[:3]
        return f"{priority} {target.rstrip('.')}. {rest}"
    return text


def _parts(kind: str, text: str) -> dict[str, Any]:
    """What the API takes for a value in presentation format."""
    if kind == "MX":
        priority, target = text.split(" ")
        return {"priority": int(priority), "content": target}
    if kind not in DATA_TEXT:
        return {"content": text}
    names = {"SRV": ("priority", "weight", "port", "target")}.get(kind) or tuple(
        re.findall(r"{(\w+)}", DATA_TEXT[kind])
    )
    parts = (*text.split(" ", len(names) - 1), "")[: len(names)]
    data: dict[str, Any] = dict(zip(names, parts, strict=True))
    if kind == "CAA":
        data["value"] = data["value"].strip('"')
    if kind == "SRV":
        data["target"] = data["target"].rstrip(".") or "."
    return {"data": {name: int(part) if str(part).isdecimal() else part for name, part in data.items()}}


def _paged(found: list[dict[str, Any]], query: Mapping[str, str], limit: int) -> dict[str, Any]:
    size, page = min(int(float(query.get("per_page", 100))), limit), int(float(query.get("page", 1)))
    part = found[(page - 1) * size : page * size]
    info = {"page": page, "per_page": size, "count": len(part), "total_count": len(found)}
    info["total_pages"] = -(-len(found) // size)
    return {"result": part, "success": True, "errors": [], "messages": [], "result_info": info}


def _failed(code: int, message: str) -> dict[str, Any]:
    return {"result": None, "success": False, "errors": [{"code": code, "message": message}], "messages": []}


def _key(record: RecordSet) -> tuple[str, str]:
    return record.name, record.type


@contextmanager
def served(zones: list[str]) -> Iterator[CloudflareServer]:
    """A running account."""
    with CloudflareServer(zones) as server:
        yield server

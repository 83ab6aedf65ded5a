"""Which packages an application says it uses: composer.lock, package-lock.json, requirements.txt."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

LARGEST = 64 * 1024**2
REQUIREMENTS = re.compile(r"(.*/)?requirements[A-Za-z0-9_.-]*\.txt")


class Unreadable(ValueError):
    """A lock file that can't be read, so that nothing of it was checked."""


@dataclass(frozen=True)
class Dependency:
    """A package at a version; ``version`` is empty where the file pins none. ``line`` counts from 1."""

    ecosystem: str
    package: str
    version: str
    line: int = 0


def reader_of(name: str) -> Callable[[bytes], Iterator[Dependency]] | None:
    """What reads the file called ``name``; None where it is no lock file."""
    last = name.rpartition("/")[2]
    if last == "composer.lock" or name.endswith("vendor/composer/installed.json"):
        return composer
    if last in ("package-lock.json", "npm-shrinkwrap.json") or name.endswith("node_modules/.package-lock.json"):
        return npm
    return requirements if REQUIREMENTS.fullmatch(name) else None


def composer(content: bytes) -> Iterator[Dependency]:
    """Composer's lock file, or its list of what is installed."""
    parsed = _json(content)
    listed = parsed if isinstance(parsed, list) else [*_list(parsed, "packages"), *_list(parsed, "packages-dev")]
    for package in listed:
        if isinstance(package, Mapping) and package.get("name"):
            name = str(package["name"])
            yield Dependency("Packagist", name, str(package.get("version", "")), _line(content, name))


def npm(content: bytes) -> Iterator[Dependency]:
    """npm's lock file, versions 1 to 3."""
    parsed = _json(content)
    if not isinstance(parsed, Mapping):
        raise Unreadable("no object")
    packages = parsed.get("packages")
    if isinstance(packages, Mapping):
        for place, package in packages.items():
            name = str(place).rpartition("node_modules/")[2]
            if place and isinstance(package, Mapping) and not package.get("link"):
                name = str(package.get("name") or name)
                yield Dependency("npm", name, str(package.get("version", "")), _line(content, str(place)))
        return
    yield from _npm_tree(parsed.get("dependencies"), content)


def _npm_tree(dependencies: Any, content: bytes) -> Iterator[Dependency]:
    waiting = [dependencies]
    while waiting:
        level = waiting.pop()
        for name, package in level.items() if isinstance(level, Mapping) else ():
            if isinstance(package, Mapping):
                yield Dependency("npm", str(name), str(package.get("version", "")), _line(content, str(name)))
                waiting.append(package.get("dependencies"))


def requirements(content: bytes) -> Iterator[Dependency]:
    """pip's requirements; a line that pins no version has an empty one."""
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        text = re.split(r"\s#|\s--hash|\s\\$", line.strip())[0].strip().rstrip("\\").strip()
        if not text or text.startswith(("#", "-")):
            continue
        try:
            wanted = Requirement(text)
        except InvalidRequirement as problem:
            raise Unreadable(f"line {number}: {problem}") from problem
        pins = [each.version for each in wanted.specifier if each.operator in ("==", "===") and "*" not in each.version]
        yield Dependency("PyPI", wanted.name, pins[0] if pins else "", number)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(type(problem).__name__) from problem


def _list(parsed: Any, key: str) -> list[Any]:
    if not isinstance(parsed, Mapping):
        raise Unreadable("no object")
    found = parsed.get(key) or []
    if not isinstance(found, list):
        raise Unreadable(f"{key} is no list")
    return found


def _line(content: bytes, name: str) -> int:
    at = content.find(f'"{name}"'.encode())
    return content.count(b"\n", 0, at) + 1 if at >= 0 else 0

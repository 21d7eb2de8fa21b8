"""What people see: results as lines, tables on a terminal only; text from outside can neither colour nor move it."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from pirsync.changes import describe, is_local
from pirsync.errors import ConfigError
from pirsync.findings import Open
from pirsync.report import Report, Result

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """Text without control and direction characters: Jira titles are hostile to a terminal."""
    if text.isprintable():
        return text
    kept = (c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text if c not in _BIDI)
    return "".join(kept)


def clean_lines(text: str) -> str:
    """The same of several lines, which they stay; their tabs, too, which code may need."""
    return "".join(part if part in ("\n", "\t") else clean(part) for part in re.split("([\n\t])", text))


def line(text: str = "", *, problem: bool = False) -> None:
    """One line, to standard output, or where it tells a problem to standard error.

    A reader who has gone away (`| head`) is told nothing more; the work goes on.
    """
    try:
        click.echo(clean(text), err=problem)
    except BrokenPipeError:
        stream = sys.stderr if problem else sys.stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def news(result: Result) -> None:
    """One line for each change; what could not be done goes to standard error."""
    for change in result.changes:
        if not is_local(change):
            line(f"{result.key}  {describe(change)}")
    if result.failure:
        line(f"{result.key}  failed: {result.failure}", problem=True)


def findings(results: Iterable[Result]) -> None:
    """What is true and not ours to fix, and what is waiting."""
    for result in results:
        for told in _remarks(result):
            line(f"{result.key}  {told}")


def _remarks(result: Result) -> Iterator[str]:
    for finding in result.findings:
        yield f"{finding.kind.value}: {finding.message}"
    if result.waiting:
        when = f", until {result.wake.isoformat(timespec='seconds')}" if result.wake else ""
        yield f"waits {result.waiting}{when}"


def open_findings(found: Iterable[Open]) -> None:
    """What is open, each with its way out and, for a failure, its next try."""
    shown = False
    for one in found:
        shown = True
        line(f"{one.key}  {one.kind}: {one.message}")
        line(f"    {one.way}{_next_try(one)}")
    if not shown:
        line("nothing is open")


def _next_try(one: Open) -> str:
    if one.again is None:
        return ""
    tries = "once" if one.tries == 1 else f"{one.tries} times"
    return f" (tried {tries}, again at {one.again.isoformat(timespec='seconds')})"


def open_as_json(found: Iterable[Open]) -> None:
    """The same for programs."""
    click.echo(json.dumps({"open": [one.model_dump(mode="json") for one in found]}, indent=2))


def planned(report: Report) -> None:
    """Every write that would happen, grouped by incident; or that there is nothing to do."""
    shown = False
    for result in report.results:
        lines = [describe(change) for change in result.changes if not is_local(change)]
        if lines or result.failure or result.waiting:
            shown = True
            line(result.key)
            for text in (*lines, *_remarks(result)):
                line(f"  {text}")
            if result.failure:
                line(f"  cannot be planned: {result.failure}", problem=True)
    if not shown:
        line("nothing to do")
    findings(result for result in report.results if not (result.changes or result.failure or result.waiting))


def left(report: Report) -> None:
    """That the pass ended early, and what becomes of the rest."""
    if report.left:
        line(f"{report.left} incidents are left to the next pass: run.max_requests were made", problem=True)


def reasons(results: Iterable[Result]) -> None:
    """Why incidents that somebody named have no review."""
    for result in results:
        if result.reason:
            line(f"{result.key}  {result.reason}", problem=True)


def as_json(report: Report) -> None:
    """The report for programs: no page body is in it."""
    click.echo(json.dumps({"incidents": [_plain(result) for result in report.results]}, indent=2))


def _plain(result: Result) -> dict[str, Any]:
    return {
        "incident": result.key,
        "changes": [
            {"change": change.change, "what": describe(change)} for change in result.changes if not is_local(change)
        ],
        "findings": [{"kind": f.kind.value, "message": f.message} for f in result.findings],
        "waiting": result.waiting,
        "wake": result.wake.isoformat() if result.wake else None,
        "failure": result.failure,
        "out_of_scope": result.reason,
    }


def writes(report: Report) -> int:
    """How many remote writes were made, or planned."""
    return sum(not is_local(change) for change in report.changes)


def summary(report: Report) -> str:
    """The pass in one line."""
    count = writes(report)
    parts = [
        f"{report.looked_at} {'incident' if report.looked_at == 1 else 'incidents'}",
        f"{report.reviews} {'review' if report.reviews == 1 else 'reviews'}",
        f"{count} {'write' if count == 1 else 'writes'}",
    ]
    parts += [f"{len(report.waiting)} waiting"] if report.waiting else []
    parts += [f"{len(report.failed)} failed"] if report.failed else []
    parts += [f"{report.left} left to the next pass (run.max_requests)"] if report.left else []
    return ", ".join(parts)


def write_file(path: Path, text: str) -> None:
    """Write a file that a person asked for. Raises ConfigError where its place cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None

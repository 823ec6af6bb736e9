"""A client of Fleetcast: one file, nothing to install. It needs Python 3.9 or later.

>>> fleetcast = Fleetcast("http://127.0.0.1:5005")
>>> fleetcast.heartbeats([{"agent": "worker-17", "type": "testing", "version": "1.4.2"}])
{'accepted': 1, 'refused': 0, 'errors': []}
"""

import http.client
import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime
from itertools import islice
from typing import Any, Dict, Iterable, Iterator, Optional, Tuple

FIRST_DELAY_SECONDS = 0.25
LONGEST_DELAY_SECONDS = 30
RECORDS_A_REQUEST = 5_000
MAX_ERRORS = 100
PASSING_STATUSES = frozenset({None, 429, 502, 503, 504})
"""Not answered, too many requests, or somebody on the way could not: the next attempt may succeed."""


class FleetcastError(Exception):
    """A request that failed for good.

    ``status`` is None when there was no answer; ``problem`` is the body of the answer, as RFC 9457 has it.
    """

    def __init__(
        self,
        message: str,
        status: Optional[int] = None,
        problem: Any = None,
        retry_after_seconds: Optional[float] = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problem = problem
        self.retry_after_seconds = retry_after_seconds


class Fleetcast:
    """Sends telemetry of agents, and reads what the service made of it.

    Records, filters and answers are those of the API (see ``/docs`` of the service), as dictionaries; a filter is
    spelled in Python's way: ``min_score`` is ``minScore``, ``from_`` is ``from``, and a ``datetime`` with a zone is a time.
    What fails for a passing reason is sent again, ``attempts`` times in all, as long after as the service asks for;
    that is safe, for the service stores a record once.
    """

    def __init__(
        self, url: str, api_key: Optional[str] = None, attempts: int = 5, timeout_seconds: float = 120
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"accept": "application/json"}
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"
        self._attempts = attempts
        self._timeout_seconds = timeout_seconds

    def heartbeats(self, records: Iterable[dict], backfill: bool = False) -> dict:
        """Sends signs of life. Answers ``accepted``, ``refused`` and ``errors``, whose pointers count all records."""
        return self._send("/v1/heartbeats", records, backfill)

    def events(self, records: Iterable[dict], backfill: bool = False) -> dict:
        """Sends steps in the lives of tasks."""
        return self._send("/v1/events", records, backfill)

    def samples(self, records: Iterable[dict], backfill: bool = False) -> dict:
        """Sends values of metrics. ``backfill`` allows times that are older than the bound for live data."""
        return self._send("/v1/samples", records, backfill)

    def agents(self, **filters: Any) -> Iterator[dict]:
        """By ``type`` and ``state``."""
        return self._list("/v1/agents", filters)

    def series(self, labels: Optional[Dict[str, str]] = None, **filters: Any) -> Iterator[dict]:
        """By ``metric``, ``agent`` and labels."""
        by_label = {f"label.{name}": value for name, value in (labels or {}).items()}
        return self._list("/v1/series", {**filters, **by_label})

    def points(self, series_id: str, **filters: Any) -> dict:
        """The values of one series, by default of the last 24 hours; by ``from_``, ``to`` and ``step``."""
        return self._get(_path("series", series_id, "points"), filters)

    def anomalies(self, **filters: Any) -> Iterator[dict]:
        """The newest first; by ``series``, ``metric``, ``agent``, ``open``, ``from_``, ``to`` and ``min_score``."""
        return self._list("/v1/anomalies", filters)

    def anomaly(self, anomaly_id: str) -> dict:
        """One anomaly, with the points and the band around it."""
        return self._get(_path("anomalies", anomaly_id))

    def give_feedback(self, anomaly_id: str, verdict: str, reason: str = "", author: str = "") -> dict:
        """Says what an anomaly was: ``false_alarm``, ``real`` or ``expected``. Answers what that does to the alarms."""
        body = {"verdict": verdict, **{name: text for name, text in (("reason", reason), ("author", author)) if text}}
        return self._request("POST", _path("anomalies", anomaly_id, "feedback"), body=body)

    def withdraw_feedback(self, feedback_id: str) -> dict:
        """Takes back what was said of an anomaly."""
        return self._request("DELETE", _path("feedback", feedback_id))

    def level_shifts(self, **filters: Any) -> Iterator[dict]:
        """The levels that were accepted as new, the newest first."""
        return self._list("/v1/level-shifts", filters)

    def incidents(self, **filters: Any) -> Iterator[dict]:
        """The newest first; by ``open``, ``severity``, ``agent``, ``type``, ``metric``, ``from_`` and ``to``."""
        return self._list("/v1/incidents", filters)

    def incident(self, incident_id: str) -> dict:
        """One incident, with its suspects and its findings."""
        return self._get(_path("incidents", incident_id))

    def acknowledge_incident(self, incident_id: str, note: str = "") -> dict:
        """Says that somebody looks after it."""
        return self._request("POST", _path("incidents", incident_id, "acknowledge"), body={"note": note})

    def resolve_incident(self, incident_id: str, note: str = "") -> dict:
        """Says that it is over: what is found from now on belongs to another."""
        return self._request("POST", _path("incidents", incident_id, "resolve"), body={"note": note})

    def stuck_tasks(self, **filters: Any) -> Iterator[dict]:
        """The longest first; by ``kind`` and ``agent``."""
        return self._list("/v1/tasks/stuck", filters)

    def forecasts(self, series_id: str, **filters: Any) -> Iterator[dict]:
        """The latest forecasts of one series, the chosen one first."""
        return self._list("/v1/forecasts", {"series": series_id, **filters})

    def capacity(self, metric: str, limit: float, **filters: Any) -> Iterator[dict]:
        """When a metric reaches a limit, the first to reach it first; by ``by``, ``direction`` and ``horizon_days``."""
        return self._pages("/v1/capacity", {"metric": metric, "limit": limit, **filters})

    def slos(self) -> Iterator[dict]:
        """The objectives, with what is left of their error budgets."""
        return self._list("/v1/slos", {})

    def status(self) -> dict:
        """What runs, on what, and what is degraded."""
        return self._get("/status")

    def _send(self, path: str, records: Iterable[dict], backfill: bool) -> dict:
        sum_of_all: dict = {"accepted": 0, "refused": 0, "errors": []}
        query = {"backfill": True} if backfill else {}
        rest = iter(records)
        start = 0
        while batch := list(islice(rest, RECORDS_A_REQUEST)):
            answer = self._request("POST", path, query, batch, expected=(422,))
            sum_of_all["accepted"] += answer["accepted"]
            sum_of_all["refused"] += answer["refused"]
            errors = [{**error, "pointer": _moved(error["pointer"], start)} for error in answer.get("errors", [])]
            sum_of_all["errors"] += errors[: MAX_ERRORS - len(sum_of_all["errors"])]
            start += len(batch)
        return sum_of_all

    def _get(self, path: str, filters: Optional[dict] = None) -> Any:
        return self._request("GET", path, filters)

    def _list(self, path: str, filters: dict) -> Iterator[dict]:
        return self._pages(path, {"limit": 1000, **filters})

    def _pages(self, path: str, filters: dict) -> Iterator[dict]:
        cursor = None
        while True:
            page = self._get(path, {**filters, "cursor": cursor})
            yield from page["items"]
            cursor = page.get("nextCursor")
            if cursor is None:
                return

    def _request(
        self,
        method: str,
        path: str,
        query: Optional[dict] = None,
        body: Any = None,
        expected: Tuple[int, ...] = (),
    ) -> Any:
        attempt = 1
        while True:
            try:
                return self._attempt(method, path + _query_string(query or {}), body, expected)
            except FleetcastError as error:
                delay = error.retry_after_seconds
                if delay is None:
                    longest = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** (attempt - 1))
                    delay = longest * random.uniform(0.5, 1)
                if error.status not in PASSING_STATUSES or attempt >= self._attempts or delay > LONGEST_DELAY_SECONDS:
                    raise
            time.sleep(delay)
            attempt += 1

    def _attempt(self, method: str, target: str, body: Any, expected: Tuple[int, ...]) -> Any:
        headers = dict(self._headers)
        data = None
        if body is not None:
            headers["content-type"] = "application/json"
            data = json.dumps(body, default=_json_of).encode()
        request = urllib.request.Request(self._url + target, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_seconds) as response:
                text, status = response.read(), response.status
        except urllib.error.HTTPError as refusal:
            problem = _parsed(refusal.read())
            if refusal.code in expected:
                return problem
            reason = problem.get("detail") or problem.get("title") if isinstance(problem, dict) else problem
            raise FleetcastError(
                f"{method} {target.split('?')[0]}: {refusal.code} {reason}",
                refusal.code,
                problem,
                _seconds_of(refusal.headers.get("retry-after")),
            ) from None
        except (OSError, http.client.HTTPException) as cause:
            raise FleetcastError(f"no answer from {self._url}: {cause}") from cause
        answer = _parsed(text) if text else None
        if isinstance(answer, str):
            raise FleetcastError(f"{method} {target.split('?')[0]}: the answer is not that of Fleetcast: {answer}", status)
        return answer


def _path(*segments: str) -> str:
    return "/v1/" + "/".join(urllib.parse.quote(segment, safe="") for segment in segments)


def _query_string(filters: dict) -> str:
    given = {_camel(name): _text_of(value) for name, value in filters.items() if value is not None}
    return f"?{urllib.parse.urlencode(given)}" if given else ""


def _camel(name: str) -> str:
    """``min_score`` is ``minScore`` and ``from_`` is ``from``; the name of a label stays as it is."""
    if name.startswith("label."):
        return name
    first, *others = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others)


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _json_of(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no value of JSON")


def _parsed(text: bytes) -> Any:
    """An answer that is not JSON comes from somebody on the way, such as a proxy."""
    try:
        return json.loads(text)
    except ValueError:
        return text[:200].decode(errors="replace")


def _seconds_of(header: Optional[str]) -> Optional[float]:
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None


def _moved(pointer: str, start: int) -> str:
    """A pointer into all records: ``/3/value`` of a request that begins at 10000 is ``/10003/value``."""
    _, place, *rest = pointer.split("/")
    return "/".join(["", str(int(place) + start), *rest]) if place.isdigit() else pointer

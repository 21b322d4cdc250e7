"""A link becomes bytes or a status: one deadline, bounded bytes, checked addresses only.

urllib3 speaks HTTP and TLS; the policy is here and in the modules beside it. The address that was
checked is the one that is connected to: a name cannot be resolved anew in between (DNS rebinding).
Redirects are followed by hand, each with the same checks and the same manners towards its host.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType

from urllib3.exceptions import DecodeError

from entity_extract.config import FetchConfig
from entity_extract.config.signals import NEVER, Stop
from entity_extract.fetching.addresses import Names, Permit, Resolve, is_public, resolve_host
from entity_extract.fetching.ahead import fetch_ahead
from entity_extract.fetching.bounds import Deadline
from entity_extract.fetching.cells import read_cell
from entity_extract.fetching.connections import Connections
from entity_extract.fetching.fetched import Fetched, Refused, Validators
from entity_extract.fetching.hosts import Hosts, Ticket
from entity_extract.fetching.redact import redact, redact_logs
from entity_extract.fetching.schedule import Asked, Job, Schedule
from entity_extract.fetching.visit import Session, Visit
from entity_extract.fetching.wire import Pulse
from entity_extract.status import Status

__all__ = ["Asked", "Fetched", "Fetcher", "Validators", "fetch"]

_REASON_LETTERS = 200


class Fetcher:
    """Fetches links with one configuration: keeps connections, and each host's state, between them.

    Every address that `resolve` gives for a host has to pass `permit`, unless
    `config.allow_private`; one that does not blocks the link. Safe for threads.
    """

    def __init__(
        self,
        config: FetchConfig,
        *,
        resolve: Resolve = resolve_host,
        permit: Permit = is_public,
        hosts: Hosts | None = None,
    ) -> None:
        names = Names(resolve, _anywhere if config.allow_private else permit)
        self._config = config
        self._session = Session(
            config,
            hosts or Hosts(config),
            Connections(config, names),
            threading.BoundedSemaphore(config.threads),
        )
        self._pulses: dict[int, Pulse] = {}
        redact_logs("urllib3.connection", "urllib3.response")

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends all connections, also those on which threads still wait for an answer."""
        self._session.connections.close()

    def fetch(self, link: str, *, validators: Validators | None = None) -> Fetched:
        """Asks for `link` once. Whatever the link and its server do, this returns.

        All of it ends at `config.deadline_s`, also where a server sends its header or body drop by
        drop. With `validators`, a picture that is still the same gives NOT_MODIFIED.
        """
        return self._tried(link, validators, Deadline.after(self._config.deadline_s), None)

    def ahead(
        self, links: Iterator[Asked], *, stop: Stop = NEVER
    ) -> Iterator[tuple[Asked, Fetched]]:
        """Every link with what it gave, in order of completion; `config.retries` are made here."""
        return (found for found in self.ahead_or_idle(links, stop=stop) if found is not None)

    def ahead_or_idle(
        self, links: Iterator[Asked], *, stop: Stop = NEVER
    ) -> Iterator[tuple[Asked, Fetched] | None]:
        """As `ahead`, with None where nothing has come for a moment: see fetch_ahead."""
        schedule = Schedule(self._config, self._session.hosts)
        return fetch_ahead(
            links, schedule, self._attempt, self._config, stalled=self._stalled, stop=stop
        )

    def _attempt(self, job: Job) -> Fetched:
        return self._tried(job.link, job.asked.validators, Deadline.after(job.left_s), job.ticket)

    def _stalled(self) -> int:
        before = time.monotonic() - self._config.stalled_s
        return sum(pulse.heard_at < before for pulse in list(self._pulses.values()))

    def _tried(
        self, link: str, validators: Validators | None, deadline: Deadline, ticket: Ticket | None
    ) -> Fetched:
        start = time.monotonic()
        pulse = Pulse()
        self._pulses[id(pulse)] = pulse
        visit = Visit(self._session, deadline, pulse, validators, ticket)
        try:
            fetched = _outcome(visit, link, self._config)
        finally:
            del self._pulses[id(pulse)]
        fetch_ms = round((time.monotonic() - start) * 1000)
        reason = _of_several(link, fetched.reason)
        fetched = replace(fetched, fetch_ms=fetch_ms, reason=reason)
        visit.leave(fetched)
        return fetched


def fetch(
    link: str,
    config: FetchConfig,
    *,
    resolve: Resolve = resolve_host,
    permit: Permit = is_public,
    validators: Validators | None = None,
) -> Fetched:
    """`Fetcher.fetch` for a single link, on a connection of its own."""
    with Fetcher(config, resolve=resolve, permit=permit) as fetcher:
        return fetcher.fetch(link, validators=validators)


def _outcome(visit: Visit, link: str, config: FetchConfig) -> Fetched:
    try:
        response = visit.response(link)
    except Refused as refused:
        reason = _said(refused.reason)
        retry_after_s = refused.retry_after_s
        return Fetched(
            link, refused.status, reason, refused.http_status, None, 0, retry_after_s=retry_after_s
        )
    except TimeoutError:
        reason = f"no complete answer in {config.deadline_s:g} s"
        return Fetched(link, Status.TIMEOUT, reason, None, None, 0)
    except DecodeError as err:
        reason = _said(f"content-encoding: {err}")
        return Fetched(link, Status.BROKEN_IMAGE, reason, None, None, 0)
    except OSError as err:
        reason = _said(f"{type(err).__name__}: {err}")
        return Fetched(link, Status.UNREACHABLE, reason, None, None, 0)
    return Fetched(
        link,
        Status.OK,
        _said(response.remark),
        response.http_status,
        response.content,
        0,
        etag=response.etag,
        last_modified=response.last_modified,
    )


def _of_several(link: str, reason: str) -> str:
    """Says of a cell with more than one link which of them this is about."""
    further = read_cell(link).further
    if not further:
        return reason
    return f"the first of {further + 1} links" + (f": {reason}" if reason else "")


def _said(reason: str) -> str:
    """On one line, without secrets: a server's own words may be in it, at any length."""
    printable = "".join(letter if letter.isprintable() else " " for letter in redact(reason))
    return printable.strip()[:_REASON_LETTERS]


def _anywhere(address: str) -> bool:
    return True

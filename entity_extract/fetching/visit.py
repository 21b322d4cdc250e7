"""One link's way: its host, the hosts that redirects lead to, and what the last of them answers."""

import threading
from dataclasses import dataclass, field
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse

from entity_extract.config import FetchConfig
from entity_extract.fetching import exchange, files, stores
from entity_extract.fetching.answers.cookies import Cookies
from entity_extract.fetching.answers.page import remark
from entity_extract.fetching.answers.responses import check_status, validator
from entity_extract.fetching.bounds import Deadline
from entity_extract.fetching.connections import Connection, Connections
from entity_extract.fetching.fetched import Fetched, Refused, Validators
from entity_extract.fetching.hosts import Hosts, Ticket
from entity_extract.fetching.links import Link, check, parse, parse_url
from entity_extract.fetching.wire import Pulse
from entity_extract.status import Status

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MULTIPLE_CHOICES = 300  # a redirect where it says to where
_NOT_ACCEPTABLE = 406
_ANYTHING = "*/*"


@dataclass(frozen=True)
class Session:
    """What all visits of a fetcher share. `large` bounds how many large bodies are held at once."""

    config: FetchConfig
    hosts: Hosts
    connections: Connections
    large: threading.Semaphore


@dataclass(frozen=True)
class Response:
    content: bytes
    http_status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    remark: str = ""


@dataclass
class Visit:
    """`ticket` is one that the schedule has taken for the link's first host, if it has.

    `anything`: a server has no picture of the kinds that fetch.accept names, and is asked for any.
    """

    session: Session
    deadline: Deadline
    pulse: Pulse
    validators: Validators | None
    ticket: Ticket | None
    cookies: Cookies = field(default_factory=Cookies)
    anything: bool = False

    def response(self, text: str) -> Response:
        """Raises Refused, TimeoutError, OSError and urllib3's DecodeError."""
        config = self.session.config
        link = parse(text, config.file_root)
        if link.scheme == "file":
            known = self.validators.etag if self.validators else None
            content, version = files.read_file(link, config, self.deadline, version=known)
            return Response(content, etag=version)
        if link.scheme == "s3":
            return Response(stores.read_object(link, config, self.deadline))
        if link.scheme == "data":
            return Response(stores.read_inline(link, config))
        for hop in range(config.max_redirects + 1):
            check(link, config)
            self._arrive(link.host, first=hop == 0)
            found = self._found(link)
            if isinstance(found, Response):
                return found
            code, link = found
        raise Refused(Status.HTTP_ERROR, f"more than {config.max_redirects} redirects", code)

    def leave(self, fetched: Fetched | None = None) -> None:
        """Gives the ticket back; `fetched` says how it ended, None that the host answered."""
        if self.ticket is not None:
            self.session.hosts.end(self.ticket, fetched)
            self.ticket = None

    def _arrive(self, host: str, *, first: bool) -> None:
        """Takes a ticket for `host`, giving the last host's back before: two may deadlock."""
        if self.ticket is None:
            self.ticket = self.session.hosts.admit(host, self.deadline)
        elif self.ticket.host != host:
            self.leave()
            self.ticket = self.session.hosts.admit(host, self.deadline)
        elif not first:
            self.session.hosts.pace(self.ticket, self.deadline)

    def _found(self, link: Link) -> "Response | tuple[int, Link]":
        """As `_asked`, a second time where the server has no picture of a kind that we accept."""
        try:
            return self._asked(link)
        except Refused as refused:
            if refused.http_status != _NOT_ACCEPTABLE or self._accept == _ANYTHING:
                raise
        self.anything = True
        self._arrive(link.host, first=False)
        return self._asked(link)

    def _asked(self, link: Link) -> "Response | tuple[int, Link]":
        """What `link` gives: its answer, or the status and target of a redirect."""
        connections = self.session.connections
        connection = connections.take(link, self.deadline, self.pulse)
        try:
            return self._exchanged(link, connection)
        except exchange.Dead:  # asked once more, on a connection that nobody can have closed yet
            connections.give_back(connection)
            connection = connections.take(link, self.deadline, self.pulse, fresh=True)
            return self._exchanged(link, connection)
        finally:
            connections.give_back(connection)

    def _exchanged(self, link: Link, connection: Connection) -> "Response | tuple[int, Link]":
        config = self.session.config
        response = exchange.ask(
            link,
            connection,
            config,
            deadline=self.deadline,
            pulse=self.pulse,
            headers=self._headers(link),
        )
        self.cookies.keep(link, response)
        if _is_redirect(response):
            exchange.drain(response, connection)
            return response.status, _target(link, response)
        try:
            check_status(response, config, conditional=bool(self.validators))
        except Refused:
            exchange.drain(response, connection)
            raise
        content = exchange.body(
            response, connection, config, deadline=self.deadline, large=self.session.large
        )
        return Response(
            content,
            response.status,
            validator(response, "ETag"),
            validator(response, "Last-Modified"),
            remark(content, response),
        )

    @property
    def _accept(self) -> str:
        return _ANYTHING if self.anything else self.session.config.accept

    def _headers(self, link: Link) -> dict[str, str]:
        said = {"Accept": self._accept} | exchange.conditions(self.validators)
        return said | self.cookies.header(link)


def _is_redirect(response: BaseHTTPResponse) -> bool:
    choices = response.status == _MULTIPLE_CHOICES and "Location" in response.headers
    return choices or response.status in _REDIRECTS


def _target(link: Link, response: BaseHTTPResponse) -> Link:
    locations = {_as_utf8(said) for said in response.headers.getlist("Location") if said}
    if not locations:
        raise Refused(Status.HTTP_ERROR, "a redirect to nowhere", response.status)
    if len(locations) > 1:
        raise Refused(Status.HTTP_ERROR, "a redirect to several places", response.status)
    try:
        joined = urljoin(str(link), locations.pop())
    except ValueError:  # a bracket that is never closed
        raise Refused(Status.BAD_LINK, "a redirect to no URL") from None
    target = parse_url(joined)
    if target.scheme not in ("http", "https"):
        raise Refused(Status.BAD_LINK, f"a redirect to a {target.scheme} link")
    return target


def _as_utf8(header: str) -> str:
    """Headers are read as Latin-1; who puts other letters into a link means UTF-8."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header

"""Events on their way: in their order, behind the run's back."""

import logging
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from entity_extract.config.secrets import masked
from entity_extract.fetching.redact import redact

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import RunEvent

log = logging.getLogger(__name__)


class Sender:
    """Sends each event in a thread that holds up neither the run nor the end of the program.

    What cannot be sent is lost, with one warning for all of it.
    """

    def __init__(self, client: "OpenLineageClient", *, timeout_s: float) -> None:
        self._client, self._timeout_s = client, timeout_s
        self._events: SimpleQueue[RunEvent | None] = SimpleQueue()
        self._warned = False
        self._thread = threading.Thread(target=self._send_all, daemon=True, name="lineage")
        self._thread.start()

    def send(self, event: "RunEvent") -> None:
        self._events.put(event)

    def close(self) -> None:
        """Returns once all is sent, or given up: after the timeout at the latest."""
        self._events.put(None)
        self._thread.join(self._timeout_s)
        if self._thread.is_alive():
            self._warn(f"no answer in lineage.timeout_s, {self._timeout_s:g} s")

    def _send_all(self) -> None:
        for event in iter(self._events.get, None):
            try:
                self._client.emit(event)
            except Exception as err:  # noqa: BLE001 (a transport may be anybody's; it is told)
                self._warn(redact(str(err)) or type(err).__name__)

    def _warn(self, why: str) -> None:
        if not self._warned:
            self._warned = True
            log.warning("events for OpenLineage are lost, the run goes on: %s", masked(why)[:500])

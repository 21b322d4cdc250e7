"""The server of Spark Connect behind a session: whether it is still there, and still the same.

pyspark's client asks one that is gone for ten minutes, call by call. One that was started anew, or
has forgotten a session for its silence, gives its client of 3.5 a new one without a word, in which
nothing is set that this run has set.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

import grpc

from entity_extract.errors import ServerGone, UserError

_PATIENCE_S: Final = 3.0  # a proxy that starts anew is back by then, and no server is
_SILENCE_S: Final = 5.0  # in which a server could have been started anew
_REFUSED: Final = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)
_FORGOTTEN: Final = "[INVALID_HANDLE.SESSION_"  # as Spark 4 says it
_GO_ON: Final = (
    "what is published is kept: once there is a server again, run the same command to go on"
)


class Watch(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[misc]
    grpc.UnaryStreamClientInterceptor,  # type: ignore[misc]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[misc]
):
    """Sees each call of one session. Once the server is gone, refuses the client or has forgotten
    the session, that call and all later ones raise the same UserError, which no client retries."""

    def __init__(self, place: str) -> None:
        """`place`: host and port, for messages."""
        self._named = f"the server of Spark Connect at {place}"
        # Asks the server whether it knows this session, where it may have forgotten it.
        self.is_known: Callable[[], bool] | None = None
        self._ended: UserError | None = None
        self._heard_s = time.monotonic()
        self._unheard_since_s: float | None = None
        self._asking = False

    def intercept_unary_unary(self, ask: Callable[..., Any], details: Any, request: Any) -> Any:
        self._check()
        call = ask(details, request)
        if call.code() is grpc.StatusCode.OK:
            self._heard()
        else:
            self._judge(call)
        return call

    # Files of a session go to the server as a stream.
    intercept_stream_unary = intercept_unary_unary

    def intercept_unary_stream(self, ask: Callable[..., Any], details: Any, request: Any) -> Any:
        self._check()
        return self._each(ask(details, request))

    def _each(self, answers: Iterator[Any]) -> Iterator[Any]:
        try:
            for answer in answers:
                self._heard()
                yield answer
        except grpc.RpcError as err:
            self._judge(err)
            raise

    def _heard(self) -> None:
        self._heard_s, self._unheard_since_s = time.monotonic(), None

    def _check(self) -> None:
        """Before each call. Raises UserError."""
        if self._ended is not None:
            raise self._ended
        silent = time.monotonic() - self._heard_s > _SILENCE_S or self._unheard_since_s is not None
        if self.is_known is None or self._asking or not silent:
            return
        self._asking = True
        try:
            known = self.is_known()
        finally:
            self._asking = False
        if not known:
            self._lost(
                "knows nothing of this run any more: it was started anew, or has ended the session "
                "for its silence"
            )

    def _judge(self, err: Any) -> None:
        """Of a call that failed. Raises UserError where no other will come through."""
        code, said = err.code(), " ".join((err.details() or "").split())
        if code in _REFUSED:
            self._end(UserError(f"{self._named} lets nobody in so: {said}"))
        if _FORGOTTEN in said:
            self._lost(f"has ended this run's session: {said}")
        if code is not grpc.StatusCode.UNAVAILABLE:
            return
        now = time.monotonic()
        if self._unheard_since_s is None:
            self._unheard_since_s = now
        elif now - self._unheard_since_s > _PATIENCE_S:
            self._lost(f"is gone: {said}")

    def _lost(self, how: str) -> NoReturn:
        self._end(ServerGone(f"{self._named} {how}; {_GO_ON}"))

    def _end(self, why: UserError) -> NoReturn:
        self._ended = why
        raise why from None

"""What answers at an address and is no server for us: refused in a line, in seconds."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from entity_extract.errors import UserError
from entity_extract.spark.session import remote
from entity_extract.spark.session.remote import connected

grpc = pytest.importorskip("grpc", reason="Spark Connect's client needs grpcio")


@contextmanager
def answering(answer: Any) -> Iterator[str]:
    """The address of a server of gRPC whose calls all end as `answer(request, context)` does."""
    calls = grpc.unary_unary_rpc_method_handler(answer)

    class Calls(grpc.GenericRpcHandler):  # type: ignore[misc, name-defined]
        def service(self, details: Any) -> Any:
            return calls

    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((Calls(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.stop(None)


def of_spark(version: str) -> Any:
    """Says that its Spark is of this version."""
    from pyspark.sql.connect.proto import AnalyzePlanRequest, AnalyzePlanResponse

    def answer(request: bytes, context: Any) -> bytes:
        asked = AnalyzePlanRequest.FromString(request)
        told = AnalyzePlanResponse.SparkVersion(version=version)
        response = AnalyzePlanResponse(session_id=asked.session_id, spark_version=told)
        return bytes(response.SerializeToString())

    return answer


def refusing(code: str, said: str) -> Any:
    def answer(request: bytes, context: Any) -> bytes:
        context.abort(getattr(grpc.StatusCode, code), said)
        raise AssertionError("unreachable")

    return answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda: of_spark("4.2.7"), r"runs Spark 4\.2\.7, and the package pyspark is \d"),
        (lambda: refusing("UNAUTHENTICATED", "no token"), "lets nobody in so: no token"),
        (lambda: refusing("PERMISSION_DENIED", "not you"), "lets nobody in so: not you"),
        (lambda: refusing("UNIMPLEMENTED", "a shop"), "answers as no server of Spark does"),
    ],
)
def test_a_server_that_is_not_for_us_is_refused_in_a_line(answer: Any, said: str) -> None:
    with (
        answering(answer()) as url,
        pytest.raises(UserError, match=said) as refused,
        connected(url, {}),
    ):
        pytest.fail("connected")
    assert "\n" not in str(refused.value)
    assert url.removeprefix("sc://") in str(refused.value) or "spark.remote" in str(refused.value)


def test_what_does_not_speak_so_is_refused_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_PATIENCE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"sc://127.0.0.1:{mute.getsockname()[1]}"
        told = "no server of Spark Connect, without TLS"
        with pytest.raises(UserError, match=told), connected(url, {}):
            pytest.fail("connected")


@pytest.mark.parametrize("url", ["sc://127.0.0.1:{}/shop", "sc://127.0.0.1:{}/;token"])
def test_an_address_that_is_none_is_named(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        named = url.format(mute.getsockname()[1])
        with pytest.raises(UserError, match=r"spark\.remote is sc://127"), connected(named, {}):
            pytest.fail("connected")

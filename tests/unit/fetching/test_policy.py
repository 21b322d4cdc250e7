"""What is asked and answered: conditions, robots, Retry-After, proxies, files and buckets."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from entity_extract.config import FetchConfig
from entity_extract.fetching.bounds import Deadline, within
from entity_extract.fetching.fetch import Fetched, Fetcher, Validators, fetch
from entity_extract.status import Status
from tests.server import PLAIN_JPEG, ShopServer, shop_server

CONFIG = FetchConfig(allow_private=True, deadline_s=5.0, per_host_rate=0.0)


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    with shop_server() as running:
        yield running


def test_an_answer_s_validators_make_the_next_request_conditional(server: ShopServer) -> None:
    link = server.url("/tagged.jpg")
    first = fetch(link, CONFIG)
    assert (first.status, first.etag) == (Status.OK, '"v1"')
    assert first.last_modified == "Tue, 24 Nov 2026 09:00:00 GMT"
    again = fetch(link, CONFIG, validators=Validators(first.etag, first.last_modified))
    assert (again.status, again.http_status, again.content) == (Status.NOT_MODIFIED, 304, None)
    other = fetch(link, CONFIG, validators=Validators('"v0"'))
    assert (other.status, other.content) == (Status.OK, PLAIN_JPEG)


def test_not_modified_is_no_answer_to_who_asked_without_conditions(server: ShopServer) -> None:
    fetched = fetch(server.url("/status?code=304"), CONFIG)
    assert (fetched.status, fetched.http_status) == (Status.HTTP_ERROR, 304)


@pytest.mark.parametrize("etag", ['"x"\r\nX-Injected: 1', "a" * 1000, "\x00", "größe"])
def test_a_validator_that_is_no_header_is_not_sent(server: ShopServer, etag: str) -> None:
    fetched = fetch(server.url("/good.jpg?etag"), CONFIG, validators=Validators(etag))
    assert fetched.status == Status.OK
    headers = server.headers_seen["/good.jpg?etag"]
    assert not {"If-None-Match", "X-Injected"} & set(headers)


@pytest.mark.parametrize(
    ("said", "robots", "status"),
    [
        ("noindex", (), Status.OK),
        ("noindex", ("noimageai",), Status.OK),
        ("noindex", ("noindex",), Status.DISALLOWED),
        ("all, NoImageAI", ("noindex", "noImageAI"), Status.DISALLOWED),
        ("googlebot: noindex", ("noindex",), Status.OK),
        ("entity-extract: noindex", ("noindex",), Status.DISALLOWED),
        ("unavailable_after: 25 Jun 2010 15:00:00 PST", ("noindex",), Status.OK),
        ("none", ("noindex",), Status.DISALLOWED),
        ("none", ("noai",), Status.OK),
    ],
)
def test_x_robots_tag_is_obeyed_as_configured(
    server: ShopServer, said: str, robots: tuple[str, ...], status: Status
) -> None:
    link = server.url(f"/with-header.jpg?X-Robots-Tag={said}")
    assert fetch(link, CONFIG.model_copy(update={"robots": robots})).status == status


@pytest.mark.parametrize(
    ("said", "token", "status"),
    [
        *((said, None, Status.DISALLOWED) for said in ("noai", "noimageai", "noindex, nofollow")),
        *((said, None, Status.DISALLOWED) for said in ("noimageindex", "none", "*: NOAI")),
        *((said, None, Status.OK) for said in ("all", "nofollow, noarchive", "img2dataset: noai")),
        ("shopbot: noai", "ShopBot", Status.DISALLOWED),
        ("entity-extract: noai", "shopbot", Status.OK),
    ],
)
def test_who_wants_no_machine_to_look_is_obeyed_unless_told_otherwise(
    server: ShopServer, said: str, token: str | None, status: Status
) -> None:
    link = server.url(f"/with-header.jpg?X-Robots-Tag={quote(said)}")
    fetched = fetch(link, CONFIG.model_copy(update={"robots_agent": token}))
    assert fetched.status == status
    assert ("fetch.robots" in (fetched.reason or "")) == (status == Status.DISALLOWED)
    assert (fetched.content is None) == (status == Status.DISALLOWED)
    ours = CONFIG.model_copy(update={"robots_agent": token, "robots": ()})
    assert fetch(link, ours).status == Status.OK


def busy(server: ShopServer, retry_after: str) -> Fetched:
    return fetch(server.url(f"/busy.jpg?seconds={retry_after}"), CONFIG)


def test_retry_after_is_read_in_both_forms(server: ShopServer) -> None:
    assert busy(server, "7").retry_after_s == 7.0
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    waits = busy(server, soon).retry_after_s
    assert waits is not None
    assert 15.0 < waits <= 20.0
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    assert busy(server, past).retry_after_s == 0.0
    assert busy(server, "soon").retry_after_s is None
    assert busy(server, "-5").retry_after_s is None
    assert busy(server, f"Tue, 24 Nov {10**30} 09:00:00 GMT").retry_after_s is None


def test_a_long_retry_after_is_the_reason(server: ShopServer) -> None:
    fetched = busy(server, "7200")
    assert fetched.status == Status.SERVER_ERROR
    assert "7200 s of rest" in fetched.reason


def test_a_redirect_leads_to_no_file_and_no_bucket(server: ShopServer, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(PLAIN_JPEG)
    config = CONFIG.model_copy(update={"file_root": str(tmp_path), "s3_buckets": ("shop",)})
    for target in (f"file://{tmp_path}/a.jpg", "s3://shop/a.jpg"):
        fetched = fetch(server.url(f"/redirect?to={target}"), config)
        assert (fetched.status, fetched.content) == (Status.BAD_LINK, None)


def test_a_redirect_to_no_url_is_a_bad_link(server: ShopServer) -> None:
    assert fetch(server.url("/redirect?to=http://["), CONFIG).status == Status.BAD_LINK


def test_a_redirect_to_a_host_that_is_denied_is_blocked(server: ShopServer) -> None:
    config = CONFIG.model_copy(update={"deny_hosts": ("localhost",)})
    there = server.url("/good.jpg?denied", host="localhost")
    assert fetch(server.url(f"/redirect?to={there}"), config).status == Status.BLOCKED
    assert server.asked["/good.jpg?denied"] == 0


def test_a_redirect_to_a_name_in_other_letters_is_followed(server: ShopServer) -> None:
    fetched = fetch(server.url("/redirect-in-utf8"), CONFIG)
    assert fetched.content == PLAIN_JPEG


def test_a_pipe_bomb_is_refused_by_its_ratio() -> None:
    config = CONFIG.model_copy(update={"max_bytes": 100 * 2**20})
    with shop_server() as server:
        fetched = fetch(server.url("/gzip-bomb.jpg"), config)
    assert (fetched.status, "times its size" in fetched.reason) == (Status.TOO_LARGE, True)


def test_one_fetcher_serves_many_threads(server: ShopServer) -> None:
    wrong: list[Fetched] = []
    with Fetcher(CONFIG) as fetcher:

        def some() -> None:
            found = [fetcher.fetch(server.url("/good.jpg")) for _ in range(20)]
            wrong.extend(f for f in found if f.content != PLAIN_JPEG)

        threads = [threading.Thread(target=some) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_proxy_is_used_where_one_is_configured_and_asked_for_the_whole_link(
    server: ShopServer,
) -> None:
    config = FetchConfig(proxy=server.url(""), deadline_s=5.0)
    fetch("http://pictures.example/a.jpg?b", config, resolve=_never)
    assert server.asked["http://pictures.example/a.jpg?b"] == 1
    assert server.headers_seen["http://pictures.example/a.jpg?b"]["Host"] == "pictures.example"


def test_an_address_inside_is_blocked_before_a_proxy_is_asked(server: ShopServer) -> None:
    config = FetchConfig(proxy=server.url(""), deadline_s=5.0)
    assert fetch("http://169.254.169.254/latest/", config).status == Status.BLOCKED


def _never(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} was looked up")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "folder" / "größe 1.jpg").write_bytes(PLAIN_JPEG)
    (tmp_path / "outside.jpg").write_bytes(PLAIN_JPEG)
    (root / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    (root / "way").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(root / "pipe.jpg")
    return root


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/folder/gr%C3%B6%C3%9Fe%201.jpg", Status.OK),
        ("/folder/größe 1.jpg", Status.OK),
        ("/folder/./größe 1.jpg", Status.OK),
        ("/folder/none.jpg", Status.NO_FILE),
        ("/folder/größe 1.jpg/none.jpg", Status.NO_FILE),
        ("/../outside.jpg", Status.BLOCKED),
        ("/%2e%2e/outside.jpg", Status.BLOCKED),
        ("/folder/../../outside.jpg", Status.BLOCKED),
        ("/link.jpg", Status.NO_FILE),
        ("/way/outside.jpg", Status.NO_FILE),
        ("/pipe.jpg", Status.NO_FILE),
        ("/folder", Status.NO_FILE),
        ("", Status.BLOCKED),
    ],
)
def test_a_file_link_reads_regular_files_below_the_root_and_nothing_else(
    root: Path, path: str, status: Status
) -> None:
    config = FetchConfig(file_root=str(root), deadline_s=5.0)
    fetched = fetch(f"file://{root}{path}", config)
    assert (fetched.status, fetched.content is not None) == (status, status == Status.OK)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("folder/none.jpg", "no such file"),
        ("folder/größe 1.jpg/none.jpg", "no such file: what should be its folder is a file"),
        ("folder", "a folder"),
        ("link.jpg", "a symbolic link, which is not followed"),
        ("way/outside.jpg", "a symbolic link, which is not followed"),
        ("pipe.jpg", "not a regular file"),
    ],
)
def test_why_a_file_is_not_read_is_said_in_words(root: Path, path: str, said: str) -> None:
    fetched = fetch(f"file://{root}/{path}", FetchConfig(file_root=str(root), deadline_s=5.0))
    assert fetched.reason.startswith(said)


def test_files_are_read_up_to_the_byte_limit_and_only_with_a_root(root: Path) -> None:
    link = f"file://{root}/folder/größe 1.jpg"
    small = FetchConfig(file_root=str(root), max_bytes=len(PLAIN_JPEG) - 1)
    assert fetch(link, small).status == Status.TOO_LARGE
    assert fetch(link, FetchConfig()).status == Status.BLOCKED
    assert fetch(link, FetchConfig(file_root=str(root / "other"))).status == Status.BLOCKED


def test_a_root_that_this_machine_lacks_may_be_there_for_a_later_run(tmp_path: Path) -> None:
    config = FetchConfig(file_root=str(tmp_path / "unmounted"), deadline_s=5.0)
    fetched = fetch(f"file://{tmp_path}/unmounted/a.jpg", config)
    assert (fetched.status, "unmounted" in fetched.reason) == (Status.UNREACHABLE, True)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (errno.EIO, Status.UNREACHABLE),
        (errno.ESTALE, Status.UNREACHABLE),
        (errno.EMFILE, Status.UNREACHABLE),
        (errno.EACCES, Status.NO_FILE),
        (errno.ENAMETOOLONG, Status.NO_FILE),
    ],
)
def test_what_a_file_server_says_is_settled_only_where_it_would_say_it_again(
    root: Path, monkeypatch: pytest.MonkeyPatch, code: int, status: Status
) -> None:
    def refuses(path: str) -> None:
        raise OSError(code, os.strerror(code))

    _on_open(monkeypatch, "größe 1.jpg", refuses)
    config = FetchConfig(file_root=str(root), deadline_s=5.0)
    fetched = fetch(f"file://{root}/folder/größe 1.jpg", config)
    assert (fetched.status, os.strerror(code) in fetched.reason) == (
        status,
        status != Status.NO_FILE,
    )


def test_a_file_server_that_hangs_holds_no_link_beyond_its_deadline(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = threading.Event()
    _on_open(monkeypatch, "folder", lambda path: back.wait(10.0))
    start = time.monotonic()
    config = FetchConfig(file_root=str(root), deadline_s=0.3)
    fetched = fetch(f"file://{root}/folder/größe 1.jpg", config)
    back.set()
    assert fetched.status == Status.TIMEOUT
    assert time.monotonic() - start < 5.0


def _on_open(monkeypatch: pytest.MonkeyPatch, name: str, happens: Callable[[str], object]) -> None:
    """Something `happens` before the system opens `name`."""
    system_open = os.open

    def opens(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path == name:
            happens(path)
        return system_open(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", opens)


def test_calls_that_never_end_take_a_bounded_number_of_threads() -> None:
    back = threading.Event()
    before = threading.active_count()
    called: list[str] = []
    for _ in range(1100):
        with pytest.raises(TimeoutError):
            within(Deadline.after(0.001), back.wait)
    hung = threading.active_count() - before
    with pytest.raises(TimeoutError):
        within(Deadline.after(0.05), lambda: called.append("too many"))
    back.set()
    within(Deadline.after(10.0), lambda: called.append("again"))
    assert called == ["again"]
    assert 500 < hung <= 1024


@pytest.fixture
def bucket(server: ShopServer, monkeypatch: pytest.MonkeyPatch) -> FetchConfig:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return FetchConfig(s3_buckets=("shop",), s3_endpoint=server.url(""), deadline_s=3.0)


def test_an_object_of_a_named_bucket_is_read_with_the_environment_s_credentials(
    server: ShopServer, bucket: FetchConfig
) -> None:
    server.files["/shop/a.jpg"] = PLAIN_JPEG
    for link in ("s3://shop/a.jpg", "s3a://shop/a.jpg"):
        assert fetch(link, bucket).content == PLAIN_JPEG
    headers = {name.lower(): said for name, said in server.headers_seen["/shop/a.jpg"].items()}
    assert "Credential=key/" in headers["authorization"]
    small = bucket.model_copy(update={"max_bytes": 100})
    assert fetch("s3://shop/a.jpg", small).status == Status.TOO_LARGE


def test_an_object_is_taken_as_it_is_whatever_its_name(
    server: ShopServer, bucket: FetchConfig
) -> None:
    server.files["/shop/a.jpg.gz"] = PLAIN_JPEG
    assert fetch("s3://shop/a.jpg.gz", bucket).content == PLAIN_JPEG


def test_no_key_leads_to_another_bucket(server: ShopServer, bucket: FetchConfig) -> None:
    server.files["/inner/a.jpg"] = PLAIN_JPEG
    for key in ("../inner/a.jpg", "b/../../inner/a.jpg", "./../inner/a.jpg", "..", "."):
        fetched = fetch(f"s3://shop/{key}", bucket)
        assert (fetched.status, fetched.content) == (Status.BAD_LINK, None)
    assert server.asked["/inner/a.jpg"] == 0


@pytest.mark.parametrize("key", ["/a.jpg", "b//a.jpg", "s3://shop/a.jpg", "a.jpg/", "/", "\ud800"])
def test_a_key_that_cannot_be_read_is_a_row_with_a_reason(bucket: FetchConfig, key: str) -> None:
    fetched = fetch(f"s3://shop/{key}", bucket)
    assert (fetched.status, bool(fetched.reason)) == (Status.BAD_LINK, True)


def test_other_buckets_missing_objects_and_slow_stores_are_statuses(
    server: ShopServer, bucket: FetchConfig
) -> None:
    server.files["/other/a.jpg"] = PLAIN_JPEG
    assert fetch("s3://other/a.jpg", bucket).status == Status.BLOCKED
    assert fetch("s3://shop/missing.jpg", bucket).status == Status.NO_FILE
    hurried = bucket.model_copy(update={"deadline_s": 0.5})
    assert fetch("s3://shop/hang.jpg", hurried).status == Status.TIMEOUT

"""Links as strangers write them, and which of them the configuration lets through."""

import time
from ipaddress import ip_address
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entity_extract.config import FetchConfig
from entity_extract.fetching.fetch import fetch
from entity_extract.fetching.fetched import Refused
from entity_extract.fetching.links import Link, check, host_of, identity, parse, parse_url
from entity_extract.fetching.redact import redact, redact_link
from entity_extract.status import Status

# Of which cells are made, and attacks on whoever takes one host for another.
PIECES = [
    *("http:", "https:", "//", "/", "\\", "@", "a.example", "10.0.0.1", "[::1]", ":8080", "?u="),
    *(
        "&amp;",
        "&#47;",
        "&#92;",
        "&#64;",
        "\\/",
        "%",
        "%2e",
        "..",
        "#",
        "|",
        ",",
        " ",
        '"',
        "[",
        "]",
    ),
    *("\u200b", "\ufeff", "\u202e", "ü", "。", "data:", "file:", "s3:", "\t", "\n"),
]
ANY_PORT = FetchConfig(ports="any")


def status_of(link: str, config: FetchConfig) -> Status | None:
    try:
        check(parse(link), config)
    except Refused as refused:
        return refused.status
    return None


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("http://Example.COM/a.jpg", "example.com"),
        ("http://example.com./a.jpg", "example.com"),
        ("HTTPS://example.com", "example.com"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://0x7f000001/", "127.0.0.1"),
        ("http://0177.0.0.1/", "127.0.0.1"),
        ("http://0x7f.1/", "127.0.0.1"),
        ("http://127.1/", "127.0.0.1"),
        ("http://127.0.0.1./", "127.0.0.1"),
        ("http://127.0.0.%31/", "127.0.0.1"),
        ("http://[::FFFF:10.0.0.1]/", "::ffff:a00:1"),
        ("http://[0:0:0:0:0:0:0:1]/", "::1"),
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://BÜCHER.example/", "xn--bcher-kva.example"),
        ("http://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("http://my_shop.example/", "my_shop.example"),
    ],
)
def test_a_host_has_one_spelling_whatever_the_link_s(link: str, host: str) -> None:
    assert parse(link).host == host == host_of(link)


@pytest.mark.parametrize(
    "link",
    [
        "http://user@example.com/",
        "http://user:secret@example.com/",
        "http://example.com\\@10.0.0.1/",
        "http://example.com\\.evil.example/",
        "http://exam\tple.com/",
        "http://exam ple.com/",
        "http://example.com/a\x00.jpg",
        "http://example.com/a\x7f.jpg",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://example.com:-1/",
        "http://example.com:80:80/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[::1/",
        "http://::1/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://0x100000000/",
        "http://08.1.1.1/",
        "http://-a.example/",
        "http://a..example/",
        "http://.example/",
        "http://./",
        "http://" + "a" * 64 + ".example/",
        "http://" + "a." * 130 + "example/",
        "http://example.com/" + "a" * 9000,
        "http:///a.jpg",
        "http:a.jpg",
        "http",
        "HTTPS",
        "http:",
        "file",
        "s3",
        "a",
        "images/a",
        "/images/a",
        "//",
        "///a.jpg",
        "www.example.com",
        "localhost/a.jpg",
        "10.0.0.1/a.jpg",
        "C:\\images\\a.jpg",
        "\\\\server\\share\\a.jpg",
        "user@example.com/a.jpg",
        "//user@example.com/a.jpg",
        "http:\\\\example.com\\@10.0.0.1/",
        "http:\\\\example.com@10.0.0.1\\",
        "http&#58;//user@example.com/",
        "http://example.com&#92;@10.0.0.1/",
        "javascript:alert(1)",
        "data:image/png",
        "data:image/png;base64,A",
        "data:image/png;base64,????",
        "gopher://example.com/",
        "file://server/share/a.jpg",
        "file:a.jpg",
        "file:///a%00.jpg",
        "s3://shop",
        "s3:///key",
        "s3://Shop_1/key",
    ],
)
def test_an_odd_link_is_refused_before_anything_is_looked_up(link: str) -> None:
    assert fetch(link, ANY_PORT, resolve=_never).status == Status.BAD_LINK


@pytest.mark.parametrize("path", ["a.jpg", "images/a b.JPG", "/images/a.png", "./x.shop/a.webp"])
def test_the_path_of_a_picture_is_that_of_a_file_where_files_are_allowed(path: str) -> None:
    assert parse(path, "/images") == Link("file", "", 0, str(PurePosixPath("/images", path)))
    refused = fetch(path, ANY_PORT, resolve=_never)
    assert refused.status == Status.BLOCKED
    assert "fetch.file_root" in (refused.reason or "")


def _never(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} was looked up")


@given(
    st.text(max_size=60)
    | st.from_regex(r"(http|https|file|s3)://[^ ]{0,40}", fullmatch=True)
    | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
)
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_link_in_its_one_spelling_or_refused(text: str) -> None:
    try:
        link = parse(text)
    except Refused:
        return
    assert link.host.isascii()
    assert link.host == link.host.lower()
    if link.scheme.startswith("http"):
        assert parse_url(str(link)) == link
        if link.is_address:
            assert ip_address(link.host)


@given(
    host=st.ip_addresses(v=4),
    style=st.sampled_from(["{0}", "0x{0:x}", "0{0:o}"]),
)
def test_every_way_to_write_an_address_is_the_same_address(host: object, style: str) -> None:
    numbers = [int(part) for part in str(host).split(".")]
    spelled = ".".join(style.format(number) for number in numbers)
    assert parse(f"http://{spelled}/").host == str(host)


@given(st.text(max_size=40), st.text(alphabet="abcdef&=%/:@ '\"", min_size=1, max_size=40))
def test_nothing_behind_a_question_mark_survives(path: str, secret: str) -> None:
    marked = f"KEY{secret}KEY"
    shown = redact_link(f"http://h/{path.partition('?')[0].partition('#')[0]}?{marked}")
    assert "KEY" not in shown


def test_user_info_and_queries_are_cut_out_of_a_sentence() -> None:
    said = "failed: https://me:pa/ss@h.example/a.jpg?sig=1#x (twice), /b.jpg?Signature=2'"
    assert redact(said) == "failed: https://…@h.example/a.jpg?… (twice), /b.jpg?…'"


@pytest.mark.parametrize(
    ("config", "allowed", "refused"),
    [
        ({}, ["http://h", "https://h", "http://h:443"], ["http://h:8080", "http://h:22"]),
        ({"allow_private": True}, ["http://h:8080"], []),
        ({"ports": "any"}, ["http://h:8080"], []),
        ({"ports": (8443,)}, ["https://h:8443"], ["https://h", "http://h"]),
        ({"ports": (443,), "allow_private": True}, ["https://h"], ["https://h:8443"]),
        (
            {"allow_hosts": ("example.com",)},
            ["http://example.com", "http://IMG.example.com."],
            ["http://badexample.com", "http://example.com.evil.org", "http://127.0.0.1"],
        ),
        (
            {"deny_hosts": (".Example.com",)},
            ["http://badexample.com"],
            ["http://example.com", "http://a.b.example.com"],
        ),
        (
            {"deny_hosts": ("Bücher.example", "xn--strae-oqa.example", "[::01]", "10.0.0.1")},
            ["http://b.example", "http://[::2]", "http://10.0.0.2"],
            [
                "http://bücher.example",
                "http://a.xn--bcher-kva.example",
                "http://straße.example",
                "http://[0:0::1]",
                "http://0x0a000001",
            ],
        ),
        (
            {"allow_hosts": ("example.com",), "deny_hosts": ("old.example.com",)},
            ["http://example.com"],
            ["http://old.example.com"],
        ),
    ],
)
def test_ports_and_hosts_are_let_through_as_configured(
    config: dict[str, object], allowed: list[str], refused: list[str]
) -> None:
    fetch_config = FetchConfig.model_validate(config)
    assert [status_of(link, fetch_config) for link in allowed] == [None] * len(allowed)
    assert [status_of(link, fetch_config) for link in refused] == [Status.BLOCKED] * len(refused)


def test_a_name_that_is_slow_to_look_up_ends_at_the_deadline() -> None:
    def slow(host: str, port: int) -> list[str]:
        time.sleep(3.0)
        return ["8.8.8.8"]

    start = time.monotonic()
    config = FetchConfig(deadline_s=0.3)
    assert fetch("http://slow.example/", config, resolve=slow).status == Status.TIMEOUT
    assert time.monotonic() - start < 2.0


@pytest.mark.parametrize(
    "answer", ["10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "::"]
)
def test_a_name_that_leads_inside_is_blocked(answer: str) -> None:
    fetched = fetch("http://rebind.example/", FetchConfig(), resolve=lambda *_: ["8.8.8.8", answer])
    assert (fetched.status, answer in fetched.reason) == (Status.BLOCKED, True)


def test_an_address_in_a_link_is_checked_like_one_of_a_name() -> None:
    for host in ("2130706433", "[::ffff:169.254.169.254]", "0x0a000001", "[64:ff9b:1::a00:1]"):
        assert fetch(f"http://{host}/", FetchConfig(), resolve=_never).status == Status.BLOCKED


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("http://h.example/100%/a%20b.jpg", "/100%25/a%20b.jpg"),
        ("http://h.example/50% off é%20.jpg?q=5%", "/50%25%20off%20%C3%A9%20.jpg?q=5%25"),
        ("http://h.example/a%2520b.jpg", "/a%2520b.jpg"),
        ("http://h.example/a%u00e4.jpg", "/a%25u00e4.jpg"),
        ("http://h.example//a/../b.jpg#top", "//b.jpg"),
    ],
)
def test_what_is_encoded_already_is_not_encoded_again(link: str, target: str) -> None:
    assert parse(link).target == target


@pytest.mark.parametrize("scheme", ["ftp", "gs", "blob", "javascript"])
def test_a_scheme_that_is_not_fetched_is_named(scheme: str) -> None:
    reason = fetch(f"{scheme.upper()}://example.com/a.jpg", ANY_PORT).reason
    assert f"{scheme} links are not fetched" in reason


def test_a_link_is_written_back_as_a_link() -> None:
    assert str(Link("http", "::1", 8080, "/a?b")) == "http://[::1]:8080/a?b"
    assert str(Link("https", "h.example", 443, "/")) == "https://h.example/"


@pytest.mark.parametrize(
    "spelled",
    [
        " https://shop.example/a%20b.jpg?v=1 ",
        "http://shop.example/a b.jpg?v=1",
        "HTTPS://Shop.Example:443/a%20b.jpg?v=1#top",
        "http://shop.example:80/%61%20b.jpg?v=1",
        "//shop.example/a%20b.jpg?v=1",
        "https://shop.example./a%20b.jpg?v=1",
        "https://shop.example/a%20b.jpg?v=1 | https://shop.example/c.jpg",
    ],
)
def test_a_link_is_the_same_however_it_is_spelled(spelled: str) -> None:
    assert identity(spelled) == "//shop.example/a b.jpg?v=1"


def test_other_links_are_others() -> None:
    links = [
        *("https://a.example/x.jpg", "https://a.example/X.jpg", "https://a.example/x.jpg?v=2"),
        *("https://a.example:8080/x.jpg", "https://b.example/x.jpg", "s3://bucket/x.jpg"),
        *("file:///a/x.jpg", "ftp://a.example/x.jpg", "no link"),
    ]
    assert len({identity(link) for link in links}) == len(links)
    assert identity(" ftp://a.example/x.jpg ") == identity("ftp://a.example/x.jpg")
    assert [identity(cell) for cell in (None, "", "  ", "n/a")] == [None] * 4

"""What became of a picture: each status declared once, with what follows from it.

READ, the predictions, the reports and vacuum go by what a status declares here; who adds one
declares it, raises it, and gives it a row in the README's table.
"""

from enum import Enum, StrEnum

# The reason of a picture that is `ok` and was read in part begins so.
CUT_SHORT = "cut short"


class Retry(Enum):
    """Who asks for the picture again. The value says so in the README's table."""

    NEVER = ""  # no request was made, or none that another could better
    ON_REQUEST = "no"  # settled, until entity-extract vacuum --retry forgets it
    LATER = "later, up to `fetch.max_attempts`"
    AT_ONCE = "`fetch.retries` times at once, and later, up to `fetch.max_attempts`"


class Picture(Enum):
    """What there is of the picture."""

    NOT_ASKED_FOR = "no request was made"
    NOT_FETCHED = "a request was made, and nothing came that is taken for a picture"
    UNREADABLE = "a picture came that gives nothing to read"
    LOST = "a picture came, and its reader failed, as few do to a reader that is well"
    READABLE = "the picture was read, or what was read of it before stands"


class Status(StrEnum):
    """The name as tables hold it, what it means, what one can do, who asks again, what there is of
    the picture, which keys decide it."""

    meaning: str
    remedy: str  # "" where there is nothing to do
    retry: Retry
    picture: Picture
    keys: tuple[str, ...]  # of the configuration, that decide it: once they change it is asked anew

    def __new__(
        cls,
        value: str,
        meaning: str,
        remedy: str,
        retry: Retry,
        picture: Picture,
        keys: tuple[str, ...] = (),
    ) -> "Status":
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        member.remedy = remedy
        member.retry = retry
        member.picture = picture
        member.keys = keys
        return member

    @property
    def again(self) -> str:
        """When it is asked for again without a word from anyone, as the README's table says it."""
        if not self.keys:
            return self.retry.value
        changed = "when such a key changes"
        if self.retry is Retry.ON_REQUEST:
            return changed
        return f"{self.retry.value}; anew {changed}"

    OK = ("ok", "read; where there is a reason, only in part", "", Retry.NEVER, Picture.READABLE)
    NO_LINK = ("no_link", "no link in the row", "", Retry.NEVER, Picture.NOT_ASKED_FOR)
    BAD_LINK = (
        "bad_link",
        "no URL; control characters, a user name, an odd host; `..` or `//` in an S3 key",
        "correct the catalog",
        Retry.ON_REQUEST,
        Picture.NOT_ASKED_FOR,
    )
    BLOCKED = (
        "blocked",
        "an address, host, port, file or bucket that is not allowed",
        "set what the reason names: `fetch.allow_private`, `allow_hosts`, `deny_hosts`, `ports`, "
        "`file_root`, `s3_buckets`, `proxy`",
        Retry.ON_REQUEST,
        Picture.NOT_ASKED_FOR,
        (
            *("fetch.allow_private", "fetch.allow_hosts", "fetch.deny_hosts", "fetch.ports"),
            *("fetch.file_root", "fetch.s3_buckets", "fetch.proxy"),
        ),
    )
    NO_FILE = (
        "no_file",
        "no such file or object, or none that is opened: a symbolic link, a folder, no right to it",
        "put the file itself where the link says, readable: the next run sees it; `1.jpg` lies in "
        "`fetch.file_root`",
        Retry.ON_REQUEST,
        Picture.NOT_FETCHED,
        ("fetch.file_root",),
    )
    HTTP_ERROR = (
        "http_error",
        "other 4xx, or too many redirects",
        "look at the link",
        Retry.ON_REQUEST,
        Picture.NOT_FETCHED,
    )
    UNREACHABLE = (
        "unreachable",
        "DNS, connection, TLS, a body cut short",
        "run again",
        Retry.AT_ONCE,
        Picture.NOT_FETCHED,
    )
    TIMEOUT = (
        "timeout",
        "nothing whole within `fetch.deadline_s`",
        "run again",
        Retry.LATER,  # it has used up the time in which it could be tried at once
        Picture.NOT_FETCHED,
        ("fetch.deadline_s",),
    )
    SERVER_ERROR = (
        "server_error",
        "5xx, 408, 425 or 429",
        "lower `fetch.per_host_rate`, `host_rate_total`",
        Retry.AT_ONCE,
        Picture.NOT_FETCHED,
        ("fetch.per_host_rate", "fetch.host_rate_total"),
    )
    HOST_DOWN = (
        "host_down",
        "not asked: its host kept failing, or asked for a long rest",
        "run again later; raise `fetch.outage_s`, `max_wait_s`",
        Retry.LATER,  # the host gets its rest
        Picture.NOT_ASKED_FOR,
        ("fetch.outage_s", "fetch.max_wait_s"),
    )
    BAD_ANSWER = (
        "bad_answer",
        "not HTTP, or more header than `fetch.max_header_bytes`",
        "look at the link",
        Retry.ON_REQUEST,
        Picture.NOT_FETCHED,
        ("fetch.max_header_bytes",),
    )
    DISALLOWED = (
        "disallowed",
        "X-Robots-Tag says no, to all or to `fetch.robots_agent`; `fetch.robots` obeys it",
        "ask the owner; set `fetch.robots` to [] for pictures of your own",
        Retry.ON_REQUEST,
        Picture.NOT_FETCHED,
        ("fetch.robots", "fetch.robots_agent"),
    )
    NOT_AN_IMAGE = (
        "not_an_image",
        "HTML and the like, or a format that is not read: the reason names it",
        "look at the link; HEIC, JPEG XL and SVG want `entity-extract[formats]`",
        Retry.ON_REQUEST,
        Picture.NOT_FETCHED,
    )
    BROKEN_IMAGE = (
        "broken_image",
        "an image, but truncated or corrupt",
        "look at the link; `image.allow_truncated` reads what is there",
        Retry.ON_REQUEST,
        Picture.UNREADABLE,
        ("image.allow_truncated",),
    )
    TOO_LARGE = (
        "too_large",
        "more bytes or pixels than allowed",
        "raise `fetch.max_bytes`, `image.max_pixels`",
        Retry.ON_REQUEST,
        Picture.NOT_FETCHED,
        ("fetch.max_bytes", "image.max_pixels"),
    )
    TOO_SMALL = (
        "too_small",
        "too few pixels to hold a letter",
        "a larger picture",
        Retry.ON_REQUEST,
        Picture.UNREADABLE,
    )
    LOW_RESOLUTION = (
        "low_resolution",
        "nothing was read: letters are under 6 pixels, or it was only looked at shrunk",
        "a larger picture, or raise `ocr.tiles`, as the reason says",
        Retry.ON_REQUEST,
        Picture.UNREADABLE,
        ("ocr.tiles",),
    )
    OCR_TIMEOUT = (
        "ocr_timeout",
        "reading took too long and was ended",
        "run again, or raise `ocr.timeout_s`",
        Retry.LATER,  # it may be the fault of a machine with too much to do
        Picture.LOST,
        ("ocr.timeout_s",),
    )
    OCR_FAILED = ("ocr_failed", "OCR gave up", "", Retry.ON_REQUEST, Picture.LOST)
    CRASHED = (
        "crashed",
        "the process that read it died, or outgrew its memory, in each attempt",
        "raise `isolation.memory_mib`",
        Retry.ON_REQUEST,
        Picture.LOST,
        ("isolation.memory_mib",),
    )
    NOT_MODIFIED = (
        "not_modified",
        "in `checks` only: a refresh found the picture unchanged",
        "",
        Retry.NEVER,
        Picture.READABLE,
    )
    NOT_READ = (
        "not_read",
        "in `predictions` only: the lake has no reading of this link yet",
        "`entity-extract enrich` reads it",
        Retry.NEVER,
        Picture.NOT_ASKED_FOR,
    )
    UNKNOWN_ENTITY = (
        "unknown_entity",
        "in `predictions` only: `entity_name` is none that the model was trained for",
        "another model",
        Retry.NEVER,
        Picture.READABLE,
    )


def status_of(name: str) -> Status:
    """The status that tables hold as `name`. Raises ValueError for any other text."""
    return Status(name)  # type: ignore[call-arg]  # with the name alone an enum looks it up


def _of_pictures(*kinds: Picture) -> frozenset[Status]:
    return frozenset(status for status in Status if status.picture in kinds)


# A later run tries these again, up to fetch.max_attempts; all others are settled.
TRANSIENT = frozenset(s for s in Status if s.retry in (Retry.AT_ONCE, Retry.LATER))
# Why a link has no reading, where asking again, or with other settings, could give one.
FAILURES = frozenset(s for s in Status if s.retry is not Retry.NEVER)
NO_PICTURE = _of_pictures(Picture.NOT_ASKED_FOR, Picture.NOT_FETCHED)
LOST_IN_READING = _of_pictures(Picture.LOST)
READABLE = _of_pictures(Picture.READABLE)

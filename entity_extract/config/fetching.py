"""The section [fetch]: whom pictures are asked of, and how politely."""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from entity_extract.config.host_names import in_one_spelling, with_host_and_port
from entity_extract.config.section import Section, TimeLimit, whole_path

Port = Annotated[int, Field(ge=1, le=65535)]
HostName = Annotated[str, AfterValidator(in_one_spelling)]
ProxyUrl = Annotated[str, Field(pattern=r"^http://[^@/?#\s]+$"), AfterValidator(with_host_and_port)]
AgentToken = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]  # as in robots.txt, RFC 9309
# Named from where the command is started; executors are told the whole path.
Folder = Annotated[str, BeforeValidator(whole_path), Field(pattern="^/")]
HeaderText = Annotated[str, Field(pattern=r"^[ -~]*$")]  # printable ASCII: no further header


class FetchConfig(Section):
    allow_private: bool = False
    allow_hosts: tuple[HostName, ...] = Field(default=(), examples=[("example.com",)])
    deny_hosts: tuple[HostName, ...] = Field(default=(), examples=[("example.com",)])
    ports: Literal["standard", "any"] | tuple[Port, ...] = Field(
        default="standard", examples=[(443, 8443)]
    )
    file_root: Folder | None = Field(default=None, examples=["/srv/shop"])
    s3_buckets: tuple[str, ...] = Field(default=(), examples=[("shop-pictures",)])
    s3_endpoint: str | None = Field(
        default=None, pattern=r"^(https?://)?[^@/\s]+/?$", examples=["https://minio.example.com"]
    )
    proxy: ProxyUrl | None = Field(default=None, examples=["http://proxy.example.com:3128"])
    deadline_s: TimeLimit = 20.0
    max_bytes: PositiveInt = 20 * 2**20
    max_header_bytes: PositiveInt = 64 * 2**10
    max_redirects: NonNegativeInt = 5
    max_attempts: PositiveInt = 3
    refresh_hours: NonNegativeFloat = 0.0
    retries: NonNegativeInt = 2
    backoff_s: PositiveFloat = 0.5
    max_wait_s: NonNegativeFloat = 30.0
    threads: PositiveInt = 16
    stalled_s: PositiveFloat = 0.5
    max_stalled: NonNegativeInt = 112
    per_host: PositiveInt = 8
    per_host_rate: NonNegativeFloat = 20.0
    host_rate_total: NonNegativeFloat = 0.0
    down_after: PositiveInt = 5
    down_s: PositiveFloat = 10.0
    outage_s: NonNegativeFloat = 120.0
    ahead_bytes: PositiveInt = 64 * 2**20
    user_agent: HeaderText = "entity-extract/0.1"
    accept: Annotated[str, Field(pattern=r"^[!-~][ -~]*$")] = (
        "image/jpeg,image/png,image/*;q=0.8,*/*;q=0.5"
    )
    robots: tuple[str, ...] = ("noai", "noimageai", "noindex", "noimageindex")
    robots_agent: AgentToken | None = None

    @property
    def looks_again(self) -> bool:
        """Whether pictures that were read may have to be read anew: some time later, or where a
        file has changed."""
        return bool(self.refresh_hours) or self.file_root is not None

    @property
    def token(self) -> str:
        """The name, in small letters, by which X-Robots-Tag speaks to us alone."""
        return (self.robots_agent or self.user_agent.partition("/")[0]).strip().lower()

    def shared_by(self, tasks: int) -> "FetchConfig":
        """For each of so many tasks at once: together they ask no host faster than
        host_rate_total. Links are hashed over tasks, so each has about the same share of a host's.
        """
        if not self.host_rate_total:
            return self
        share = self.host_rate_total / tasks
        return self.model_copy(update={"per_host_rate": min(self.per_host_rate or share, share)})

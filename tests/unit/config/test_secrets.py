"""Credentials of the configuration are masked wherever a run speaks of itself."""

import json
import time

import pytest

from entity_extract.config import ConfigError, load_config
from entity_extract.config.secrets import MASK, is_secret, masked, masked_tree
from tests.unit.commands.test_running import started

SECRET = [
    "spark.hadoop.fs.s3a.secret.key",
    "spark.hadoop.fs.s3a.access.key",
    "spark.hadoop.fs.s3a.session.token",
    "spark.hadoop.fs.azure.account.key.shop.dfs.core.windows.net",
    "spark.hadoop.fs.s3a.server-side-encryption.key",
    "spark.ssl.keyPassword",
    "spark.ssl.trustStorePassword",
    "javax.jdo.option.ConnectionPassword",
    "fs.azure.sas.token.provider.credential",
    "accessKey",
    "api_key",
]
OPEN = ["catalog.key", "spark.executor.memory", "lake.keep", "keywords", "spark.jars.packages"]


@pytest.mark.parametrize("name", SECRET)
def test_what_is_named_like_a_secret_is_masked(name: str) -> None:
    assert is_secret(name)
    for text in (f"--set {name}=s3cr-et/+", f"-D{name}=s3cr-et/+ -x", repr({name: "s3cr-et/+"})):
        assert "s3cr-et" not in masked(text)
        assert masked(text) == text.replace("s3cr-et/+", MASK)
    assert masked_tree({"a": [{name: "s3cr-et/+"}]}) == {"a": [{name: MASK}]}


@pytest.mark.parametrize("name", OPEN)
def test_what_is_not_stays(name: str) -> None:
    assert masked(f"--set {name}=some") == f"--set {name}=some"
    assert masked_tree({name: "some"}) == {name: "some"}


def test_who_logs_in_is_masked_in_a_url() -> None:
    assert masked("cannot read s3a://AKIA:abc@shop/x, not /a@b") == (
        f"cannot read s3a://{MASK}@shop/x, not /a@b"
    )


def test_the_token_in_the_address_of_a_server_is_masked() -> None:
    told = {"spark.remote": f"sc://host:443/;use_ssl=true;token={MASK}"}
    assert masked_tree({"spark.remote": "sc://host:443/;use_ssl=true;token=abcdef"}) == told


def test_a_refused_setting_does_not_show_its_secret() -> None:
    with pytest.raises(ConfigError, match=r"fetch\.password: unknown key") as told:
        load_config(assignments=["fetch.password=hunter22"])
    assert "hunter22" not in str(told.value)


def test_a_long_text_takes_no_time() -> None:
    start = time.process_time()
    for letters in ("a", "a.", "=", "key=", '"', "://", "/"):
        masked(letters * 100_000)
    assert time.process_time() - start < 5.0


@pytest.mark.parametrize(
    "end",
    [
        "raise UserError('cannot log in with hunter22')",
        "raise ZeroDivisionError('hunter22')",
        "log.warning('with hunter22')",
        "log.error('with', exc_info=ValueError('hunter22'))",
    ],
)
@pytest.mark.parametrize("kind", ["text", "json"])
def test_log_lines_and_messages_do_not_show_a_secret_that_was_configured(
    end: str, kind: str
) -> None:
    options = ["--set", "spark.hadoop.fs.s3a.secret.key=hunter22", "--set", f"log.format={kind}"]
    body = f"""
    import logging
    from entity_extract.commands.main import parser
    from entity_extract.commands.running import config_of
    config = config_of(parser().parse_args(["status", "--lake", "x", *{options}]))
    assert config.spark["spark.hadoop.fs.s3a.secret.key"] == "hunter22"
    log = logging.getLogger("job")
    {end}"""
    _, err = started(body.lstrip()).communicate(timeout=60)
    assert "hunter22" not in err
    assert MASK in err
    if kind == "json" and end.startswith("log"):
        assert json.loads(err)["message"].startswith("with")

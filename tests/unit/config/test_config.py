"""Configuration as a person meets it: files, `--set`, and what is said of a wrong one."""

import re
from pathlib import Path
from typing import get_origin

import pytest
from pydantic import BaseModel

from entity_extract.config import Config, ConfigError, FetchConfig, load_config

CONF = Path(__file__).parents[3] / "conf"
HERTZ = """
[units.hertz]
dimension = "frequency"
si = 1.0
spellings = ["hz"]

[entities.frequency]
units = ["hertz"]
"""


def conf_file(folder: Path, text: str, name: str = "x.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def complaint(*conf_files: Path, assignments: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(conf_files, assignments)
    return str(caught.value)


def test_an_unknown_key_is_refused_with_its_file_and_the_nearest_known_key(tmp_path: Path) -> None:
    path = conf_file(tmp_path, "[fetch]\nthread = 4\n")
    message = complaint(path)
    assert str(path) in message
    assert "fetch.thread" in message
    assert "did you mean threads?" in message


def test_an_unknown_key_two_sections_deep_is_refused_with_the_nearest_known_key(
    tmp_path: Path,
) -> None:
    message = complaint(conf_file(tmp_path, "[learning.forest]\nnum_tree = 4\n"))
    assert "learning.forest.num_tree" in message
    assert "did you mean num_trees?" in message


def test_an_unknown_section_is_refused(tmp_path: Path) -> None:
    message = complaint(conf_file(tmp_path, "[fecth]\nthreads = 4\n"))
    assert "fecth" in message
    assert "did you mean fetch?" in message


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[fetch]\nthreads = "many"\n', "fetch.threads"),
        ("[fetch]\nthreads = 0\n", "fetch.threads"),
        ('[embed]\ndevice = "tpu"\n', "embed.device"),
        ('[ocr]\nskip = ["colour"]\n', "ocr.skip"),
        ("[learning]\nvalidation_fraction = 1.0\n", "learning.validation_fraction"),
        ('fetch = "fast"\n', "fetch"),
        ("[fetch]\ndeadline_s = inf\n", "fetch.deadline_s"),
        ('[catalog]\nkey = ["sku", "entity_value"]\n', "catalog.key"),
        ("[lake]\nhistory_days = -1\n", "lake.history_days"),
        ("[fetch]\ndeadline_s = 1e12\n", "fetch.deadline_s"),
        ("[fetch]\nper_host_rate = nan\n", "fetch.per_host_rate"),
        ("[lake]\nwait_s = inf\n", "lake.wait_s"),
        ("[units.ton]\nsi = inf\n", "units.ton.si"),
        ('[fetch]\nproxy = "http://proxy.example:99999"\n', "fetch.proxy"),
        ('[fetch]\nproxy = "http://proxy..example:80"\n', "fetch.proxy"),
        ('[fetch]\nproxy = "http://:80"\n', "fetch.proxy"),
        ('[fetch]\ns3_endpoint = "ftp://minio.example"\n', "fetch.s3_endpoint"),
        ('[fetch]\ndeny_hosts = ["http://shop.example"]\n', "fetch.deny_hosts"),
        ('[fetch]\ndeny_hosts = ["shop.example:80"]\n', "fetch.deny_hosts"),
        ('[fetch]\ndeny_hosts = ["shop.example/a"]\n', "fetch.deny_hosts"),
        ('[fetch]\ndeny_hosts = ["*.shop.example"]\n', "fetch.deny_hosts"),
        ('[fetch]\ndeny_hosts = ["10.0.0.0/8"]\n', "fetch.deny_hosts"),
        ('[fetch]\ndeny_hosts = ["127.1"]\n', "fetch.deny_hosts"),
        ('[fetch]\nallow_hosts = ["a.example", ""]\n', "fetch.allow_hosts"),
        ('[fetch]\nallow_hosts = ["büc her.example"]\n', "fetch.allow_hosts"),
    ],
)
def test_a_wrong_value_is_refused_with_its_file_and_key(
    tmp_path: Path, text: str, key: str
) -> None:
    path = conf_file(tmp_path, text)
    message = complaint(path)
    assert str(path) in message
    assert key in message


def test_every_wrong_key_is_named_not_only_the_first(tmp_path: Path) -> None:
    message = complaint(conf_file(tmp_path, "[fetch]\nthreads = 0\n[ocr]\nletter_px = 0\n"))
    assert "fetch.threads" in message
    assert "ocr.letter_px" in message


def test_a_wrong_assignment_is_named_as_it_was_given() -> None:
    assert "--set fetch.threads=none" in complaint(assignments=("fetch.threads=none",))


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        (
            "fetch.threads=many",
            "fetch.threads: 'many' is not a whole number; such as --set fetch.threads=16",
        ),
        ("fetch.threads=0", "fetch.threads: 0 is not more than 0; such as --set fetch.threads=16"),
        ("fetch.allow_private=si", "'si' is not true or false; such as --set fetch.allow_private"),
        (
            "embed.device=tpu",
            "'tpu' is not 'auto', 'cpu' or 'cuda'; such as --set embed.device=aut",
        ),
        (
            "fetch.file_root=s3://shop",
            "'s3://shop' is not text of the form ^/; such as --set fetch.file_root=/",
        ),
        (
            "quality.min_answered_of.wide=0.5",
            "no entity 'wide'; did you mean width? There are depth",
        ),
        ("review.precision_of.Voltages=0.5", "no entity 'Voltages'; did you mean voltage? There"),
        (
            "fetch.ports=no",
            "fetch.ports: 'no' is not 'standard' or 'any' or a whole number; such as",
        ),
        ("fetch=fast", "fetch: 'fast' is not a section"),
        (
            "ocr.engines=tesseract",
            "['tesseract'] is not a list of at least 2; such as --set ocr.eng",
        ),
        ("review.precision=98", "98 is not less than 1; such as --set review.precision=0.98"),
        ("threads=4", "threads: unknown key; did you mean fetch.threads or lea"),
        ("engine=tesseract", "engine: unknown key; did you mean ocr.engine or run.engine?"),
        ("catalog.entity=width", "catalog.entity: unknown key; did you mean entities?"),
        (
            "catalog.entities=weight",
            "no entity 'weight'; did you mean item_weight? There are depth,",
        ),
        ("catalog.entities=[width, Width]", "catalog.entities: a name stands there twice"),
    ],
)
def test_a_wrong_assignment_is_one_line_with_what_is_wanted_and_an_example(
    assignment: str, said: str
) -> None:
    message = complaint(assignments=(assignment,))
    assert message.startswith(f"--set {assignment}: ")
    assert said in message
    assert "\n" not in message
    assert "Input should" not in message


def test_in_a_file_the_example_is_written_as_files_are(tmp_path: Path) -> None:
    path = conf_file(tmp_path, '[catalog]\nentities = "item_weight"\n')
    said = "catalog.entities: 'item_weight' is not a list"
    assert complaint(path) == f'{path}: {said}; such as entities = ["item_weight", "width"]'
    path = conf_file(tmp_path, "[spark]\nspark.executor.memory = '4g'\n")
    assert 'keys of Spark stand in quotes, as in "spark.executor.memory" = "4g"' in complaint(path)
    path = conf_file(tmp_path, '[spark]\n"spark.executor.cores" = 4\n')
    assert "spark.executor.cores: 4 is not text, in quotes" in complaint(path)


@pytest.mark.parametrize(
    "value",
    [
        '["item_weight", "width"]',
        "[item_weight,width]",
        "[item_weight, width]",
        "item_weight,width",
        "Item Weight, WIDTH",
        '["Item-Weight", "width"]',
    ],
)
def test_entities_are_a_list_in_whatever_quotes_and_letters_a_shell_leaves(value: str) -> None:
    config = load_config([], [f"catalog.entities={value}"])
    assert config.catalog.entities == ("item_weight", "width")


def test_entities_are_known_in_any_letters_wherever_they_are_named() -> None:
    assignments = ["quality.min_answered_of.Item-Weight=0.5", "review.precision_of.WIDTH=0.9"]
    config = load_config([], assignments)
    assert config.quality.min_answered_of == {"item_weight": 0.5}
    assert config.review.precision_of == {"width": 0.9}


def test_a_folder_is_named_from_where_the_command_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")
    for named, folder in (
        (".", tmp_path),
        ("photos/", tmp_path / "photos"),
        ("~/a", "/home/ann/a"),
    ):
        assert load_config([], [f"fetch.file_root={named}"]).fetch.file_root == str(folder)


def test_a_list_may_be_one_name_alone_and_words_stay_words() -> None:
    assignments = ["catalog.key=sku", "fetch.ports=8080", "learning.fusion.hidden=64", "ocr.skip="]
    config = load_config([], assignments)
    assert (config.catalog.key, config.fetch.ports) == (("sku",), (8080,))
    assert (config.learning.fusion.hidden, config.ocr.skip) == ((64,), ())
    assert load_config([], ["fetch.ports=any"]).fetch.ports == "any"
    assert load_config([], ["catalog.columns.index=1"]).catalog.columns.index == "1"
    assert load_config([], ["catalog.key=1,sku"]).catalog.key == ("1", "sku")
    assert load_config([], ["fetch.ports=443,8443"]).fetch.ports == (443, 8443)


@pytest.mark.parametrize("assignment", ["fetch.threads", "=4", "fetch..threads=4"])
def test_an_assignment_that_is_not_key_equals_value_is_refused(assignment: str) -> None:
    assert "section.key=value" in complaint(assignments=(assignment,))


def test_a_missing_file_is_refused_with_its_path(tmp_path: Path) -> None:
    assert str(tmp_path / "none.toml") in complaint(tmp_path / "none.toml")


def test_a_file_that_is_not_toml_is_refused_with_its_path_and_line(tmp_path: Path) -> None:
    path = conf_file(tmp_path, "[fetch]\nthreads 4\n")
    message = complaint(path)
    assert str(path) in message
    assert "line 2" in message


def test_the_later_file_wins_key_by_key(tmp_path: Path) -> None:
    first = conf_file(tmp_path, "[fetch]\nthreads = 4\nper_host = 3\n", "first.toml")
    second = conf_file(tmp_path, "[fetch]\nthreads = 5\n", "second.toml")
    fetch = load_config([first, second]).fetch
    assert (fetch.threads, fetch.per_host) == (5, 3)


def test_an_assignment_wins_over_files_and_over_earlier_assignments(tmp_path: Path) -> None:
    path = conf_file(tmp_path, "[learning.forest]\nnum_trees = 4\n")
    config = load_config(
        [path], ["learning.forest.num_trees=5", "learning.forest.num_trees=6", "ocr.language=deu"]
    )
    assert config.learning.forest.num_trees == 6
    assert config.ocr.language == "deu"


@pytest.mark.parametrize("proxy", ["http://proxy:3128", "http://10.0.0.1", "http://[fe80::1]:80"])
def test_a_proxy_is_a_host_with_or_without_a_port(proxy: str) -> None:
    assert load_config([], [f"fetch.proxy={proxy}"]).fetch.proxy == proxy


@pytest.mark.parametrize("value", ["true", " true"])
def test_an_assignment_has_the_types_of_toml(value: str) -> None:
    assert load_config([], [f"fetch.allow_private={value}"]).fetch.allow_private is True


def test_an_assignment_may_hold_a_list_and_an_equals_sign() -> None:
    config = load_config([], ['ocr.skip=["turned", "light"]', "fetch.user_agent=shop?x=1"])
    assert config.ocr.skip == ("turned", "light")
    assert config.fetch.user_agent == "shop?x=1"


def test_spark_keys_keep_their_dots_in_files_and_assignments(tmp_path: Path) -> None:
    path = conf_file(tmp_path, '[spark]\n"spark.master" = "local[2]"\n')
    config = load_config([path], ["spark.executor.memory=8g", "spark.sql.shuffle.partitions=4"])
    assert config.spark == {
        "spark.master": "local[2]",
        "spark.executor.memory": "8g",
        "spark.sql.shuffle.partitions": "4",
    }


def test_jars_of_several_conf_files_are_one_list_for_spark(tmp_path: Path) -> None:
    first = conf_file(tmp_path, '[jars]\na = "g:a:1"\nb = "g:b:1,g:c:1"\n', "first.toml")
    second = conf_file(tmp_path, '[jars]\nb = "g:b:2"\nd = "g:d:1"\n', "second.toml")
    config = load_config([first, second], ["spark.jars.packages=g:own:1", "jars.d="])
    assert config.spark == {"spark.jars.packages": "g:own:1,g:a:1,g:b:2"}


def test_a_conf_file_adds_an_entity_and_a_unit(tmp_path: Path) -> None:
    domain = load_config([conf_file(tmp_path, HERTZ)]).domain
    assert domain.entities["frequency"].units == ("hertz",)
    assert domain.to_si(50.0, "hertz") == 50.0
    assert "item_weight" in domain.entities


def test_a_conf_file_changes_one_thing_of_a_known_unit(tmp_path: Path) -> None:
    ton = load_config([conf_file(tmp_path, "[units.ton]\nsi = 1000.0\n")]).domain.units["ton"]
    assert (ton.si, ton.dimension) == (1000.0, "mass")


def test_an_entity_with_an_undefined_unit_is_refused(tmp_path: Path) -> None:
    path = conf_file(tmp_path, '[entities.frequency]\nunits = ["hertz"]\n')
    message = complaint(path)
    assert "frequency" in message
    assert "hertz" in message


def test_an_entity_that_mixes_dimensions_is_refused(tmp_path: Path) -> None:
    message = complaint(conf_file(tmp_path, '[entities.size]\nunits = ["inch", "pound"]\n'))
    assert "size" in message
    assert "length" in message


def test_the_example_of_a_new_entity_in_base_toml_works_once_uncommented(tmp_path: Path) -> None:
    base = (CONF / "base.toml").read_text("utf-8")
    example = base[base.index("# [units.") :]
    domain = load_config([conf_file(tmp_path, re.sub("^# ?", "", example, flags=re.M))]).domain
    assert domain.to_si(2.0, "kilohertz") == 2000.0
    assert "kilohertz" in domain.entities["frequency"].units


def test_base_toml_holds_the_defaults() -> None:
    assert load_config([CONF / "base.toml"]) == load_config()


def test_base_toml_names_every_key_and_no_other() -> None:
    sections, _ = (CONF / "base.toml").read_text("utf-8").split("\n[spark]\n")
    assert sorted(_keys_named_in(sections)) == sorted(_keys_of(Config))


@pytest.mark.parametrize("path", sorted(CONF.glob("*.toml")), ids=lambda path: path.name)
def test_every_conf_file_that_we_ship_is_valid(path: Path) -> None:
    assert load_config([CONF / "base.toml", path]).domain.entity_names


def test_no_conf_file_that_we_ship_opens_private_addresses() -> None:
    for path in CONF.glob("*.toml"):
        assert load_config([path]).fetch.allow_private is False, path.name


def _keys_of(model: type[BaseModel], section: str = "") -> list[str]:
    """`section.key` of every plain key; [spark], [entities] and [units] hold names of one's own."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += _keys_of(kind, f"{section}{name}.")
        elif get_origin(kind) is not dict:
            keys.append(f"{section}{name}")
    return keys


def _keys_named_in(toml: str) -> list[str]:
    """`section.key` of every key, also of `# key = value`: one that has no default."""
    section, keys = "", []
    for line in toml.splitlines():
        if header := re.match(r"\[(.+)\]", line):
            section = f"{header[1]}."
        elif key := re.match(r"(?:# )?(\w+) = ", line):
            keys.append(section + key[1])
    return keys


@pytest.mark.parametrize(
    ("per_task", "total", "tasks", "rate"),
    [(20.0, 0.0, 800, 20.0), (20.0, 100.0, 800, 0.125), (2.0, 100.0, 10, 2.0), (0.0, 5.0, 2, 2.5)],
)
def test_a_rate_for_all_tasks_is_shared_out_and_the_tasks_own_rate_kept(
    per_task: float, total: float, tasks: int, rate: float
) -> None:
    fetch = FetchConfig(per_host_rate=per_task, host_rate_total=total)
    assert fetch.shared_by(tasks).per_host_rate == rate


BY_SPARK = '[jars.delta]\n"3.5" = "g:d:3"\n"4" = "g:d:4"\n"4.1" = "g:d:41"\n'


@pytest.mark.parametrize(
    ("jar", "taken"),
    [
        ("spark-core_2.12-3.5.9.jar", "g:d:3"),
        ("spark-core_2.13-4.0.2.jar", "g:d:4"),
        ("spark-core_2.13-4.1.0-preview2.jar", "g:d:41"),
    ],
)
def test_a_jar_is_that_of_the_spark_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jar: str, taken: str
) -> None:
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / jar).touch()
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    config = load_config([conf_file(tmp_path, BY_SPARK)])
    assert config.spark == {"spark.jars.packages": taken}


def test_a_jar_that_there_is_not_for_this_spark_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "spark-core_2.14-5.0.1.jar").touch()
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    file = conf_file(tmp_path, BY_SPARK)
    with pytest.raises(ConfigError, match=r"jars\.delta: there is none for Spark 5\.0\.1, but for"):
        load_config([file])
    assert load_config([file], ["jars.delta=g:own:5"]).spark == {"spark.jars.packages": "g:own:5"}
    assert load_config([file], ["jars.delta="]).spark == {}

"""Who runs each command of the pages. What is said by nothing here is run by test_commands.py, as a
reader types it: a command that cannot be is red there until it is accounted for here."""

import re
import shlex
from argparse import ArgumentParser
from dataclasses import dataclass

from entity_extract.commands.main import NAME
from entity_extract.commands.table import COMMANDS
from tests.docs.pages import Block, Command

# By test: the commands that it runs, with a catalog, cluster or store of its own. They stand here
# as on the page.
ELSEWHERE = {
    "tests/docs/test_demo.py::test_make_run_ends_with_figures_and_leaves_what_the_page_lists": [
        "make run",
        "DEMO_PORT=8766 make run",
        "deploy/setup.sh && deploy/demo.sh",
    ],
    "tests/jobs/connect/test_main_job.py::test_catalog_and_lake_may_lie_on_s3": [
        "SPARK_REMOTE=sc://spark.example.com:15002 entity-extract enrich --catalog catalog.parquet "
        "--lake s3a://shop/lake --answers answers.csv",
    ],
    "tests/jobs/test_hadoop.py::test_driver_and_executors_on_yarn_run_the_python_that_is_shipped_to"
    "_them": [
        "deploy/submit.sh --master yarn --ship-environment jobs/enrich.py --conf-file cluster.toml "
        "--conf-file s3a.toml --catalog s3a://shop/catalog.parquet --lake s3a://shop/lake",
    ],
    "tests/jobs/test_hadoop.py::test_a_driver_on_yarn_answers_every_row_on_hdfs_and_nothing_is_left"
    "_running": ["deploy/submit.sh --master yarn [--deploy-mode cluster] …"],
    "tests/jobs/test_image.py::test_it_reads_a_picture_as_a_user_without_rights": [
        "docker build -f deploy/Dockerfile -t entity-extract .",
    ],
    "tests/jobs/test_tune.py::test_it_writes_a_conf_file_that_jobs_take_and_goes_on": [
        "python -m jobs.tune --catalog labelled.csv --lake lake --out tuned.toml",
    ],
    "tests/unit/commands/test_main.py::test_each_command_has_its_work_and_its_own_help": [
        "entity-extract COMMAND --help",
    ],
    "tests/unit/commands/test_main.py::test_the_files_for_spark_submit_are_the_commands_under_their"
    "_names": ["python -m jobs.<name>"],
    "tests/unit/commands/test_main.py::test_the_wheel_brings_the_command_conf_files_and_model_and_no"
    "_other_package": ["python -m build"],
    "tests/unit/deploy/test_audit.py::test_what_is_clean_passes": [
        "make audit",
    ],
    "tests/unit/deploy/test_schedules.py::test_the_units_are_checked_and_put_into_place_and_settings"
    "_are_kept": [
        "sudo deploy/systemd/install.sh --catalog /srv/shop/catalog.parquet --lake /srv/shop/lake",
    ],
    "tests/unit/finetuning/test_finetune.py::test_the_job_needs_no_spark_and_goes_on_after_it_was"
    "_killed": [
        "python -m jobs.finetune --catalog labelled.csv --lake lake --out resnet50.safetensors",
    ],
    "tests/unit/local/test_vacuum.py::test_failures_are_forgotten_and_asked_for_anew": [
        "entity-extract vacuum --lake lake --retry STATUS",
    ],
    "tests/unit/test_data_dictionary.py::test_the_page_is_the_one_that_the_schema_makes": [
        "make data-dictionary",
    ],
}

# The same of blocks that are no shell's, by page and how they begin. All others: test_blocks.py.
BLOCKS_ELSEWHERE = {
    "tests/spark/test_package_readme.py::test_the_three_doors_do_what_the_readme_says": [
        ("entity_extract/README.md", ">>> from PIL import Image, ImageDraw"),
        ("entity_extract/README.md", ">>> import pandas as pd"),
        ("entity_extract/README.md", ">>> extractor = Extractor(config)"),
        ("entity_extract/README.md", ">>> from entity_extract.spark.extract import extracted"),
    ],
    "tests/spark/test_package_readme.py::test_a_lake_has_the_table_that_the_page_on_growing"
    "_declares": [
        ("entity_extract/GROWING.md", "from entity_extract.schema import TABLES, Column, TableSpec")
    ],
    "tests/spark/lake/test_queries.py::test_duckdb_counts_the_answers_of_each_entity": [
        ("jobs/README.md", "SELECT entity_name, count(*)"),
    ],
    "tests/spark/lake/test_queries.py::test_polars_tells_why_pictures_have_no_reading": [
        ("jobs/README.md", "import polars as pl"),
    ],
    "tests/spark/lake/test_queries.py::test_pandas_finds_the_answer_that_is_far_from_the_others": [
        ("jobs/README.md", "import pandas as pd"),
    ],
    "tests/spark/lake/test_queries.py::test_spark_sql_tells_what_was_read_where_a_question_stayed"
    "_open": [
        ("jobs/README.md", "SELECT p.image_link, p.entity_name"),
    ],
    "tests/spark/lake/test_queries.py::test_the_rows_that_count_go_into_each": [
        ("jobs/README.md", "from entity_extract.lake.files import LakeFiles"),
    ],
}


@dataclass(frozen=True)
class Excuse:
    """Why no test runs a command that `fits`."""

    why: str
    fits: str


_TYPED = r"(?:\w+=\S+ )*"
EXCUSES = {
    "clone": Excuse("the clone is what the tests lie in", "git clone "),
    "index": Excuse(
        "asks an index of packages, of a machine that may reach none; that each extra is one of "
        "pyproject.toml is tested",
        r"(?:\.venv/bin/)?pip install |apt-get install ",
    ),
    "machine": Excuse(
        "sets the machine up, as whoever runs tests has done: `make test` begins with it",
        _TYPED + r"(?:make setup\b|deploy/setup\.sh$)",
    ),
    "suite": Excuse(
        "are the tests themselves, and what is asked of the checkout; that make has each target, "
        "and that each file of tests is there, is tested",
        _TYPED + r"make (?:test|lint|help)\b",
    ),
    "measure": Excuse(
        "measures or learns for minutes to hours, most on labelled photos that do not come with "
        "the project; that each knows its options is tested",
        r"make (?:bench|default-bundle|line-classifier|dimension-lines)|python -m tests\.\w+\.",
    ),
    "account": Excuse(
        "asks a cluster, or a cloud with an account of its own; what it is handed is tested in "
        "tests/unit/deploy",
        r"(?:aws|databricks|helm) ",
    ),
}


def elsewhere(command: Command) -> str | None:
    """The test that runs it instead."""
    return next((test for test, said in ELSEWHERE.items() if command.text in said), None)


def block_elsewhere(block: Block) -> str | None:
    return next(
        (
            test
            for test, said in BLOCKS_ELSEWHERE.items()
            if any(page == block.page and block.text.startswith(start) for page, start in said)
        ),
        None,
    )


def excuse_of(command: Command) -> str | None:
    """Its name in EXCUSES."""
    return next((name for name, one in EXCUSES.items() if re.match(one.fits, command.text)), None)


def is_mention(command: Command) -> bool:
    """Whether it only names one of our commands, which wants options: `entity-extract enrich`."""
    words = shlex.split(command.text)
    if words[0] != NAME or len(words) != 2:
        return False
    found = next((one for one in COMMANDS if one.name == words[1]), None)
    if found is None:
        return False
    parser = ArgumentParser()
    found.options(parser)
    return any(action.required for action in parser._actions)


def is_run(command: Command) -> bool:
    """Whether test_commands.py runs it."""
    return elsewhere(command) is None and excuse_of(command) is None and not is_mention(command)

"""jobs.enrich every night, for Airflow 3 with apache-airflow-providers-standard.

It goes into the DAGs folder; workers have this repository, set up, and credentials in their
environment. What differs between installations are Airflow's Variables, read when a task starts:

    airflow variables set entity_extract_catalog s3a://shop/catalog.parquet    # has to be said
    airflow variables set entity_extract_lake s3a://shop/lake                  # has to be said
    airflow variables set entity_extract_home /opt/entity-extract
    airflow variables set entity_extract_submit '--master yarn --ship-environment'
    airflow variables set entity_extract_options '--conf-file cluster.toml --conf-file s3a.toml'

The last three show what holds where they are not set; the last two are options of deploy/submit.sh
and of jobs.enrich, as a shell would split them.
"""

import shlex
from datetime import datetime, timedelta

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import DAG, BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

# A mistake in the command, the configuration, the catalog; not one picture that could be read;
# answers that are not what [quality] asks for: no other try would mend it.
MISTAKES = (2, 3, 4)


class EnrichOperator(BaseOperator):
    """Runs jobs.enrich by deploy/submit.sh; what its exit status means for the task, see the
    README. All of it may be templates."""

    template_fields = ("home", "submit", "options", "catalog", "lake")

    def __init__(
        self, *, home: str, submit: str, options: str, catalog: str, lake: str, **kwargs: object
    ) -> None:
        super().__init__(**kwargs)
        self.home = home
        self.submit = submit
        self.options = options
        self.catalog = catalog
        self.lake = lake
        self.hook = SubprocessHook()

    def command(self) -> list[str]:
        """Of the fields as they are: rendered, when the task runs."""
        job = [*shlex.split(self.options), "--catalog", self.catalog, "--lake", self.lake]
        submit = [f"{self.home}/deploy/submit.sh", *shlex.split(self.submit)]
        return [*submit, "jobs/enrich.py", *job]

    def execute(self, context: Context) -> None:
        done = self.hook.run_command(self.command(), cwd=self.home)
        told = f"exit status {done.exit_code}; the lines above say why"  # of them the hook has one
        if done.exit_code in MISTAKES:
            raise AirflowFailException(told)  # at once, without retries
        if done.exit_code != 0:  # 75, another run writes; 1, a failure: each goes on later
            raise AirflowException(told)

    def on_kill(self) -> None:
        """The job cleans up, so that the next need not wait for its lease to run out."""
        self.hook.send_sigterm()


with DAG(
    dag_id="entity_extract",
    schedule="0 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
) as dag:
    EnrichOperator(
        task_id="enrich",
        home="{{ var.value.get('entity_extract_home', '/opt/entity-extract') }}",
        submit="{{ var.value.get('entity_extract_submit', '--master yarn --ship-environment') }}",
        options=(
            "{{ var.value.get('entity_extract_options',"
            " '--conf-file cluster.toml --conf-file s3a.toml') }}"
        ),
        catalog="{{ var.value.entity_extract_catalog }}",
        lake="{{ var.value.entity_extract_lake }}",
        retries=3,
        retry_delay=timedelta(minutes=10),
        execution_timeout=timedelta(hours=22),
    )

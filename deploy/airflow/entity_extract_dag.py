"""jobs.enrich every night, for Airflow 3 with apache-airflow-providers-standard.

It goes into the DAGs folder; workers have this repository, set up, at `HOME`, and credentials in
their environment.
"""

from datetime import datetime, timedelta

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import DAG, BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

HOME = "/opt/entity-extract"
MASTER = "yarn"
ENRICH = [
    f"{HOME}/deploy/submit.sh",
    *("--master", MASTER, "--ship-environment", "jobs/enrich.py"),
    *("--conf-file", "cluster.toml", "--conf-file", "s3a.toml"),
    *("--catalog", "s3a://shop/catalog.parquet", "--lake", "s3a://shop/lake"),
]
# A mistake in the command, the configuration, the catalog; not one picture that could be read;
# answers that are not what [quality] asks for: no other try would mend it.
MISTAKES = (2, 3, 4)


class SubmitOperator(BaseOperator):
    """Runs one of our jobs; what its exit status means for the task, see the README."""

    def __init__(self, *, command: list[str], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.command = command
        self.hook = SubprocessHook()

    def execute(self, context: Context) -> None:
        done = self.hook.run_command(self.command, cwd=HOME)
        if done.exit_code in MISTAKES:
            raise AirflowFailException(done.output)  # at once, without retries
        if done.exit_code != 0:  # 75, another run writes; 1, a failure: each goes on later
            raise AirflowException(f"exit status {done.exit_code}: {done.output}")

    def on_kill(self) -> None:
        """The job cleans up, so that the next need not wait for its lease to run out."""
        self.hook.send_sigterm()


with DAG(
    dag_id="entity_extract",
    schedule="0 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
):
    SubmitOperator(
        task_id="enrich",
        command=ENRICH,
        retries=3,
        retry_delay=timedelta(minutes=10),
        execution_timeout=timedelta(hours=22),
    )

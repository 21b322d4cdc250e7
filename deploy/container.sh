#!/usr/bin/env bash
# The container's first process. Kubernetes calls it with `driver …` or `executor`, and says the
# rest in SPARK_… variables, as it does with Spark's own images; all else is run as it stands:
#   docker run --rm entity-extract deploy/demo.sh
set -euo pipefail

case "${1:-}" in
driver)
  options=()
  # Ivy takes notes beside the jars that the image holds. Where it may not, as with a root that is only
  # read, it has copies of its notes elsewhere, and links to the jars.
  jars="$(getent passwd "$(id -u)" | cut -d: -f6)/.ivy2"
  if [[ -d $jars && ! -w $jars ]]; then
    ivy="$(mktemp --directory --suffix=.ivy2)"
    tar --create --directory="$jars" --exclude='*.jar' . | tar --extract --directory="$ivy"
    cp --archive --symbolic-link --no-clobber "$jars/." "$ivy"
    options+=(--conf "spark.jars.ivy=$ivy")
  fi
  exec "$SPARK_HOME/bin/spark-submit" --deploy-mode client \
    --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" ${options[@]+"${options[@]}"} "${@:2}"
  ;;
executor)
  options=() # SPARK_JAVA_OPT_0, SPARK_JAVA_OPT_1, … in this order
  for ((i = 0; ; i++)); do
    name="SPARK_JAVA_OPT_$i"
    [[ -n ${!name+set} ]] || break
    options+=("${!name}")
  done
  exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" ${options[@]+"${options[@]}"} \
    "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \
    -cp "${SPARK_CONF_DIR:-$SPARK_HOME/conf}:$SPARK_HOME/jars/*:${SPARK_EXTRA_CLASSPATH:-}" \
    org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
    --driver-url "$SPARK_DRIVER_URL" --executor-id "$SPARK_EXECUTOR_ID" \
    --cores "$SPARK_EXECUTOR_CORES" --app-id "$SPARK_APPLICATION_ID" \
    --hostname "$SPARK_EXECUTOR_POD_IP" --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" \
    --podName "$SPARK_EXECUTOR_POD_NAME"
  ;;
*) exec "$@" ;;
esac

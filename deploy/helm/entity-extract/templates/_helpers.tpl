{{- define "entity-extract.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "entity-extract.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "entity-extract.serviceAccount" -}}
{{- default (include "entity-extract.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{/* Of driver and executors alike: what a `restricted` namespace asks for, a root that is only
read, and /tmp to write to. The image's user is 185. */}}
{{- define "entity-extract.pod" -}}
labels:
  {{- include "entity-extract.labels" . | nindent 2 }}
{{- with .Values.envFromSecrets }}
envFrom:
  {{- range . }}
  - secretRef: { name: {{ . | quote }} }
  {{- end }}
{{- end }}
env:
  - name: HOME # caches of libraries
    value: /tmp
  {{- with .Values.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumeMounts:
  - name: scratch
    mountPath: /tmp
securityContext:
  runAsNonRoot: true
  runAsUser: 185
  runAsGroup: 185
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: { drop: [ALL] }
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The spec of a SparkApplication, which a ScheduledSparkApplication has for its template. */}}
{{- define "entity-extract.application" -}}
type: Python
pythonVersion: "3"
mode: cluster
sparkVersion: {{ .Values.sparkVersion | quote }}
image: {{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
mainApplicationFile: local:///opt/entity-extract/jobs/{{ .Values.job }}.py
arguments:
  {{- range .Values.confFiles }}
  - --conf-file
  - {{ . | quote }}
  {{- end }}
  {{- if .Values.conf }}
  - --conf-file
  - /etc/entity-extract/entity-extract.toml
  {{- end }}
  - --set
  - spark.driver.memory={{ .Values.driver.memory }}
  {{- range $key := list "instances" "cores" "memory" "memoryOverhead" }}
  - --set
  - spark.executor.{{ $key }}={{ get $.Values.executor $key }}
  {{- end }}
  - --catalog
  - {{ .Values.catalog | quote }}
  - --lake
  - {{ .Values.lake | quote }}
  {{- if .Values.answers }}
  - --answers
  - {{ .Values.answers | quote }}
  {{- end }}
  {{- range .Values.arguments }}
  - {{ . | quote }}
  {{- end }}
sparkConf:
  spark.pyspark.python: /opt/entity-extract/.venv/bin/python
  spark.pyspark.driver.python: /opt/entity-extract/.venv/bin/python
  {{- range $key, $value := .Values.sparkConf }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
restartPolicy:
  type: OnFailure
  onFailureRetries: {{ .Values.retries }}
  onFailureRetryInterval: {{ .Values.retryIntervalSeconds }}
  onSubmissionFailureRetries: {{ .Values.retries }}
  onSubmissionFailureRetryInterval: 60
volumes:
  - name: scratch
    emptyDir:
      sizeLimit: {{ .Values.scratch }}
driver:
  serviceAccount: {{ include "entity-extract.serviceAccount" . }}
  cores: {{ .Values.driver.cores }}
  memory: {{ .Values.driver.memory }}
  memoryOverhead: {{ .Values.driver.memoryOverhead }}
  terminationGracePeriodSeconds: 60 # it needs a few: manifest, lease, executors
  {{- if .Values.conf }}
  configMaps:
    - name: {{ include "entity-extract.fullname" . }}
      path: /etc/entity-extract
  {{- end }}
  {{- include "entity-extract.pod" . | nindent 2 }}
executor:
  instances: {{ .Values.executor.instances }}
  cores: {{ .Values.executor.cores }}
  memory: {{ .Values.executor.memory }}
  memoryOverhead: {{ .Values.executor.memoryOverhead }}
  {{- include "entity-extract.pod" . | nindent 2 }}
{{- end -}}

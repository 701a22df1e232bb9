{{/* Names and labels, and what values must not say together. */}}

{{- define "daybook.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "daybook.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "daybook.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "daybook.selectorLabels" -}}
app.kubernetes.io/name: {{ include "daybook.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "daybook.labels" -}}
{{ include "daybook.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "daybook.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "daybook.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- define "daybook.secretName" -}}
{{- .Values.existingSecret | default (include "daybook.fullname" .) }}
{{- end }}

{{- define "daybook.claimName" -}}
{{- .Values.persistence.existingClaim | default (include "daybook.fullname" .) }}
{{- end }}

{{/* Refuses what would lose data, or could never start. */}}
{{- define "daybook.check" -}}
{{- $several := gt (int .Values.replicaCount) 1 }}
{{- if eq .Values.database.kind "sqlite" }}
{{- if $several }}
{{- fail "replicaCount: SQLite is a file of one server. For more than one, set database.kind to mysql" }}
{{- end }}
{{- if not .Values.persistence.enabled }}
{{- fail "persistence.enabled: without a volume, SQLite's file is gone with the pod. Enable it, or set database.kind to mysql" }}
{{- end }}
{{- if .Values.database.url }}
{{- fail "database.url: it is for database.kind mysql" }}
{{- end }}
{{- else if not (or .Values.database.url .Values.existingSecret) }}
{{- fail "database.url: where is the database? Set it, or existingSecret with the key database-url" }}
{{- end }}
{{- if and $several .Values.persistence.enabled (not .Values.persistence.existingClaim) (not (has "ReadWriteMany" .Values.persistence.accessModes)) }}
{{- fail "persistence.accessModes: several servers share the backups, so the volume must be ReadWriteMany" }}
{{- end }}
{{- if and .Values.existingSecret (or .Values.database.url .Values.adminToken .Values.eventBus) }}
{{- fail "existingSecret: then database.url, adminToken and eventBus are in there, and not in values" }}
{{- end }}
{{- if regexMatch "(?m)^\\s*(admin_token|database_url)\\s*=" .Values.settings }}
{{- fail "settings: admin_token and database_url are secrets. Set adminToken and database.url, or existingSecret" }}
{{- end }}
{{- end }}

"""Renders the Helm chart with the values on standard input, and prints the objects that come out, as JSON.

    echo '{"replicaCount": 2}' | target/deployment/bin/python tests/tools/chart.py

Helm's own library renders it. Each object is held against Kubernetes' schemas, in which no unknown field is allowed: that of
the oldest version the chart says it works with, and the newest that is known here. What is wrong goes to standard error.
"""

import json
import pathlib
import sys

import helm_python
import kubernetes_validate
import yaml

CHART = pathlib.Path(__file__).parents[2] / "deploy/helm/daybook"
VERSIONS = ["1.30", "1.37"]


def main():
    values = json.load(sys.stdin)
    findings = helm_python.lint(CHART, values, strict=True)
    if findings["errors"]:
        sys.exit("\n".join(findings["errors"]))
    with helm_python.Chart.load(CHART) as chart:
        chart.validate_schema(values)
        files = chart.render(values, name="nightly", namespace="qa")
    objects = [
        document
        for name, text in files.items()
        if name.endswith(".yaml")
        for document in yaml.safe_load_all(text)
        if document
    ]
    for document in objects:
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                sys.exit(f"{document['kind']} in Kubernetes {version}: {error.message}")
    json.dump(objects, sys.stdout)


if __name__ == "__main__":
    try:
        main()
    except helm_python.HelmError as error:
        sys.exit(str(error))

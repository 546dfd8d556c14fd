"""The names of what stands in a run's folder beside its checkpoints."""

METRICS, HISTORY, PREDICTIONS = "metrics.json", "history.csv", "predictions.tsv"
ENVIRONMENT, PLAN, LOG, PAGE = "environment.json", "plan.txt", "log.txt", "report.html"
PICTURES, PROFILE = "pictures", "profile.txt"
RECORD = "record.json"  # what the run is: its spec, settings and data by their hashes
SPEC, USED = "spec.get", "spec"  # the spec, and the folder of files that it uses
FAILURE = "failure.txt"  # why a point of a sweep came to nothing

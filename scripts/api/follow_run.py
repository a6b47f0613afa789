"""Submits the run document on standard input with the generated client, and follows the run to its end."""

import json
import sys
import time

from tandem_client import AuthenticatedClient
from tandem_client.api.runs import get_run, get_run_metrics, list_runs, submit_run
from tandem_client.models import TrainingDocument, RunStatus

url, key = sys.argv[1:]
client = AuthenticatedClient(
    base_url=url, token=key, prefix="", auth_header_name="x-api-key"
)
document = TrainingDocument.from_dict(json.load(sys.stdin))
run = submit_run.sync(client=client, body=document)
assert isinstance(run, RunStatus), run
print("submitted", run.id, flush=True)
deadline = time.monotonic() + 60
while run.state not in ("completed", "failed", "cancelled"):
    assert time.monotonic() < deadline, run.state
    time.sleep(0.2)
    run = get_run.sync(run.id, client=client)
page = get_run_metrics.sync(run.id, client=client)
assert [one.step for one in page.metrics] == [1, 2, 3], page
assert [one.id for one in list_runs.sync(client=client).runs] == [run.id]
print("ended", run.state, flush=True)
assert run.state == "completed", run.reason

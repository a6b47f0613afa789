"""Writes scalars.tfevents with TensorBoard's own writer. Made with tensorboard 2.21, protobuf's pure Python or C code.

    python3 -m venv venv && venv/bin/pip install tensorboard && venv/bin/python make_event_file.py
"""
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

steps = [
    (1, 1700000000.25, {"train/loss": 5.654578895622377, "evaluation/Zürich/top1": 0.0}),
    (300, 1700000100.5, {"train/loss": 3.066, "train/learning_rate": 0.0005, "pool/workers": 2.0}),
    (3_000_000_000, 1700000200.0, {"train/loss": float("inf")}),
]
with open(Path(__file__).parent / "scalars.tfevents", "wb") as file:
    writer = RecordWriter(file)
    writer.write(Event(wall_time=steps[0][1], file_version="brain.Event:2").SerializeToString())
    for step, wall_time, scalars in steps:
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        writer.write(Event(wall_time=wall_time, step=step, summary=Summary(value=values)).SerializeToString())

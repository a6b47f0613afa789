"""Reads what Tandem wrote with the tools it was written for, and says how far their embeddings are from the expected.

    VENV/bin/python read_back.py jobs.json

jobs.json is a list of {"name", "tool", "path", "d", "images" [n, 3, H, W], "captions" or "tokens", "tokenIds", "image",
"text"}; one JSON line for each comes out, with "image" and "text" the largest differences of unit rows, "tokens" whether
the tool's tokenizer gives Tandem's ids up to the end token, or "failed".
"""

import json
import sys

import numpy
import torch


def padded_equal(theirs, ours):
    """The same ids up to the first end token; what comes after is padding, which is each tool's own."""
    return all(list(a[: len(b)]) == b for a, b in zip(theirs, ours))


def open_clip_rows(job, images, tokens):
    import open_clip

    name = f"local-dir:{job['path']}"
    model, _, _ = open_clip.create_model_and_transforms(name)
    model.eval()
    if "captions" in job:
        tokens = open_clip.get_tokenizer(name)(job["captions"])
    with torch.no_grad():
        return model.encode_image(images), model.encode_text(tokens), tokens


def transformers_rows(job, images, tokens, **tokenizer):
    import transformers

    model = transformers.CLIPModel.from_pretrained(job["path"]).eval()
    if "captions" in job:
        given = transformers.AutoTokenizer.from_pretrained(job["path"], **tokenizer)
        tokens = given(job["captions"], padding="max_length", truncation=True, return_tensors="pt").input_ids
    with torch.no_grad():
        rows = [model.get_image_features(images), model.get_text_features(tokens)]
    rows = [one if torch.is_tensor(one) else one.pooler_output for one in rows]
    return rows[0], rows[1], tokens


def onnx_rows(job, images, _tokens):
    import onnxruntime
    import transformers

    given = transformers.AutoTokenizer.from_pretrained(job["path"])
    ids = given(job["captions"], padding=True, truncation=True, return_tensors="np").input_ids.astype(numpy.int64)
    session = lambda name: onnxruntime.InferenceSession(f"{job['path']}/{name}", providers=["CPUExecutionProvider"])
    image, = session("image.onnx").run(["image_embeds"], {"pixel_values": images.numpy()})
    text, = session("text.onnx").run(["text_embeds"], {"input_ids": ids})
    return torch.from_numpy(image), torch.from_numpy(text), torch.from_numpy(ids)


readers = {
    "open_clip": open_clip_rows,
    "transformers": transformers_rows,
    "transformers, slow tokenizer": lambda *given: transformers_rows(*given, use_fast=False),
    "onnxruntime": onnx_rows,
}


def difference(rows, expected, d):
    unit = torch.nn.functional.normalize(rows.float(), dim=-1)
    wanted = torch.nn.functional.normalize(torch.tensor(expected).reshape(-1, d), dim=-1)
    return (unit - wanted).abs().max().item()


for job in json.load(open(sys.argv[1])):
    answer = {"name": job["name"], "tool": job["tool"]}
    try:
        images = torch.tensor(job["images"]["values"]).reshape(job["images"]["shape"])
        tokens = torch.tensor(job["tokens"]) if "tokens" in job else None
        image, text, used = readers[job["tool"]](job, images, tokens)
        answer["image"] = difference(image, job["image"], job["d"])
        answer["text"] = difference(text, job["text"], job["d"])
        if "tokenIds" in job:
            answer["tokens"] = padded_equal(used.tolist(), job["tokenIds"])
    except Exception as error:
        answer["failed"] = f"{type(error).__name__}: {error}"[:300]
    print(json.dumps(answer), flush=True)

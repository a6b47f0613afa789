"""Has webdataset and Hugging Face's datasets read tars that Tandem wrote.

    VENV/bin/python test/interop/read-back/read_data.py JOBS.json

JOBS.json has a name and tars for each. One JSON line comes back for each and each tool, with its version and pairs, or
with "failed"; neither is there for a tool that is not installed.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import sys


def by_webdataset(tars):
    """Members as bytes, by their endings."""
    import webdataset

    for sample in webdataset.WebDataset(tars, shardshuffle=False):
        picture = next(sample[ending] for ending in ("jpg", "png", "webp") if ending in sample)
        text = sample["txt"].decode("utf-8") if "txt" in sample else None
        yield sample["__key__"], picture, json.loads(sample["json"]), text


def by_datasets(tars, features=None):
    """Texts and JSON are decoded; of pictures, the bytes are kept."""
    import datasets

    files = {"train": tars}
    read = datasets.load_dataset("webdataset", data_files=files, split="train", streaming=True, features=features)
    for sample in read.decode(False):
        picture = next(sample[ending] for ending in ("jpg", "png", "webp") if sample.get(ending))
        yield sample["__key__"], picture["bytes"], sample["json"], sample.get("txt")


def by_datasets_with_features(tars):
    """With the members named, pictures may be of several formats. Without, all are to be as in the first five pairs."""
    import datasets

    text = datasets.Value("string")
    pictures = {ending: datasets.Image(decode=False) for ending in ("jpg", "png", "webp")}
    sidecar = {"captions": datasets.List(text), "group": text}
    return by_datasets(tars, datasets.Features({"__key__": text, "__url__": text, "json": sidecar, **pictures}))


readers = {
    "webdataset": ("webdataset", by_webdataset),
    "datasets": ("datasets", by_datasets),
    "datasets, features given": ("datasets", by_datasets_with_features),
}


def pair_of(key, picture, sidecar, text):
    captions = sidecar.get("captions") or [sidecar["caption"]]
    group = sidecar.get("group")
    pair = {"key": key, "sha256": hashlib.sha256(picture).hexdigest(), "captions": list(captions)}
    return {**pair, **({} if group is None else {"group": group}), **({} if text is None else {"text": text})}


for job in json.load(open(sys.argv[1])):
    for tool in job["tools"]:
        package, read = readers[tool]
        answer = {"name": job["name"], "tool": tool}
        if importlib.util.find_spec(package):
            answer["version"] = importlib.metadata.version(package)
            try:
                answer["pairs"] = [pair_of(*found) for found in read(job["tars"])]
            except Exception as error:
                answer["failed"] = f"{type(error).__name__}: {error}"[:300]
        print(json.dumps(answer), flush=True)

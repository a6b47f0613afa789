"""Writes tables, folders and tars with the tools themselves, and what the tools read of them.

    python3 -m venv VENV && VENV/bin/pip install pandas polars pillow webdataset img2dataset
    VENV/bin/python test/interop/make_data_fixtures.py test/interop/data-fixtures

The versions, and the captions of each picture, are in FOLDER/expected.json. A tool that is not installed writes
nothing: FOLDER/expected.json names it as missing.
"""

import copy
import csv
import hashlib
import importlib.metadata
import importlib.util
import io
import json
import os
import shutil
import sys

import pandas
import PIL.Image
import polars
import pyarrow

try:
    import webdataset
except ImportError:
    webdataset = None


def module_of(package, name):
    """A module of a package without the package's own imports, which bring much more than is used here."""
    if importlib.util.find_spec(package) is None:
        return None
    [place] = importlib.util.find_spec(package).submodule_search_locations
    spec = importlib.util.spec_from_file_location(f"{package}_{name}", os.path.join(place, f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def version_of(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return os.environ[f"{package.upper()}_VERSION"]  # Run from a checkout.


img2dataset = module_of("img2dataset", "writer")
MISSING = [name for name, tool in {"webdataset": webdataset, "img2dataset": img2dataset}.items() if tool is None]

folder = sys.argv[1]
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
os.chdir(folder)

CAPTIONS = [
    "a cat, asleep",
    'she said "hello, you" and left',
    "first line\nsecond line",
    "café – “naïve”, 日本語",
    "semi;colon | bar",
    "back\\slash \\\\ twice",
    '"begins with a mark',
    '40" screen, "new"',
]


def picture(number):
    image = PIL.Image.new("RGB", (16, 16), (number * 30, 255 - number * 20, 90))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()


PICTURES = [picture(number) for number in range(len(CAPTIONS))]
HASHES = [hashlib.sha256(one).hexdigest() for one in PICTURES]
expected = {
    "versions": {
        "python": sys.version.split()[0],
        **{name: version_of(name) for name in ("pandas", "polars", "webdataset", "img2dataset") if name not in MISSING},
    },
    "missing": MISSING,
    "sources": [],
}


def expect(path, tool, pairs, **options):
    """Notes pairs of the number of a picture and its captions, as the tool reads them."""
    expected["sources"].append(
        {
            "path": path,
            "tool": tool,
            "options": options,
            "pairs": [{"sha256": HASHES[number], "captions": captions} for number, captions in pairs],
        }
    )


# ------------------------------------------------------------------------------------------------------------ tables

os.makedirs("tables/pictures")
for number, content in enumerate(PICTURES):
    with open(f"tables/pictures/{number}.jpg", "wb") as file:
        file.write(content)
FRAME = pandas.DataFrame(
    {"filepath": [f"pictures/{number}.jpg" for number in range(len(CAPTIONS))], "title": CAPTIONS}
)


def pairs_of(frame):
    """All captions of a picture in one list, in the order of the pictures' first rows."""
    return [
        (int(path.split("/")[-1].split(".")[0]), rows.iloc[:, 1].tolist())
        for path, rows in frame.groupby(frame.columns[0], sort=False)
    ]


def by_pandas(name, read, frame=FRAME, options={}, **write):
    path = f"tables/{name}"
    frame.to_csv(path, index=False, **write)
    expect(path, "pandas", pairs_of(pandas.read_csv(path, **read)), **options)


by_pandas("plain.csv", {})
by_pandas("windows.csv", {}, lineterminator="\r\n")
by_pandas("mac.csv", {"lineterminator": "\r"}, FRAME.drop(2), lineterminator="\r")
by_pandas("all-quoted.csv", {}, quoting=csv.QUOTE_ALL)
by_pandas("tab.tsv", {"sep": "\t"}, sep="\t")
by_pandas("utf-16.tsv", {"sep": "\t", "encoding": "utf-16"}, sep="\t", encoding="utf-16")
by_pandas("byte-order-mark.csv", {"encoding": "utf-8-sig"}, encoding="utf-8-sig")
by_pandas("semicolon.csv", {"sep": ";"}, sep=";")
by_pandas(
    "escaped.csv",
    {"escapechar": "\\", "doublequote": False},
    options={"escape": "\\"},
    escapechar="\\",
    doublequote=False,
)
by_pandas(
    "no-heading.csv", {"header": None}, options={"hasHeading": False}, header=False
)
by_pandas(
    "index.csv",
    {"usecols": ["filepath", "title"]},
    FRAME.reset_index(),
)
twice = pandas.concat([FRAME, FRAME.assign(title=[f"another of {number}" for number in range(len(FRAME))])])
by_pandas("shuffled.csv", {}, twice.sample(frac=1, random_state=19))

# A file of Windows that pandas appends to.
FRAME.iloc[:4].to_csv("tables/appended.csv", index=False, lineterminator="\r\n")
FRAME.iloc[4:].to_csv("tables/appended.csv", index=False, mode="a", header=False)
expect("tables/appended.csv", "pandas", pairs_of(pandas.read_csv("tables/appended.csv")))

polars.DataFrame(FRAME.to_dict("list")).write_csv("tables/polars.csv", separator="|")
read = polars.read_csv("tables/polars.csv", separator="|").to_dict(as_series=False)
expect("tables/polars.csv", "polars", pairs_of(pandas.DataFrame(read)))


def by_csv(name, options, **dialect):
    path = f"tables/{name}"
    with open(path, "w", newline="") as file:
        csv.writer(file, **dialect).writerows([FRAME.columns, *FRAME.values.tolist()])
    with open(path, newline="") as file:
        heading, *rows = csv.reader(file, **dialect)
    expect(path, "csv of Python", pairs_of(pandas.DataFrame(rows, columns=heading)), **options)


by_csv("excel.csv", {})
by_csv("bars-unquoted.csv", {"escape": "\\"}, delimiter="|", escapechar="\\", quoting=csv.QUOTE_NONE)
# Spark's own writer escapes marks by a backslash and ends lines in \n.
spark = {"escapechar": "\\", "doublequote": False, "quoting": csv.QUOTE_ALL, "lineterminator": "\n"}
by_csv("spark.csv", {"escape": "\\"}, **spark)

# ------------------------------------------------------------------------------------------------------- img2dataset

SCHEMA = [(name, pyarrow.string()) for name in ("key", "url", "caption", "status", "error_message", "sha256")]


def by_img2dataset(name, writer, columns):
    os.makedirs(name)
    schema = pyarrow.schema([*SCHEMA, *((column, pyarrow.string()) for column in columns)])
    sink = writer(0, name, True, 5, schema, "jpg")
    for number, (content, caption) in enumerate(zip(PICTURES, CAPTIONS)):
        key = f"{number:09d}"
        meta = {
            "key": key,
            "url": f"https://example.org/{number}.jpg",
            "caption": caption,
            "status": "success",
            "error_message": None,
            "sha256": HASHES[number],
            **{column: f"{column} of {number}" for column in columns},
        }
        sink.write(content, key, caption, copy.deepcopy(meta))
    sink.close()
    with open(f"{name}/00000_stats.json", "w") as file:
        json.dump({"count": len(CAPTIONS), "successes": len(CAPTIONS)}, file)


def in_files(name):
    pairs = []
    for number in range(len(CAPTIONS)):
        with open(f"{name}/00000/{number:09d}.txt", newline="") as file:
            pairs.append((number, [file.read()]))
    return pairs


def in_tars(path):
    """As open_clip reads it: txt, whole."""
    return [
        (HASHES.index(hashlib.sha256(sample["jpg"]).hexdigest()), [sample["txt"].decode("utf-8")])
        for sample in webdataset.WebDataset(path, shardshuffle=False)
    ]


for columns in ([], ["text"]) if img2dataset else ():
    suffix = "-columns" if columns else ""
    by_img2dataset(f"img2dataset-files{suffix}", img2dataset.FilesSampleWriter, columns)
    expect(f"img2dataset-files{suffix}", "img2dataset", in_files(f"img2dataset-files{suffix}"))
    if webdataset is None:
        continue
    by_img2dataset(f"img2dataset-tars{suffix}", img2dataset.WebDatasetSampleWriter, columns)
    expect(f"img2dataset-tars{suffix}", "img2dataset", in_tars(f"img2dataset-tars{suffix}/00000.tar"))

# -------------------------------------------------------------------------------------------------------- webdataset


def samples():
    for number, (content, caption) in enumerate(zip(PICTURES, CAPTIONS)):
        yield {"__key__": f"part/{number:04d}", "jpg": content, "txt": caption, "json": {"caption": caption}}


if webdataset:
    os.makedirs("webdataset")
    for name, options in {"plain.tar": {}, "packed.tar.gz": {"compress": True}}.items():
        with webdataset.TarWriter(f"webdataset/{name}", mtime=0, **options) as sink:
            for sample in samples():
                sink.write(sample)
        expect(f"webdataset/{name}", "webdataset", in_tars(f"webdataset/{name}"))
    os.makedirs("webdataset-shards/train")
    with webdataset.ShardWriter("webdataset-shards/train/%06d.tar", maxcount=3, mtime=0) as sink:
        for sample in samples():
            sink.write(sample)
    shards = sorted(os.listdir("webdataset-shards/train"))
    expect("webdataset-shards", "webdataset", [pair for one in shards for pair in in_tars(f"webdataset-shards/train/{one}")])

with open("expected.json", "w") as file:
    json.dump(expected, file, indent=1, ensure_ascii=False)
    file.write("\n")

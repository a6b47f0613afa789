"""Writes small files in the exact layouts of well-known data sets.

    python3 -m venv VENV && VENV/bin/pip install pandas pyarrow pillow
    VENV/bin/python test/interop/make_layout_fixtures.py test/interop/layout-fixtures

Names of files, columns and their order are those of the data sets. What the rows say is made up.
"""

import io
import json
import os
import shutil
import sys
import urllib.parse

import pandas
import PIL.Image
import pyarrow
import pyarrow.parquet

folder = sys.argv[1]
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
os.chdir(folder)

URL = "https://pictures.example/"


def write(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def picture(number):
    image = PIL.Image.new("RGB", (24, 16))
    image.putdata([((x * 9 + number * 40) % 256, (y * 13) % 256, (number * 70) % 256) for y in range(16) for x in range(24)])
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


# Conceptual Captions 3M: Train-GCC-training.tsv, a caption and a URL, no heading.
write(
    "Train-GCC-training.tsv",
    f"a very typical bus station\t{URL}1.jpg\n"
    f'the "old" town , at night\t{URL}2.jpg?size=large&w=3\n'
    f"young business woman on a bench\t{URL}3.jpg\n",
)

# Conceptual 12M: cc12m.tsv, a URL and a caption, no heading. <PERSON> stands for names.
write(
    "cc12m.tsv",
    f"{URL}1.jpg\tMetal Design Within Reach Ivory Slipper Chairs - a Pair For Sale\n"
    f"{URL}2.png\t<PERSON> in the film, a scene\n",
)

# COCO 2017 captions: annotations/captions_val2017.json. Annotations are in no order.
IMAGES = [397133, 37777, 252219]
CAPTIONS = [
    (179765, 397133, "A man is in a kitchen making pizzas."),
    (179766, 37777, "The dining table near the kitchen has a bowl of fruit on it."),
    (190236, 397133, "Man in apron standing on front of oven with pans and bakeware"),
    (331291, 37777, "A small kitchen has various appliances and a table."),
    (382910, 252219, "Three people are walking down the street\nin the city."),
    (401222, 397133, "A baker is working in the kitchen rolling dough."),
    (401223, 397133, "A person standing by a stove in a kitchen."),
    (401224, 397133, "A table with pies being made and a person standing near a wall."),
]
coco = {
    "info": {
        "description": "COCO 2017 Dataset",
        "url": "http://cocodataset.org",
        "version": "1.0",
        "year": 2017,
        "contributor": "COCO Consortium",
        "date_created": "2017/09/01",
    },
    "licenses": [{"url": "http://creativecommons.org/licenses/by/2.0/", "id": 4, "name": "Attribution License"}],
    "images": [
        {
            "license": 4,
            "file_name": f"{number:012}.jpg",
            "coco_url": f"http://images.cocodataset.org/val2017/{number:012}.jpg",
            "height": 427,
            "width": 640,
            "date_captured": "2013-11-14 17:02:52",
            "flickr_url": f"http://farm7.staticflickr.com/6116/{number}_z.jpg",
            "id": number,
        }
        for number in IMAGES
    ],
    "annotations": [{"image_id": image, "id": number, "caption": text} for number, image, text in CAPTIONS],
}
write("annotations/captions_val2017.json", json.dumps(coco))


def yfcc_row(number, title, description, tags, marker=0):
    """The 23 fields of the first edition; texts are encoded as in URLs, with + for a space."""
    text = urllib.parse.quote_plus
    fields = [
        f"{number}", "8113246@N03", text("Jane D."), "2010-07-20 19:01:42.0", "1280000000", text("Canon PowerShot S95"),
        text(title), text(description), ",".join(text(tag) for tag in tags), "", "8.55", "47.37", "16",
        f"http://www.flickr.com/photos/8113246@N03/{number}/",
        f"http://farm5.staticflickr.com/4100/{number}_d0b0dc2f1a.jpg", "Attribution License",
        "http://creativecommons.org/licenses/by/2.0/", "4100", "5", "d0b0dc2f1a", "f0d3d1f1f9", "jpg", f"{marker}",
    ]
    assert len(fields) == 23
    return fields


YFCC = [
    yfcc_row(6985418911, "A walk along the old harbour", "Boats & people, \"early\" in the morning.\nAll of us.", ["boat", "harbour at dawn"]),
    yfcc_row(4673277953, "IMG_0203", "", []),
    yfcc_row(2112234445, "Ein Spaziergang am alten Hafen", "We walked along the old harbour on Sunday", ["hafen"]),
    yfcc_row(5551234567, "Waves on the beach", "A short film of the sea", ["sea"], marker=1),
]
# YFCC100M: yfcc100m_dataset-0 of the first edition, and yfcc100m_dataset with a line number and a hash. No heading.
write("yfcc100m_dataset-0.tsv", "".join("\t".join(row) + "\n" for row in YFCC))
write(
    "yfcc100m_dataset.tsv",
    "".join("\t".join([f"{at}", row[0], f"{at:032x}", *row[1:]]) + "\n" for at, row in enumerate(YFCC)),
)

# LAION-400M and LAION-2B-en: part-00000-….snappy.parquet.
laion = pandas.DataFrame(
    {
        "SAMPLE_ID": [5005.0, 7007.0, 9009.0],
        "URL": [f"{URL}1.jpg", f"{URL}2.jpg", f"{URL}3.jpg"],
        "TEXT": ["Wall clock – “naïve” style", "Blue dress, 2 pieces", None],
        "HEIGHT": pandas.array([600, 400, None], dtype="Int32"),
        "WIDTH": pandas.array([800, 400, None], dtype="Int32"),
        "LICENSE": ["?", "?", "?"],
        "NSFW": ["UNLIKELY", "UNSURE", "UNLIKELY"],
        "similarity": [0.337, 0.312, 0.355],
    }
)
laion.to_parquet("part-00000.snappy.parquet", compression="snappy", index=False)
laion.rename(columns={"URL": "url", "TEXT": "caption"}).to_parquet("zstd.parquet", compression="zstd", row_group_size=2)
laion.to_parquet("gzip.parquet", compression="gzip")

# Hugging Face, imagefolder: pictures and metadata.csv, metadata.jsonl or metadata.parquet in a folder.
ROWS = [("0001.png", "a golden retriever, playing"), ("sub/0002.png", 'a "german" shepherd')]
for name in ("imagefolder-csv", "imagefolder-jsonl", "imagefolder-parquet"):
    for number, (file_name, _) in enumerate(ROWS):
        os.makedirs(os.path.dirname(f"{name}/{file_name}"), exist_ok=True)
        with open(f"{name}/{file_name}", "wb") as file:
            file.write(picture(number))
metadata = pandas.DataFrame(ROWS, columns=["file_name", "text"])
metadata.to_csv("imagefolder-csv/metadata.csv", index=False)
metadata.to_json("imagefolder-jsonl/metadata.jsonl", orient="records", lines=True)
metadata.to_parquet("imagefolder-parquet/metadata.parquet", index=False)
write(
    "imagefolder-lists.jsonl",
    "".join(
        json.dumps({"file_name": f"imagefolder-csv/{name}", "captions": [text, "a dog"], "objects": {"bbox": [[1, 2, 3, 4]]}}) + "\n"
        for name, text in ROWS
    ),
)

# Hugging Face, data/train-00000-of-00001.parquet: the pictures in the table, as {bytes, path}.
image = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
table = pyarrow.table(
    {
        "image": pyarrow.array([{"bytes": picture(number), "path": f"{number}.png"} for number in range(3)], image),
        "caption": pyarrow.array([["a first caption", "another"], ["the second"], ["the third"]], pyarrow.list_(pyarrow.string())),
        "label": pyarrow.array([0, 1, 0], pyarrow.int64()),
    }
)
pyarrow.parquet.write_table(table, "train-00000-of-00001.parquet", row_group_size=2)

# img2dataset, output_format="parquet": the bytes of a picture in the column jpg.
table = pyarrow.table(
    {
        "key": ["000000000", "000000001"],
        "caption": ["one", "two"],
        "jpg": pyarrow.array([picture(0), picture(1)], pyarrow.binary()),
    }
)
pyarrow.parquet.write_table(table, "00000.parquet")

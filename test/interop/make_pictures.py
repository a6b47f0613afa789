"""Writes small pictures, and what torchvision's transform makes of them: resize bicubic, centre crop.

    python3 -m venv VENV && VENV/bin/pip install torchvision
    VENV/bin/python test/interop/make_pictures.py test/interop/pictures

Each picture NAME.EXT has NAME.EXT.png beside it, side × side. Versions and sides are in FOLDER/expected.json.
"""

import json
import os
import shutil
import sys

import numpy
import PIL
import torchvision
from PIL import Image, ImageOps
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

folder = sys.argv[1]
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
versions = {"python": sys.version.split()[0], "torchvision": torchvision.__version__, "pillow": PIL.__version__}
expected = {"versions": versions, "pictures": []}


def smooth(width, height):
    """Soft waves, in each channel others."""
    y, x = numpy.mgrid[:height, :width] / min(width, height)
    waves = [numpy.sin(5 * x + c) + numpy.sin(5 * y + 2 * c) + numpy.sin(5 * (x + y) + 3 * c) for c in range(3)]
    return Image.fromarray((128 + 30 * numpy.stack(waves, -1)).round().astype("uint8"))


def record(name, side, picture, **options):
    path = os.path.join(folder, name)
    picture.save(path, **options)
    # open_clip's image_transform(side, is_train=False) up to the tensor; upright and in RGB, as Tandem sees all files.
    transform = Compose([Resize(side, InterpolationMode.BICUBIC, antialias=True), CenterCrop(side)])
    seen = transform(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    seen.save(f"{path}.png", optimize=True)
    expected["pictures"].append({"name": name, "side": side})


best = {"quality": 95, "subsampling": 0}
turned = Image.Exif()
turned[0x0112] = 6

record("camera.jpg", 28, smooth(500, 333), quality=60, subsampling=0)
record("camera-of-whole-blocks.jpg", 28, smooth(504, 336), quality=60, subsampling=0)
record("nearly-square.jpg", 48, smooth(600, 577), quality=60, subsampling=0)
record("upright.webp", 80, smooth(301, 503), quality=90, method=6)
record("large-upright.webp", 32, smooth(301, 503).quantize(64).convert("RGB"), lossless=True)
record("turned.jpg", 40, smooth(403, 269), exif=turned, **best)
record("panorama.jpg", 24, smooth(900, 151), **best)
record("small.png", 64, smooth(53, 41))
record("grey.png", 32, smooth(211, 307).convert("L"))
record("palette.png", 32, smooth(150, 201).quantize(32))

with open(os.path.join(folder, "expected.json"), "w") as file:
    json.dump(expected, file, indent=1)
    file.write("\n")

"""Evaluates a model that Tandem exported for open_clip, by CLIP_benchmark and by open_clip itself.

    VENV/bin/python test/interop/read-back/evaluate_model.py JOBS.json

JOBS.json has a model, tars of a data set, its classes and templates for each. One JSON line comes back for each and
each tool, with its version and what it measured, or with "failed"; neither is there for one that is not installed.
"""

import importlib.metadata
import importlib.util
import io
import json
import sys
import tarfile

import open_clip
import torch
from PIL import Image

PLACES = (1, 5, 10)
torch.set_num_threads(1)  # The model is too small for more.


class Pictures(torch.utils.data.Dataset):
    """The pictures of tars, by the model's own transform, with what is known of each."""

    def __init__(self, tars, transform, classes, key):
        self.classes = classes
        members = {}
        for path in tars:
            with tarfile.open(path) as tar:
                for member in tar:
                    stem, ending = member.name.split(".")
                    members.setdefault(stem, {})[ending] = tar.extractfile(member).read()
        self.samples = []
        for sample in members.values():
            sidecar = json.loads(sample.pop("json"))
            [picture] = sample.values()
            seen = transform(Image.open(io.BytesIO(picture)))
            self.samples.append((seen, classes.index(sidecar["group"]) if key == "group" else sidecar["captions"]))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, at):
        return self.samples[at]


def loader(pictures, collate=None):
    return torch.utils.data.DataLoader(pictures, batch_size=64, collate_fn=collate)


def captions_whole(batch):
    pictures, captions = zip(*batch)
    return torch.stack(pictures), captions


def by_clip_benchmark(job):
    from clip_benchmark.metrics import zeroshot_classification, zeroshot_retrieval
    from clip_benchmark.models import load_clip

    model, transform, tokenizer = load_clip("open_clip", f"local-dir:{job['model']}", None, None, "cpu")
    model.eval()
    labelled = loader(Pictures(job["tars"], transform, job["classes"], "group"))
    templates = [template.replace("{object}", "{c}") for template in job["templates"]]
    zero_shot = zeroshot_classification.evaluate(
        model, labelled, tokenizer, job["classes"], templates, "cpu", amp=False
    )
    captioned = loader(Pictures(job["tars"], transform, job["classes"], "captions"), captions_whole)
    found = zeroshot_retrieval.evaluate(model, captioned, tokenizer, "cpu", amp=False, recall_k_list=list(PLACES))
    return {
        "top1": zero_shot["acc1"],
        "top5": zero_shot["acc5"],
        "textOfImage": {str(k): found[f"text_retrieval_recall@{k}"] for k in PLACES},
        "imageOfText": {str(k): found[f"image_retrieval_recall@{k}"] for k in PLACES},
    }


def by_open_clip(job):
    """By its transform, towers and classifier. What is among the best K is counted by torch."""
    name = f"local-dir:{job['model']}"
    model, _, transform = open_clip.create_model_and_transforms(name)
    model.eval()
    tokenizer = open_clip.get_tokenizer(name)
    templates = [template.replace("{object}", "{}") for template in job["templates"]]
    classifier = open_clip.build_zero_shot_classifier(model, tokenizer, job["classes"], templates)
    labelled = Pictures(job["tars"], transform, job["classes"], "group")
    captioned = Pictures(job["tars"], transform, job["classes"], "captions")
    with torch.no_grad():
        images = torch.cat([model.encode_image(batch, normalize=True) for batch, _ in loader(labelled)])
        texts = [caption for _, captions in captioned.samples for caption in captions]
        owner = torch.tensor([at for at, (_, captions) in enumerate(captioned.samples) for _ in captions])
        similarities = images @ model.encode_text(tokenizer(texts), normalize=True).T
    truth = torch.tensor([number for _, number in labelled.samples])
    of_class = torch.arange(len(job["classes"])) == truth[:, None]
    of_image = owner == torch.arange(len(images))[:, None]

    def among(scores, right, k):
        """The share of rows [n, m] that have a right one among their k highest scores."""
        return right.gather(1, scores.topk(k).indices).any(1).double().mean().item()

    return {
        "top1": among(images @ classifier, of_class, 1),
        "top5": among(images @ classifier, of_class, 5),
        "textOfImage": {str(k): among(similarities, of_image, k) for k in PLACES},
        "imageOfText": {str(k): among(similarities.T, of_image.T, k) for k in PLACES},
    }


for job in json.load(open(sys.argv[1])):
    for tool, package, evaluate in (
        ("CLIP_benchmark", "clip_benchmark", by_clip_benchmark),
        ("open_clip", "open_clip_torch", by_open_clip),
    ):
        answer = {"name": job["name"], "tool": tool}
        if importlib.util.find_spec(package.removesuffix("_torch")):
            answer["version"] = importlib.metadata.version(package)
            try:
                answer["measured"] = evaluate(job)
            except Exception as error:
                answer["failed"] = f"{type(error).__name__}: {error}"[:300]
        print(json.dumps(answer), flush=True)

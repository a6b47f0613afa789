"""Writes small models with the tools themselves, and what the tools compute with them.

    python3 -m venv VENV && VENV/bin/pip install transformers open_clip_torch
    VENV/bin/python test/interop/make_fixtures.py test/interop/fixtures

Everything is drawn from one seed. The versions and the embeddings are in FOLDER/expected.json.
"""

import argparse
import copy
import json
import os
import shutil
import sys

import open_clip
import safetensors
import tokenizers
import torch
import transformers
from safetensors.torch import save_file
from torch.optim.swa_utils import AveragedModel
from transformers.convert_slow_tokenizer import bytes_to_unicode

WIDTH, LAYERS, HEADS = 8, 1, 2
SIDE, PATCH = 8, 4
LENGTH = 6
DIMENSION = 8

folder = sys.argv[1]
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
torch.manual_seed(19)
images = torch.randn(2, 3, SIDE, SIDE)
expected = {
    "versions": {
        "python": sys.version.split()[0],
        **{m.__name__: m.__version__ for m in (torch, transformers, open_clip, safetensors, tokenizers)},
    },
    "images": {"shape": list(images.shape), "values": images.flatten().tolist()},
    "models": {},
    "files": [],
}


def place(name):
    return os.path.join(folder, name)


def scrambled(model):
    """Parameters far from their initial values: zeros and ones would hide a tensor in the wrong place."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * (0.1 if parameter.dim() else 0.01))
    return model.eval()


def record(name, model, tokens, **extra):
    """Notes the embeddings of a model, not normalised."""
    with torch.no_grad():
        if isinstance(model, transformers.CLIPModel):
            both = [model.get_image_features(images), model.get_text_features(tokens)]
            # Since transformers 5 they come with the hidden states.
            rows = [one if torch.is_tensor(one) else one.pooler_output for one in both]
        else:
            rows = [model.encode_image(images), model.encode_text(tokens)]
    expected["models"][name] = {
        "tokens": tokens.tolist(),
        "image": rows[0].flatten().tolist(),
        "text": rows[1].flatten().tolist(),
        **extra,
    }
    if os.path.isdir(place(name)):
        expected["files"].append({"name": name, "path": name})


# ------------------------------------------------------------------------------------------------- Hugging Face


def clip_config(vocab_size, **text):
    tower = dict(hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS)
    return transformers.CLIPConfig(
        projection_dim=DIMENSION,
        text_config=dict(tower, vocab_size=vocab_size, max_position_embeddings=LENGTH, **text),
        vision_config=dict(tower, image_size=SIDE, patch_size=PATCH),
    )


# Its end token has a low id, and tokens of higher ids stand before and after it.
tokens = torch.tensor([[1, 20, 39, 3, 25, 0], [1, 3, 39, 39, 3, 3], [1, 8, 9, 10, 11, 3]])
model = scrambled(transformers.CLIPModel(clip_config(40, bos_token_id=1, eos_token_id=3, pad_token_id=0)))
model.save_pretrained(place("hf-end-in-the-middle"))
record("hf-end-in-the-middle", model, tokens)

# The id that configs had before transformers 4.31: it means the token of the highest id.
model = scrambled(transformers.CLIPModel(clip_config(40, bos_token_id=0, eos_token_id=2, pad_token_id=1)))
model.save_pretrained(place("hf-legacy-end"))
record("hf-legacy-end", model, torch.tensor([[38, 5, 39, 39, 2, 2], [38, 2, 7, 39, 0, 0]]))

# No end token is named, so transformers takes 49407, which no caption of this vocabulary has.
model = transformers.CLIPModel(clip_config(40))
model.save_pretrained(place("hf-no-end"))

# Pixels at the right and at the bottom belong to no patch.
config = clip_config(40, eos_token_id=39)
config.vision_config.image_size = SIDE + 1
transformers.CLIPModel(config).save_pretrained(place("hf-odd-patches"))

# A tokenizer of bytes and six merges, and two tokens added to it and to the model.
letters = bytes_to_unicode()
symbols = list(letters.values())
merges = ["r e", "re d</w>", "b l", "bl u", "blu e</w>", "c a"]
words = symbols + [s + "</w>" for s in symbols] + [m.replace(" ", "") for m in merges]
vocabulary = {word: at for at, word in enumerate(words + ["<|startoftext|>", "<|endoftext|>"])}
os.makedirs(place("tokenizer"))
with open(place("tokenizer/vocab.json"), "w") as out:
    json.dump(vocabulary, out, ensure_ascii=False)
with open(place("tokenizer/merges.txt"), "w") as out:
    out.write("#version: 0.2\n" + "\n".join(merges) + "\n")
tokenizer = transformers.CLIPTokenizerFast.from_pretrained(place("tokenizer"), model_max_length=LENGTH)
shutil.rmtree(place("tokenizer"))
start, end = tokenizer.bos_token_id, tokenizer.eos_token_id
model = transformers.CLIPModel(
    clip_config(len(vocabulary), bos_token_id=start, eos_token_id=end, pad_token_id=end))
tokenizer.add_tokens(["<sks>", "<cat-toy>"])
model.text_model.resize_token_embeddings(len(tokenizer))
model.config.text_config.vocab_size = len(tokenizer)
model = scrambled(model)
model.save_pretrained(place("hf-added-tokens"))
tokenizer.save_pretrained(place("hf-added-tokens"))
captions = ["red <sks>", "blue cat", "a", "<cat-toy> red red red red red"]
tokens = tokenizer(captions, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt").input_ids
record("hf-added-tokens", model, tokens, captions=captions)

# ---------------------------------------------------------------------------------------------------- open_clip


def open_clip_config(**changes):
    config = dict(
        embed_dim=DIMENSION,
        vision_cfg=dict(image_size=SIDE, layers=LAYERS, width=WIDTH, patch_size=PATCH, head_width=WIDTH // HEADS),
        text_cfg=dict(context_length=LENGTH, vocab_size=40, width=WIDTH, heads=HEADS, layers=LAYERS),
    )
    for key in ("vision_cfg", "text_cfg"):
        config[key].update(changes.pop(key, {}))
    return dict(config, **changes)


def create(config):
    """As open_clip's create_model does: a config with custom_text gives a CustomTextCLIP."""
    given = copy.deepcopy(config)
    kind = open_clip.CustomTextCLIP if given.pop("custom_text", False) else open_clip.CLIP
    return scrambled(kind(**given))


def save_open_clip(name, config, model):
    os.makedirs(place(name))
    save_file(model.state_dict(), place(f"{name}/open_clip_model.safetensors"))
    mean, std = list(open_clip.OPENAI_DATASET_MEAN), list(open_clip.OPENAI_DATASET_STD)
    with open(place(f"{name}/open_clip_config.json"), "w") as out:
        json.dump(dict(model_cfg=config, preprocess_cfg=dict(mean=mean, std=std)), out, indent=2)


tokens = torch.tensor([[38, 20, 39, 0, 0, 0], [38, 39, 0, 0, 0, 0], [38, 3, 4, 0, 6, 39]])
for name, config in {
    "oc-custom-text": open_clip_config(custom_text=True, quick_gelu=True),
    "oc-end-by-id": open_clip_config(text_cfg=dict(pool_type="eos", eos_id=0)),
    "oc-reads-last": open_clip_config(
        custom_text=True, init_logit_bias=-10,
        text_cfg=dict(no_causal_mask=True, pool_type="last", proj_bias=True, norm_kwargs=dict(eps=1e-6),
                      hf_tokenizer_name="somewhere/else", tokenizer_kwargs=dict(clean="canonicalize"))),
    "oc-keys-of-training": open_clip_config(
        vision_cfg=dict(patch_dropout=0.5, ls_init_value=None, output_tokens=False, pool_type="tok"),
        text_cfg=dict(pad_id=0, eos_id=2, embed_cls=False, proj_type="linear")),
}.items():
    model = create(config)
    save_open_clip(name, config, model)
    record(name, model, tokens)

# ------------------------------------------------------------------------------------- wrappers, as trainers write

config = open_clip_config()
trained, mean = create(config), create(config)
record("trained", trained, tokens)
record("mean", mean, tokens)
os.makedirs(place("wrapped"))
with open(place("wrapped/open_clip_config.json"), "w") as out:
    json.dump(dict(model_cfg=config), out, indent=2)
state, mean_state = trained.state_dict(), mean.state_dict()


def prefixed(prefix, tensors):
    return {prefix + name: tensor for name, tensor in tensors.items()}


class Wrapper(torch.nn.Module):
    """A trainer's module that holds the model under a name of its own, with a metric beside it."""

    def __init__(self, model):
        super().__init__()
        self.backbone = model
        self.register_buffer("seen", torch.tensor(7))


averaged = AveragedModel(trained)
averaged.load_state_dict({"n_averaged": torch.tensor(5), **prefixed("module.", mean_state)})
optimizer = torch.optim.AdamW(torch.nn.Linear(2, 2).parameters())
for name, content in {
    "tensor-beside": {"state_dict": state, "step": torch.tensor(500), "optimizer": optimizer.state_dict()},
    "model-and-ema": {"model": state, "model_ema": mean_state, "step": torch.tensor(500)},
    "state-dict-ema": {"epoch": 3, "state_dict": prefixed("module.", state), "state_dict_ema": mean_state},
    "lightning": {
        "pytorch-lightning_version": "2.5.0", "epoch": 1, "global_step": 10, "hparams_name": "kwargs",
        "state_dict": {**prefixed("model.", state), **prefixed("ema_model.", mean_state), "acc.total": torch.zeros(1)},
        "callbacks": {}, "loops": {"fit_loop": {"state_dict": {}}},
    },
    "averaged-model": averaged.state_dict(),
    "net": {"net": state},
    "ema": {"ema": {"module": mean_state, "decay": 0.999}},
    "wrapper-module": Wrapper(torch.nn.DataParallel(trained)).state_dict(),
}.items():
    torch.save(content, place(f"wrapped/{name}.pt"))
    taken = "mean" if name in ("ema", "averaged-model") else "trained"
    expected["files"].append({"name": taken, "path": f"wrapped/{name}.pt"})

# One value, or one row, that is stored once and repeated.
expanded = copy.deepcopy(trained)
with torch.no_grad():
    row = torch.randn(WIDTH)
    for parameter in (expanded.ln_final.weight, expanded.visual.ln_post.bias):
        parameter.fill_(0.5)
    expanded.positional_embedding.copy_(row.expand(LENGTH, WIDTH))
record("expanded", expanded, tokens)
state = expanded.state_dict()
state["ln_final.weight"] = torch.tensor(0.5).expand(WIDTH)
state["visual.ln_post.bias"] = torch.tensor([0.5]).expand(WIDTH)
state["positional_embedding"] = row.expand(LENGTH, WIDTH)
torch.save(state, place("wrapped/expanded.pt"))
expected["files"].append({"name": "expanded", "path": "wrapped/expanded.pt"})

# What only Python can read, with the cure that the refusal names.
torch.save(trained, place("wrapped/whole-module.pt"))
torch.save({"model": trained.state_dict(), "args": argparse.Namespace(lr=1e-3)}, place("wrapped/namespace.pt"))
torch.jit.script(torch.nn.Linear(2, 2)).save(place("wrapped/script.pt"))

with open(place("expected.json"), "w") as out:
    json.dump(expected, out)

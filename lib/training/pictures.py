"""From a folder of pictures to a cache of crops and of what the teacher says about them.

The teacher's answers are computed once, so that a step of training costs the student's time only. A crop
is 112 × 112 bytes; the teacher, efficientnet-lite0, sees exactly that crop and gives four things: its feature
maps at 1/8, 1/16 and 1/32 of the image's size, and its class scores. All is drawn from one seed.
"""

import json
import math
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F
from tqdm import tqdm

from lib.activations import activations

SIZE = 112
KINDS = {".jpg", ".jpeg", ".png", ".webp"}
# Textures of games come with maps that are no pictures: directions of the surface, gloss, masks.
NO_PICTURES = ("normal", "_nm", "gloss", "mask", "screenshot")
# What the teacher is asked for: name in the cache -> layer of efficientnet-lite0, at 1/8, 1/16, 1/32.
TEACHER_LAYERS = {"eighth": "blocks.4", "sixteenth": "blocks.10", "thirty-second": "blocks.15"}


def packed_webp(data):
    """The WebP pictures inside a file that packs many, such as Qt's .rcc: a list of bytes.

    Each begins with "RIFF", four bytes with the length of what follows, and "WEBP". Those under 8000 bytes,
    icons as a rule, are left out.
    """
    found, start = [], data.find(b"RIFF")
    while start >= 0:
        end = start + 8 + int.from_bytes(data[start + 4 : start + 8], "little")
        if data[start + 8 : start + 12] == b"WEBP" and end - start >= 8000 and end <= len(data):
            found.append(data[start:end])
            start = data.find(b"RIFF", end)
        else:
            start = data.find(b"RIFF", start + 4)
    return found


def sources(folder):
    """Every picture under a folder, in a fixed order: (name, function that opens it) pairs."""
    found = []
    for path in sorted(Path(folder).rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(word in path.stem.lower() for word in NO_PICTURES) or not path.is_file():
            continue
        if path.suffix.lower() in KINDS:
            found.append((name, path))
        elif path.suffix.lower() == ".rcc":
            parts = packed_webp(path.read_bytes())
            found += [(f"{name}#{number}", BytesIO(part)) for number, part in enumerate(parts)]
    return found


def opened(source, shorter=640):
    """A picture as RGBA, its shorter side at most `shorter` pixels, or None if it is broken, tiny or flat."""
    Image.MAX_IMAGE_PIXELS = None  # wallpapers are large, and these are no uploads
    try:
        with Image.open(source) as file:
            file.draft("RGB", (2 * shorter, 2 * shorter))
            picture = file.convert("RGBA")
    except (OSError, ValueError, SyntaxError):
        return None
    scale = shorter / min(picture.size)
    if scale < 1:
        size = [max(1, round(side * scale)) for side in picture.size]
        picture = picture.resize(size, Image.BICUBIC, reducing_gap=2)
    if min(picture.size) < 80 or np.asarray(thumbnail(picture), np.float32).std(axis=(0, 1)).max() < 4:
        return None
    return picture


def thumbnail(picture):
    """12 × 12 pixels over gray: enough to tell whether two files hold the same picture."""
    ground = Image.new("RGBA", picture.size, (128, 128, 128, 255))
    return Image.alpha_composite(ground, picture).convert("RGB").resize((12, 12), Image.BOX)


def liveliness(picture):
    """The share of a picture's pixels that differ from their right neighbor, from 0.05 to 1.

    Photographs have much of it; cartoons, wallpapers of one hue and signs have little.
    """
    values = np.asarray(picture).astype(np.int16)
    solid = (values[:, 1:, 3] > 250) & (values[:, :-1, 3] > 250)
    differ = np.abs(values[:, 1:, :3] - values[:, :-1, :3]).max(2) > 2
    return max(0.05, float(differ[solid].mean())) if solid.any() else 0.05


def is_held_out(name):
    """About one picture in sixteen never enters training; which ones, its name alone decides."""
    return sha256(name.encode()).digest()[0] < 16


def gather(folder, crops, seed=0, progress=True):
    """Crops of every distinct picture under a folder.

    folder: searched in depth for JPEG, PNG, WebP and .rcc files.  crops: about how many to draw in all. A
        picture gives the more of them the livelier it is, and three times as many if it is large.
    returns: images, uint8 (N, 112, 112, 3); held_out, bool (N,); names, one for each picture used.

    Cut-out figures on a transparent ground are laid over a crop of another picture, or over one color.
    Raises ValueError if the folder holds no picture.
    """
    pictures, seen = [], np.empty((0, 432), np.float32)
    for name, source in tqdm(sources(folder), "pictures", disable=not progress):
        picture = opened(source)
        if picture is None:
            continue
        small = np.asarray(thumbnail(picture), np.float32).reshape(1, -1)
        if len(seen) and np.abs(seen - small).mean(1).min() < 4:
            continue  # the same picture at another size, or nearly
        seen = np.concatenate([seen, small])
        pictures.append((name, picture))
    if not pictures:
        raise ValueError(
            f"{Path(folder).name!r} holds no JPEG, PNG, WebP or .rcc picture of 80 or more pixels"
        )
    shares = np.array([liveliness(p) * (3 if min(p.size) >= 600 else 1) for _, p in pictures])
    counts = np.maximum(1, np.round(shares * crops / shares.sum())).astype(int)
    random = np.random.default_rng(seed)
    opaque = {
        held: [p for n, p in pictures if is_held_out(n) == held and p.getextrema()[3][0] == 255]
        for held in (False, True)
    }
    images = np.empty((counts.sum(), SIZE, SIZE, 3), np.uint8)
    held_out = np.empty(len(images), bool)
    place = 0
    for (name, picture), count in zip(tqdm(pictures, "crops", disable=not progress), counts):
        for _ in range(count):
            held_out[place] = is_held_out(name)
            grounds = opaque[bool(held_out[place])]
            images[place] = np.asarray(crop(picture, grounds, random))
            place += 1
    return images, held_out, [name for name, _ in pictures]


def crop(picture, grounds, random):
    """One crop of a picture at a random place, size, proportion and side, as 112 × 112 RGB.

    picture: RGBA.  grounds: opaque pictures to lay cut-outs over.  random: a NumPy generator.
    """
    width, height = picture.size
    cut_out = picture.getextrema()[3][0] < 255
    whole = min(width, height)
    least = max(whole / 2, 64) if cut_out else min(SIZE, whole)
    side = math.exp(random.uniform(math.log(least), math.log(whole)))
    stretch = math.exp(random.uniform(-0.2, 0.2))
    across, down = min(width, side * stretch), min(height, side / stretch)
    if cut_out:  # a figure is meant to be seen whole more often than not
        across, down = (across + width) / 2, (down + height) / 2
    left, top = random.uniform(0, width - across), random.uniform(0, height - down)
    cut = picture.resize((SIZE, SIZE), Image.BICUBIC, (left, top, left + across, top + down), reducing_gap=2)
    if random.random() < 0.5:
        cut = cut.transpose(Image.FLIP_LEFT_RIGHT)
    if cut_out:
        if grounds and random.random() < 0.7:
            ground = crop(grounds[random.integers(len(grounds))], [], random).convert("RGBA")
        else:
            ground = Image.new("RGBA", (SIZE, SIZE), tuple(random.integers(0, 256, 3).tolist()) + (255,))
        cut = Image.alpha_composite(ground, cut)
    return cut.convert("RGB")


def as_batch(images, device="cpu"):
    """Bytes (N, H, W, 3) to float32 images (N, 3, H, W) in [0, 1], in channels_last order."""
    return torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255


@torch.no_grad()
def ask(teacher, images):
    """What the teacher says about images (N, 3, H, W): a dict from name to tensor, float32."""
    found = activations(teacher, images, [*TEACHER_LAYERS.values(), "classifier"])
    answers = {name: found[layer] for name, layer in TEACHER_LAYERS.items()}
    return answers | {"scores": found["classifier"]}


def build_cache(folder, cache, teacher, crops, seed=0, device="cpu", batch=64, progress=True):
    """Fill the folder `cache` with crops and the teacher's answers, unless it holds just these already.

    Maps are standardized channel by channel, so that each counts alike; their means and deviations are those
    of the whole cache. Returns `load_cache(cache)`.
    """
    cache = Path(cache)
    stamp = {"crops": crops, "seed": seed, "size": SIZE, "layers": TEACHER_LAYERS}
    marker = cache / "cache.json"
    if marker.exists() and json.loads(marker.read_text())["settings"] == stamp:
        return load_cache(cache)
    cache.mkdir(parents=True, exist_ok=True)
    images, held_out, names = gather(folder, crops, seed, progress)
    np.save(cache / "images.npy", images)
    np.save(cache / "held_out.npy", held_out)
    files = {}
    for start in tqdm(range(0, len(images), batch), "teacher", disable=not progress):
        answers = ask(teacher, as_batch(images[start : start + batch], device))
        for name, answer in answers.items():
            if name not in files:
                shape = (len(images), *answer.shape[1:])
                files[name] = np.lib.format.open_memmap(cache / f"{name}.npy", "w+", np.float16, shape)
            files[name][start : start + batch] = answer.cpu().numpy()
    statistics = {}
    for name in TEACHER_LAYERS:
        sample = np.asarray(files[name][:: max(1, len(images) // 2000)], np.float32)
        mean, deviation = sample.mean((0, 2, 3)), sample.std((0, 2, 3)) + 1e-3
        statistics[name] = {"mean": mean.tolist(), "deviation": deviation.tolist()}
    for file in files.values():
        file.flush()
    marker.write_text(json.dumps({"settings": stamp, "pictures": names, "statistics": statistics}))
    return load_cache(cache)


class Cache:
    """Crops and answers on disk; `cache.batch(indices)` reads some of them."""

    def __init__(self, folder):
        folder = Path(folder)
        about = json.loads((folder / "cache.json").read_text())
        self.names, self.statistics = about["pictures"], about["statistics"]
        self.files = {n: np.load(folder / f"{n}.npy", mmap_mode="r") for n in [*TEACHER_LAYERS, "scores"]}
        self.images = np.load(folder / "images.npy", mmap_mode="r")
        held_out = np.load(folder / "held_out.npy")
        self.training, self.held_out = np.flatnonzero(~held_out), np.flatnonzero(held_out)

    def batch(self, indices, device="cpu"):
        """Images (N, 3, 112, 112) in [0, 1] and a dict of answers: standardized maps, and class scores.

        They come in the order in which they lie on the disk, whatever the order of the indices.
        """
        indices = np.sort(indices)
        answers = {}
        for name, file in self.files.items():
            values = torch.from_numpy(file[indices]).to(device).float()
            if name in self.statistics:
                mean, deviation = (
                    torch.tensor(self.statistics[name][key], device=device).view(-1, 1, 1)
                    for key in ("mean", "deviation")
                )
                values = (values - mean) / deviation
            answers[name] = values
        return as_batch(self.images[indices], device), answers


def load_cache(folder):
    """The cache that `build_cache` left in a folder."""
    return Cache(folder)


def distillation_losses(maps, scores, answers, temperature=2.0):
    """How far a student is from its teacher: a dict of scalar losses, one for each of the answers.

    maps:   a dict of the student's maps, each through its adaptor: (N, C, H, W), as the teacher's standardized.
    scores: (N, 1000) before softmax.  answers: from `Cache.batch`.
    The maps' losses are mean squares. That of the scores is T² KL(softmax(t/T) ‖ softmax(s/T)), equation 4's
    setting in Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network".
    """
    losses = {name: F.mse_loss(maps[name].float(), answers[name]) for name in maps}
    soft = F.log_softmax(answers["scores"] / temperature, 1)
    ours = F.log_softmax(scores.float() / temperature, 1)
    losses["scores"] = temperature**2 * F.kl_div(ours, soft, reduction="batchmean", log_target=True)
    return losses

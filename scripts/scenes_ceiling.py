"""How well a supervised network of the bundled model's size tells the classes of scenes apart.

The answer is a ceiling for what probes of frozen features can reach, and shows that the built-in
world can be learned. The network is a U-Net with fewer parameters than the bundled ViT; it is
trained from nothing on pixels with their classes. Needs python3-torch, python3-numpy, python3-pil.

    gramscope scenes --task segmentation --size 112 --train 5000 --test 250 --out scenes-112
    python3 scripts/scenes_ceiling.py scenes-112 --steps 3000
"""
import argparse
import pathlib
import time

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F


def load(folder, split):
    """uint8 pictures [n, side, side, 3] and masks [n, side, side]."""
    names = (folder / "ImageSets" / "Segmentation" / f"{split}.txt").read_text().split()
    read = lambda part, name: np.asarray(Image.open(next((folder / part).glob(f"{name}.*"))))
    pictures = np.stack([read("JPEGImages", name)[..., :3] for name in names])
    masks = np.stack([read("SegmentationClass", name) for name in names])
    return pictures, masks


def block(inputs, outputs):
    layers = []
    for channels in (inputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self, classes, channels):
        super().__init__()
        a, b, c, d = channels
        self.stem = nn.Sequential(nn.Conv2d(3, a, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(a), nn.ReLU(True))
        self.down = nn.ModuleList([block(a, a), block(a, b), block(b, c), block(c, d)])
        self.up = nn.ModuleList([block(d + c, c), block(c + b, b), block(b + a, a)])
        self.classify = nn.Conv2d(a, classes, 1)

    def forward(self, pictures):
        double = lambda x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        x = self.stem(pictures)
        kept = []
        for i, layer in enumerate(self.down):
            x = layer(x if i == 0 else F.max_pool2d(x, 2))
            kept.append(x)
        for layer, skip in zip(self.up, reversed(kept[:-1])):
            x = layer(torch.cat([double(x), skip], 1))
        return double(self.classify(x))


def to_input(pictures):
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


@torch.no_grad()
def mean_iou(network, pictures, masks, classes):
    """Pooled over all pixels; IoU of every class."""
    network.eval()
    counts = torch.zeros(classes * classes)
    for i in range(0, len(pictures), 25):
        found = network(to_input(pictures[i : i + 25])).argmax(1)
        truth = torch.from_numpy(masks[i : i + 25]).long()
        counts += torch.bincount((truth * classes + found).flatten(), minlength=classes**2).float()
    network.train()
    table = counts.reshape(classes, classes)
    hits = table.diag()
    return hits / (table.sum(0) + table.sum(1) - hits).clamp(min=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--channels", type=int, nargs=4, default=[24, 48, 96, 176])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    names = (options.folder / "classes.txt").read_text().split()
    pictures, masks = load(options.folder, "train")
    test = load(options.folder, "val")
    torch.manual_seed(options.seed)
    draws = np.random.default_rng(options.seed)
    network = UNet(len(names), options.channels).to(memory_format=torch.channels_last)
    parameters = sum(p.numel() for p in network.parameters())
    print(f"{parameters} parameters, {len(pictures)} scenes to train on, {len(test[0])} to test", flush=True)

    optimizer = torch.optim.AdamW(network.parameters(), options.rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.rate, total_steps=options.steps + 1, pct_start=0.1)
    started = time.time()
    for step in range(1, options.steps + 1):
        chosen = draws.integers(0, len(pictures), options.batch)
        mirrored = draws.random(options.batch) < 0.5
        flip = lambda x: np.where(mirrored.reshape(-1, *[1] * (x.ndim - 1)), x[:, :, ::-1], x)
        x = to_input(flip(pictures[chosen]))
        x = x * (0.8 + 0.4 * torch.rand(len(x), 1, 1, 1)) + 0.2 * (torch.rand(len(x), 3, 1, 1) - 0.5)
        logits = network(x.contiguous(memory_format=torch.channels_last))
        loss = F.cross_entropy(logits, torch.from_numpy(flip(masks[chosen])).long(), label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 0 or step == options.steps:
            iou = mean_iou(network, *test, len(names))
            each = ", ".join(f"{name} {100 * value:.0f}" for name, value in zip(names, iou))
            print(f"step {step}: loss {loss.item():.3f}, mIoU {100 * iou.mean():.1f} % ({each}), {time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()

"""Exports a DINOv3 ViT with random weights from PyTorch to ONNX, the way a practitioner would.

The peer of `gramscope bench`: the same network, traced by torch.onnx.export, for ONNX Runtime to
run with its own optimisations. Height and width stay open; the caller fixes them when it loads the
model, and feeds the rotary tables. Usage: export_vit.py WIDTH DEPTH HEADS OUT.onnx
"""
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(d, eps=1e-5), nn.LayerNorm(d, eps=1e-5)
        self.q, self.k, self.v = nn.Linear(d, d), nn.Linear(d, d, bias=False), nn.Linear(d, d)
        self.proj, self.up, self.down = nn.Linear(d, d), nn.Linear(d, 4 * d), nn.Linear(4 * d, d)
        self.scale1, self.scale2 = nn.Parameter(torch.ones(d)), nn.Parameter(torch.ones(d))

    def split(self, x):
        b, n, d = x.shape
        return x.reshape(b, n, self.heads, d // self.heads).transpose(1, 2)

    @staticmethod
    def rotate(x, cos, sin):
        a, b = x.chunk(2, -1)
        return x * cos + torch.cat([-b, a], -1) * sin

    def forward(self, x, cos, sin):
        y = self.norm1(x)
        q = self.rotate(self.split(self.q(y)), cos, sin)
        k = self.rotate(self.split(self.k(y)), cos, sin)
        v = self.split(self.v(y))
        attention = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1)
        y = (attention @ v).transpose(1, 2).reshape(x.shape)
        x = x + self.scale1 * self.proj(y)
        return x + self.scale2 * self.down(F.gelu(self.up(self.norm2(x))))


class ViT(nn.Module):
    def __init__(self, d, depth, heads, registers=4):
        super().__init__()
        self.patch = nn.Conv2d(3, d, 16, 16)
        self.prefix = nn.Parameter(torch.randn(1, 1 + registers, d) * 0.02)
        self.blocks = nn.ModuleList([Block(d, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(d, eps=1e-5)

    def forward(self, image, cos, sin):
        prefix = self.prefix.expand(image.shape[0], -1, -1)
        x = torch.cat([prefix, self.patch(image).flatten(2).transpose(1, 2)], 1)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.norm(x)


def main():
    width, depth, heads = map(int, sys.argv[1:4])
    torch.manual_seed(0)
    model = ViT(width, depth, heads).eval()
    table = torch.ones(1 + 4 + 14 * 14, width // heads)
    with torch.no_grad():
        torch.onnx.export(
            model,
            (torch.zeros(1, 3, 224, 224), table, table),
            sys.argv[4],
            input_names=["image", "cos", "sin"],
            output_names=["norm"],
            dynamic_axes={
                "image": {2: "height", 3: "width"},
                "cos": {0: "tokens"},
                "sin": {0: "tokens"},
            },
            opset_version=17,
        )


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""A DINOv3 ViT-S/16 with random weights as a model directory, and PyTorch's own ONNX export of it.

    /usr/bin/python3 scripts/torch_onnx.py FOLDER [--size 224]        (PyTorch 1.13 or later, numpy)
    npm run --silent gramscope -- export --model FOLDER/model --format onnx --out FOLDER/ours --no-parity
    node scripts/compare-onnx.mjs FOLDER/ours/onnx/model.onnx FOLDER/torch.onnx

The network is written as one writes it in PyTorch, after Simeoni et al. 2025 (arXiv:2508.10104). Its
rotary tables are constants of one size of picture, which is to PyTorch's advantage: Gramscope's graph
computes them for any size.
"""

import argparse
import json
import math
import pathlib
import struct

import torch
from torch import nn
from torch.nn import functional as F

WIDTH, DEPTH, HEADS, HIDDEN, PATCH, REGISTERS = 384, 12, 6, 1536, 16, 4


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj = nn.Linear(WIDTH, WIDTH)
        self.k_proj = nn.Linear(WIDTH, WIDTH, bias=False)
        self.v_proj = nn.Linear(WIDTH, WIDTH)
        self.o_proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, cos, sin):
        b, n, d = x.shape

        def split(t):
            return t.reshape(b, n, HEADS, d // HEADS).transpose(1, 2)

        def turned(t):
            first, second = t.chunk(2, dim=-1)
            return t * cos + torch.cat([-second, first], dim=-1) * sin

        q, k, v = split(self.q_proj(x)), split(self.k_proj(x)), split(self.v_proj(x))
        scores = turned(q) @ turned(k).transpose(-2, -1) / math.sqrt(d // HEADS)
        mixed = scores.softmax(dim=-1) @ v
        return self.o_proj(mixed.transpose(1, 2).reshape(b, n, d))


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.lambda1 = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return x * self.lambda1


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.up_proj = nn.Linear(WIDTH, HIDDEN)
        self.down_proj = nn.Linear(HIDDEN, WIDTH)

    def forward(self, x):
        return self.down_proj(F.gelu(self.up_proj(x)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-5)
        self.attention = Attention()
        self.layer_scale1 = Scale()
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-5)
        self.mlp = FeedForward()
        self.layer_scale2 = Scale()

    def forward(self, x, cos, sin):
        x = x + self.layer_scale1(self.attention(self.norm1(x), cos, sin))
        return x + self.layer_scale2(self.mlp(self.norm2(x)))


class Embeddings(nn.Module):
    def __init__(self):
        super().__init__()
        self.cls_token = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.mask_token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.register_tokens = nn.Parameter(torch.randn(1, REGISTERS, WIDTH))
        self.patch_embeddings = nn.Conv2d(3, WIDTH, PATCH, PATCH)

    def forward(self, image):
        patches = self.patch_embeddings(image).flatten(2).transpose(1, 2)
        b = image.shape[0]
        prefix = torch.cat([self.cls_token, self.register_tokens], dim=1)
        return torch.cat([prefix.expand(b, -1, -1), patches], dim=1)


class Vit(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.embeddings = Embeddings()
        self.layer = nn.ModuleList(Block() for _ in range(DEPTH))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-5)
        cos, sin = rope(size // PATCH)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, pixel_values):
        x = self.embeddings(pixel_values)
        for block in self.layer:
            x = block(x, self.cos, self.sin)
        return self.norm(x)


def rope(side, base=100.0):
    """cos and sin [1 + registers + side * side, d_head]; CLS and registers are not rotated."""
    d_head = WIDTH // HEADS
    periods = base ** (4 * torch.arange(d_head // 4, dtype=torch.float32) / d_head)
    centres = 2 * (torch.arange(side) + 0.5) / side - 1
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    places = torch.stack([y.flatten(), x.flatten()], dim=1)
    angles = (2 * math.pi * places[:, :, None] / periods).flatten(1).tile(2)
    still = torch.zeros(1 + REGISTERS, d_head)
    angles = torch.cat([still, angles])
    return angles.cos(), angles.sin()


def write_model(folder, model):
    """As save_pretrained of transformers' DINOv3ViTModel."""
    config = dict(
        model_type="dinov3_vit",
        hidden_size=WIDTH,
        intermediate_size=HIDDEN,
        num_hidden_layers=DEPTH,
        num_attention_heads=HEADS,
        num_register_tokens=REGISTERS,
        patch_size=PATCH,
        gramscope=dict(name="random ViT-S/16", trained=False),
    )
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    header, parts, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in model.state_dict().items():
        data = tensor.contiguous().numpy().tobytes()
        span = [offset, offset + len(data)]
        header[name] = dict(dtype="F32", shape=list(tensor.shape), data_offsets=span)
        parts.append(data)
        offset = span[1]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    bytes_ = struct.pack("<Q", len(text)) + text + b"".join(parts)
    (folder / "model.safetensors").write_bytes(bytes_)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("folder", type=pathlib.Path, help="new")
    arguments.add_argument("--size", type=int, default=224, help="side of the pictures in pixels")
    wish = arguments.parse_args()
    torch.manual_seed(0)
    model = Vit(wish.size).eval()
    write_model(wish.folder / "model", model)
    torch.onnx.export(
        model,
        torch.randn(1, 3, wish.size, wish.size),
        str(wish.folder / "torch.onnx"),
        opset_version=17,
        do_constant_folding=True,
        input_names=["pixel_values"],
        output_names=["last_hidden_state"],
        dynamic_axes={"pixel_values": {0: "batch"}, "last_hidden_state": {0: "batch"}},
    )

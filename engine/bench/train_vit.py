"""Times training steps of the network of export_vit.py in PyTorch: forward, backward and AdamW.

The peer of `gramscope bench train`. Usage: train_vit.py WIDTH DEPTH HEADS SIDE BATCH RUNS THREADS
Prints one JSON object: PyTorch's version and the milliseconds of each step after the first.
"""
import json
import sys
import time

import torch
from export_vit import ViT


def main():
    width, depth, heads, side, batch, runs, threads = map(int, sys.argv[1:8])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = ViT(width, depth, heads)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    image = torch.randn(batch, 3, side, side)
    table = torch.ones(1 + 4 + (side // 16) ** 2, width // heads)

    def step():
        loss = model(image, table, table).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    step()
    ms = []
    for _ in range(runs):
        start = time.perf_counter()
        step()
        ms.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"torch": torch.__version__, "ms": ms}))


if __name__ == "__main__":
    main()

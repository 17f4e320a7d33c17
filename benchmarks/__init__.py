"""Speed and accuracy beside PyTorch: `python -m benchmarks`, `python -m benchmarks.accuracy`."""

"""The process that computes: device, threads, memory, signals, random numbers, precision."""

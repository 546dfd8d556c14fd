"""The global random number generators: their states, kept and set again, and their seeds."""

from __future__ import annotations

import random

import numpy as np
import torch

from getdsl.runs.run_folder.records import RandomStates, TrainingState


def random_states() -> RandomStates:
    """The states of torch's, numpy's and Python's global generators, as plain values."""
    name, keys, position, has_gauss, gauss = np.random.get_state()
    version, internal, gauss_next = random.getstate()
    states: RandomStates = {
        "torch": torch.get_rng_state(),
        "numpy": [name, torch.from_numpy(np.asarray(keys, dtype=np.int64)), position, has_gauss, gauss],
        "python": [version, list(internal), gauss_next],
    }
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state_all()
    return states


def set_random_states(states: RandomStates) -> None:
    name, keys, position, has_gauss, gauss = states["numpy"]
    version, internal, gauss_next = states["python"]
    torch.set_rng_state(states["torch"])
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, gauss))
    random.setstate((version, tuple(internal), gauss_next))
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])


def go_on_from(training: TrainingState, seed: int, epoch: int, rank: int) -> None:
    """The generators of a process as they were; one that was not there then begins anew."""
    states = [training["random"], *training.get("random_of_others", ())]
    if rank < len(states):
        set_random_states(states[rank])
    else:
        seed_all(seed, epoch, rank)


def seed_all(seed: int, epoch: int, rank: int = 0) -> None:
    """Seeds the global generators for one epoch, so that it does not depend on those before it.

    The process of rank 0 has the numbers of one that trains alone, the others have each their own.
    """
    first, second, third = np.random.SeedSequence([seed, epoch, rank]).generate_state(3)
    torch.manual_seed(int(first))
    np.random.seed(int(second))
    random.seed(int(third))

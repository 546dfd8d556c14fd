"""Genomes that are made of one: sources that `genome = …` calls."""

"""What all commands on a model share: its spec, weights and data, and how they are carried out."""

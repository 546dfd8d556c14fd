"""What files of motifs have in common, and the formats beside MEME's own."""

"""A model as a picture: boxes, edges, what folds; and a file for each format."""

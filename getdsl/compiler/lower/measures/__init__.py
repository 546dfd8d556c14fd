"""What is measured of predictions, from batches that are added one by one; torchmetrics has the formulas."""

"""Several processes that train or measure one model together: how they start, agree, and end."""

"""What a pass over a split shows of each term of the loss, gathered batch by batch in bounded memory."""

"""Data: batches of samples, in an order that can be taken up again."""

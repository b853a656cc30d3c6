"""Sparse dictionaries: autoencoders and transcoders, their training, their judges, their files."""

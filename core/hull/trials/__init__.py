"""Tries: this machine's own files copy-on-write, told apart, kept in one transaction, undone.

A try is a container whose root file system is the host's, or an image's, under an upper directory that mirrors `/`.
"""

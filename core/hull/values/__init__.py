"""Values in and out of a container: one parcel each way, in memory that both sides map.

`inside` is the format and the program that runs in the container; `exchange` is this side.
"""

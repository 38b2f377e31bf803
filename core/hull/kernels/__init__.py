"""A Jupyter kernel whose process is a container: its kernelspec, the packages it may lack, its sockets.

`hull kernel install` writes a kernelspec whose argv is `hull kernel start … -f {connection_file}`. Jupyter talks to the
kernel by unix sockets in a directory of its own (the provisioner chooses it); whoever knows no provisioner and asks for
TCP gets a relay on the loopback. The kernel sees the same sockets in either case and needs no network.
"""

#!/bin/sh
# An install script from nowhere: it changes a copy; look, keep half, undo
mkdir -p ~/notes && echo "buy milk" >~/notes/today

# It sees this machine, root's files too; the machine stays as it is
hull try --name setup sh try/install.sh
cat ~/notes/today

# What it would have done
hull diff setup
hull diff setup -p --path ~/.profile

# Half of it is wanted
hull keep setup ~/.local/share/greet
~/.local/share/greet/greet && cat ~/notes/today

# Not even that
hull undo
ls ~/.local/share/greet || hull drop setup

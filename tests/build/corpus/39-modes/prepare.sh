chmod 600 tight; chmod 444 ro; chmod 700 dir; chmod 755 script.sh

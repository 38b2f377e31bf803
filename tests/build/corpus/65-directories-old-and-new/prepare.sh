chmod 750 d; chmod 770 d/sub; chmod 700 d/sub/deep

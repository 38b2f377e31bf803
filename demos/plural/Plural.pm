package Plural;

sub of {
    my ($count, $word) = @_;
    return "$count $word" if $count == 1;
    $word =~ s/(?<=s|x|z)$/e/;
    return "$count ${word}s";
}

1;

# The package's own test: it says what it ran on.
set -e
perl -e 'require "./Plural.pm"; for (["1 box", 1, "box"], ["3 boxes", 3, "box"], ["2 hulls", 2, "hull"]) {
    my ($wanted, @given) = @$_; my $got = Plural::of(@given); $got eq $wanted or die "$got is not $wanted\n" }'
. /etc/os-release
echo "$PRETTY_NAME, perl $(perl -e 'printf "%vd", $^V')"

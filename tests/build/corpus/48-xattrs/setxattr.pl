use POSIX ();
my ($path, $name, $value) = @ARGV;
my $number = (POSIX::uname())[4] eq 'x86_64' ? 188 : 5;
syscall($number, $path, $name, $value, length $value, 0) == 0 or die "$path: $!";

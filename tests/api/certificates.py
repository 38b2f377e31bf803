"""Certificates of an authority of the test's own."""

import subprocess
from typing import NamedTuple


class Certificates(NamedTuple):
    """Where they are: ca.pem; cert.pem and key.pem of the server; stranger-*.pem of another authority's client."""

    home: str

    @classmethod
    def make(cls, home: str) -> "Certificates":
        made = cls(home)
        with open(f"{home}/names", "w") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        for prefix, authority in (("", "ca"), ("stranger-", "stranger-ca")):
            made._request("-x509", "-days", "2", subject=authority, key=f"{authority}-key", out=authority)
            made._request(subject="localhost", key=f"{prefix}key", out="request")
            signer = ("-CA", f"{authority}.pem", "-CAkey", f"{authority}-key.pem", "-CAcreateserial")
            made._openssl("x509", "-req", "-in", "request.pem", *signer, "-days", "2", "-extfile", "names",
                          "-out", f"{prefix}cert.pem")  # fmt: skip
        return made

    def file(self, name: str) -> str:
        return f"{self.home}/{name}.pem"

    def _request(self, *words: str, subject: str, key: str, out: str) -> None:
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        self._openssl("req", *curve, *words, "-subj", f"/CN={subject}", "-keyout", f"{key}.pem", "-out", f"{out}.pem")

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.home, check=True, capture_output=True)

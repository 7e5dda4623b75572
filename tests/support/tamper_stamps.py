"""Time stamps (RFC 3161) by OpenSSL's own responder."""
import os
import subprocess

from tamper import packed, reissued
from verify_case import canonical


class Responder:
    """OpenSSL's own responder, under an authority of its own."""

    def __init__(self, folder):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.ca = self.path("ca.pem")
        with open(self.path("ts.conf"), "w") as out:
            out.write("[tsa]\ndefault_tsa = one\n[one]\nserial = " + self.path("serial")
                      + "\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256\n"
                      "ess_cert_id_alg = sha256\n[stamp]\nextendedKeyUsage = critical,timeStamping\n")
        with open(self.path("serial"), "w") as out:
            out.write("01\n")
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path("ca.key"),
                 "-out", self.ca, "-subj", "/CN=Authority", "-days", "3650")
        self.run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path("one.key"), "-out",
                 self.path("one.csr"), "-subj", "/CN=Responder")
        self.run("x509", "-req", "-in", self.path("one.csr"), "-CA", self.ca, "-CAkey",
                 self.path("ca.key"), "-CAcreateserial", "-days", "3650", "-extfile",
                 self.path("ts.conf"), "-extensions", "stamp", "-out", self.path("one.pem"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def stamp(self, digest):
        self.run("ts", "-query", "-digest", digest, "-sha256", "-cert", "-out", self.path("q"))
        self.run("ts", "-reply", "-config", self.path("ts.conf"), "-queryfile", self.path("q"),
                 "-signer", self.path("one.pem"), "-inkey", self.path("one.key"), "-out", self.path("r"))
        with open(self.path("r"), "rb") as file:
            return file.read()


def stamped(whole, response, segment):
    """The bundle with a stamp over one of its heads, sealed like the rest."""
    anchors = {"anchors": [{"kind": "time_stamp", "name": "tsa", "segment": segment,
                            "time": "2026-11-01T00:00:00.000Z"}]}
    files = {**whole.files, f"anchors/{segment:06d}.tsr": response,
             "anchors.json": (canonical(anchors) + "\n").encode()}
    return packed(reissued(files, whole.key))

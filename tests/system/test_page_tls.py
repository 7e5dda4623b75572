"""The page over TLS: modern encryption alone, a certificate told of in time, a key that is refused by its name."""
import ctypes
import os
import socket
import ssl
import stat
import subprocess

import pytest
from page import Line, Page

PIDFD_GETFD = 438


def certificate(folder, name="localhost", days=90):
    paths = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", paths[1], "-out", paths[0], "-days", str(days), "-subj", "/CN=" + name,
                    "-addext", "subjectAltName=DNS:" + name + ",IP:127.0.0.1"], check=True, capture_output=True)
    os.chmod(paths[1], 0o600)
    return paths


@pytest.fixture
def encrypted(town):
    chain, key = certificate(town.folder)
    town.device(port=1)
    return Page(town, certificate=chain, key_file=key)


def cipher(page, *options):
    """What openssl and the page agree on; None: nothing."""
    said = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{page.port}", *options],
                          input="", capture_output=True, text=True, timeout=20).stdout
    words = [line.split("Cipher is ")[1] for line in said.splitlines() if "Cipher is " in line]
    return words[0] if words and words[0] != "(NONE)" else None


def test_only_modern_encryption_is_spoken(town, encrypted):
    town.start()
    page = encrypted.wait()
    assert page.get("/").headers["Strict-Transport-Security"].startswith("max-age=")
    assert cipher(page, "-tls1_3").startswith("TLS_")
    assert cipher(page, "-tls1_2") == "ECDHE-ECDSA-AES256-GCM-SHA384"
    weak = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
    assert cipher(page, "-tls1", "-cipher", weak) is None
    assert cipher(page, "-tls1_1", "-cipher", weak) is None
    for one in ("ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256", "AES256-SHA",
                "ECDHE-ECDSA-AES256-CCM8", "NULL-SHA256", "AECDH-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"):
        assert cipher(page, "-tls1_2", "-cipher", one + ":@SECLEVEL=0") is None, one
    plain = Line(page)
    assert plain.good().answer() is None  # what is not encrypted gets no answer
    context = ssl.create_default_context(cafile=town.settings["page"]["certificate"])
    with socket.create_connection(("127.0.0.1", page.port)) as line:
        with context.wrap_socket(line, server_hostname="localhost") as safe:
            assert safe.version() == "TLSv1.3"


def has_no_delay(pid, port):
    """Whether what listens there, and so each of its connections, sends without waiting for the other side."""
    with open(os.pidfd_open(pid)) as process:
        for number in os.listdir(f"/proc/{pid}/fd"):
            fd = ctypes.CDLL(None).syscall(PIDFD_GETFD, process.fileno(), int(number), 0)
            if fd < 0:
                continue
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.close(fd)
                continue
            with socket.socket(fileno=fd) as one:
                if one.family == socket.AF_INET and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) \
                        and one.getsockname()[1] == port:
                    return one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
    raise AssertionError(f"nothing listens at {port}")


def test_a_handshake_takes_browsers_one_round_trip(town, encrypted):
    town.start()
    page = encrypted.wait()
    said = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{page.port}", "-msg", "-groups", "X25519:P-256"],
                          input="", capture_output=True, text=True, timeout=20).stdout
    assert said.count(", ClientHello") == 1, said  # a share for X25519 is all they send, or the first of two
    assert has_no_delay(town.running.pid, page.port)
    for other in ("P-256", "P-384"):
        assert cipher(page, "-tls1_3", "-groups", other) is not None


def test_a_certificate_that_ends_soon_is_said_in_time(town, encrypted):
    town.start()
    encrypted.wait()
    assert not [one for one in town.ask("status")["notices"] if one["id"] == "certificate"]
    town.stop()
    chain = certificate(town.folder, days=20)[0]
    town.start()
    encrypted.wait()
    town.wait(lambda: [one for one in town.ask("status")["notices"] if one["id"] == "certificate"
                       and chain in one["text"]], 10, "the notice of the certificate")


def test_who_is_added_is_told_to_open_a_name_of_the_certificate(town, encrypted):
    """The address to listen at may be none to open: 0.0.0.0."""
    told = town.write().command("user", "add", "li", "--role", "reader").stdout
    assert f"https://NAME-IN-THE-CERTIFICATE:{encrypted.port}/" in told and town.settings["page"]["listen"] not in told


def test_a_key_that_will_not_do_is_refused_by_its_name(town, encrypted):
    settings = town.settings["page"]
    key, chain = settings["key_file"], settings["certificate"]

    def refused(*words, by=("check", "run")):
        for command in by:
            answer = town.write().command(command)
            assert answer.returncode == 2, answer
            assert all(word in answer.stderr for word in words), answer.stderr
    os.chmod(key, 0o644)
    refused(key, "chmod 0600")
    os.chmod(key, 0o600)
    other_chain, other_key = certificate(town.folder, "other")
    settings["key_file"] = other_key
    refused(other_key, chain)
    settings["key_file"] = key
    settings["certificate"] = key
    refused(key)
    settings["certificate"] = os.path.join(town.folder, "nowhere.pem")
    refused("nowhere.pem", by=["run"])
    noted = town.command("check")
    assert noted.returncode == 0 and "nowhere.pem" in noted.stdout, noted

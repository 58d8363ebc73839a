"""SendEmailTask and what a mail server can do: TLS, log in, refuse, be busy, break off."""
import pytest
from smtp import SmtpStandIn


def use(conf, server, **keys):
    """Sends through another stand-in, by TLS."""
    scheme = keys.pop("scheme", "smtp")
    conf.remove("service post")
    conf.section("service post", type="smtp", root=f"{scheme}://localhost:{server.port}", **{"from": "zaken@example.nl"}, **keys)


@pytest.fixture
def secure(mailer, conf, tmp_path):
    """Starts a stand-in that speaks TLS, makes the unit use it, and gives back the mailer."""
    servers = []

    def start(how, trusted=True, password="geheim", **keys):
        server = SmtpStandIn(user="bptl", password="geheim", **{how: True}).start()
        servers.append(server)
        secret = tmp_path / "password"
        secret.touch(mode=0o600)
        secret.write_text(password)
        if trusted:
            keys["ca_file"] = server.ca_file
        use(conf, server, user="bptl", password_file=secret, **keys)
        mailer.server = server
        return mailer

    yield start
    for server in servers:
        server.stop()


def test_starttls_and_log_in(secure):
    mail = secure("starttls", starttls="required").sent()
    assert mail["tls"] is True and mail["user"] == "bptl"


def test_tls_from_the_start_and_log_in(secure):
    mail = secure("tls", scheme="smtps").sent()
    assert mail["user"] == "bptl"


@pytest.mark.parametrize("how, keys", [("starttls", {"starttls": "required"}), ("tls", {"scheme": "smtps"})])
def test_a_certificate_that_is_not_trusted_ends_it_before_the_password(secure, how, keys):
    mailer = secure(how, trusted=False, **keys)
    assert "certificate" in mailer.failed()
    assert mailer.server.attempts == 0


def test_a_wrong_password_is_refused_for_good(secure):
    mailer = secure("starttls", password="helemaal-fout", starttls="required")
    message = mailer.failed()
    assert "535" in message and "helemaal-fout" not in message


def test_starttls_that_is_not_offered_is_an_error(mailer, conf):
    with SmtpStandIn() as mailer.server:
        use(conf, mailer.server, starttls="required")
        assert "STARTTLS" in mailer.failed()


def test_a_busy_server_is_tried_again(mailer):
    assert "451" in mailer.failed("receiver.email", "later@example.org", permanent=False)


def test_a_refused_receiver_is_for_good(mailer):
    assert "550" in mailer.failed("receiver.email", "refuse@example.org")


def test_an_answer_that_never_came_is_reported_and_not_repeated(mailer, smtp):
    outcome = mailer("receiver.email", "drop@example.org")
    assert outcome["outcome"] == "failed" and outcome["permanent"] is True
    assert len(smtp.mails) == 1 and smtp.mails[0]["message_id"].strip("<>") in outcome["message"]


def test_no_server_is_tried_again(mailer, conf):
    with SmtpStandIn() as dead:
        pass
    use(conf, dead, starttls="off")
    assert "localhost" in mailer.failed(permanent=False)

/* test_broken.c: broken configurations, each with every problem that must be shown, and no other, word for word.
 * Long because it is tables: a row is a broken file and what is said of it. */
#include "check.h"

#include "folder.h"

struct row {
	const char *ini;      /* a.ini */
	const char *expected; /* one problem a line */
};

/* What most rows can lean on: b.ini. */
static const char base[] = "[engine main]\n"
			   "url = http://127.0.0.1:8080/engine-rest\n"
			   "[plugin zgw]\n"
			   "[service zaken]\n"
			   "type = zrc\n"
			   "root = https://api.example/zaken/\n"
			   "client_id = bptl\n"
			   "secret_file = word\n"
			   "[service archief]\n"
			   "type = zrc\n"
			   "root = https://api.example/archief/\n"
			   "auth = none\n"
			   "[service objecten]\n"
			   "type = orc\n"
			   "root = https://api.example/objecten/\n"
			   "auth = api_key\n"
			   "header = Authorization\n"
			   "value_file = word\n";

#define KINDS "[host], [engine NAME], [service NAME], [app NAME], [plugin NAME] or [topic NAME]\n"
#define SHAPE "expected key = value, [section], or a comment that begins with ; or #\n"
#define DURATION "expected a duration such as 30s, 500ms, 5m, 1h or 7d\n"
#define CLEAR "credentials would go over the network in the clear: use TLS (https), or say allow_plain = yes\n"
#define API "[service x]\ntype = ztc\nroot = https://api.example/\n"
#define OPEN API "auth = none\n"
#define SMTP "[service x]\ntype = smtp\nroot = smtp://mail.example\nfrom = a@example.org\n"
#define ENGINE "[engine x]\nurl = https://engine.example/\n"
#define TOPIC "[topic t]\nunit = zgw.X\nengine = main\n"
#define APP "[app zac]\nid = https://ac.example/1\n"

/* The form of the files. */
static const struct row form[] = {
	{"[hots]\n", "a.ini:1: unknown section \"hots\": did you mean host? expected " KINDS},
	{"[Host]\n", "a.ini:1: unknown section \"Host\": did you mean host? expected " KINDS},
	{"[]\n", "a.ini:1: unknown section \"\": expected " KINDS},
	{"[database x]\nkey = 1\n", "a.ini:1: unknown section \"database\": expected " KINDS},
	{"[host x]\n", "a.ini:1: section [host] takes no name: write [host]\n"},
	{"\n[engine]\n", "a.ini:2: section [engine] has no name: expected [engine NAME]\n"},
	{"[topic  ]\nunit = zgw.X\n", "a.ini:1: section [topic] has no name: expected [topic NAME]\n"},
	{"[topic a b]\n",
	 "a.ini:1: the section's name \"a b\" holds other characters than letters, digits, . _ and -\n"},
	{"[plugin ../zgw]\n",
	 "a.ini:1: the section's name \"../zgw\" holds other characters than letters, digits, . _ and -\n"},
	{"[plugin zgw.2]\n",
	 "a.ini:1: [plugin zgw.2]: the name of a plugin has no dot, for in unit = plugin.Unit the dot ends it\n"},
	{"[host\nworkers = 1\n", "a.ini:1: the section's ] is missing: expected [KIND NAME]\n"},
	{"[host] ; ours\n", "a.ini:1: there is text behind the section's ]: put it on a line of its own\n"},
	{"[host]\nworkers 4\n", "a.ini:2: the line has no \"=\": " SHAPE},
	{"[host]\nworkers: 4\n", "a.ini:2: the line has no \"=\": " SHAPE},
	{"[host]\nstate = x\n  more\n", "a.ini:3: the line has no \"=\": " SHAPE},
	{"[host]\nstate: x = y\n",
	 "a.ini:2: the key \"state: x\" holds other characters than letters, digits, . _ and -\n"},
	{"[host]\nwork ers = 4\n",
	 "a.ini:2: the key \"work ers\" holds other characters than letters, digits, . _ and -\n"},
	{"[host]\n= 4\n", "a.ini:2: there is no key before the \"=\": expected key = value\n"},
	{"workers = 4\n[host]\n",
	 "a.ini:1: the key \"workers\" stands before the first section: put a line such as [host] above it\n"},
	{"words\n", "a.ini:1: the line has no \"=\": " SHAPE},
	{"[host]\nworkers =\n",
	 "a.ini:2: workers has an empty value: give one, or leave the line out for the default\n"},
	{"[engine x]\nurl = \n", "a.ini:2: url has an empty value: give one, or leave the line out for the default\n"},
	{"[host]\nworkers = 4\nlog = json\nworkers = 5\n", "a.ini:4: the key workers was given in line 2 already\n"},
	{"[host]\n[engine x]\ntype = local\n[host]\nworkers = 0\n",
	 "a.ini:4: section [host] was given before (a.ini:1)\n"},
	{"[host]\nstate = a\1b\n", "a.ini:2: the line holds a control character (0x01): expected text\n"},
	{"[host]\nstate = a\rb\n", "a.ini:2: the line holds a control character (0x0d): expected text\n"},
	{"[host]\nstate = caf\xe9\n", "a.ini:2: the line is not valid UTF-8: save the file as UTF-8\n"},
	{"; caf\xe9\n", "a.ini:1: the line is not valid UTF-8: save the file as UTF-8\n"},
};

static const struct row host[] = {
	{"[host]\nworker = 4\n", "a.ini:2: worker: unknown key in [host]: did you mean workers?\n"},
	{"[host]\nzzz = 4\n", "a.ini:2: zzz: unknown key in [host]\n"},
	{"[host]\nworkers = 0\n", "a.ini:2: workers = 0: at least 1\n"},
	{"[host]\nworkers = 1001\n", "a.ini:2: workers = 1001: at most 1000\n"},
	{"[host]\nworkers = many\n", "a.ini:2: workers = many: expected a whole number of 1 to 1000\n"},
	{"[host]\nworkers = 4.5\n", "a.ini:2: workers = 4.5: expected a whole number of 1 to 1000\n"},
	{"[host]\nworkers = -\n", "a.ini:2: workers = -: expected a whole number of 1 to 1000\n"},
	{"[host]\nworkers = 99999999999999999999\n", "a.ini:2: workers = 99999999999999999999: at most 1000\n"},
	{"[host]\ndrain = 2h\n", "a.ini:2: drain = 2h: at most 1h\n"},
	{"[host]\ndrain = 5x\n", "a.ini:2: drain = 5x: " DURATION},
	{"[host]\ndrain = s\n", "a.ini:2: drain = s: " DURATION},
	{"[host]\ndrain = -1s\n", "a.ini:2: drain = -1s: " DURATION},
	{"[host]\ndrain = 9223372036854775807d\n", "a.ini:2: drain = 9223372036854775807d: " DURATION},
	{"[host]\ndrain = 99999999999999999999\n", "a.ini:2: drain = 99999999999999999999: " DURATION},
	{"[host]\nlog = xml\n", "a.ini:2: log = xml: expected logfmt or json\n"},
	{"[host]\nlog_level = loud\n", "a.ini:2: log_level = loud: expected trace, debug, info, warning or error\n"},
	{"[host]\nworker_id = a b\n", "a.ini:2: worker_id = a b: expected at most 64 letters, digits, . _ : or -\n"},
	{"[host]\nlisten = localhost:80\n", "a.ini:2: listen = localhost:80: expected an address and a port as "
					    "numbers: 127.0.0.1:8080 for this machine alone, "
					    "0.0.0.0:8080 for all, [::1]:8080 for IPv6\n"},
	{"[host]\nunknown_app = maybe\n", "a.ini:2: unknown_app = maybe: expected default or refuse\n"},
	{"[host]\ncallback_allow = https://a.example/ https://a.example/\n",
	 "a.ini:2: callback_allow = https://a.example/ https://a.example/: https://a.example/ stands in the list "
	 "twice\n"},
	{"[host]\nsecret = hush\n",
	 "a.ini:2: secret: a secret has no place in an INI file: put it in a file, mode 0600, "
	 "and name it with secret_file\n"},
};

static const struct row engine[] = {
	{"[engine x]\ntype = flowable\n", "a.ini:1: [engine x] url is missing: expected the root of the engine's REST "
					  "interface, such as https://engine/engine-rest/\n"
					  "a.ini:2: type = flowable: expected camunda or local\n"},
	{ENGINE "auth = zgw\n", "a.ini:3: auth = zgw: expected none, basic, bearer or oauth2\n"},
	{ENGINE "auth = basic\n", "a.ini:1: [engine x] user is missing: expected the name of the user\n"
				  "a.ini:1: [engine x] password_file is missing: expected the path of a file with the "
				  "password (or password_credential or password_env)\n"},
	{ENGINE "auth = basic\nuser = a:b\npassword_file = word\n",
	 "a.ini:4: user = a:b: a user name with a colon cannot be sent\n"},
	{ENGINE "auth = basic\nuser = a\npassword = hush\n",
	 "a.ini:5: password: a secret has no place in an INI file: put it in a file, mode 0600, and name it with "
	 "password_file\n"},
	{ENGINE "auth = bearer\n",
	 "a.ini:1: [engine x] token_file is missing: expected the path of a file with the token "
	 "(or token_credential or token_env)\n"},
	{ENGINE "auth = bearer\ntoken = hush\n",
	 "a.ini:4: token: a secret has no place in an INI file: put it in a file, mode 0600, and name it with "
	 "token_file\n"},
	{ENGINE "user = bptl\n", "a.ini:3: user: has no meaning with type = camunda and auth = none: leave it out\n"},
	{"[engine x]\ntype = local\nurl = https://engine.example/\n",
	 "a.ini:3: url: has no meaning with type = local: leave it out\n"},
	{ENGINE "database = x.db\n",
	 "a.ini:3: database: has no meaning with type = camunda and auth = none: leave it out\n"},
	{"[engine x]\nurl = http://engine.example/\nauth = bearer\ntoken_file = word\n", "a.ini:2: url: " CLEAR},
	{ENGINE "auth = oauth2\nclient_id = a\nsecret_file = word\ntoken_url = http://login.example/token\n",
	 "a.ini:6: token_url: " CLEAR},
	{ENGINE "auth = oauth2\nclient_id = a\nsecret_file = word\n",
	 "a.ini:1: [engine x] token_url is missing: expected the URL where tokens are given out\n"},
	{ENGINE "long_poll = 31m\n", "a.ini:3: long_poll = 31m: at most 30m\n"},
	{ENGINE "max_tasks = -1\n", "a.ini:3: max_tasks = -1: at least 0\n"},
	{ENGINE "use_priority = perhaps\n", "a.ini:3: use_priority = perhaps: expected yes or no\n"},
	{ENGINE "order = random\n", "a.ini:3: order = random: expected asc or desc\n"},
	{ENGINE "longpoll = 3s\n", "a.ini:3: longpoll: unknown key in [engine x]: did you mean long_poll?\n"},
	{"[engine main]\ntype = local\n", "b.ini:1: section [engine main] was given before (a.ini:1)\n"},
};

static const struct row service[] = {
	{"[service x]\n", "a.ini:1: [service x] type is missing: expected one of zrc, ztc, drc, brc, ac, nrc, cmc, kc, "
			  "vrc, orc and smtp\n"},
	{"[service x]\ntype = zrd\nroot = https://a.example/\n",
	 "a.ini:2: type = zrd: expected zrc, ztc, drc, brc, ac, nrc, cmc, kc, vrc, orc or smtp\n"},
	{"[service x]\ntype = ztc\nauth = none\n",
	 "a.ini:1: [service x] root is missing: expected the root of the API, such as https://host/zaken/api/v1/\n"},
	{API, "a.ini:1: [service x] client_id is missing: expected the name under which the service knows bptl\n"
	      "a.ini:1: [service x] secret_file is missing: expected the path of a file with the secret (or "
	      "secret_credential or secret_env)\n"},
	{API "clientid = a\nsecret_file = word\n",
	 "a.ini:1: [service x] client_id is missing: expected the name under which the service knows bptl\n"
	 "a.ini:4: clientid: unknown key in [service x]: did you mean client_id?\n"},
	{API "client_id = a\nsecret = hush\n",
	 "a.ini:5: secret: a secret has no place in an INI file: put it in a file, mode 0600, and name it with "
	 "secret_file\n"},
	{API "auth = api_key\nheader = X-Api-Key\nvalue = hush\n",
	 "a.ini:6: value: a secret has no place in an INI file: put it in a file, mode 0600, and name it with "
	 "value_file\n"},
	{API "auth = api_key\nvalue_file = word\n",
	 "a.ini:1: [service x] header is missing: expected the name of the header that carries the value, such as "
	 "Authorization or X-Api-Key\n"},
	{API "auth = api_key\nheader = X Key\nvalue_file = word\n",
	 "a.ini:5: header = X Key: expected the name of a header\n"},
	{API "auth = basic\nuser = a\n",
	 "a.ini:1: [service x] password_file is missing: expected the path of a file with the password (or "
	 "password_credential or password_env)\n"},
	{API "auth = jwt\nclient_id = a\nsecret_file = word\n",
	 "a.ini:4: auth = jwt: expected zgw, api_key, oauth2, basic or none\n"},
	{OPEN "client_id = a\n", "a.ini:5: client_id: has no meaning with type = ztc and auth = none: leave it out\n"},
	{OPEN "starttls = off\n", "a.ini:5: starttls: has no meaning with type = ztc and auth = none: leave it out\n"},
	{OPEN "timeout = 11m\n", "a.ini:5: timeout = 11m: at most 10m\n"},
	{OPEN "timeout = 50ms\n", "a.ini:5: timeout = 50ms: at least 100ms\n"},
	{API "client_id = a\nsecret_file = word\ntoken_leeway = 6m\n", "a.ini:6: token_leeway = 6m: at most 5m\n"},
	{"[service x]\ntype = ztc\nroot = http://api.example/\nclient_id = a\nsecret_file = word\n",
	 "a.ini:3: root: " CLEAR},
	{"[service x]\ntype = ztc\nroot = http://127.0.0.1.example/\nclient_id = a\nsecret_file = word\n",
	 "a.ini:3: root: " CLEAR},
	{"[service x]\ntype = ztc\nroot = http://api.example/\nclient_id = a\nsecret_file = word\nallow_plain = no\n",
	 "a.ini:3: root: " CLEAR},
	{"[service x]\ntype = ztc\nroot = http://api.example/\nauth = none\nca_file = cert.pem\n",
	 "a.ini:5: ca_file: an http:// address does not use TLS: leave this out, or use TLS\n"},
	{OPEN "client_cert = cert.pem\n",
	 "a.ini:5: client_cert: client_key is missing: name the file with its private key\n"},
	{OPEN "client_key = word\n",
	 "a.ini:5: client_key: client_cert is missing: name the file with its certificate\n"},
	{OPEN "client_cert = cert.pem\nclient_key = cert.pem\n",
	 "a.ini:6: client_key: cert.pem has mode 0644: group or others can read or write it: chmod 0600 it, owned by "
	 "the "
	 "user that bptl runs as\n"},
	{OPEN "ca_file = none.pem\n",
	 "a.ini:5: ca_file: none.pem cannot be read: is it there, and may the user of bptl read it?\n"},
	{"[service x]\ntype = smtp\nroot = smtp://mail.example\n",
	 "a.ini:1: [service x] from is missing: expected the address that mails come from\n"},
	{"[service x]\ntype = smtp\nfrom = a@example.org\n",
	 "a.ini:1: [service x] root is missing: expected the mail server, such as smtp://mail.example:587 or "
	 "smtps://mail.example\n"},
	{"[service x]\ntype = smtp\nroot = smtp://mail.example/me\nfrom = a@example.org\n",
	 "a.ini:3: root = smtp://mail.example/me: expected smtp://host:port or smtps://host:port and nothing behind "
	 "it\n"},
	{SMTP "starttls = maybe\n", "a.ini:5: starttls = maybe: expected off or required\n"},
	{SMTP "starttls = off\nuser = a\nsecret_file = word\n", "a.ini:5: starttls: " CLEAR},
	{SMTP "starttls = off\nca_file = cert.pem\n",
	 "a.ini:6: ca_file: smtp:// with starttls = off does not use TLS: leave this out, or use TLS\n"},
	{SMTP "user = a\n",
	 "a.ini:1: [service x] password_file is missing: expected the path of a file with the password "
	 "(or password_credential or password_env)\n"},
	{SMTP "secret_file = word\n",
	 "a.ini:5: secret_file: has no meaning with type = smtp and no user: leave it out\n"},
	{SMTP "auth = none\n", "a.ini:5: auth: has no meaning with type = smtp and no user: leave it out\n"},
	{"[service x]\ntype = smtp\nroot = smtps://mail.example\nfrom = a@example.org\nstarttls = required\n",
	 "a.ini:5: starttls = required: smtps:// uses TLS from the start: leave this out\n"},
	{"[service zaken]\ntype = ztc\nroot = https://a.example/\nauth = none\n",
	 "b.ini:4: section [service zaken] was given before (a.ini:1)\n"},
};

static const struct row app[] = {
	{"[app zac]\n", "a.ini:1: [app zac] id is missing: expected the URL of the applicatie, as processes give it in "
			"bptlAppId\n"},
	{APP "[app other]\nid = https://ac.example/1\n",
	 "a.ini:4: id = https://ac.example/1: [app zac] has the same id (a.ini:1)\n"},
	{APP "zakn.client_id = a\n", "a.ini:3: zakn.client_id: there is no [service zakn]: did you mean zaken?\n"},
	{APP "zaken.client_id = a\n",
	 "a.ini:1: [app zac] zaken.secret_file is missing: expected the path of a file with "
	 "the secret (or zaken.secret_credential or zaken.secret_env)\n"},
	{APP "zaken.secret_file = word\n",
	 "a.ini:1: [app zac] zaken.client_id is missing: expected the name under which "
	 "the service knows the app\n"},
	{APP "zaken.client_id = a\nzaken.secret = hush\n",
	 "a.ini:4: zaken.secret: a secret has no place in an INI file: put it in a file, mode 0600, and name it with "
	 "zaken.secret_file\n"},
	{APP "zaken.client_id = a\nzaken.secret_file = word\nzaken.secretfile = word\n",
	 "a.ini:5: zaken.secretfile: an app has no key secretfile for a service: did you mean secret_file?\n"},
	{APP "archief.client_id = a\narchief.secret_file = word\n",
	 "a.ini:3: archief.client_id: has no meaning with auth = none of [service archief]: leave it out\n"
	 "a.ini:4: archief.secret_file: has no meaning with auth = none of [service archief]: leave it out\n"},
	{APP "objecten.value_file = word\nobjecten.client_id = a\n",
	 "a.ini:4: objecten.client_id: has no meaning with auth = api_key of [service objecten]: leave it out\n"},
	{APP "objecten.header = X Key\nobjecten.value_file = word\n",
	 "a.ini:3: objecten.header = X Key: expected the name of a header\n"},
	{APP "di = 1\n", "a.ini:3: di: unknown key in [app zac]: expected id or SERVICE.KEY\n"},
	{APP "zaken. = 1\n", "a.ini:3: zaken.: unknown key in [app zac]: expected id or SERVICE.KEY\n"},
};

static const struct row topic[] = {
	{"[topic t]\n", "a.ini:1: [topic t] unit is missing: expected PLUGIN.UNIT, such as zgw.CreateZaakTask\n"},
	{"[topic t]\nunit = CreateZaakTask\n",
	 "a.ini:2: unit = CreateZaakTask: expected PLUGIN.UNIT, such as zgw.CreateZaakTask\n"},
	{"[topic t]\nunit = zgw.\n", "a.ini:2: unit = zgw.: expected PLUGIN.UNIT, such as zgw.CreateZaakTask\n"},
	{"[topic t]\nunit = zgv.X\n", "a.ini:2: unit = zgv.X: there is no [plugin zgv]: did you mean zgw?\n"},
	{"[topic t]\nunit = calendar.X\n",
	 "a.ini:2: unit = calendar.X: there is no [plugin calendar]: add the section, so that the plugin is loaded\n"},
	{"[topic t]\nunit = zgw.X\nengine = mian\n", "a.ini:3: engine = mian: there is no [engine mian]: did you mean "
						     "main?\n"},
	{"[topic t]\nunit = zgw.X\n[engine more]\ntype = local\n",
	 "a.ini:1: [topic t] engine is missing: expected the name of an engine, because there are several\n"},
	{TOPIC "services = zaken, zakn\n", "a.ini:4: services = zaken, zakn: there is no [service zakn]: did you mean "
					   "zaken?\n"},
	{TOPIC "services = zaken, archief\n",
	 "a.ini:4: services = zaken, archief: zaken and archief are both of type zrc: a topic has one of each type\n"},
	{TOPIC "services = a=objecten, a=zaken\n",
	 "a.ini:4: services = a=objecten, a=zaken: a stands in the list twice: give one of them another alias\n"},
	{TOPIC "services = zaken,,objecten\n",
	 "a.ini:4: services = zaken,,objecten: there is nothing between two commas, "
	 "or at an end of the list\n"},
	{TOPIC "services = zaken, zaken\n", "a.ini:4: services = zaken, zaken: zaken stands in the list twice\n"},
	{TOPIC "services = =zaken\n", "a.ini:4: services = =zaken: expected NAME or ALIAS=NAME between the commas\n"},
	{TOPIC "services = a=\n", "a.ini:4: services = a=: expected NAME or ALIAS=NAME between the commas\n"},
	{TOPIC "services = a b=zaken\n",
	 "a.ini:4: services = a b=zaken: the alias a b holds other characters than letters, digits, . _ and -\n"},
	{TOPIC "lock = 5s\n", "a.ini:4: lock = 5s: at least 10s\n"},
	{TOPIC "lock = 2d\n", "a.ini:4: lock = 2d: at most 1d\n"},
	{TOPIC "time_limit = 0\n", "a.ini:4: time_limit = 0: at least 1s\n"},
	{TOPIC "parallel = 0\n", "a.ini:4: parallel = 0: at least 1\n"},
	{TOPIC "retries = -1\n", "a.ini:4: retries = -1: at least 0\n"},
	{TOPIC "retry_wait = 8d\n", "a.ini:4: retry_wait = 8d: at most 7d\n"},
	{TOPIC "retry_wait = 5m\nretry_wait_most = 90s\n",
	 "a.ini:5: retry_wait_most = 90s: at least as long as retry_wait\n"},
	{TOPIC "process_variables = {\"a\": 1\n", "a.ini:4: process_variables: is no JSON: "},
	{TOPIC "process_variables = [1]\n",
	 "a.ini:4: process_variables: expected a JSON object such as {\"soort\": \"intake\"}\n"},
	{TOPIC "process_variables = {\"a\": {}}\n",
	 "a.ini:4: process_variables: a is a list or an object: the engine compares plain values only\n"},
	{TOPIC "tenants = a\nwithout_tenant = yes\n",
	 "a.ini:5: without_tenant = yes: tenants names tenants: keep one of the two\n"},
	{TOPIC "local_variables = 2\n", "a.ini:4: local_variables = 2: expected yes or no\n"},
	{TOPIC "[topic u]\ntopic = t\nunit = zgw.Y\n",
	 "a.ini:5: [topic u] has the same topic t on the same engine as [topic t] (a.ini:1)\n"},
	{"[plugin mail]\ntime_limit = 2d\n", "a.ini:2: time_limit = 2d: at most 1d\n"},
	{"[plugin mail]\nmemory = 1.5G\n",
	 "a.ini:2: memory = 1.5G: expected a size such as 512M or 2G, or 0 for no limit\n"},
	{"[plugin mail]\nmemory = -1G\n",
	 "a.ini:2: memory = -1G: expected a size such as 512M or 2G, or 0 for no limit\n"},
	{"[plugin mail]\nmemory = 512\n",
	 "a.ini:2: memory = 512: expected a size such as 512M or 2G, or 0 for no limit\n"},
	{"[plugin mail]\nmemory = 63M\n", "a.ini:2: memory = 63M: at least 64M\n"},
	{"[plugin mail]\nmemory = 9000000000000000000G\n",
	 "a.ini:2: memory = 9000000000000000000G: at most 1048576M\n"},
	{"[plugin mail]\ncrashes = 101\n", "a.ini:2: crashes = 101: at most 100\n"},
	{"[plugin mail]\ncrash_window = 0\n", "a.ini:2: crash_window = 0: at least 1s\n"},
	{"[plugin mail]\nquarantine = 2d\n", "a.ini:2: quarantine = 2d: at most 1d\n"},
};

static void check_row(const char *with, const struct row *row)
{
	struct folder folder;
	char *words;

	folder_make(&folder);
	folder_put(&folder, "a.ini", row->ini);
	if (with)
		folder_put(&folder, "b.ini", with);
	folder_put(&folder, "cert.pem", "cert");
	folder_put_secret(&folder, "word", "geheim");
	words = folder_problems(&folder);
	if (strchr(row->expected, '\n')) {
		if (strcmp(words, row->expected) != 0)
			fail_msg("\n%s\n-- gave --\n%s-- expected --\n%s", row->ini, words, row->expected);
	} else if (strncmp(words, row->expected, strlen(row->expected)) != 0 || strchr(words, '\n')[1]) {
		fail_msg("\n%s\n-- gave --\n%s-- expected one that begins with --\n%s", row->ini, words, row->expected);
	}
	assert_null(strstr(words, "hush"));
	free(words);
	folder_drop(&folder);
}

#define CHECK(rows)                                                                                                    \
	do {                                                                                                           \
		for (size_t i = 0; i < sizeof(rows) / sizeof(*(rows)); i++)                                            \
			check_row(base, &(rows)[i]);                                                                   \
	} while (0)

TEST(lines_and_sections_that_do_not_fit_are_said)
{
	CHECK(form);
}

TEST(wrong_keys_of_the_host_are_said)
{
	CHECK(host);
}

TEST(wrong_keys_of_engines_are_said)
{
	CHECK(engine);
}

TEST(wrong_keys_of_services_are_said)
{
	CHECK(service);
}

TEST(wrong_keys_of_apps_are_said)
{
	CHECK(app);
}

TEST(wrong_keys_of_topics_and_plugins_are_said)
{
	CHECK(topic);
}

TEST(wrong_addresses_are_said_without_what_may_be_secret_in_them)
{
	static const char *const roots[] = {"ftp://api.example/",
					    "https://me:hush@api.example/",
					    "api.example/x",
					    "https://api.example/a/../b/",
					    "https:///x",
					    "https://api.example/?key=hush",
					    "https://api.example:70000/",
					    "https://api.example/#a"};

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		struct folder folder;
		char *words;

		folder_make(&folder);
		words = mem_format("[service x]\ntype = ztc\nauth = none\nroot = %s\n[host]\ncallback_allow = %s\n"
				   "[engine y]\nurl = %s\n",
				   roots[i], roots[i], roots[i]);
		folder_put(&folder, "a.ini", words);
		free(words);
		words = folder_problems(&folder);
		assert_contains(words, "a.ini:4: root: ");
		assert_contains(words, "\na.ini:6: callback_allow: ");
		assert_contains(words, "\na.ini:8: url: ");
		assert_null(strstr(words, "hush"));
		free(words);
		folder_drop(&folder);
	}
}

TEST(a_sender_that_is_no_address_is_said)
{
	struct folder folder;
	char *words;

	folder_make(&folder);
	folder_put(&folder, "a.ini", "[service x]\ntype = smtp\nroot = smtp://mail.example\nfrom = nobody\n");
	words = folder_problems(&folder);
	assert_contains(words, "a.ini:4: from: ");
	assert_null(strchr(words, '\n')[1] ? words : NULL);
	free(words);
	folder_drop(&folder);
}

TEST(a_topic_without_any_engine_is_said_once)
{
	static const struct row row = {"[plugin p]\n[topic t]\nunit = p.U\n[topic u]\nunit = p.U\n",
				       "a.ini:2: [topic t] needs an engine: there is no section [engine NAME]\n"};

	check_row(NULL, &row);
}

TEST(a_line_with_a_nul_byte_is_said)
{
	static const char ini[] = "[host]\nlog = json\0xml\nworkers = 0\n";
	struct folder folder;
	char *words;

	folder_make(&folder);
	folder_put_bytes(&folder, "a.ini", ini, sizeof(ini) - 1, 0644);
	words = folder_problems(&folder);
	assert_string_equal(words, "a.ini:2: the line holds a NUL byte: expected text in UTF-8\n"
				   "a.ini:3: workers = 0: at least 1\n");
	free(words);
	folder_drop(&folder);
}

TEST(problems_of_several_files_come_in_the_order_of_files_and_lines)
{
	struct folder folder;
	char *words;

	folder_make(&folder);
	folder_put(&folder, "c.ini", "[host]\nworkers = 0\nnonsense\nlog = xml\n");
	folder_put(&folder, "a.ini", "[topic t]\nunit = zgw.X\nlock = 1s\n[engine e]\ntype = local\norder = no\n");
	folder_put(&folder, "b.ini", "nonsense\n");
	words = folder_problems(&folder);
	assert_string_equal(
		words,
		"a.ini:2: unit = zgw.X: there is no [plugin zgw]: add the section, so that the plugin is loaded\n"
		"a.ini:3: lock = 1s: at least 10s\n"
		"a.ini:6: order = no: expected asc or desc\n"
		"b.ini:1: the line has no \"=\": " SHAPE "c.ini:2: workers = 0: at least 1\n"
		"c.ini:3: the line has no \"=\": " SHAPE "c.ini:4: log = xml: expected logfmt or json\n");
	free(words);
	folder_drop(&folder);
}

TEST(a_folder_without_ini_files_is_said)
{
	struct folder folder;
	struct problems problems = {0};

	folder_make(&folder);
	folder_put(&folder, "a.txt", "[host]\n");
	folder_put(&folder, ".b.ini", "[host]\n");
	assert_null(config_read(folder.path, &problems));
	assert_int_equal(problems.count, 1);
	assert_contains(problems.list[0], folder.path);
	assert_contains(problems.list[0], ": the folder has no *.ini file");
	problems_free(&problems);
	folder_drop(&folder);
}

TEST(a_folder_that_is_not_there_is_said)
{
	struct problems problems = {0};

	assert_null(config_read("/nowhere/conf.d", &problems));
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.list[0], "/nowhere/conf.d: cannot be read: No such file or directory: expected a "
					      "folder with *.ini files, or one such file");
	problems_free(&problems);
}

TEST(an_ini_file_that_is_a_folder_is_said)
{
	struct folder folder;
	char *path, *words;

	folder_make(&folder);
	path = mem_format("%s/a.ini", folder.path);
	assert_int_equal(mkdir(path, 0700), 0);
	words = folder_problems(&folder);
	assert_string_equal(words, "a.ini: is not a regular file\n");
	free(words);
	free(path);
	folder_drop(&folder);
}

TEST(a_problem_is_one_line_whatever_it_quotes)
{
	struct problems problems = {0};
	struct place place = {"a.ini", 3};

	problems_add(&problems, &place, "one\ntwo%s", "\r\x1b[2J");
	problems_add(&problems, NULL, "before all");
	assert_string_equal(problems.list[0], "before all");
	assert_string_equal(problems.list[1], "a.ini:3: one two  [2J");
	problems_free(&problems);
}

TESTS(cmocka_unit_test(lines_and_sections_that_do_not_fit_are_said), cmocka_unit_test(wrong_keys_of_the_host_are_said),
      cmocka_unit_test(wrong_keys_of_engines_are_said), cmocka_unit_test(wrong_keys_of_services_are_said),
      cmocka_unit_test(wrong_keys_of_apps_are_said), cmocka_unit_test(wrong_keys_of_topics_and_plugins_are_said),
      cmocka_unit_test(wrong_addresses_are_said_without_what_may_be_secret_in_them),
      cmocka_unit_test(a_sender_that_is_no_address_is_said), cmocka_unit_test(a_topic_without_any_engine_is_said_once),
      cmocka_unit_test(a_line_with_a_nul_byte_is_said),
      cmocka_unit_test(problems_of_several_files_come_in_the_order_of_files_and_lines),
      cmocka_unit_test(a_folder_without_ini_files_is_said), cmocka_unit_test(a_folder_that_is_not_there_is_said),
      cmocka_unit_test(an_ini_file_that_is_a_folder_is_said),
      cmocka_unit_test(a_problem_is_one_line_whatever_it_quotes))

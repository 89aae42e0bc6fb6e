//! Real networks for tests: InspIRCd with Atheme's services, and ngIRCd. Each on free ports, in a folder of its own, gone when
//! dropped.

use crate::client::Client;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// The services account of Earlybell, and its password.
pub const LOGIN: (&str, &str) = ("incbot", "s3cretpw");

/// A network of one server.
pub struct Network {
    pub plain: u16,
    pub tls: u16,
    pub folder: tempfile::TempDir,
    processes: Vec<Child>,
}

/// What services can do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Services {
    /// SASL, and NickServ's `GHOST`.
    Sasl,
    /// No SASL; NickServ knows `REGAIN` and `GHOST`.
    Regain,
    /// No SASL; NickServ knows `GHOST` only.
    Ghost,
}

impl Network {
    /// InspIRCd and Atheme; `threshold`: how many lines at once it takes.
    pub async fn inspircd(threshold: u32) -> Self {
        Self::with(threshold, Services::Sasl).await
    }

    /// InspIRCd, and Atheme with these services.
    pub async fn with(threshold: u32, services: Services) -> Self {
        let folder = folder_with_certificates();
        let [plain, tls, link] = free_ports();
        let path = folder.path().display().to_string();
        let config = INSPIRCD
            .replace("PLAIN", &plain.to_string())
            .replace("TLS", &tls.to_string())
            .replace("LINK", &link.to_string())
            .replace("THRESHOLD", &threshold.to_string())
            .replace("FOLDER", &path);
        let config = if services == Services::Sasl { format!("{config}{SASL}") } else { config };
        let server = write(&folder, "inspircd.conf", &config);
        let modules = if services == Services::Regain { REGAIN } else { "" };
        let services =
            write(&folder, "atheme.conf", &format!("{}{modules}", ATHEME.replace("LINK", &link.to_string())));
        std::fs::create_dir(folder.path().join("services")).unwrap();
        let mut network = Self { plain, tls, folder, processes: Vec::new() };
        network.hand_over();
        network.spawn("/usr/sbin/inspircd", &["--nofork", &format!("--config={}", server.display())]);
        network.wait_for(plain);
        network.wait_for(link);
        let file = |name: &str| format!("{path}/services/{name}");
        let services = services.display().to_string();
        network.spawn(
            "/usr/bin/atheme-services",
            &["-n", "-c", &services, "-l", &file("log"), "-p", &file("pid"), "-D", &file("")],
        );
        let mut owner = Client::connect(plain, LOGIN.0).await;
        owner.register(LOGIN.1).await;
        owner.send(&format!("PRIVMSG NickServ :CERT ADD {}", network.fingerprint())).await;
        owner.wait(|line| line.contains("NickServ") && line.to_lowercase().contains("fingerprint")).await;
        owner.send("QUIT").await;
        network
    }

    /// ngIRCd: no services, no SASL, hardly any capability; it ends who says too long a line.
    pub fn ngircd() -> Self {
        let folder = folder_with_certificates();
        let [plain, tls, _] = free_ports();
        let config = NGIRCD
            .replace("PLAIN", &plain.to_string())
            .replace("TLS", &tls.to_string())
            .replace("FOLDER", &folder.path().display().to_string());
        let server = write(&folder, "ngircd.conf", &config);
        let mut network = Self { plain, tls, folder, processes: Vec::new() };
        network.hand_over();
        network.spawn("/usr/sbin/ngircd", &["-n", "-f", &server.display().to_string()]);
        network.wait_for(plain);
        network
    }

    /// PEM files by name: `ca.pem`, `bell.pem`, `bell.key`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    // Of the certificate that Earlybell may log in with, as InspIRCd writes it.
    fn fingerprint(&self) -> String {
        let mut command = Command::new("openssl");
        command.args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(self.file("bell.pem"));
        let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
        said.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase()
    }

    // Both servers refuse to run as root.
    fn hand_over(&self) {
        if !is_root() {
            return;
        }
        let user = std::fs::read_to_string("/etc/passwd").unwrap();
        let line = user.lines().find(|line| line.starts_with("irc:")).unwrap();
        let ids: Vec<u32> = line.split(':').filter_map(|part| part.parse().ok()).collect();
        let mut all: Vec<PathBuf> = vec![self.folder.path().to_owned()];
        while let Some(path) = all.pop() {
            chown(&path, Some(ids[0]), Some(ids[1])).unwrap();
            if path.is_dir() {
                all.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
            }
        }
    }

    fn spawn(&mut self, program: &str, arguments: &[&str]) {
        assert!(Path::new(program).exists(), "{program} is missing: `tests/all` installs the servers that tests need");
        // It goes with us, whatever ends us.
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=KILL");
        if is_root() {
            command.args(["--reuid=irc", "--regid=irc", "--clear-groups"]);
        }
        let log = std::fs::File::options().create(true).append(true).open(self.file("output")).unwrap();
        command.arg(program).args(arguments).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.processes.push(command.spawn().unwrap());
    }

    fn wait_for(&mut self, port: u16) {
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = self.processes.last_mut().unwrap().try_wait().unwrap();
            let said = || std::fs::read_to_string(self.file("output")).unwrap_or_default();
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "no IRC server: {ended:?}\n{}", said());
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn free_ports() -> [u16; 3] {
    let held = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

fn write(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

// A private CA, a server for 127.0.0.1, and a certificate of ours.
fn folder_with_certificates() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let script = "set -e
key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 2'
openssl req -x509 $key -subj /CN=Test-CA -keyout ca.key -out ca.pem
openssl req $key -subj /CN=irc.test -keyout server.key -out server.csr
printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\\n' >server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -sha256 -extfile server.ext -out server.pem
openssl req -x509 $key -subj /CN=bell -keyout bell.key -out bell.pem";
    let mut command = Command::new("sh");
    let output = command.args(["-c", script]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

const INSPIRCD: &str = r##"
<server name="irc.test" description="test" network="TestNet" id="97K">
<admin name="t" nick="t" email="t@localhost">
<path configdir="FOLDER" datadir="FOLDER" logdir="FOLDER" moduledir="/usr/lib/inspircd/modules" runtimedir="FOLDER">
<bind address="127.0.0.1" port="PLAIN" type="clients">
<bind address="127.0.0.1" port="TLS" type="clients" sslprofile="Clients">
<bind address="127.0.0.1" port="LINK" type="servers">
<module name="ssl_gnutls">
<sslprofile name="Clients" provider="gnutls" certfile="FOLDER/server.pem" keyfile="FOLDER/server.key" requestclientcert="yes" hash="sha256">
<connect name="main" allow="*" timeout="20" pingfreq="30" softsendq="8192" hardsendq="1048576" recvq="8192" threshold="THRESHOLD" commandrate="1000" fakelag="yes" localmax="100" globalmax="100" resolvehostnames="no" useident="no" maxchans="20">
<class name="Servers" commands="*" privs="*" usermodes="*" chanmodes="*">
<module name="cap"><module name="services_account"><module name="spanningtree"><module name="sslinfo"><module name="sslmodes">
<module name="ircv3"><module name="ircv3_accounttag"><module name="ircv3_servertime"><module name="ircv3_echomessage"><module name="ircv3_msgid"><module name="ircv3_ctctags"><module name="ircv3_capnotify">
<module name="namesx"><module name="botmode"><module name="alias"><module name="servprotect"><module name="chghost"><module name="hidechans"><module name="svshold"><module name="customprefix">
<customprefix name="founder" letter="q" value="50000" prefix="~" ranktoset="50000">
<module name="allowinvite"><module name="topiclock"><module name="chgident"><module name="deaf"><module name="inviteexception"><module name="nokicks">
<link name="services.test" ipaddr="127.0.0.1" port="7001" allowmask="127.0.0.0/8" sendpass="linkpass" recvpass="linkpass">
<uline server="services.test" silent="yes">
<options prefixquit="Quit: " defaultmodes="ont" ircumsgprefix="no" hostintopic="yes">
<security announceinvites="dynamic" hideulines="no" customversion="" maxtargets="20">
<limits maxnick="30" maxchan="64" maxmodes="20" maxident="10" maxquit="255" maxtopic="390" maxkick="255" maxreal="128" maxaway="200" maxline="512">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="ircd.log">
<pid file="FOLDER/inspircd.pid">
"##;

const SASL: &str = r#"
<module name="sasl">
<sasl target="services.test" requiressl="no">
"#;

const REGAIN: &str = r#"
loadmodule "modules/nickserv/set_core";
loadmodule "modules/nickserv/enforce";
"#;

const ATHEME: &str = r#"
loadmodule "modules/protocol/inspircd";
loadmodule "modules/backend/opensex";
loadmodule "modules/crypto/posix";
loadmodule "modules/nickserv/main";
loadmodule "modules/nickserv/register";
loadmodule "modules/nickserv/identify";
loadmodule "modules/nickserv/ghost";
loadmodule "modules/nickserv/cert";
loadmodule "modules/saslserv/main";
loadmodule "modules/saslserv/plain";
loadmodule "modules/saslserv/external";
loadmodule "modules/operserv/main";
serverinfo {
  name = "services.test"; desc = "services"; numeric = "00A"; recontime = 1; netname = "TestNet";
  adminname = "t"; adminemail = "t@localhost"; registeremail = "noreply@localhost"; mta = "/bin/true";
  loglevel = { error; info; }; maxlogins = 5; maxusers = 0; maxnicks = 5; maxchans = 5; mdlimit = 30;
  emaillimit = 10; emailtime = 300; auth = none; casemapping = ascii;
};
uplink "irc.test" { host = "127.0.0.1"; password = "linkpass"; port = LINK; };
nickserv { nick = "NickServ"; user = "NickServ"; host = "services.test"; real = "Nickname Services"; };
saslserv { nick = "SaslServ"; user = "SaslServ"; host = "services.test"; real = "SASL"; };
operserv { nick = "OperServ"; user = "OperServ"; host = "services.test"; real = "Oper"; };
general { permissive_mode; flood_msgs = 0; kline_time = 7; commit_interval = 5; default_clone_allowed = 50; default_clone_warn = 40; };
"#;

const NGIRCD: &str = "
[Global]
Name = irc.test
Info = test
Listen = 127.0.0.1
Ports = PLAIN
PidFile = FOLDER/ngircd.pid
[Limits]
MaxNickLength = 30
[Options]
DNS = no
Ident = no
PAM = no
[SSL]
CertFile = FOLDER/server.pem
KeyFile = FOLDER/server.key
Ports = TLS
";

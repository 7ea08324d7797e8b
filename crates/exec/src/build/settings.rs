//! The user's settings for registries: mirrors, proxies, certificates.
//!
//! A build sees them, a run never does. Files are read-only. Their content, and that of
//! addresses with a password, can be read by the code that is built: passwords of registries that
//! are kept apart (`credentials.toml`, keyrings, `.netrc`) are not shown.

use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use reprove_sandbox::is_public;

/// Variables that are passed on when they are set.
const VARIABLES: [&str; 34] = [
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
    "PIP_NO_INDEX",
    "PIP_TRUSTED_HOST",
    "UV_CONFIG_FILE",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS",
    "CARGO_HTTP_CAINFO",
    "CARGO_HTTP_MULTIPLEXING",
    "CARGO_HTTP_PROXY",
    "CARGO_HTTP_TIMEOUT",
    "CARGO_NET_GIT_FETCH_WITH_CLI",
];

/// Settings for registries on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Variables of the build's environment.
    pub variables: BTreeMap<String, String>,
    /// Files and folders that they and the tools name.
    pub read_only: Vec<PathBuf>,
    /// The user's configuration of cargo, to be copied into the build's own without its secrets.
    pub cargo: Option<PathBuf>,
}

impl Settings {
    /// Those of this process's environment and of the configuration files that exist.
    pub fn of_user() -> Self {
        let variables: BTreeMap<String, String> = VARIABLES
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), env::var(name).ok()?)))
            .collect();
        let home = env::var_os("HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let of_home = |name: &str| home.as_ref().map(|home| home.join(name));
        let mut settings = Self {
            variables,
            ..Self::default()
        };
        let cargo_home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| of_home(".cargo"));
        settings.cargo = cargo_home.and_then(|folder| {
            ["config.toml", "config"]
                .map(|name| folder.join(name))
                .into_iter()
                .find(|file| file.is_file())
        });
        for (variable, files) in [
            ("PIP_CONFIG_FILE", [".config/pip/pip.conf", ".pip/pip.conf"]),
            ("UV_CONFIG_FILE", [".config/uv/uv.toml", ".uv.toml"]),
        ] {
            let file = files
                .iter()
                .filter_map(|name| of_home(name))
                .find(|file| file.is_file());
            if let (Some(file), false) = (file, settings.variables.contains_key(variable)) {
                settings
                    .variables
                    .insert(variable.to_owned(), file.display().to_string());
            }
        }
        settings.show();
        settings
    }

    /// Makes the files that the variables name readable, and the machine's own configuration files.
    fn show(&mut self) {
        let named = self
            .variables
            .values()
            .flat_map(|value| value.split([' ', ':']));
        let fixed = ["/etc/pip.conf", "/etc/uv/uv.toml", "/etc/xdg/pip/pip.conf"];
        let mut paths: Vec<PathBuf> = named
            .chain(fixed)
            .map(|text| Path::new(text.strip_prefix("file://").unwrap_or(text)))
            .filter(|path| path.is_absolute() && path.components().count() > 2 && path.exists())
            .map(Path::to_path_buf)
            .collect();
        paths.sort();
        paths.dedup();
        self.read_only = paths;
    }
}

impl Settings {
    /// A host that the settings name and that no public IPv4 address leads to, as that of a registry or a
    /// proxy within an organisation, or one that is not found by its name.
    pub(super) fn local_host(&self) -> Option<String> {
        let of_variables = self.variables.iter();
        let mut hosts: Vec<String> = of_variables
            .flat_map(|(name, value)| of_variable(name, value))
            .collect();
        let files = self.read_only.iter().chain(&self.cargo);
        for file in files.filter(|file| file.is_file()) {
            let text = start_of(file).unwrap_or_default();
            hosts.extend(hosts_of(&text));
        }
        hosts.sort();
        hosts.dedup();
        hosts.into_iter().find(|host| !is_found_public(host))
    }
}

/// Bytes of a settings file that are searched for addresses: a longer one is a list of certificates.
const SEARCHED: u64 = 1 << 20;

fn start_of(file: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    File::open(file)?.take(SEARCHED).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The hosts that a variable names. The scheme of a proxy may be left out.
fn of_variable(name: &str, value: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    if lower == "no_proxy" || value.is_empty() {
        return Vec::new();
    }
    if lower.ends_with("_proxy") && !value.contains("://") {
        return hosts_of(&format!("http://{value}"));
    }
    hosts_of(value)
}

/// The hosts of all addresses in a text, `file:` apart.
fn hosts_of(text: &str) -> Vec<String> {
    let mut hosts = Vec::new();
    for (at, separator) in text.match_indices("://") {
        let is_file = text[..at].ends_with("file");
        let rest = &text[at + separator.len()..];
        let ends = |c: char| c.is_whitespace() || "/?#\"'`,;<>".contains(c);
        let authority = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let host = match host.split_once(']') {
            Some((address, _)) => address.trim_start_matches('['),
            None => host.split(':').next().unwrap_or(host),
        };
        if !is_file && !host.is_empty() {
            hosts.push(host.to_owned());
        }
    }
    hosts
}

/// Whether all IPv4 addresses of a host are public, and there is one.
fn is_found_public(host: &str) -> bool {
    let Ok(found) = (host, 443).to_socket_addrs() else {
        return false;
    };
    let mut addresses = found.filter_map(|address| match address.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    });
    let first = addresses.next();
    first.is_some_and(is_public) && addresses.all(is_public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_of_settings_are_found() {
        let text = "[global]\nindex-url = https://user:word@pypi.example.org:8443/simple\nfind-links = file:///opt/wheels\nextra = \"http://[fd00::1]:80/x\" http://10.0.0.5";
        assert_eq!(hosts_of(text), ["pypi.example.org", "fd00::1", "10.0.0.5"]);
        assert_eq!(
            of_variable("https_proxy", "proxy.example:3128"),
            ["proxy.example"]
        );
        assert_eq!(of_variable("NO_PROXY", "http://x"), [""; 0]);
        assert_eq!(of_variable("PIP_FIND_LINKS", "/opt/wheels"), [""; 0]);
    }

    #[test]
    fn a_host_without_a_public_address_is_local() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pip.conf");
        std::fs::write(&file, "index-url = https://192.168.7.1/simple\n").unwrap();
        let mut settings = Settings {
            variables: [("https_proxy".to_owned(), "http://1.1.1.1:3128".to_owned())].into(),
            ..Settings::default()
        };
        assert_eq!(settings.local_host(), None);
        settings.read_only.push(file);
        assert_eq!(settings.local_host().as_deref(), Some("192.168.7.1"));
        let of_machine = ("ALL_PROXY".to_owned(), "socks5://127.0.0.1:1080".to_owned());
        settings.variables.extend([of_machine]);
        assert_eq!(settings.local_host().as_deref(), Some("127.0.0.1"));
        assert!(!is_found_public("::1"));
    }

    #[test]
    fn files_that_variables_name_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, "").unwrap();
        let value = file.display().to_string();
        let variables = [
            ("PIP_CERT", value.as_str()),
            ("PIP_INDEX_URL", "https://example.org/x"),
            ("SSL_CERT_DIR", "/"),
        ];
        let mut settings = Settings {
            variables: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..Settings::default()
        };
        settings.show();
        assert!(settings.read_only.contains(&file));
        assert!(!settings.read_only.contains(&PathBuf::from("/")));
    }
}

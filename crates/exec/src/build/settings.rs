//! The user's settings for registries: mirrors, proxies, certificates.
//!
//! A build sees them, a run never does. Files are read-only. Their content, and that of
//! addresses with a password, can be read by the code that is built: passwords of registries that
//! are kept apart (`credentials.toml`, keyrings, `.netrc`) are not shown.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

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

#[cfg(test)]
mod tests {
    use super::*;

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

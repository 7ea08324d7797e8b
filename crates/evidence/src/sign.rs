//! Signing with an OpenSSH key, as `ssh-keygen -Y sign -n reprove` does.

use std::path::{Path, PathBuf};

use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

use super::NAMESPACE;
use reprove_model::diagnostics::Hint;
use reprove_model::escape;

/// A private key that can sign.
pub struct Signer(PrivateKey);

/// Error of a key that cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key's file cannot be read, or holds no OpenSSH private key.
    #[error("{}: expected an OpenSSH private key: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Cause.
        error: String,
    },
    /// The key is encrypted.
    #[error("{}: the key is encrypted with a passphrase", file.display())]
    Encrypted {
        /// The file.
        file: PathBuf,
    },
    /// The key is of another kind.
    #[error("{}: expected an Ed25519 key, found {found}", file.display())]
    Kind {
        /// The file.
        file: PathBuf,
        /// Its kind.
        found: String,
    },
    /// The key does not sign.
    #[error("the key does not sign: {0}")]
    Failed(String),
}

impl Hint for SignError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Encrypted { .. } => Some(
                "write the bundle unsigned and sign its list: \
                 ssh-keygen -Y sign -n reprove -f KEY EVIDENCE/SHA256SUMS",
            ),
            Self::Kind { .. } => Some("make one with: ssh-keygen -t ed25519"),
            Self::Unreadable { .. } | Self::Failed(_) => None,
        };
        hint.map(str::to_owned)
    }
}

impl Signer {
    /// Reads the key in `file`.
    ///
    /// # Errors
    /// A file that holds no OpenSSH private key, an encrypted key, a key that is not Ed25519.
    pub fn read(file: &Path) -> Result<Self, SignError> {
        let owned = || file.to_owned();
        let key = PrivateKey::read_openssh_file(file).map_err(|error| SignError::Unreadable {
            file: owned(),
            error: error.to_string(),
        })?;
        if key.is_encrypted() {
            return Err(SignError::Encrypted { file: owned() });
        }
        if key.algorithm() != Algorithm::Ed25519 {
            let found = key.algorithm().to_string();
            return Err(SignError::Kind {
                file: owned(),
                found,
            });
        }
        Ok(Self(key))
    }

    /// The signature of `message`, armoured; the same message has the same signature.
    ///
    /// # Errors
    /// A key that does not sign.
    pub fn sign(&self, message: &[u8]) -> Result<String, SignError> {
        self.0
            .sign(NAMESPACE, HashAlg::Sha512, message)
            .and_then(|signature| signature.to_pem(LineEnding::LF))
            .map_err(|error| SignError::Failed(error.to_string()))
    }
}

/// The key that made an armoured signature of `message`, if the signature holds.
pub(super) fn signed_by(armoured: &[u8], message: &[u8]) -> Result<PublicKey, String> {
    let signature =
        SshSig::from_pem(armoured).map_err(|error| format!("no OpenSSH signature: {error}"))?;
    if signature.namespace() != NAMESPACE {
        let found = escape::text(signature.namespace());
        return Err(format!(
            "expected the namespace `{NAMESPACE}`, found `{found}`"
        ));
    }
    let key = PublicKey::from(signature.public_key().clone());
    match key.verify(NAMESPACE, message, &signature) {
        Ok(()) => Ok(key),
        Err(_) if key.algorithm() != Algorithm::Ed25519 => Err(format!(
            "a signature of a {} key is not checked; ssh-keygen -Y verify can",
            key.algorithm()
        )),
        Err(_) => Err("the signature is not of this list".to_owned()),
    }
}

/// The key's fingerprint, as `ssh-keygen -l` shows it.
pub(super) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

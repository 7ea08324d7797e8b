//! What a program wrote, kept by its content beside the ledger.
//!
//! The folder `outputs` of a store holds each file under its SHA-256, `ab/cdef…`. A record names the
//! files of its run with their digests, so that a run that is not made again still has its logs and
//! its metric files, and a file that was changed or removed since is as good as none.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Seek};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use reprove_metrics::{MetricRequest, Outputs, files, opened};
use reprove_model::digest::{Sha256Digest, file, folder, open_regular, stream};

pub use reprove_model::output::{OUT, STDERR, STDOUT};

/// The largest file that is kept, in bytes; of a larger one only the digest is.
const LARGEST: u64 = 64 << 20;

/// Digest of all output of a run: its two logs and its folder for results; none where the folder holds
/// something else than files and folders.
pub fn digest(outputs: &Outputs<'_>) -> Option<Sha256Digest> {
    let mut text = String::new();
    for log in [outputs.stdout, outputs.stderr] {
        text += &format!("{}\n", file(log).ok()?.digest);
    }
    text += &folder(outputs.folder).ok()?.digest.to_string();
    Some(Sha256Digest::of(text.as_bytes()))
}

/// The kept files of a store.
#[derive(Debug, Clone)]
pub struct KeptFiles {
    folder: PathBuf,
}

impl KeptFiles {
    /// Those of the store in this folder, which need not be there yet.
    pub fn of_store(store: &Path) -> Self {
        Self {
            folder: store.join("outputs"),
        }
    }

    /// Keeps the two logs of a run and the files that its metrics were read from. Gives each file's
    /// name and digest; what could not be kept is told as text.
    pub fn keep_run(
        &self,
        metrics: MetricRequest<'_>,
        outputs: &Outputs<'_>,
    ) -> (Vec<(String, Sha256Digest)>, Vec<String>) {
        let (names, mut problems) = files(metrics, outputs);
        let mut kept = Vec::new();
        // One file after the other: a program may have left more than can be open at once.
        let mut keep = |name: String, file: File, problems: &mut Vec<String>| match self.keep(file)
        {
            Ok(digest) => kept.push((name, digest)),
            Err(error) => problems.push(format!("{}: {error}", self.folder.display())),
        };
        for (name, path) in [(STDOUT, outputs.stdout), (STDERR, outputs.stderr)] {
            match open_regular(path) {
                Ok(file) => keep(name.to_owned(), file, &mut problems),
                Err(error) => problems.push(error.to_string()),
            }
        }
        for name in names {
            if let Some(file) = opened(&name, outputs) {
                keep(format!("{OUT}{name}"), file, &mut problems);
            }
        }
        (kept, problems)
    }

    /// Keeps a file, unless it is too large, and gives its digest.
    fn keep(&self, mut file: File) -> io::Result<Sha256Digest> {
        let digest = stream(&mut file)?;
        let place = self.place(digest);
        if file.metadata()?.len() > LARGEST || place.exists() {
            return Ok(digest);
        }
        let folder = place.parent().unwrap_or(&self.folder);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        file.rewind()?;
        let mut copy = tempfile::NamedTempFile::new_in(folder)?;
        io::copy(&mut file.take(LARGEST), &mut copy)?;
        // The record that names the file is on the disk only after the file is.
        copy.as_file().sync_all()?;
        copy.persist(&place)?;
        Ok(digest)
    }

    /// The content of a kept file; none when it is missing or was changed.
    pub fn read(&self, digest: Sha256Digest) -> Option<Vec<u8>> {
        let place = self.place(digest);
        let is_small = fs::metadata(&place).is_ok_and(|found| found.len() <= LARGEST);
        let bytes = is_small.then(|| fs::read(&place).ok()).flatten()?;
        (Sha256Digest::of(&bytes) == digest).then_some(bytes)
    }

    fn place(&self, digest: Sha256Digest) -> PathBuf {
        let digits = digest.to_string();
        self.folder.join(&digits[..2]).join(&digits[2..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_until_it_is_changed() {
        let store = tempfile::tempdir().unwrap();
        let run = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = run.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let (stdout, stderr) = (write("o", "hello\n"), write("e", ""));
        write("m.csv", "a\n1\n");
        let outputs = Outputs {
            folder: run.path(),
            stdout: &stdout,
            stderr: &stderr,
        };
        let kept = KeptFiles::of_store(store.path());
        let sources = "{a: {csv: m.csv}, b: {csv: none.csv}}".parse().unwrap();
        let metrics = MetricRequest {
            sources: &sources,
            metrics: &["a".into()].into(),
        };
        let (files, problems) = kept.keep_run(metrics, &outputs);
        assert_eq!(problems, [""; 0]);
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["stdout.log", "stderr.log", "out/m.csv"]);
        assert_eq!(files[0].1, Sha256Digest::of(b"hello\n"));
        assert_eq!(kept.read(files[0].1).as_deref(), Some(&b"hello\n"[..]));
        assert_eq!(kept.keep_run(metrics, &outputs).0, files, "and once more");

        fs::write(kept.place(files[0].1), "hullo\n").unwrap();
        assert_eq!(kept.read(files[0].1), None);
        fs::remove_file(kept.place(files[2].1)).unwrap();
        assert_eq!(kept.read(files[2].1), None);
    }
}

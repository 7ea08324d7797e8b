//! Blobs that lie whole in a pack, found without libgit2, which would read them into memory.
//!
//! Formats: `gitformat-pack(5)`, index version 2.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use flate2::read::ZlibDecoder;
use git2::Oid;

use reprove_model::digest;

/// The first bytes of an index of version 2.
const INDEX_MAGIC: [u8; 8] = [0xff, b't', b'O', b'c', 0, 0, 0, 2];
/// Bytes before the ids of an index: the magic number and 256 counts.
const IDS_AT: u64 = 8 + 256 * 4;
/// Type of a whole blob in a pack.
const BLOB: u8 = 3;
/// Set in offsets that stand in the table of 8-byte offsets.
const LONG_OFFSET: u32 = 1 << 31;

/// The decompressed bytes of a blob that a pack of these object folders holds whole, if there is
/// one: neither as a difference from another object nor in an index of another version.
pub(super) fn whole_blob(folders: &[PathBuf], id: Oid) -> Option<impl Read + use<>> {
    folders.iter().find_map(|folder| {
        let packs = fs::read_dir(folder.join("pack")).ok()?;
        let mut indices: Vec<PathBuf> = packs
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "idx"))
            .collect();
        indices.sort();
        indices
            .iter()
            .find_map(|index| open(index, id).ok().flatten())
    })
}

/// The bytes of a whole blob of one pack.
fn open(index: &Path, id: Oid) -> io::Result<Option<impl Read + use<>>> {
    let Some(offset) = offset(index, id)? else {
        return Ok(None);
    };
    let mut pack = digest::open_regular(&index.with_extension("pack")).map_err(io::Error::other)?;
    pack.seek(SeekFrom::Start(offset))?;
    let mut pack = BufReader::with_capacity(256 << 10, pack);
    let mut byte = [0];
    pack.read_exact(&mut byte)?;
    let kind = byte[0] >> 4 & 7;
    // The size follows, seven bits a byte; it is known from elsewhere.
    while byte[0] & 0x80 != 0 {
        pack.read_exact(&mut byte)?;
    }
    Ok((kind == BLOB).then(|| ZlibDecoder::new(pack)))
}

/// Where an object starts in the pack of an index.
fn offset(index: &Path, id: Oid) -> io::Result<Option<u64>> {
    let file = digest::open_regular(index).map_err(io::Error::other)?;
    let mut magic = [0; 8];
    file.read_exact_at(&mut magic, 0)?;
    if magic != INDEX_MAGIC {
        return Ok(None);
    }
    let count_up_to = |byte: u8| number(&file, 8 + 4 * u64::from(byte));
    let first = id.as_bytes()[0];
    let mut low = match first.checked_sub(1) {
        Some(before) => count_up_to(before)?,
        None => 0,
    };
    let (mut high, all) = (count_up_to(first)?, u64::from(count_up_to(u8::MAX)?));
    while low < high {
        let middle = low + (high - low) / 2;
        let mut found = [0; 20];
        file.read_exact_at(&mut found, IDS_AT + 20 * u64::from(middle))?;
        match found[..].cmp(id.as_bytes()) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => {
                // Ids, then checksums of four bytes, then offsets.
                let offsets = IDS_AT + 24 * all;
                let short = number(&file, offsets + 4 * u64::from(middle))?;
                if short & LONG_OFFSET == 0 {
                    return Ok(Some(u64::from(short)));
                }
                let mut long = [0; 8];
                let place = u64::from(short & !LONG_OFFSET);
                file.read_exact_at(&mut long, offsets + 4 * all + 8 * place)?;
                return Ok(Some(u64::from_be_bytes(long)));
            }
        }
    }
    Ok(None)
}

fn number(file: &File, at: u64) -> io::Result<u32> {
    let mut bytes = [0; 4];
    file.read_exact_at(&mut bytes, at)?;
    Ok(u32::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::super::object::{BlobError, ObjectError, ObjectStore};
    use super::super::raw_repository::RawRepository;
    use super::*;
    use git2::Repository;

    fn loose_file(repository: &RawRepository, id: Oid) -> PathBuf {
        let digits = id.to_string();
        let folder = repository.path().join("objects").join(&digits[..2]);
        folder.join(&digits[2..])
    }

    /// Three megabytes that do not repeat soon.
    fn large() -> Vec<u8> {
        (0..3 << 20)
            .map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect()
    }

    fn copied(repository: &RawRepository, id: Oid) -> Result<Vec<u8>, BlobError> {
        let opened = Repository::open(repository.path()).unwrap();
        let mut bytes = Vec::new();
        let store = ObjectStore::of(&opened).unwrap();
        store.copy_blob(id, "f", &mut bytes).map(|()| bytes)
    }

    #[test]
    fn a_large_blob_passes_as_a_stream_from_a_file_or_a_pack() {
        let repository = RawRepository::new();
        let (small, large) = (repository.blob(b"small"), repository.blob(&large()));
        assert_eq!(copied(&repository, large).unwrap(), self::large());
        let opened = Repository::open(repository.path()).unwrap();
        let mut pack = opened.packbuilder().unwrap();
        for id in [small, large] {
            pack.insert_object(id, None).unwrap();
        }
        pack.write(&repository.path().join("objects/pack"), 0o444)
            .unwrap();
        for id in [small, large] {
            fs::remove_file(loose_file(&repository, id)).unwrap();
        }
        let folders = [repository.path().join("objects")];
        for (id, bytes) in [(small, b"small".to_vec()), (large, self::large())] {
            let mut found = Vec::new();
            let mut stream = whole_blob(&folders, id).unwrap();
            stream.read_to_end(&mut found).unwrap();
            assert_eq!(found, bytes);
            assert_eq!(copied(&repository, id).unwrap(), bytes);
        }
        assert!(whole_blob(&folders, Oid::ZERO_SHA1).is_none());
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]

        /// An index and a pack of other people's bytes: read to an end, whatever they say.
        #[test]
        fn a_damaged_pack_gives_bytes_or_none(
            changes in proptest::collection::vec((0..4_u8, proptest::num::u16::ANY, proptest::num::u8::ANY), 1..6),
        ) {
            let repository = RawRepository::new();
            let id = repository.blob(b"some bytes of a blob");
            let pack = repository.pack();
            let index = pack.with_extension("idx");
            for (kind, at, byte) in changes {
                let file = if kind % 2 == 0 { &pack } else { &index };
                let mut bytes = fs::read(file).unwrap();
                let at = usize::from(at) * bytes.len() / 65536;
                match kind {
                    0 | 1 => bytes[at] ^= byte,
                    _ => bytes.truncate(at.max(1)),
                }
                repository.overwrite_loose(file, &bytes);
            }
            let folders = [repository.path().join("objects")];
            if let Some(mut stream) = whole_blob(&folders, id) {
                let _ = io::copy(&mut stream, &mut io::sink());
            }
        }
    }

    #[test]
    fn a_large_blob_under_anothers_id_is_forged() {
        let repository = RawRepository::new();
        let mut other = large();
        other[2_000_000] ^= 1;
        let (honest, other) = (repository.blob(&large()), repository.blob(&other));
        let file = loose_file(&repository, honest);
        fs::remove_file(&file).unwrap();
        fs::copy(loose_file(&repository, other), &file).unwrap();
        let Err(BlobError::Object(ObjectError::Forged { id, found, .. })) =
            copied(&repository, honest)
        else {
            panic!("expected a forged blob")
        };
        assert_eq!((id, found), (honest, Some(other)));
    }
}

use super::{ChunkInfo, Suite};
use anyhow::{bail, Result};
use bytes::Bytes;
use self_encryption_030::{decrypt_full_set, encrypt, DataMap, EncryptedChunk, MAX_CHUNK_SIZE};
use xor_name::XorName;

/// self_encryption 0.30.0. It shrinks no maps and checks no hash on reading.
pub struct V030;

impl Suite for V030 {
    const VERSION: &'static str = "0.30.0";

    type Map = DataMap;
    type Chunk = EncryptedChunk;

    fn max_chunk_size() -> usize {
        *MAX_CHUNK_SIZE
    }

    fn hash(content: &[u8]) -> XorName {
        XorName::from_content(content)
    }

    fn encrypt(plain: Bytes) -> Result<(DataMap, Vec<EncryptedChunk>)> {
        Ok(encrypt(plain)?)
    }

    fn decrypt(map: &DataMap, chunks: &[EncryptedChunk]) -> Result<Bytes> {
        Ok(decrypt_full_set(map, chunks)?)
    }

    fn decode_map(encoded: &[u8]) -> Result<DataMap> {
        Ok(bincode::deserialize(encoded)?)
    }

    fn infos(map: &DataMap) -> Vec<ChunkInfo> {
        map.infos()
            .into_iter()
            .map(|info| ChunkInfo {
                index: info.index,
                dst_hash: info.dst_hash,
                src_hash: info.src_hash,
                src_size: info.src_size,
            })
            .collect()
    }

    fn child(_: &DataMap) -> Option<usize> {
        None
    }

    fn unshrink(_: &DataMap, _: &[EncryptedChunk]) -> Result<DataMap> {
        bail!("version 0.30 shrinks no data maps")
    }

    fn chunk(index: usize, content: Bytes) -> EncryptedChunk {
        EncryptedChunk { index, content }
    }

    fn content(chunk: &EncryptedChunk) -> &Bytes {
        &chunk.content
    }
}

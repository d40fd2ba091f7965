use super::{ChunkInfo, Suite};
use anyhow::{Context, Result};
use bytes::Bytes;
use self_encryption_034::{
    decrypt, decrypt_chunk, encrypt, DataMap, EncryptedChunk, MAX_CHUNK_SIZE,
};
use xor_name::XorName;

/// self_encryption 0.34.3.
pub struct V034;

impl Suite for V034 {
    const VERSION: &'static str = "0.34.3";

    type Map = DataMap;
    type Chunk = EncryptedChunk;

    fn max_chunk_size() -> usize {
        MAX_CHUNK_SIZE
    }

    fn hash(content: &[u8]) -> XorName {
        XorName::from_content(content)
    }

    fn encrypt(plain: Bytes) -> Result<(DataMap, Vec<EncryptedChunk>)> {
        Ok(encrypt(plain)?)
    }

    fn decrypt(map: &DataMap, chunks: &[EncryptedChunk]) -> Result<Bytes> {
        Ok(decrypt(map, chunks)?)
    }

    fn decode_map(encoded: &[u8]) -> Result<DataMap> {
        Ok(DataMap::from_bytes(encoded)?)
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

    fn child(map: &DataMap) -> Option<usize> {
        map.child()
    }

    fn unshrink(map: &DataMap, chunks: &[EncryptedChunk]) -> Result<DataMap> {
        let hashes: Vec<_> = map.infos().iter().map(|info| info.src_hash).collect();
        let mut encoded = Vec::new();
        for (index, chunk) in chunks.iter().enumerate() {
            encoded.extend(decrypt_chunk(index, &chunk.content, &hashes)?);
        }
        Self::decode_map(&encoded).context("the map before the shrunk one")
    }

    fn chunk(_: usize, content: Bytes) -> EncryptedChunk {
        EncryptedChunk { content }
    }

    fn content(chunk: &EncryptedChunk) -> &Bytes {
        &chunk.content
    }
}

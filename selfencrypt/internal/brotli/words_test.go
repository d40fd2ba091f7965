package brotli

import (
	"bytes"
	"crypto/sha3"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 7932 appendix A states the checksum.
func TestDictionaryIsThatOfTheRFC(t *testing.T) {
	l := dictionary()
	require.EqualValues(t, 0x5136cb04, crc32.ChecksumIEEE(l.bytes))
	require.Equal(t, "time", string(l.bytes[l.starts[4]:][:4]))
	require.Equal(t, wordsSize, l.starts[longestWord]+longestWord<<wordBits[longestWord])
}

// The digest is that of the table in the reference encoder and in the crate.
func TestWordTableIsThatOfTheCrate(t *testing.T) {
	h := sha3.New256()
	for _, w := range dictionary().table {
		h.Write(binary.LittleEndian.AppendUint16(nil, w))
	}
	require.Equal(t, "5c6b3fcac9199e3256d8583f6f59ac0520997250212767172d05ee44cf0b7def", hex.EncodeToString(h.Sum(nil)))
}

// A word of the dictionary is found whole, and with up to nine bytes missing at
// its end if enough is left to be worth it.
func TestWordsAreFoundWholeAndCut(t *testing.T) {
	var e Encoder
	l := dictionary()
	for slot, w := range l.table {
		n := int(w & 31)
		if slot%wordSlots != 0 || n < 16 || l.table[slot+1] != 0 {
			continue
		}
		word := l.bytes[l.starts[n]+int(w>>5)*n:][:n]
		for length := n - 9; length <= n; length++ {
			e.reset(nil, append(bytes.Clone(word[:length]), make([]byte, 10)...))
			m, ok := e.search(0, len(e.src))
			require.True(t, ok)
			require.Equal(t, []int{length, n}, []int{m.length, m.wordLength})
		}
	}
}

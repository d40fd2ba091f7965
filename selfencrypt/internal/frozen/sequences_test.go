package frozen

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The tables of RFC 8878, section 3.1.1.3.2.1.1, as they stand there: the value
// at which a code begins.
var (
	llBase = []uint32{
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096,
		8192, 16384, 32768, 65536,
	}
	mlBase = []uint32{
		3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
		19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
		35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051,
		4099, 8195, 16387, 32771, 65539,
	}
)

// A length is its code's base and the low bits that the stream carries.
func TestLengthsHaveTheirCode(t *testing.T) {
	for n := range uint32(maxBlock) { // at least a match is behind literals
		code := llCode(n)
		require.Equal(t, n, llBase[code]+n&(1<<llExtra[code]-1))
	}
	for n := uint32(baseMatch); n <= maxBlock; n++ {
		code := mlCode(n)
		require.Equal(t, n, mlBase[code]+(n-baseMatch)&(1<<mlExtra[code]-1))
	}
	for n := uint32(1); n <= MaxSize+statedOffset; n += 1 + n/100 {
		code := ofCode(n)
		require.Equal(t, n, 1<<code+n&(1<<code-1))
		require.LessOrEqual(t, code, uint8(28), "in the predefined table")
	}
}

func TestSequenceCount(t *testing.T) {
	for _, c := range []struct {
		n    int
		want []byte
	}{
		{0, []byte{0}},
		{127, []byte{127}},
		{128, []byte{128, 128}},
		{300, []byte{129, 44}},
		{0x7EFF, []byte{254, 255}},
		{0x7F00, []byte{255, 0, 0}},
		{0x8000, []byte{255, 0, 1}},
	} {
		var buf [3]byte
		require.Equal(t, c.want, buf[:putSequenceCount(buf[:], c.n)])
	}
}

// Whatever the sequences, their section fits in the room that the output has.
func TestWorstSequencesFit(t *testing.T) {
	var e Encoder
	e.reset(MaxSize)
	r := newRNG(1)
	seqs := e.seqs[:]
	for i := range seqs {
		seqs[i] = sequence{matchLen: shortest, offset: uint32(1 + r.below(1<<(1+r.below(20))))}
	}
	room := e.out[MaxSize : len(e.out)-4096]
	require.Less(t, e.writeSequences(room, seqs), len(room))
	require.Equal(t, maxBlock/shortest, len(seqs))
}

// The modes are the cheapest: one symbol needs no table, few symbols are not
// worth a description, many are.
func TestChooseMode(t *testing.T) {
	var c coder
	var buf [128]byte
	c.counts[7] = 100
	require.Equal(t, 1, c.choose(buf[:], 100, &llFixed, llMaxLog))
	require.Equal(t, uint8(modeRLE), c.mode)
	require.Equal(t, byte(7), buf[0])

	c.counts[8] = 3
	require.Positive(t, c.choose(buf[:], 103, &llFixed, llMaxLog))
	require.Equal(t, uint8(modeOwn), c.mode)

	c.counts = [maxCodes]uint32{0: 2, 1: 2, 3: 1, 16: 1}
	require.Zero(t, c.choose(buf[:], 6, &llFixed, llMaxLog))
	require.Equal(t, uint8(modeFixed), c.mode)
}
